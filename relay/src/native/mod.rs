//! What this program finds when it looks at a configured server itself, as a plain client without a browser's limits.
//!
//! It is never sent where a visitor says: only to servers that the operator configured.

mod allocation;
mod beside;
mod by_dtls;
mod certificate;
mod clock;
mod dtls;
mod link;
mod message;
mod reached;
mod session;
#[cfg(test)]
mod tests;

pub use beside::{Beside, Certificate, DtlsSeen};
pub use session::{Session, Unopened, stun};

use anyhow::Context;
use earshot_report::{
    IceUrl, Scheme, Transport,
    facts::{Fact, NativeProbe},
    limits,
};
use link::{Link, Outcome};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    net::{TcpStream, lookup_host},
    sync::watch,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

/// Everything together.
const WHOLE: Duration = Duration::from_millis(limits::NATIVE_PROBE_MS as u64);
/// A UDP Binding is given up after this: four packets were lost, and an Allocate is still worth a try.
const BINDING: Duration = Duration::from_millis(2250);
/// A TCP connection: two lost SYN packets are repeated after one and three seconds, so one may be lost.
const CONNECT: Duration = Duration::from_millis(2000);
/// A TURN server answers an Allocate on a stream within round trips; after this we ask who is there otherwise.
const STREAM_ANSWER: Duration = Duration::from_millis(1200);
/// The last moments of the whole, kept for giving an allocation back.
const RELEASE: Duration = Duration::from_millis(300);
/// How many of a name's addresses are tried.
const MOST_ADDRESSES: usize = 3;
/// How much of an answer that is not STUN is kept.
const OTHER_ANSWER: usize = 40;

/// User name and password of one server.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
}

/// Which of a name's addresses may be contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'a> {
    /// Any.
    Everywhere,
    /// Only these; with the others the name is looked up and no more. For the own relay: from behind a router its
    /// public address often cannot be reached from inside, and that says nothing about the world outside.
    Only(&'a [IpAddr]),
}

/// Looks at one server, and tells `progress` each fact as it is found; the last one is `finished`. Takes
/// [`limits::NATIVE_PROBE_MS`] at most.
pub async fn probe(
    credentials: Option<Credentials<'_>>,
    reach: Reach<'_>,
    progress: &watch::Sender<NativeProbe>,
) {
    probe_noting(credentials, reach, progress, &Beside::default()).await;
}

/// The same, and notes what an operator wants to know besides.
pub async fn probe_noting(
    credentials: Option<Credentials<'_>>,
    reach: Reach<'_>,
    progress: &watch::Sender<NativeProbe>,
    beside: &Beside,
) {
    let start = Instant::now();
    let url = progress.borrow().url.clone();
    let mut run = Run {
        url,
        credentials,
        progress,
        beside,
        // Our own relay would be reached from inside of its firewall: that proves nothing.
        is_foreign: reach == Reach::Everywhere,
        start,
        end: start + WHOLE,
    };
    // The steps end in time by themselves; this is for a name server or a handshake that hangs.
    let ended = timeout_at(run.end, run.steps(reach)).await;
    if let Ok(Err(error)) = &ended {
        tracing::debug!(url = %run.url, "the probe of a server was cut short: {error:#}");
    }
    progress.send_modify(|facts| facts.finished = true);
}

struct Run<'a> {
    url: IceUrl,
    credentials: Option<Credentials<'a>>,
    progress: &'a watch::Sender<NativeProbe>,
    beside: &'a Beside,
    /// Not our own relay.
    is_foreign: bool,
    start: Instant,
    end: Instant,
}

