//! What became of the sessions. Only those that are open are known one by one.

use std::collections::HashMap;

/// So many sessions are followed at a time; more are counted as begun, and their end is not known.
const MOST_OPEN: usize = 100_000;

/// Sessions with an allocation, and what they carried.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: HashMap<u64, Open>,
    /// Ended, and their beginning is in the log.
    whole: Ended,
    /// Ended, and the log begins behind their beginning.
    cut: Ended,
    /// Ended, of nobody in no realm: an anonymous session, or somebody who only knocked at a server without a realm.
    nobodys: Ended,
}

/// How many ended, and how many of them relayed anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) all: u64,
    pub(super) relayed: u64,
}

#[derive(Debug, Default)]
struct Open {
    begun: bool,
    whose: Whose,
    /// Packets at its client's side.
    client: u64,
    /// Packets at its peers' side, where the program tells of them.
    peers: Option<u64>,
}

/// Whose session it is, as the lines about what it carried tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nobody's, in a realm: somebody who asked for the own address, or a port scanner.
    #[default]
    Unknown,
    /// Nobody's, in no realm.
    Nobodys,
    /// A user's, who has an allocation then.
    Users,
}

impl Open {
    /// A client's packets may all be requests: what its peers had is told apart by coturn from 4.5.2 on.
    fn relayed(&self) -> bool {
        self.peers.unwrap_or(self.client) > 0
    }
}

impl Sessions {
    pub(super) fn begun(&mut self, session: Option<u64>) {
        if let Some(open) = session.and_then(|session| self.open(session)) {
            open.begun = true;
        }
    }

    pub(super) fn carried(&mut self, session: Option<u64>, packets: u64, whose: Whose) {
        let Some(session) = session else {
            // A line without a number, as people quote them, is a session by itself.
            self.end(false, whose, packets > 0);
            return;
        };
        if let Some(open) = self.open(session) {
            open.client = open.client.saturating_add(packets);
            open.whose = whose;
        }
    }

    pub(super) fn carried_to_peers(&mut self, session: Option<u64>, packets: u64) {
        if let Some(open) = session.and_then(|session| self.open(session)) {
            open.peers = Some(open.peers.unwrap_or(0).saturating_add(packets));
        }
    }

    pub(super) fn closed(&mut self, session: Option<u64>) {
        let Some(open) = session.and_then(|session| self.open.remove(&session)) else {
            return;
        };
        self.end(open.begun, open.whose, open.relayed());
    }

    fn end(&mut self, begun: bool, whose: Whose, relayed: bool) {
        let ended = match (begun, whose) {
            (true, _) => &mut self.whole,
            (false, Whose::Users) => &mut self.cut,
            (false, Whose::Nobodys) => &mut self.nobodys,
            (false, Whose::Unknown) => return,
        };
        ended.all += 1;
        ended.relayed += u64::from(relayed);
    }

    /// What is known of those that ended: of whole ones, else of those that the log shows the end of; of nobody's only
    /// where the log tells of nothing else.
    pub(super) fn ended(&self, is_excerpt: bool) -> Ended {
        let nobodys = if is_excerpt {
            self.nobodys
        } else {
            Ended::default()
        };
        let known = [self.whole, self.cut, nobodys];
        known
            .into_iter()
            .find(|ended| ended.all > 0)
            .unwrap_or_default()
    }

    /// Of those that are still open, how many have relayed something, as far as the log tells.
    pub(super) fn open_and_relaying(&self) -> u64 {
        let relaying = self.open.values().filter(|open| open.relayed());
        relaying.count() as u64
    }

    fn open(&mut self, session: u64) -> Option<&mut Open> {
        if self.open.len() >= MOST_OPEN && !self.open.contains_key(&session) {
            return None;
        }
        Some(self.open.entry(session).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(all: u64, relayed: u64) -> Ended {
        Ended { all, relayed }
    }

    #[test]
    fn packets_at_the_peers_side_are_what_counts() {
        let mut sessions = Sessions::default();
        for (session, client, peers) in [
            (1, 6, Some(0)),
            (2, 27, Some(20)),
            (3, 0, None),
            (4, 9, None),
        ] {
            sessions.begun(Some(session));
            sessions.carried(Some(session), client, Whose::Users);
            if let Some(peers) = peers {
                sessions.carried_to_peers(Some(session), peers);
            }
            sessions.closed(Some(session));
        }
        assert_eq!(sessions.ended(false), ended(4, 2));
        assert!(sessions.open.is_empty());
    }

    #[test]
    fn who_asked_for_an_address_alone_is_no_session() {
        let mut sessions = Sessions::default();
        sessions.carried(Some(1), 2, Whose::Unknown);
        sessions.closed(Some(1));
        sessions.closed(Some(2));
        assert_eq!(sessions.ended(false), ended(0, 0));
    }

    #[test]
    fn any_number_of_sessions_takes_bounded_room() {
        let mut sessions = Sessions::default();
        for session in 0..MOST_OPEN as u64 + 10 {
            sessions.begun(Some(session));
        }
        assert_eq!(sessions.open.len(), MOST_OPEN);
        sessions.closed(Some(MOST_OPEN as u64 + 5));
        sessions.closed(Some(5));
        assert_eq!(sessions.ended(false), ended(1, 0));
    }
}
