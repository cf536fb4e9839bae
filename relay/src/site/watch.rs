//! What an operator asks for who looks at a running relay: who is there, who was refused and why, and whether anybody
//! from elsewhere has come at all.

use crate::{
    events::{Happening, RelayEvent},
    external::own_addresses,
    session_log::{is_usual, refusal, shown},
    status::{Heard, Refusals, Refused, Sessions},
};
use earshot_turn::{Client, Event, SessionId, Transport, event::Refusal, scope_of};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
    time::{Duration, SystemTime},
};

/// So many refusals are remembered, each for one user at one address.
const REFUSALS: usize = 10;
/// So many users are named.
const USERS: usize = 10;
/// All tests of the page together.
const TESTS: &str = "tests of the page";
/// Who was heard so lately need not be looked at again: it costs a look at this machine's interfaces.
const JUST_NOW: Duration = Duration::from_secs(1);

/// Since the start of the program.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Whom this program's own tries at its address are made for: they are nobody's sessions.
    ourselves: String,
    /// The open sessions, by their users.
    users: HashMap<(usize, SessionId), String>,
    begun: u64,
    heard: HashMap<Transport, SystemTime>,
    last: VecDeque<Remembered>,
    refused: BTreeMap<&'static str, u64>,
}

#[derive(Debug)]
struct Remembered {
    at: SystemTime,
    username: String,
    from: IpAddr,
    code: u16,
    reason: Refusal,
    times: u64,
}

impl Watch {
    pub(super) fn observe(&mut self, event: &RelayEvent) {
        let Happening::Turn(what) = &event.what else {
            return;
        };
        match what {
            Event::Bound { client } | Event::Challenged { client } => self.hear(event.at, client),
            Event::Allocated {
                session,
                client,
                username,
                ..
            } => {
                self.hear(event.at, client);
                let user = match scope_of(username) {
                    Some(scope) if scope == self.ourselves => return,
                    Some(_) => TESTS.to_owned(),
                    None => shown(username),
                };
                self.begun += 1;
                self.users.insert((event.worker, *session), user);
            }
            Event::Closed { session, .. } => {
                self.users.remove(&(event.worker, *session));
            }
            Event::Refused {
                client,
                username,
                code,
                reason,
            } => {
                self.hear(event.at, client);
                let username = username.as_deref().unwrap_or_default();
                if !is_usual(*reason, username) {
                    let from = client.addr.ip().to_canonical();
                    self.refuse(event.at, (username, from), *code, *reason);
                }
            }
            _ => {}
        }
    }

    fn hear(&mut self, at: SystemTime, client: &Client) {
        let lately = |last: &SystemTime| at.duration_since(*last).unwrap_or_default() < JUST_NOW;
        if self.heard.get(&client.transport).is_some_and(lately) {
            return;
        }
        let ip = client.addr.ip().to_canonical();
        if !ip.is_loopback() && !own_addresses().contains(&ip) {
            self.heard.insert(client.transport, at);
        }
    }

    fn refuse(&mut self, at: SystemTime, who: (&str, IpAddr), code: u16, reason: Refusal) {
        *self.refused.entry(refusal(reason)).or_default() += 1;
        let (username, from) = (shown(who.0), who.1);
        let known = self
            .last
            .iter()
            .position(|it| it.username == username && it.from == from && it.reason == reason);
        let before = known.and_then(|known| self.last.remove(known));
        self.last.push_front(Remembered {
            at,
            username,
            from,
            code,
            reason,
            times: before.map_or(0, |before| before.times) + 1,
        });
        self.last.truncate(REFUSALS);
    }

    /// Sessions of this name are this program's own from now on.
    pub(super) fn ignore(&mut self, ourselves: &str) {
        ourselves.clone_into(&mut self.ourselves);
    }

    /// The sessions, without what they have carried.
    pub(super) fn sessions(&self) -> Sessions {
        Sessions {
            open: self.users.len() as u64,
            since_start: self.begun,
            by_user: self.by_user(),
            ..Sessions::default()
        }
    }

