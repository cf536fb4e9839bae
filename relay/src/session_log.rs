//! The log of sessions, in words that whoever reads coturn's logs recognises.

#[cfg(test)]
mod tests;

use crate::events::{Happening, RelayEvent};
use earshot_turn::{
    Event, SessionId,
    event::{Closed, Refusal, Usage},
    scope_of,
};
use std::{
    collections::HashMap,
    fmt::Write,
    net::SocketAddr,
    time::{Duration, SystemTime},
};

/// So many lines about refusals in one window; more are only counted. Somebody who tries passwords must not fill the
/// disk.
const REFUSALS_PER_WINDOW: u32 = 20;
const WINDOW: Duration = Duration::from_secs(10);
/// A user name may have 508 bytes, and whoever sends it chooses them.
const LONGEST_SHOWN_NAME: usize = 64;
/// Numbers of one worker before those of the next begin.
const SESSIONS_PER_WORKER: u64 = 1_000_000_000_000_000;

/// Turns events into lines. Knows the sessions that are open, and nothing of those that ended.
pub struct SessionLog {
    realm: String,
    sessions: HashMap<(usize, SessionId), Session>,
    refusals: Refusals,
}

struct Session {
    username: String,
    client: SocketAddr,
    usage: Usage,
}

#[derive(Default)]
struct Refusals {
    window: Option<SystemTime>,
    told: u32,
    untold: u32,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// For the operator.
    Info,
    /// One session's story.
    Debug,
}

impl SessionLog {
    /// A log of a relay with this realm.
    pub fn new(realm: String) -> Self {
        Self {
            realm,
            sessions: HashMap::new(),
            refusals: Refusals::default(),
        }
    }

    /// Logs what is worth a line.
    pub fn observe(&mut self, event: &RelayEvent) {
        // Most events are worth no line but for those who look for one: a flood of them must cost next to nothing.
        let debug = tracing::enabled!(tracing::Level::DEBUG);
        self.lines(event, debug, |weight, line| match weight {
            Weight::Info => tracing::info!("{line}"),
            Weight::Debug => tracing::debug!("{line}"),
        });
    }

    fn lines(&mut self, event: &RelayEvent, debug: bool, mut line: impl FnMut(Weight, String)) {
        match &event.what {
            Happening::Turn(turn) => self.turn(event, turn, debug, &mut line),
            _ if !debug => {}
            Happening::Connected(client) => line(
                Weight::Debug,
                format!("connection from {} ({:?})", client.addr, client.transport),
            ),
            Happening::TlsFailed { peer, alert } => {
                let why = alert.as_deref().unwrap_or("it went away");
                line(
                    Weight::Debug,
                    format!("TLS handshake of {peer} failed: {why}"),
                );
            }
        }
    }

    fn turn(
        &mut self,
        told: &RelayEvent,
        event: &Event,
        debug: bool,
        line: &mut impl FnMut(Weight, String),
    ) {
        match event {
            Event::Allocated {
                session,
                client,
                username,
                relayed,
                lifetime,
            } => {
                let text = format!(
                    "{}: new, realm=<{}>, username=<{}>, lifetime={}, client={} ({:?}), relayed={relayed}",
                    number(told.worker, *session),
                    self.realm,
                    shown(username),
                    lifetime.as_secs(),
                    client.addr,
                    client.transport,
                );
                let opened = Session {
                    username: username.clone(),
                    client: client.addr,
                    usage: Usage::default(),
                };
                self.sessions.insert((told.worker, *session), opened);
                line(weight(username), text);
            }
            Event::Usage { session, usage } => {
                if let Some(open) = self.sessions.get_mut(&(told.worker, *session)) {
                    open.usage = *usage;
                    if debug {
                        let text = usage_line(&self.realm, told.worker, *session, open);
                        line(Weight::Debug, text);
                    }
                }
            }
            Event::Closed { session, reason } => {
                let Some(closed) = self.sessions.remove(&(told.worker, *session)) else {
                    return;
                };
                let weight = weight(&closed.username);
                line(
                    weight,
                    usage_line(&self.realm, told.worker, *session, &closed),
                );
                let text = format!(
                    "{}: closed, user <{}> realm <{}>, remote {}, reason: {}",
                    number(told.worker, *session),
                    shown(&closed.username),
                    self.realm,
                    closed.client,
                    closing(*reason),
                );
                line(weight, text);
            }
            Event::Refused {
                client,
                username,
                code,
                reason,
            } => {
                let name = username.as_deref().unwrap_or_default();
                let usual = is_usual(*reason, name);
                if usual && !debug {
                    return;
                }
                let text = format!(
                    "user <{}>: refused ({}, {code}) from {}",
                    shown(name),
                    refusal(*reason),
                    client.addr
                );
                match usual {
                    true => line(Weight::Debug, text),
                    false => self.refusals.line(told.at, text, line),
                }
            }
            other if debug => {
                line(Weight::Debug, format!("worker {}: {other:?}", told.worker));
            }
            _ => {}
        }
    }
}