impl Run<'_> {
    fn note(&self, change: impl FnOnce(&mut NativeProbe)) {
        self.progress.send_modify(change);
    }

    /// Something was heard: that has a time.
    fn heard(&self, change: impl FnOnce(&mut NativeProbe)) {
        let elapsed = u32::try_from(self.start.elapsed().as_millis()).ok();
        self.note(|facts| {
            facts.answers = Fact::Yes;
            facts.elapsed_ms = elapsed;
            change(facts);
        });
    }

    /// The server was reached at this address, in that time.
    fn reached(&self, address: SocketAddr, round_trip: Duration) {
        Beside::note(&self.beside.server, address);
        Beside::note(&self.beside.round_trip, round_trip);
    }

    async fn steps(&mut self, reach: Reach<'_>) -> anyhow::Result<()> {
        let mut addresses = self.look_up().await?;
        if let Reach::Only(allowed) = reach {
            addresses.retain(|address| allowed.contains(&address.ip().to_canonical()));
        }
        // IPv4 first: where a host has no IPv6 of its own, nothing could be said about the server by it.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        addresses.truncate(MOST_ADDRESSES);
        for address in addresses {
            let heard = match self.url.transport {
                Transport::Udp => self.by_udp(address).await?,
                Transport::Dtls => self.by_dtls(address).await?,
                Transport::Tcp | Transport::Tls => self.by_stream(address).await?,
            };
            if heard {
                break;
            }
        }
        Ok(())
    }

    async fn look_up(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let found = lookup_host((self.url.host.as_str(), self.url.port)).await;
        let addresses: Vec<SocketAddr> = match found {
            Ok(found) => found.collect(),
            // The resolver could not be asked: that is no word about the name.
            Err(error) if is_temporary(&error) => {
                return Err(error).context("the name server is silent");
            }
            Err(_) => Vec::new(),
        };
        Beside::note(&self.beside.looked_up, self.start.elapsed());
        self.note(|facts| {
            facts.resolves = (!addresses.is_empty()).into();
            facts.addresses = addresses
                .iter()
                .map(|address| address.ip().into())
                .collect();
            facts.addresses.dedup();
        });
        Ok(addresses)
    }

    /// Whether the server was heard at this address.
    async fn by_udp(&self, address: SocketAddr) -> anyhow::Result<bool> {
        let Ok(mut link) = Link::udp(address).await else {
            return Ok(false);
        };
        let asked = Instant::now();
        let outcome = link.ask(&message::binding()?, asked + BINDING).await;
        match outcome {
            Outcome::Answer(answer) => {
                self.reached(address, asked.elapsed());
                self.heard(|facts| facts.speaks_stun = Fact::Yes);
                Beside::note(&self.beside.mapped, answer.mapped);
            }
            Outcome::Other(bytes) => self.heard_other(&bytes),
            Outcome::Refused => {
                self.unheard();
                return Ok(false);
            }
            Outcome::NotSent => return Ok(false),
            Outcome::Silent => {}
        }
        if self.url.scheme == Scheme::Turn {
            let end = self.end - RELEASE;
            self.allocate(&mut link, address, end).await?;
        }
        let heard = self.progress.borrow().answers.is_yes();
        match heard {
            true => self.rule_out(),
            false => self.unheard(),
        }
        Ok(heard)
    }

    async fn by_stream(&self, address: SocketAddr) -> anyhow::Result<bool> {
        let begun = Instant::now();
        let connected = timeout_at(
            self.end.min(Instant::now() + CONNECT),
            TcpStream::connect(address),
        )
        .await;
        let stream = match connected {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) if is_our_own(&error) => return Ok(false),
            Ok(Err(_)) | Err(_) => {
                self.unheard();
                return Ok(false);
            }
        };
        self.reached(address, begun.elapsed());
        self.heard(|_| ());
        let link = match self.url.transport {
            Transport::Tls => self.handshake(stream).await?,
            _ => Some(Link::stream(stream)),
        };
        if let Some(mut link) = link {
            let end = (self.end - RELEASE).min(Instant::now() + STREAM_ANSWER);
            match self.url.scheme {
                Scheme::Turn => self.allocate(&mut link, address, end).await?,
                Scheme::Stun => {
                    if let Outcome::Answer(answer) = link.ask(&message::binding()?, end).await {
                        self.heard(|facts| facts.speaks_stun = Fact::Yes);
                        Beside::note(&self.beside.mapped, answer.mapped);
                    }
                }
            }
        }
        if !self.progress.borrow().speaks_stun.is_yes() {
            self.who_else(address).await?;
        }
        self.rule_out();
        Ok(true)
    }

    async fn handshake(&self, stream: TcpStream) -> anyhow::Result<Option<Link>> {
        let (config, noted) = certificate::noting_config()?;
        let name = rustls_pki_types::ServerName::try_from(self.url.host.clone())?;
        let end = self.end.min(Instant::now() + STREAM_ANSWER);
        let shaken = timeout_at(end, TlsConnector::from(config).connect(name, stream)).await;
        if let Some(certificate) = noted.get() {
            self.heard(|facts| facts.certificate_error = certificate.complaint.clone());
            Beside::note(&self.beside.certificate, certificate.clone());
        }
        Ok(match shaken {
            Ok(Ok(stream)) => Some(Link::stream(stream)),
            Ok(Err(_)) | Err(_) => None,
        })
    }

    /// Nothing there speaks STUN: a second connection asks as a web client would.
    async fn who_else(&self, address: SocketAddr) -> anyhow::Result<()> {
        if self.progress.borrow().other_answer.is_some() {
            return Ok(());
        }
        let Ok(Ok(mut stream)) = timeout_at(self.end, TcpStream::connect(address)).await else {
            return Ok(());
        };
        let end = (self.end - RELEASE).min(Instant::now() + STREAM_ANSWER);
        if let Some(bytes) = link::listen_for_other(&mut stream, end).await {
            self.heard_other(&bytes);
        }
        Ok(())
    }

    fn heard_other(&self, bytes: &[u8]) {
        let printable = |&byte: &u8| match byte {
            b' '..=b'~' => char::from(byte),
            _ => '.',
        };
        // Only the first line: the rest is dates and cookies.
        let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next();
        let text = line
            .unwrap_or_default()
            .iter()
            .map(printable)
            .take(OTHER_ANSWER);
        self.heard(|facts| facts.other_answer = Some(text.collect()));
    }

    /// Nobody answered at this address; another address of the same name may still do.
    fn unheard(&self) {
        self.note(|facts| {
            if !facts.answers.is_yes() {
                facts.answers = Fact::No;
            }
        });
    }

    /// Someone answers, and we asked for everything: what was not said then is not so.
    fn rule_out(&self) {
        let turn = self.url.scheme == Scheme::Turn;
        self.note(|facts| {
            if !facts.speaks_stun.is_measured() {
                facts.speaks_stun = Fact::No;
            }
            if turn && !facts.speaks_turn.is_measured() {
                facts.speaks_turn = Fact::No;
            }
        });
    }
}

/// getaddrinfo's EAI_AGAIN, in the words of glibc and of musl: std gives no code for it.
fn is_temporary(error: &io::Error) -> bool {
    let text = error.to_string();
    text.contains("Temporary failure") || text.contains("Try again")
}

/// The fault is on our side: nothing was sent.
fn is_our_own(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied
    )
}
