//! HTTP connections, plain or out of TLS: bounded in number and in patience.

use crate::site::Over;
use axum::{Router, extract::ConnectInfo, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    time::sleep,
};
use tower::ServiceExt;

/// More connections than this are turned away. A page takes two: one for requests, one for its live link.
const MOST_CONNECTIONS: usize = 8192;
/// Headers that trickle in for longer than this are an attack.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// When the process is out of file descriptors, accepting again at once would only spin.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves the site on a plain listener for as long as it is polled. Connections go on after that, and end with the
/// runtime.
pub async fn serve(listener: TcpListener, site: Router) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be taken");
                sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
        };
        let Ok(permit) = connections.clone().try_acquire_owned() else {
            continue;
        };
        // It only makes answers quicker.
        let _ = stream.set_nodelay(true);
        let site = site.clone();
        tokio::spawn(async move {
            serve_connection(stream, peer, Over::Plain, site).await;
            drop(permit);
        });
    }
}

/// Serves one connection. Requests carry `ConnectInfo<SocketAddr>` and [`Over`], and may become WebSockets.
pub async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    over: Over,
    site: Router,
) {
    let service = site.map_request(move |mut request: Request<_>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(over);
        request
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    server.http2().timer(TokioTimer::new());
    let served = server
        .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service))
        .await;
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "an HTTP connection ended");
    }
}
