//! Taking connections: plain TURN, and the shared TLS port, whose first decrypted bytes tell TURN from HTTP.

use super::{counters::Counters, stream, worker::Worker};
use crate::{events::Happening, http, site::Over, tls};
use axum::Router;
use earshot_turn::{Client, Transport};
use std::{
    cell::RefCell,
    io::{self, Cursor},
    rc::Rc,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

/// More connections than this on one worker are turned away.
pub(super) const MOST_CONNECTIONS: usize = 8192;
/// A handshake takes two or three round trips.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A browser may open a connection before it knows what to ask for.
const FIRST_BYTES_TIMEOUT: Duration = Duration::from_secs(30);
/// When the process is out of file descriptors, accepting again at once would only spin.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// What a TLS port needs besides its socket.
#[derive(Clone)]
pub(super) struct TlsPort {
    pub(super) acceptor: TlsAcceptor,
    /// `None` until the site is ready.
    pub(super) site: watch::Receiver<Option<Router>>,
    /// Pages are served there: a worker's thread is for media.
    pub(super) runtime: Handle,
    /// Without a relay here, TURN is not spoken on this port either.
    pub(super) relay: bool,
}

/// Takes TURN connections until the listener fails, which it never should.
pub(super) async fn accept_tcp(
    worker: Rc<RefCell<Worker>>,
    listener: TcpListener,
    connections: Arc<Semaphore>,
) -> io::Error {
    loop {
        let Some((stream, client, permit)) =
            next(&worker, &listener, &connections, Transport::Tcp).await
        else {
            continue;
        };
        worker.borrow().tell(Happening::Connected(client));
        let worker = worker.clone();
        tokio::task::spawn_local(async move {
            let (reader, writer) = stream.into_split();
            stream::serve(worker, client, reader, writer).await;
            drop(permit);
        });
    }
}

/// Takes TLS connections until the listener fails, which it never should.
pub(super) async fn accept_tls(
    worker: Rc<RefCell<Worker>>,
    listener: TcpListener,
    connections: Arc<Semaphore>,
    port: TlsPort,
) -> io::Error {
    loop {
        let Some((stream, client, permit)) =
            next(&worker, &listener, &connections, Transport::Tls).await
        else {
            continue;
        };
        tokio::task::spawn_local(serve_tls(
            worker.clone(),
            stream,
            client,
            permit,
            port.clone(),
        ));
    }
}

async fn next(
    worker: &RefCell<Worker>,
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    transport: Transport,
) -> Option<(TcpStream, Client, OwnedSemaphorePermit)> {
    let (stream, addr) = match listener.accept().await {
        Ok(accepted) => accepted,
        Err(error) => {
            tracing::warn!(%error, "a connection cannot be taken");
            sleep(PAUSE_AFTER_FAILURE).await;
            return None;
        }
    };
    let Ok(permit) = connections.clone().try_acquire_owned() else {
        Counters::count(&worker.borrow().counters().turned_away);
        return None;
    };
    // The other end may be gone already.
    stream.set_nodelay(true).ok()?;
    let local = stream.local_addr().ok()?;
    let client = Client {
        transport,
        addr,
        local,
    };
    Some((stream, client, permit))
}

async fn serve_tls(
    worker: Rc<RefCell<Worker>>,
    stream: TcpStream,
    client: Client,
    permit: OwnedSemaphorePermit,
    port: TlsPort,
) {
    let stream = match timeout(HANDSHAKE_TIMEOUT, port.acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        failed => {
            let alert = failed
                .ok()
                .and_then(Result::err)
                .and_then(tls::alert_received);
            let peer = client.addr;
            worker.borrow().tell(Happening::TlsFailed { peer, alert });
            return;
        }
    };
    let (mut reader, writer) = tokio::io::split(stream);
    let mut first = [0];
    match timeout(FIRST_BYTES_TIMEOUT, reader.read(&mut first)).await {
        Ok(Ok(1)) => {}
        _ => return,
    }
    let reader = Cursor::new(first).chain(reader);
    let is_stun = first[0] & 0b1100_0000 == 0;
    if is_stun {
        if port.relay {
            worker.borrow().tell(Happening::Connected(client));
            stream::serve(worker, client, reader, writer).await;
        }
        return;
    }
    let Some(site) = port.site.borrow().clone() else {
        return;
    };
    let stream = tokio::io::join(reader, writer);
    port.runtime.spawn(async move {
        http::serve_connection(stream, client.addr, Over::Tls, site).await;
        drop(permit);
    });
}
