//! What a log told, added up.

use super::{
    counted::{Count, Named, Rate},
    event::{Event, Refused, event},
    sessions::{Ended, Sessions, Whose},
    stamp::{Stamp, stamp},
};
use crate::coturn::{conf::read, text::plain};
use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

/// The other codes that a finding tells of: a forbidden peer, a quota, no port that is free (RFC 8656 section 19).
const TOLD_CODES: [u16; 3] = [403, 486, 508];

/// Everything that the findings are made from. Bounded, whatever the log holds.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// What wrote it, and which version, as it said last.
    pub(super) program: Option<(&'static str, String)>,
    pub(super) starts: u64,
    pub(super) lines: Count,
    /// Lines that tell something known here.
    pub(super) understood: u64,
    /// Allocations by user.
    pub(super) allocations: Named,
    pub(super) anonymous: Count,
    /// Allocations of a named user in an empty realm.
    pub(super) without_realm: Count,
    /// Usage of nobody in no realm, as the story of an open server begins.
    pub(super) usage_of_nobody: Count,
    pub(super) sessions: Sessions,
    /// First requests, which are always asked for a password: 401 without a user.
    pub(super) challenges: Count,
    pub(super) challenges_without_realm: Count,
    pub(super) refused: Refusals,
    /// 401 answers, and how many in the busiest second.
    pub(super) rate: Rate,
    /// Those of [`TOLD_CODES`].
    pub(super) errors: BTreeMap<u16, Errors>,
    pub(super) peers: Named,
    pub(super) public_peers: u64,
    pub(super) no_ports: Count,
    pub(super) no_descriptors: Count,
    pub(super) taken: Named,
    pub(super) not_ours: Named,
    pub(super) no_tls: Count,
    pub(super) bad_certificate: Count,
    pub(super) no_configuration: Count,
    pub(super) empty_realm: Count,
    pub(super) complaints: Named,
    pub(super) troubles: Named,
    pub(super) tests: Named,
}

/// Users that were refused. coturn tells of one refusal in one line or in two, with or without `verbose`.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    by_error: Named,
    by_answer: Named,
    pub(super) unknown: u64,
    pub(super) password: u64,
    pub(super) expired: u64,
    more: u64,
}

impl Refusals {
    pub(super) fn named(&self) -> &Named {
        match self.by_error.all.count >= self.by_answer.all.count {
            true => &self.by_error,
            false => &self.by_answer,
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.named().all.count.saturating_add(self.more)
    }
}

/// One error code. coturn tells of most refusals twice, as the method's and as the message's.
#[derive(Debug, Default)]
pub(super) struct Errors {
    by_method: Named,
    by_message: Named,
}

impl Errors {
    pub(super) fn named(&self) -> &Named {
        match self.by_method.all.count >= self.by_message.all.count {
            true => &self.by_method,
            false => &self.by_message,
        }
    }
}

impl Tally {
    pub(super) fn line(&mut self, line: &str) {
        let at = stamp(line);
        self.lines.add(at.as_ref(), 1);
        if let Some(event) = event(line) {
            self.understood += 1;
            self.event(at.as_ref(), &event);
        }
    }

    /// The log tells of no beginning of a session, as where somebody quotes the lines of usage alone.
    pub(super) fn is_excerpt(&self) -> bool {
        self.allocations.all.count == 0 && self.challenges.count == 0
    }

    /// The sessions that ended.
    pub(super) fn ended(&self) -> Ended {
        self.sessions.ended(self.is_excerpt())
    }

