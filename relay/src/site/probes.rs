//! The program's own look at the servers under test, shared by all runs of some seconds.

use super::{lock, runs::Run};
use crate::native::{self, Credentials, Reach};
use earshot_report::{IceUrl, api::IceServer, facts::NativeProbe};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A hundred visitors at once cause one probe; a server that was mended is seen so at the next try.
const FRESH: Duration = Duration::from_secs(10);

/// The probes under way and those just done.
#[derive(Default)]
pub(super) struct Probes {
    slots: Mutex<HashMap<(Kind, IceUrl), Slot>>,
}

struct Slot {
    begun: Instant,
    facts: watch::Receiver<NativeProbe>,
}

/// What is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// The configured server at this place.
    Configured(usize),
    /// This program's own relay, which is contacted at this machine's own addresses only.
    Own,
}

impl Probes {
    /// Has a look at one target of the run, and brings what is found to the run. Only URLs that the operator
    /// configured, or names of this very machine, may come here.
    pub(super) fn look(
        &self,
        run: &Arc<Run>,
        place: usize,
        (kind, url): (Kind, IceUrl),
        server: &IceServer,
    ) {
        let facts = self.facts(kind, url, server);
        let run = Arc::downgrade(run);
        tokio::spawn(async move {
            let mut facts = facts;
            loop {
                let found = facts.borrow_and_update().clone();
                let Some(run) = run.upgrade() else {
                    return;
                };
                let finished = found.finished;
                if let Some(known) = lock(&run.probes).get_mut(place) {
                    *known = found;
                }
                run.changed();
                drop(run);
                if finished || facts.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    fn facts(&self, kind: Kind, url: IceUrl, server: &IceServer) -> watch::Receiver<NativeProbe> {
        let now = Instant::now();
        let mut slots = lock(&self.slots);
        slots.retain(|_, slot| now.saturating_duration_since(slot.begun) < FRESH);
        if let Some(slot) = slots.get(&(kind, url.clone())) {
            return slot.facts.clone();
        }
        let (sender, facts) = watch::channel(NativeProbe::new(url.clone()));
        let slot = Slot {
            begun: now,
            facts: facts.clone(),
        };
        slots.insert((kind, url), slot);
        let server = server.clone();
        tokio::spawn(async move {
            let credentials = match (&server.username, &server.credential) {
                (Some(username), Some(password)) => Some(Credentials { username, password }),
                _ => None,
            };
            let own: Vec<IpAddr>;
            let reach = match kind {
                Kind::Configured(_) => Reach::Everywhere,
                Kind::Own => {
                    own = crate::external::own_addresses();
                    Reach::Only(&own)
                }
            };
            native::probe(credentials, reach, &sender).await;
        });
        facts
    }
}
