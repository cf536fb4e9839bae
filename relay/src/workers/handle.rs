//! How the rest of the program asks and tells the workers.

use super::{
    counters::{Counters, Drops},
    listen::Sockets,
};
use earshot_turn::OtherRelay;
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::mpsc::UnboundedSender;

/// What a worker is told.
#[derive(Clone)]
pub(super) enum Control {
    Allow {
        scope: Arc<str>,
        addresses: Arc<[IpAddr]>,
    },
    OtherRelays(Arc<[OtherRelay]>),
    ShutDown,
}

/// A way to reach all workers. Cheap to clone.
#[derive(Clone)]
pub struct WorkersHandle {
    controls: Arc<[UnboundedSender<Control>]>,
    told: Arc<Told>,
    pub(super) running: Arc<AtomicUsize>,
    pub(super) counters: Arc<Counters>,
}

/// What is known once everything is bound.
struct Told {
    relay_addresses: Vec<IpAddr>,
    witness: Vec<SocketAddr>,
    turn: Vec<SocketAddr>,
    stun: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
}

impl WorkersHandle {
    pub(super) fn new(
        controls: Vec<UnboundedSender<Control>>,
        relay_addresses: Vec<IpAddr>,
        witness: Vec<SocketAddr>,
        sockets: &Sockets,
        running: Arc<AtomicUsize>,
    ) -> Self {
        let told = Told {
            relay_addresses,
            witness,
            turn: sockets.turn.clone(),
            stun: sockets.stun.clone(),
            tls: sockets.tls.clone(),
        };
        Self {
            controls: controls.into(),
            told: Arc::new(told),
            running,
            counters: Arc::default(),
        }
    }

    /// Lets the credentials of one test reach these peers, on every worker.
    pub fn allow_in_scope(&self, scope: &str, addresses: Vec<IpAddr>) {
        let (scope, addresses) = (scope.into(), addresses.into());
        self.tell(&Control::Allow { scope, addresses });
    }

    /// Lets the credentials of tests reach these other relays, on every worker.
    pub fn set_other_relays(&self, others: Vec<OtherRelay>) {
        self.tell(&Control::OtherRelays(others.into()));
    }

    /// The announced addresses of the relay; empty: no relay here.
    pub fn relay_addresses(&self) -> &[IpAddr] {
        &self.told.relay_addresses
    }

    /// Where the witness is, as peers of the relay see it.
    pub fn witness_addresses(&self) -> &[SocketAddr] {
        &self.told.witness
    }

    /// Where TURN listens by UDP and TCP, with the ports really bound.
    pub fn turn_listeners(&self) -> Vec<SocketAddr> {
        self.told.turn.clone()
    }

    /// Where Binding requests alone are answered, with the ports really bound.
    pub fn stun_listeners(&self) -> Vec<SocketAddr> {
        self.told.stun.clone()
    }

    /// Where the shared TLS port is, with the ports really bound.
    pub fn tls_listeners(&self) -> Vec<SocketAddr> {
        self.told.tls.clone()
    }

    /// All workers run and listen.
    pub fn is_listening(&self) -> bool {
        self.running.load(Ordering::Acquire) == self.controls.len()
    }

    /// What was dropped since the start.
    pub fn drops(&self) -> Drops {
        self.counters.read()
    }

    pub(super) fn shut_down(&self) {
        self.tell(&Control::ShutDown);
    }

    fn tell(&self, control: &Control) {
        for worker in self.controls.iter() {
            // A worker that is gone needs to be told nothing.
            let _ = worker.send(control.clone());
        }
    }
}
