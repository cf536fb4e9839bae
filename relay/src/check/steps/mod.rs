//! What was checked of one URL, one thing after the other, each with how it went.

mod reach;
mod turn;

use super::run::{Checked, Seen};
use earshot_report::{
    Code, Fact, Scheme,
    facts::{DirectionFacts, LegFacts, NativeProbe, TargetFacts},
};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    /// The host name has an address.
    Name,
    /// Something answers.
    Reach,
    /// The DTLS handshake.
    Dtls,
    /// The TLS handshake, and the certificate of TLS and DTLS.
    Certificate,
    /// What answers speaks STUN.
    Stun,
    /// An Allocate without credentials is refused.
    Anonymous,
    /// The challenge names a realm.
    Realm,
    /// A wrong password is refused.
    WrongPassword,
    /// The right one is not.
    Login,
    /// The relayed address is one that others can reach.
    RelayedAddress,
    /// A call between two allocations.
    RelayToRelay,
    /// A call between an allocation and this machine.
    RelayToDirect,
    /// The relay lets nobody into private networks.
    PeerPolicy,
    /// An allocation can be kept.
    Refresh,
    /// An allocation can be given back.
    Expiry,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Passed,
    Failed,
    /// Worth mending, and no fault of calls.
    Warning,
    NotMeasured,
}

/// One thing that was checked.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Step {
    pub(super) check: Check,
    pub(super) state: State,
    /// The cause of the verdict that this shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<Code>,
    pub(super) says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ms: Option<f64>,
}

impl Check {
    /// The name that it has in JSON.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Reach => "reach",
            Self::Certificate => "certificate",
            Self::Dtls => "dtls",
            Self::Stun => "stun",
            Self::Anonymous => "anonymous",
            Self::Realm => "realm",
            Self::WrongPassword => "wrong-password",
            Self::Login => "login",
            Self::RelayedAddress => "relayed-address",
            Self::RelayToRelay => "relay-to-relay",
            Self::RelayToDirect => "relay-to-direct",
            Self::PeerPolicy => "peer-policy",
            Self::Refresh => "refresh",
            Self::Expiry => "expiry",
        }
    }

    /// Which causes it shows.
    fn shows(self, cause: Code) -> bool {
        use Code::*;
        match self {
            Self::Name => matches!(cause, ServerNameUnresolved),
            Self::Reach => matches!(cause, ServerUnreachable | ServerUdpClosed | WebOnlyHost),
            Self::Certificate => matches!(
                cause,
                TlsCertificateExpired | TlsCertificateWrongName | TlsCertificateUntrusted
            ),
            Self::Dtls | Self::Stun => matches!(cause, NotATurnServer),
            Self::Realm => matches!(cause, RealmMissing),
            Self::Login => matches!(
                cause,
                CredentialsWrong | CredentialsExpired | ClockWrong | QuotaReached | CapacityReached
            ),
            Self::RelayedAddress => matches!(cause, RelayAddressPrivate | RelayAddressWrong),
            Self::RelayToRelay => matches!(
                cause,
                PeerForbidden | RelayLost | HeavyLoss | HighDelay | HighJitter
            ),
            Self::RelayToDirect => matches!(cause, RelayPortsClosed),
            Self::Anonymous
            | Self::WrongPassword
            | Self::PeerPolicy
            | Self::Refresh
            | Self::Expiry => false,
        }
    }
}

/// Everything that was checked of the target at this place.
pub(super) fn of(checked: &Checked, place: usize) -> Vec<Step> {
    let target = &checked.facts.targets[place];
    let look = Steps {
        checked,
        target,
        probe: &checked.facts.native_probes[place],
        seen: &checked.beside[place],
        steps: Vec::new(),
    };
    look.all()
}

struct Steps<'a> {
    checked: &'a Checked,
    target: &'a TargetFacts,
    probe: &'a NativeProbe,
    seen: &'a Seen,
    steps: Vec<Step>,
}

impl Steps<'_> {
    fn all(mut self) -> Vec<Step> {
        self.name();
        self.reach();
        self.dtls();
        self.certificate();
        self.stun();
        if self.probe.url.scheme == Scheme::Turn {
            self.turn();
        }
        for place in 0..self.steps.len() {
            let cause = self.cause(self.steps[place].check);
            let step = &mut self.steps[place];
            step.cause = step.cause.or(cause);
            if step.cause.is_some() {
                step.state = State::Failed;
            }
        }
        self.steps
    }

    /// What was found of this target that the check shows.
    fn cause(&self, check: Check) -> Option<Code> {
        let findings = self.checked.judgement.findings.iter();
        let mut of_target =
            findings.filter(|finding| finding.targets.contains(&self.target.target.id));
        of_target
            .find(|finding| check.shows(finding.code))
            .map(|finding| finding.code)
    }

    fn add(&mut self, check: Check, state: State, says: impl Into<String>, ms: Option<f64>) {
        self.steps.push(Step {
            check,
            state,
            cause: None,
            says: says.into(),
            ms,
        });
    }
}

fn passed(fact: Fact) -> State {
    match fact {
        Fact::Yes => State::Passed,
        Fact::No => State::Failed,
        Fact::NotMeasured => State::NotMeasured,
    }
}

/// What no test call suffers from.
fn harmless(fact: Fact) -> State {
    match passed(fact) {
        State::Failed => State::Warning,
        state => state,
    }
}

/// The greater value of the two directions.
pub(super) fn worse(leg: &LegFacts, of: fn(&DirectionFacts) -> Option<f64>) -> Option<f64> {
    let values = [of(&leg.from_you), of(&leg.to_you)];
    values.into_iter().flatten().reduce(f64::max)
}

/// Whole days until then; negative: it is past.
pub(super) fn days_left(end_s: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_s = now.unwrap_or_default().as_secs() as i64;
    (end_s - now_s).div_euclid(86_400)
}

fn rounded(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}