impl Refusals {
    fn line(&mut self, at: SystemTime, text: String, line: &mut impl FnMut(Weight, String)) {
        let over = self
            .window
            .is_none_or(|start| at.duration_since(start).unwrap_or_default() >= WINDOW);
        if over {
            if self.untold > 0 {
                line(
                    Weight::Info,
                    format!("{} more requests were refused", self.untold),
                );
            }
            *self = Self {
                window: Some(at),
                ..Self::default()
            };
        }
        if self.told < REFUSALS_PER_WINDOW {
            self.told += 1;
            return line(Weight::Info, text);
        }
        self.untold += 1;
    }
}

/// A test of the page opens a dozen sessions at once. The operator reads its verdict in one line; these are its story.
fn weight(username: &str) -> Weight {
    match scope_of(username) {
        Some(_) => Weight::Debug,
        None => Weight::Info,
    }
}

/// Each worker counts for itself; together they are told apart as coturn's threads are.
fn number(worker: usize, session: SessionId) -> String {
    let worker = u64::try_from(worker).unwrap_or_default();
    format!("session {:018}", worker * SESSIONS_PER_WORKER + session.0)
}

fn usage_line(realm: &str, worker: usize, session: SessionId, open: &Session) -> String {
    let usage = open.usage;
    let mut line = format!(
        "{}: usage: realm=<{realm}>, username=<{}>, rp={}, rb={}, sp={}, sb={}",
        number(worker, session),
        shown(&open.username),
        usage.received_packets,
        usage.received_bytes,
        usage.sent_packets,
        usage.sent_bytes,
    );
    for (what, count) in [
        ("without permission", usage.unpermitted_packets),
        ("over the cap", usage.capped_packets),
    ] {
        if count > 0 {
            // Writing to a string cannot fail.
            let _ = write!(line, ", dropped {what}={count}");
        }
    }
    line
}

/// A stale nonce is the normal way to a new one, and each test of the page tries a wrong password.
pub(crate) fn is_usual(reason: Refusal, username: &str) -> bool {
    matches!(reason, Refusal::StaleNonce | Refusal::BadRequest) || scope_of(username).is_some()
}

/// Why, in words.
pub(crate) fn refusal(reason: Refusal) -> &'static str {
    match reason {
        Refusal::UnknownUser => "no such user",
        Refusal::WrongPassword => "wrong password",
        Refusal::Expired => "the credential is over its time",
        Refusal::StaleNonce => "stale nonce",
        Refusal::WrongCredentials => "the allocation is another user's",
        Refusal::Quota => "the user has all allocations it may have",
        Refusal::Capacity => "no relayed port is free",
        Refusal::PeerDenied => "the peer is denied; ALLOWED_PEERS can allow it",
        Refusal::PeerOutOfScope => "the peer is no part of the test",
        Refusal::BadRequest => "bad request",
    }
}

fn closing(reason: Closed) -> &'static str {
    match reason {
        Closed::ByClient => "the client ended it",
        Closed::Expired => "allocation timeout",
        Closed::Disconnected => "TCP connection closed by client",
        Closed::Shutdown => "the server is going down",
    }
}

/// Names come from the network: nothing in them may look like a line of its own.
pub(crate) fn shown(name: &str) -> String {
    let name: String = name.chars().take(LONGEST_SHOWN_NAME).collect();
    name.escape_debug().to_string()
}
