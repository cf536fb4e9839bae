//! Sockets around the TURN state machine: one worker per core, nothing shared between them but two queues.

mod accept;
mod clock;
mod counters;
mod handle;
mod listen;
mod shares;
mod sockets;
mod stream;
mod thread;
mod udp;
mod worker;

pub use counters::{Counters, Drops};
pub use handle::WorkersHandle;
pub use listen::Listen;
pub use sockets::{BindError, http_listener};
pub use worker::RelayBind;

use crate::events::RelayEvent;
use anyhow::Context;
use axum::Router;
use handle::Control;
use listen::Sockets;
use rand::TryRngCore;
use shares::Shares;
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::AtomicUsize},
    thread::JoinHandle,
};
use tokio::sync::{mpsc, watch};
use worker::{EVENT_QUEUE, Surroundings};

/// Packets that may wait for a busy sibling; what comes after is dropped.
const HANDOVER_QUEUE: usize = 2048;

/// What the workers are started with.
pub struct Options {
    /// The server's settings; the ports are those of all workers together. Its witness is filled in here.
    pub turn: earshot_turn::Config,
    /// How many workers; `None`: one per core.
    pub workers: Option<usize>,
    /// Where TURN listens by UDP and TCP; empty: no relay here.
    pub turn_listen: Listen,
    /// Where Binding requests alone are answered.
    pub stun_listen: Listen,
    /// The shared TLS port and its certificates.
    pub tls: Option<(Vec<SocketAddr>, Arc<rustls::ServerConfig>)>,
    /// The local addresses of relayed sockets.
    pub relay_bind: RelayBind,
}

/// The running workers.
pub struct Workers {
    handle: WorkersHandle,
    threads: Vec<JoinHandle<()>>,
    site: watch::Sender<Option<Router>>,
    warnings: Vec<String>,
}

impl Workers {
    /// Opens all listeners and starts the threads. Events come out of the receiver until the last worker has ended.
    ///
    /// Call it inside the runtime that is to serve the pages.
    ///
    /// # Errors
    /// [`BindError`] where a port cannot be listened on; then nothing runs.
    pub fn start(options: Options) -> anyhow::Result<(Self, mpsc::Receiver<RelayEvent>)> {
        let relay = !options.turn_listen.addresses.is_empty();
        let wanted = options
            .workers
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1);
        let shares = Shares::new(options.turn.all_ports.clone(), wanted);
        let mut sockets = Sockets::open(&options, shares.workers())?;
        let warnings = std::mem::take(&mut sockets.warnings);
        let count = match sockets.is_empty() {
            true => 0,
            false => shares.workers(),
        };

        let (events, receiver) = mpsc::channel(EVENT_QUEUE);
        let (site, site_receiver) = watch::channel(None);
        let relay_addresses: Vec<IpAddr> = [
            options.turn.relay_v4.map(IpAddr::from),
            options.turn.relay_v6.map(IpAddr::from),
        ]
        .into_iter()
        .flatten()
        .filter(|_| relay)
        .collect();
        let witness = witness(&relay_addresses, &sockets.turn);
        let mut turn = options.turn;
        turn.witness.clone_from(&witness);
        let (controls, control_receivers): (Vec<_>, Vec<_>) = (0..count)
            .map(|_| mpsc::unbounded_channel::<Control>())
            .unzip();
        let (siblings, handovers): (Vec<_>, Vec<_>) =
            (0..count).map(|_| mpsc::channel(HANDOVER_QUEUE)).unzip();
        let handle = WorkersHandle::new(
            controls,
            relay_addresses,
            witness,
            &sockets,
            Arc::new(AtomicUsize::new(count)),
        );

        let clock = clock::Clock::start();
        let tls = options.tls.map(|(_, config)| accept::TlsPort {
            acceptor: config.into(),
            site: site_receiver,
            runtime: tokio::runtime::Handle::current(),
            relay,
        });
        let mut threads = Vec::with_capacity(count);
        let queues = control_receivers.into_iter().zip(handovers);
        for (index, (control, handovers)) in queues.enumerate() {
            let mut config = turn.clone();
            config.ports = shares.of_worker(index);
            let mut seed = [0; 32];
            rand::rngs::OsRng.try_fill_bytes(&mut seed)?;
            let parts = thread::Parts {
                config,
                seed,
                around: Surroundings {
                    index,
                    clock,
                    shares: shares.clone(),
                    siblings: siblings.clone(),
                    events: events.clone(),
                    counters: handle.counters.clone(),
                    relay_bind: options.relay_bind,
                },
                sockets: sockets.take_one(),
                tls: tls.clone(),
                control,
                handovers,
                running: handle.running.clone(),
            };
            let thread = std::thread::Builder::new()
                .name(format!("relay-{index}"))
                .spawn(move || thread::run(parts))
                .context("a worker's thread cannot be started")?;
            threads.push(thread);
        }
        let workers = Self {
            handle,
            threads,
            site,
            warnings,
        };
        Ok((workers, receiver))
    }

    /// For asking and telling the workers from elsewhere.
    pub fn handle(&self) -> WorkersHandle {
        self.handle.clone()
    }

    /// What an operator should know, though it kept nothing from starting.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// From now on, HTTP on the TLS port is answered by this. Requests carry `ConnectInfo<SocketAddr>`.
    pub fn serve_site(&self, site: Router) {
        self.site.send_replace(Some(site));
    }

    /// Ends all sessions, tells so, and waits for the threads. Sockets are closed afterwards.
    pub async fn shut_down(self) {
        self.handle.shut_down();
        let threads = self.threads;
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().all(|thread| thread.join().is_ok())
        });
        if !joined.await.unwrap_or(false) {
            tracing::error!("a worker did not end well");
        }
    }
}

/// Where the witness listens as peers see it: on the announced addresses, at the ports of the UDP listeners. A listener
/// on loopback alone hears nothing that is sent to another address.
fn witness(relay_addresses: &[IpAddr], turn: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut witness: Vec<SocketAddr> = relay_addresses
        .iter()
        .flat_map(|&ip| {
            let hears = move |listener: &&SocketAddr| {
                listener.is_ipv4() == ip.is_ipv4()
                    && (ip.is_loopback() || !listener.ip().is_loopback())
            };
            let listeners = turn.iter().filter(hears);
            listeners.map(move |listener| SocketAddr::new(ip, listener.port()))
        })
        .collect();
    witness.sort();
    witness.dedup();
    witness
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_witness_is_where_peers_can_reach_it() {
        for (why, relay, listeners, expected) in [
            (
                "all addresses of its family",
                "192.0.2.2",
                &["0.0.0.0:3478", "[::]:3478"][..],
                &["192.0.2.2:3478"][..],
            ),
            (
                "behind a 1:1 NAT",
                "192.0.2.2",
                &["10.0.0.5:3478"],
                &["192.0.2.2:3478"],
            ),
            (
                "loopback is not reached from elsewhere",
                "192.0.2.2",
                &["127.0.0.1:3478"],
                &[],
            ),
            (
                "all on one machine",
                "127.0.0.1",
                &["127.0.0.1:3478"],
                &["127.0.0.1:3478"],
            ),
        ] {
            let relay = [relay.parse().unwrap()];
            let listeners: Vec<SocketAddr> =
                listeners.iter().map(|text| text.parse().unwrap()).collect();
            let expected: Vec<SocketAddr> =
                expected.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(witness(&relay, &listeners), expected, "{why}");
        }
    }
}