    fn event(&mut self, at: Option<&Stamp>, event: &Event<'_>) {
        match *event {
            Event::Program { name, version } => {
                self.program = Some((name, plain(version)));
                self.starts += 1;
            }
            Event::New {
                session,
                realm,
                user,
            } => {
                self.allocations.add(at, user);
                self.sessions.begun(session);
                match (realm.is_empty(), user.is_empty()) {
                    (_, true) => self.anonymous.add(at, 1),
                    (true, false) => self.without_realm.add(at, 1),
                    (false, false) => {}
                }
            }
            Event::Usage {
                session,
                realm,
                user,
                packets,
            } => {
                let whose = match (realm.is_empty(), user.is_empty()) {
                    (_, false) => Whose::Users,
                    (false, true) => Whose::Unknown,
                    (true, true) => Whose::Nobodys,
                };
                if whose == Whose::Nobodys {
                    self.usage_of_nobody.add(at, 1);
                }
                self.sessions.carried(session, packets, whose);
            }
            Event::PeerUsage { session, packets } => {
                self.sessions.carried_to_peers(session, packets);
            }
            Event::Closed { session } => self.sessions.closed(session),
            Event::Error {
                realm,
                user,
                method,
                code,
            } => self.error(at, realm, user, method, code),
            Event::Refused { user, why } => self.refused(at, user, why),
            Event::RefusedMore(count) => {
                self.refused.more = self.refused.more.saturating_add(count);
            }
            Event::PeerDenied { peer } => {
                self.peers.add(at, peer);
                let public = peer.parse::<IpAddr>().is_ok_and(is_public);
                self.public_peers += u64::from(public);
            }
            Event::NoPorts => self.no_ports.add(at, 1),
            Event::NoDescriptors => self.no_descriptors.add(at, 1),
            Event::NotBound {
                address,
                taken: true,
            } => self.taken.add(at, address),
            Event::NotBound {
                address,
                taken: false,
            } => self.not_ours.add(at, address),
            Event::NoTls => self.no_tls.add(at, 1),
            Event::BadCertificate => self.bad_certificate.add(at, 1),
            Event::NoConfiguration => self.no_configuration.add(at, 1),
            Event::Realm("") => self.empty_realm.add(at, 1),
            Event::Realm(_) => self.empty_realm = Count::default(),
            Event::Complaint(text) => self.complaints.add(at, &without_secret(text)),
            Event::Trouble(text) => self.troubles.add(at, text),
            Event::Test { cause } => self.tests.add(at, cause),
            Event::Usual => {}
        }
    }

    fn error(&mut self, at: Option<&Stamp>, realm: &str, user: &str, method: &str, code: u16) {
        if code == 401 {
            self.rate.add(at);
            if user.is_empty() {
                self.challenges.add(at, 1);
            } else {
                self.refused.by_answer.add(at, user);
            }
            if realm.is_empty() {
                self.challenges_without_realm.add(at, 1);
            }
            return;
        }
        if !TOLD_CODES.contains(&code) {
            return;
        }
        let errors = self.errors.entry(code).or_default();
        match method {
            "message" => errors.by_message.add(at, user),
            _ => errors.by_method.add(at, user),
        }
    }

    fn refused(&mut self, at: Option<&Stamp>, user: &str, why: Refused) {
        self.refused.by_error.add(at, user);
        let over =
            at.is_some_and(|at| at.is_date && expiry(user).is_some_and(|end| end < at.seconds));
        match why {
            Refused::Expired => self.refused.expired += 1,
            Refused::Unknown if over => self.refused.expired += 1,
            Refused::Unknown => self.refused.unknown += 1,
            Refused::Password => self.refused.password += 1,
        }
    }
}

/// coturn quotes a line without a name whole, and that may be a password.
fn without_secret(complaint: &str) -> Cow<'_, str> {
    const QUOTING: &str = "Bad configuration format: ";
    match complaint.strip_prefix(QUOTING) {
        Some(line) => format!("{QUOTING}{}", read::shown(line)).into(),
        None => complaint.into(),
    }
}

/// When a time-limited name ends, in seconds since 1970: the number before the colon.
pub(super) fn expiry(user: &str) -> Option<i64> {
    let digits = user.split(':').next()?;
    // Those of 2001 to 2286 have ten digits; a shorter number is somebody's own name.
    let is_time = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_time.then(|| digits.parse().ok()).flatten()
}

fn is_public(address: IpAddr) -> bool {
    use earshot_report::address::AddressRange;
    matches!(
        AddressRange::from(address),
        AddressRange::Public | AddressRange::Documentation
    )
}
