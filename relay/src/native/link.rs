//! One client-to-server connection of a probe: ask, and wait for the answer.

use super::message::{self, Answer, Request};
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::UdpSocket,
    time::{Instant, timeout_at},
};

/// When a UDP request is sent, after the first moment: as Chromium does.
const REPEATED: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_millis(1750),
];
/// Answers of a STUN server are far smaller; this bounds what a stranger makes us keep.
const LONGEST_ANSWER: usize = 2048;
/// A stream that says more than this says something else.
const MOST_HEARD: usize = 16 * 1024;
/// The header of a STUN message (RFC 8489 section 5).
const STUN_HEADER: usize = 20;

/// What came of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer to it.
    Answer(Answer),
    /// Bytes that are no STUN.
    Other(Vec<u8>),
    /// Nothing, until the time was over or the connection was closed.
    Silent,
    /// The other host says that nobody listens there (ICMP, or a reset).
    Refused,
    /// We could not send: nothing follows about the server.
    NotSent,
}

/// A way to the server.
pub(super) enum Link {
    /// Datagrams.
    Udp(UdpSocket),
    /// TCP or TLS.
    Stream(Box<dyn Duplex>),
}

/// A byte stream in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Link {
    pub(super) async fn udp(server: SocketAddr) -> io::Result<Self> {
        let any = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any).await?;
        // Only a connected socket hears of “port unreachable”.
        socket.connect(server).await?;
        Ok(Self::Udp(socket))
    }

    /// Sends the request, over UDP several times, and waits until `end` at the latest.
    pub(super) async fn ask(&mut self, request: &Request, end: Instant) -> Outcome {
        match self {
            Self::Udp(socket) => ask_udp(socket, request, end).await,
            Self::Stream(stream) => match timeout_at(end, ask_stream(stream, request)).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Silent,
            },
        }
    }

    /// Sends what is not answered; `false`: it could not be sent.
    pub(super) async fn tell(&mut self, bytes: &[u8]) -> bool {
        match self {
            Self::Udp(socket) => socket.send(bytes).await.is_ok(),
            Self::Stream(stream) => {
                stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
            }
        }
    }

    /// Waits until `token` arrives inside of anything, for as long as the future is polled.
    pub(super) async fn hear(&mut self, token: &[u8]) -> io::Result<()> {
        let mut heard = Vec::new();
        let mut buffer = [0; LONGEST_ANSWER];
        while !heard.windows(token.len()).any(|window| window == token) {
            let length = match self {
                Self::Udp(socket) => {
                    heard.clear();
                    socket.recv(&mut buffer).await?
                }
                Self::Stream(stream) => stream.read(&mut buffer).await?,
            };
            if length == 0 || heard.len() > MOST_HEARD {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            heard.extend_from_slice(&buffer[..length]);
        }
        Ok(())
    }
}

async fn ask_udp(socket: &UdpSocket, request: &Request, end: Instant) -> Outcome {
    let start = Instant::now();
    let mut buffer = [0; LONGEST_ANSWER];
    let mut other = None;
    for (nth, after) in REPEATED.iter().enumerate() {
        if start + *after >= end {
            break;
        }
        match socket.send(&request.bytes).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Outcome::Refused;
            }
            Err(_) => return Outcome::NotSent,
        }
        let next = REPEATED
            .get(nth + 1)
            .map_or(end, |next| end.min(start + *next));
        while let Ok(received) = timeout_at(next, socket.recv(&mut buffer)).await {
            let bytes = match received {
                Ok(length) => &buffer[..length],
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    return Outcome::Refused;
                }
                Err(_) => return Outcome::NotSent,
            };
            if let Some(answer) = message::answer(bytes, request.transaction) {
                return Outcome::Answer(answer);
            }
            // An answer to an earlier request may still be under way; what is no STUN is worth keeping.
            if !message::looks_like_stun(bytes) {
                other.get_or_insert_with(|| bytes.to_vec());
            }
        }
    }
    other.map_or(Outcome::Silent, Outcome::Other)
}

async fn ask_stream(stream: &mut dyn Duplex, request: &Request) -> Outcome {
    if stream.write_all(&request.bytes).await.is_err() || stream.flush().await.is_err() {
        return Outcome::Silent;
    }
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; LONGEST_ANSWER];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) if bytes.is_empty() => return Outcome::Silent,
            Ok(0) | Err(_) => return Outcome::Other(bytes),
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
        }
        while bytes.len() >= STUN_HEADER {
            if !message::looks_like_stun(&bytes) {
                return Outcome::Other(bytes);
            }
            let length = STUN_HEADER + usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
            if bytes.len() < length {
                break;
            }
            let rest = bytes.split_off(length);
            if let Some(answer) = message::answer(&bytes, request.transaction) {
                return Outcome::Answer(answer);
            }
            bytes = rest;
        }
        // Two zero bits begin a STUN message, and nothing that people run begins so.
        if bytes.first().is_some_and(|first| first & 0xc0 != 0) || bytes.len() > LONGEST_ANSWER {
            return Outcome::Other(bytes);
        }
    }
}

/// Says hello as a browser would, to see whether a web or another server is there. The first bytes it answers.
pub(super) async fn listen_for_other(stream: &mut dyn Duplex, end: Instant) -> Option<Vec<u8>> {
    let asked = async {
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.ok()?;
        stream.flush().await.ok()?;
        let mut bytes = vec![0; 256];
        let length = stream.read(&mut bytes).await.ok()?;
        bytes.truncate(length);
        (length > 0).then_some(bytes)
    };
    timeout_at(end, asked).await.ok().flatten()
}
