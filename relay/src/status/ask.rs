//! Asking the running program at the port of its page.

use super::Status;
use crate::settings::Secret;
use anyhow::Context;
use axum::{
    body::{Body, to_bytes},
    http::{
        Request, StatusCode,
        header::{AUTHORIZATION, HOST},
    },
};
use hyper_util::rt::TokioIo;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// The program itself gives its database two seconds, and its own address as many.
const PATIENCE: Duration = Duration::from_secs(5);
/// Far more than any status has.
const LARGEST: usize = 1024 * 1024;

/// Why there is no status.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unasked {
    /// Nothing listens there.
    NotRunning,
    /// Something listens and does not answer.
    Silent,
    /// Something listens, and there is no key to ask with.
    NoKey,
    /// The key is not that of the program which runs there.
    KeyRefused,
    /// Something else answers, in these words.
    Other(String),
}

type Asked = Result<Status, Unasked>;

/// The status of the program that listens there.
///
/// # Errors
/// The system allows no sockets.
pub(super) fn ask(at: SocketAddr, key: &Secret) -> anyhow::Result<Asked> {
    within_patience(async {
        let stream = match connect(at).await? {
            Ok(stream) => stream,
            Err(unasked) => return Ok(Err(unasked)),
        };
        Ok(exchange(stream, at, key)
            .await
            .unwrap_or_else(|error| Err(Unasked::Other(format!("{error:#}")))))
    })
}

/// Whether anything listens there at all.
///
/// # Errors
/// The system allows no sockets.
pub(super) fn knock(at: SocketAddr) -> anyhow::Result<Asked> {
    within_patience(async { Ok(Err(connect(at).await?.err().unwrap_or(Unasked::NoKey))) })
}

fn within_patience(asking: impl Future<Output = anyhow::Result<Asked>>) -> anyhow::Result<Asked> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no thread for asking can be started")?;
    runtime.block_on(async {
        timeout(PATIENCE, asking)
            .await
            .unwrap_or(Ok(Err(Unasked::Silent)))
    })
}

async fn connect(at: SocketAddr) -> anyhow::Result<Result<TcpStream, Unasked>> {
    match TcpStream::connect(at).await {
        Ok(stream) => Ok(Ok(stream)),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Ok(Err(Unasked::NotRunning))
        }
        Err(error) => Err(error).with_context(|| format!("{at} cannot be asked")),
    }
}

async fn exchange(stream: TcpStream, at: SocketAddr, key: &Secret) -> anyhow::Result<Asked> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/api/status")
        .header(HOST, at.to_string())
        .header(AUTHORIZATION, format!("Bearer {}", key.expose()))
        .body(Body::empty())?;
    let answering = async {
        let response = sender.send_request(request).await?;
        let (status, body) = (response.status(), Body::new(response.into_body()));
        Ok::<_, anyhow::Error>((status, to_bytes(body, LARGEST).await?))
    };
    // The connection is driven until the answer is there.
    let (status, body) = tokio::select! {
        answer = answering => answer?,
        Err(error) = connection => return Err(error.into()),
    };
    if status == StatusCode::UNAUTHORIZED {
        return Ok(Err(Unasked::KeyRefused));
    }
    match serde_json::from_slice(&body) {
        Ok(told) if status == StatusCode::OK => Ok(Ok(told)),
        _ => Ok(Err(Unasked::Other(format!("HTTP {status}")))),
    }
}