    fn by_user(&self) -> Vec<(String, u64)> {
        let mut count = BTreeMap::<&str, u64>::new();
        for user in self.users.values() {
            *count.entry(user).or_default() += 1;
        }
        let mut users: Vec<_> = count
            .into_iter()
            .map(|(user, n)| (user.to_owned(), n))
            .collect();
        users.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        users.truncate(USERS);
        users
    }

    pub(super) fn heard(&self, now: SystemTime) -> Heard {
        let ago = |transport| self.heard.get(&transport).map(|at| seconds(*at, now));
        Heard {
            udp_ago_s: ago(Transport::Udp),
            tcp_ago_s: ago(Transport::Tcp),
            tls_ago_s: ago(Transport::Tls),
        }
    }

    pub(super) fn refusals(&self, now: SystemTime) -> Refusals {
        let since_start = self.refused.iter();
        let last = self.last.iter().map(|it| Refused {
            ago_s: seconds(it.at, now),
            username: it.username.clone(),
            from: it.from,
            code: it.code,
            reason: refusal(it.reason).to_owned(),
            times: it.times,
        });
        Refusals {
            since_start: since_start
                .map(|(reason, n)| ((*reason).to_owned(), *n))
                .collect(),
            last: last.collect(),
        }
    }
}

pub(super) fn seconds(since: SystemTime, now: SystemTime) -> u64 {
    now.duration_since(since).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn event(at: u64, what: Event) -> RelayEvent {
        RelayEvent {
            at: UNIX_EPOCH + Duration::from_secs(at),
            worker: 0,
            what: Happening::Turn(what),
        }
    }

    fn client(from: &str) -> Client {
        Client {
            transport: Transport::Udp,
            addr: format!("{from}:5000").parse().unwrap(),
            local: "192.0.2.1:3478".parse().unwrap(),
        }
    }

    fn refused(from: &str, username: &str, reason: Refusal) -> Event {
        Event::Refused {
            client: client(from),
            username: Some(username.to_owned()),
            code: 401,
            reason,
        }
    }

    #[test]
    fn who_tries_again_and_again_does_not_hide_the_others() {
        let mut watch = Watch::default();
        watch.observe(&event(1, refused("198.51.100.1", "alice", Refusal::Quota)));
        for at in 2..500 {
            watch.observe(&event(
                at,
                refused("198.51.100.2", "root", Refusal::WrongPassword),
            ));
        }
        let told = watch.refusals(UNIX_EPOCH + Duration::from_secs(509));
        let told: Vec<_> = told
            .last
            .iter()
            .map(|it| (it.username.as_str(), it.times, it.ago_s))
            .collect();
        assert_eq!(told, [("root", 498, 10), ("alice", 1, 508)]);
    }

    #[test]
    fn memory_is_bounded_and_what_is_usual_is_not_told() {
        let mut watch = Watch::default();
        for nth in 0..100 {
            watch.observe(&event(
                nth,
                refused("198.51.100.1", &nth.to_string(), Refusal::UnknownUser),
            ));
        }
        watch.observe(&event(
            200,
            refused("198.51.100.1", "u", Refusal::StaleNonce),
        ));
        watch.observe(&event(
            200,
            refused(
                "198.51.100.1",
                "1700000000:test.abc",
                Refusal::WrongPassword,
            ),
        ));
        let told = watch.refusals(UNIX_EPOCH + Duration::from_secs(200));
        assert_eq!(told.last.len(), REFUSALS);
        assert_eq!(told.last[0].username, "99");
        assert_eq!(
            told.since_start,
            BTreeMap::from([("no such user".to_owned(), 100)])
        );
    }

    #[test]
    fn this_machine_is_nobody_from_elsewhere() {
        let mut watch = Watch::default();
        let now = UNIX_EPOCH + Duration::from_secs(30);
        watch.observe(&event(
            10,
            Event::Bound {
                client: client("127.0.0.1"),
            },
        ));
        assert_eq!(watch.heard(now), Heard::default());
        watch.observe(&event(
            20,
            Event::Bound {
                client: client("198.51.100.9"),
            },
        ));
        assert_eq!(watch.heard(now).udp_ago_s, Some(10));
        assert_eq!(watch.heard(now).tcp_ago_s, None);
    }
}
