//! Which other relays are there.

use crate::{
    site::{Site, lock},
    store::{
        Topic,
        nodes::{BEAT, Node, Place},
    },
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::atomic::Ordering;

impl Site {
    pub(super) async fn keep_greeting(&self) {
        let mut nodes = self.0.store.subscribe(Topic::Relays, "nodes");
        let mut beats = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                _ = beats.tick() => {}
                () = nodes.woken() => {}
            }
            self.greet().await;
            // What others said while the database was away was not heard.
            if self.0.outbox.is_open() {
                self.learn().await;
            }
        }
    }

    /// Says that this process is there, and looks for others.
    pub(super) async fn greet(&self) {
        let own = self.0.config.relay.as_ref();
        let me = Node {
            id: self.0.node,
            secret: self.fingerprint(),
            relay: own.map(|own| own.places.clone()).unwrap_or_default(),
        };
        let Some(others) = self.ask(self.0.store.beat(&me)).await else {
            return;
        };
        let shared = &self.0.shared;
        let is_strange = others.iter().any(|other| other.secret != me.secret);
        if is_strange && !shared.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "another relay that shares this database has another TURN_SECRET: each refuses the credentials that \
                 the other's page gives; set TURN_SECRET to the same value for all of them"
            );
        }
        if let Some(own) = own {
            let places: Vec<Place> = others.iter().flat_map(|it| it.relay.clone()).collect();
            let mut known = lock(&shared.places);
            if *known != places {
                (own.reach)(places.clone());
                *known = places;
            }
        }
        let was_open = self.0.outbox.open(!others.is_empty());
        if !was_open && !others.is_empty() {
            self.learn().await;
            let runs: Vec<String> = lock(&self.0.runs).ids().map(str::to_owned).collect();
            for run in runs {
                self.0.outbox.note(&run);
            }
        }
        if shared.others.swap(others.len(), Ordering::Relaxed) != others.len() {
            tracing::info!("relays that share this database: {}", others.len() + 1);
        }
    }

    /// Differs where the secrets differ, and tells nothing else about them.
    fn fingerprint(&self) -> Vec<u8> {
        let secret = self.0.config.turn_secret.expose().as_bytes();
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
            return Vec::new();
        };
        mac.update(b"earshot: the same secret");
        mac.finalize().into_bytes().to_vec()
    }
}
