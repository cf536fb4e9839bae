//! One client-to-server connection of a probe: ask, and wait for the answer.

use super::{
    dtls::Dtls,
    message::{self, Answer, Request},
};
use std::{
    io, mem,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::UdpSocket,
    time::{Instant, timeout_at},
};

/// After how long without an answer a UDP request is sent again, each time: as Chromium does.
const REPEATED: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(1000),
];
/// Answers of a STUN server are far smaller; this bounds what a stranger makes us keep.
const LONGEST_ANSWER: usize = 2048;
/// A message that is not whole after so many bytes is none.
const LONGEST_STREAM: usize = 2 * LONGEST_ANSWER;
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
    /// Datagrams in DTLS.
    Dtls(Box<Dtls>),
    /// TCP or TLS.
    Stream(Stream),
}

/// A byte stream, cut into messages.
pub(super) struct Stream {
    bytes: Box<dyn Duplex>,
    /// What came after the last message.
    heard: Vec<u8>,
}

/// What comes next on a stream.
enum Next {
    Message(Vec<u8>),
    /// Bytes that are no STUN.
    Other(Vec<u8>),
    End,
}

/// A byte stream in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Link {
    pub(super) async fn udp(server: SocketAddr) -> io::Result<Self> {
        Ok(Self::Udp(connected(server).await?))
    }

    /// DTLS, its handshake done.
    pub(super) fn dtls(dtls: Dtls) -> Self {
        Self::Dtls(Box::new(dtls))
    }

    /// Sends the request, as datagrams several times, and waits until `end` at the latest.
    pub(super) async fn ask(&mut self, request: &Request, end: Instant) -> Outcome {
        match self {
            Self::Udp(_) | Self::Dtls(_) => self.ask_by_datagrams(request, end).await,
            Self::Stream(stream) => match timeout_at(end, stream.ask(request)).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Silent,
            },
        }
    }

    /// A stream that is open.
    pub(super) fn stream(bytes: impl Duplex + 'static) -> Self {
        Self::Stream(Stream {
            bytes: Box::new(bytes),
            heard: Vec::new(),
        })
    }

    /// Sends what is not answered; `false`: it could not be sent.
    pub(super) async fn tell(&mut self, bytes: &[u8]) -> bool {
        self.send(bytes).await.is_ok()
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(bytes).await.map(drop),
            Self::Dtls(dtls) => dtls.send(bytes).await,
            Self::Stream(stream) => stream.send(bytes).await,
        }
    }

    /// The next message, whatever it is. Nothing is lost where the future is dropped.
    pub(super) async fn receive(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = [0; LONGEST_ANSWER];
                let length = socket.recv(&mut buffer).await?;
                Ok(buffer[..length].to_vec())
            }
            Self::Dtls(dtls) => dtls.receive().await,
            Self::Stream(stream) => match stream.next().await {
                Next::Message(bytes) => Ok(bytes),
                Next::Other(_) | Next::End => Err(io::ErrorKind::UnexpectedEof.into()),
            },
        }
    }

    async fn ask_by_datagrams(&mut self, request: &Request, end: Instant) -> Outcome {
        let mut other = None;
        for nth in 0..=REPEATED.len() {
            if Instant::now() >= end {
                break;
            }
            if let Err(error) = self.send(&request.bytes).await {
                return unsent(&error);
            }
            let next = sent_again(nth, end);
            while let Ok(received) = timeout_at(next, self.receive()).await {
                let bytes = match received {
                    Ok(bytes) => bytes,
                    Err(error) => return unsent(&error),
                };
                if let Some(answer) = message::answer(&bytes, request.transaction) {
                    return Outcome::Answer(answer);
                }
                // An answer to an earlier request may still be under way; what is no STUN is worth keeping.
                if !message::looks_like_stun(&bytes) {
                    other.get_or_insert(bytes);
                }
            }
        }
        other.map_or(Outcome::Silent, Outcome::Other)
    }

    /// Waits until `token` arrives inside of anything, for as long as the future is polled.
    pub(super) async fn hear(&mut self, token: &[u8]) -> io::Result<()> {
        loop {
            let message = self.receive().await?;
            if message.windows(token.len()).any(|window| window == token) {
                return Ok(());
            }
        }
    }
}

impl Stream {
    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.write_all(bytes).await?;
        self.bytes.flush().await
    }

    async fn ask(&mut self, request: &Request) -> Outcome {
        if self.send(&request.bytes).await.is_err() {
            return Outcome::Silent;
        }
        loop {
            match self.next().await {
                Next::Message(bytes) => {
                    if let Some(answer) = message::answer(&bytes, request.transaction) {
                        return Outcome::Answer(answer);
                    }
                }
                Next::Other(bytes) => return Outcome::Other(bytes),
                Next::End => return Outcome::Silent,
            }
        }
    }

    async fn next(&mut self) -> Next {
        loop {
            if let Some(next) = self.cut() {
                return next;
            }
            let mut chunk = [0; LONGEST_ANSWER];
            match self.bytes.read(&mut chunk).await {
                Ok(0) | Err(_) if self.heard.is_empty() => return Next::End,
                Ok(0) | Err(_) => return Next::Other(mem::take(&mut self.heard)),
                Ok(length) => self.heard.extend_from_slice(&chunk[..length]),
            }
        }
    }

    /// The first message of what was heard, where it is there whole.
    fn cut(&mut self) -> Option<Next> {
        if self.heard.len() >= STUN_HEADER && message::looks_like_stun(&self.heard) {
            let body = u16::from_be_bytes([self.heard[2], self.heard[3]]);
            let length = STUN_HEADER + usize::from(body);
            if self.heard.len() >= length {
                let rest = self.heard.split_off(length);
                return Some(Next::Message(mem::replace(&mut self.heard, rest)));
            }
        }
        // Two zero bits begin a STUN message, and nothing that people run begins so.
        let is_other = self.heard.first().is_some_and(|first| first & 0xc0 != 0)
            || (self.heard.len() >= STUN_HEADER && !message::looks_like_stun(&self.heard))
            || self.heard.len() > LONGEST_STREAM;
        is_other.then(|| Next::Other(mem::take(&mut self.heard)))
    }
}

/// When a UDP request is sent again that was just sent, for the `nth` time after the first; `end`: not again. It counts
/// from the sending, not from the start: a machine that stood still does not send all that it has missed at once.
fn sent_again(nth: usize, end: Instant) -> Instant {
    let gap = REPEATED.get(nth);
    gap.map_or(end, |gap| end.min(Instant::now() + *gap))
}

/// What an error of datagrams says.
fn unsent(error: &io::Error) -> Outcome {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Outcome::Refused,
        // The other end has closed DTLS.
        io::ErrorKind::UnexpectedEof => Outcome::Silent,
        _ => Outcome::NotSent,
    }
}

/// A socket on which only this server is heard. Only such a one hears of “port unreachable”.
pub(super) async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// Asks from a socket that others may be told of, too.
pub(super) async fn ask_from(
    socket: &UdpSocket,
    server: SocketAddr,
    request: &Request,
    end: Instant,
) -> Option<Answer> {
    let mut buffer = [0; LONGEST_ANSWER];
    for nth in 0..=REPEATED.len() {
        if Instant::now() >= end {
            break;
        }
        socket.send_to(&request.bytes, server).await.ok()?;
        let next = sent_again(nth, end);
        while let Ok(Ok((length, from))) = timeout_at(next, socket.recv_from(&mut buffer)).await {
            let answer = message::answer(&buffer[..length], request.transaction);
            if from == server && answer.is_some() {
                return answer;
            }
        }
    }
    None
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
