//! The life of one worker's thread.

use super::{
    accept::{self, MOST_CONNECTIONS, TlsPort},
    handle::Control,
    listen::OfWorker,
    udp::{self, Listener, Purpose},
    worker::{Handover, Surroundings, Worker},
};
use earshot_turn::{Config, Server};
use std::{
    cell::RefCell,
    io,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    task::{JoinSet, LocalSet},
};

/// A deadline that arises between two looks at the clock is late by this at most. Lifetimes are minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A deadline that is over and over due may not take the whole core.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// Handovers taken at once.
const HANDOVER_BATCH: usize = 64;

/// Everything a worker is made of.
pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) seed: [u8; 32],
    pub(super) around: Surroundings,
    pub(super) sockets: OfWorker,
    pub(super) tls: Option<TlsPort>,
    pub(super) control: mpsc::UnboundedReceiver<Control>,
    pub(super) handovers: mpsc::Receiver<Handover>,
    pub(super) running: Arc<AtomicUsize>,
}

/// Runs until it is told to shut down.
pub(super) fn run(parts: Parts) {
    let (index, running) = (parts.around.index, parts.running.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = runtime.and_then(|runtime| LocalSet::new().block_on(&runtime, live(parts)));
    running.fetch_sub(1, Ordering::AcqRel);
    if let Err(error) = ended {
        tracing::error!(worker = index, %error, "a worker ended: part of the clients is not served any more");
    }
}

async fn live(parts: Parts) -> io::Result<()> {
    let worker = Worker::new(Server::new(parts.config, parts.seed), parts.around);
    // Dropped at the end, and all its tasks with it.
    let mut listeners = JoinSet::new();
    let udp = parts
        .sockets
        .turn_udp
        .into_iter()
        .map(|socket| (socket, Purpose::Turn));
    let stun = parts
        .sockets
        .stun_udp
        .into_iter()
        .map(|socket| (socket, Purpose::Binding));
    for (socket, purpose) in udp.chain(stun) {
        let listener = Rc::new(Listener::new(socket, purpose)?);
        worker.borrow_mut().add_listener(listener.clone());
        listeners.spawn_local(udp::read_listener(worker.clone(), listener));
    }
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    for listener in parts.sockets.turn_tcp {
        let listener = TcpListener::from_std(listener)?;
        listeners.spawn_local(accept::accept_tcp(
            worker.clone(),
            listener,
            connections.clone(),
        ));
    }
    if let Some(port) = parts.tls {
        for listener in parts.sockets.tls_tcp {
            let (listener, port) = (TcpListener::from_std(listener)?, port.clone());
            let connections = connections.clone();
            listeners.spawn_local(accept::accept_tls(
                worker.clone(),
                listener,
                connections,
                port,
            ));
        }
    }
    tokio::select! {
        () = obey(&worker, parts.control) => {
            worker.borrow_mut().shut_down();
            Ok(())
        }
        () = take_handovers(&worker, parts.handovers) => Ok(()),
        () = keep_time(&worker) => Ok(()),
        Some(ended) = listeners.join_next() => Err(match ended {
            Ok(error) => error,
            Err(error) => io::Error::other(error),
        }),
    }
}

async fn obey(worker: &RefCell<Worker>, mut control: mpsc::UnboundedReceiver<Control>) {
    while let Some(told) = control.recv().await {
        match told {
            Control::Allow { scope, addresses } => {
                worker.borrow_mut().allow_in_scope(&scope, &addresses);
            }
            Control::OtherRelays(others) => worker.borrow_mut().set_other_relays(&others),
            Control::ShutDown => return,
        }
    }
}

async fn take_handovers(worker: &RefCell<Worker>, mut handovers: mpsc::Receiver<Handover>) {
    let mut batch = Vec::with_capacity(HANDOVER_BATCH);
    while handovers.recv_many(&mut batch, HANDOVER_BATCH).await > 0 {
        let mut worker = worker.borrow_mut();
        for handover in batch.drain(..) {
            worker.take_from_sibling(handover);
        }
        worker.settle();
    }
}

async fn keep_time(worker: &RefCell<Worker>) {
    loop {
        let next = worker.borrow_mut().tick().unwrap_or(LONGEST_PAUSE);
        tokio::time::sleep(next.clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
    }
}
