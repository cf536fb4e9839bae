//! The log of sessions, in words that whoever reads coturn's logs recognises.

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
                // A stale nonce is the normal way to a new one, and each test of the page tries a wrong password.
                let usual = matches!(reason, Refusal::StaleNonce | Refusal::BadRequest)
                    || scope_of(name).is_some();
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

fn refusal(reason: Refusal) -> &'static str {
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
fn shown(name: &str) -> String {
    let name: String = name.chars().take(LONGEST_SHOWN_NAME).collect();
    name.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use earshot_turn::{Client, RelayedAddr, Transport};

    fn lines(log: &mut SessionLog, at: u64, event: Event) -> Vec<(Weight, String)> {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
        let event = RelayEvent {
            at,
            worker: 1,
            what: Happening::Turn(event),
        };
        let mut lines = Vec::new();
        log.lines(&event, true, |weight, line| lines.push((weight, line)));
        lines
    }

    fn client() -> Client {
        Client {
            transport: Transport::Udp,
            addr: "192.0.2.7:4000".parse().unwrap(),
            local: "192.0.2.1:3478".parse().unwrap(),
        }
    }

    fn refused(name: &str, reason: Refusal) -> Event {
        Event::Refused {
            client: client(),
            username: Some(name.into()),
            code: 401,
            reason,
        }
    }

    /// The lines that the users of coturn look for: `facts.md` quotes them from their own logs.
    #[test]
    fn a_session_is_told_as_coturn_tells_it() {
        let mut log = SessionLog::new("voicechat".into());
        let session = SessionId(1);
        let new = lines(
            &mut log,
            0,
            Event::Allocated {
                session,
                client: client(),
                username: "voicechat".into(),
                relayed: RelayedAddr("192.0.2.1:50000".parse().unwrap()),
                lifetime: Duration::from_secs(600),
            },
        );
        assert_eq!(new[0].0, Weight::Info);
        assert!(
            new[0].1.starts_with(
                "session 001000000000000001: new, realm=<voicechat>, username=<voicechat>, lifetime=600"
            ),
            "{new:?}"
        );
        let usage = Usage {
            received_packets: 1,
            received_bytes: 2,
            sent_packets: 3,
            sent_bytes: 4,
            ..Usage::default()
        };
        let told = lines(&mut log, 1, Event::Usage { session, usage });
        assert_eq!(
            told[0].0,
            Weight::Debug,
            "from time to time is not for the operator"
        );
        let reason = Closed::Expired;
        let closed = lines(&mut log, 2, Event::Closed { session, reason });
        assert_eq!(
            closed[0],
            (
                Weight::Info,
                "session 001000000000000001: usage: realm=<voicechat>, username=<voicechat>, rp=1, rb=2, sp=3, sb=4"
                    .to_owned()
            )
        );
        assert!(
            closed[1].1.contains(": closed, user <voicechat>"),
            "{closed:?}"
        );
        assert!(
            closed[1].1.ends_with("reason: allocation timeout"),
            "{closed:?}"
        );
        assert!(log.sessions.is_empty());
    }

    #[test]
    fn who_tries_passwords_cannot_fill_the_disk() {
        let mut log = SessionLog::new("r".into());
        let told: usize = (0..1000)
            .map(|_| lines(&mut log, 5, refused("root", Refusal::WrongPassword)).len())
            .sum();
        assert_eq!(told, REFUSALS_PER_WINDOW as usize);
        let next = lines(&mut log, 60, refused("root", Refusal::WrongPassword));
        assert_eq!(next[0].1, "980 more requests were refused");
        assert_eq!(next.len(), 2);
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        let mut log = SessionLog::new("r".into());
        let forged = "x>\nINFO session 1: closed";
        let told = lines(&mut log, 0, refused(forged, Refusal::UnknownUser));
        assert!(!told[0].1.contains('\n'), "{told:?}");
    }

    #[test]
    fn the_tests_of_the_page_are_not_for_the_operator() {
        let mut log = SessionLog::new("r".into());
        for (name, reason, weight) in [
            ("1700000000:test.abc", Refusal::WrongPassword, Weight::Debug),
            ("voicechat", Refusal::StaleNonce, Weight::Debug),
            ("voicechat", Refusal::WrongPassword, Weight::Info),
            ("1700000000:alice", Refusal::Expired, Weight::Info),
        ] {
            let told = lines(&mut log, 0, refused(name, reason));
            assert_eq!(told[0].0, weight, "{name} {reason:?}");
        }
        for (name, weight) in [
            ("1700000000:test.abc", Weight::Debug),
            ("1700000000:alice", Weight::Info),
        ] {
            let session = SessionId(7);
            let allocated = Event::Allocated {
                session,
                client: client(),
                username: name.into(),
                relayed: RelayedAddr("192.0.2.2:50000".parse().unwrap()),
                lifetime: Duration::from_secs(600),
            };
            let reason = Closed::ByClient;
            let events = [allocated, Event::Closed { session, reason }];
            let told = events.map(|event| lines(&mut log, 0, event)).concat();
            assert_eq!(told.len(), 3, "new, usage, closed: {told:?}");
            assert!(told.iter().all(|(told, _)| *told == weight), "{told:?}");
        }
    }
}
