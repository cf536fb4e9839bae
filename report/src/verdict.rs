//! Findings → one headline.

use crate::{
    Actor, Code, Facts, Finding, Scheme, Severity, Status,
    facts::{
        CandidateType, DeviceFacts, LegFacts, LegOutcome, NativeProbe, PairFacts, PairLegFacts,
        TargetFacts,
    },
    findings::{
        devices, pair,
        view::{Reach, View, has_ended, is_heard, is_relay_to_direct, reach, relay_candidates},
    },
};
use serde::{Deserialize, Serialize};

/// The headline: what a call that uses all configured servers would meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word.
    pub status: Status,
    /// What must be mended first.
    pub cause: Code,
    /// Who can mend it.
    pub actor: Actor,
}

/// One configured server by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerVerdict {
    /// An index into the run's `ice_servers`.
    pub server: u16,
    /// Its own verdict.
    pub verdict: Verdict,
}

/// The headline, the findings and each server's own verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The headline.
    pub verdict: Verdict,
    /// What it rests on, the headline's cause first.
    pub findings: Vec<Finding>,
    /// Each configured server by itself.
    pub servers: Vec<ServerVerdict>,
}

/// Judges a run that is over, or one under way: what is not measured yet is never held against anything.
///
/// While another way might still prove good, the headline waits (status unknown): it is refined as facts come in, and
/// does not go from one wrong cause to another.
pub fn judge(facts: &Facts) -> Judgement {
    judge_by(facts, crate::findings::find(facts))
}

/// Judges a run by what was found in it.
pub fn judge_by(facts: &Facts, findings: Vec<Finding>) -> Judgement {
    let view = View::new(facts);
    let all: Vec<&TargetFacts> = facts.targets.iter().collect();
    let of_servers: Vec<Finding> = findings
        .iter()
        .filter(|finding| !finding.targets.is_empty() || is_of_the_page(finding.code))
        .cloned()
        .collect();
    let of_server = |server| {
        let targets: Vec<&TargetFacts> = facts
            .targets
            .iter()
            .filter(|target| target.target.server == server)
            .collect();
        let only_stun = targets.iter().all(|target| !is_turn(target));
        let verdict = match only_stun {
            true => of_stun_server(view, &of_servers, &targets),
            false => of_targets(view, &of_servers, &targets),
        };
        ServerVerdict { server, verdict }
    };
    Judgement {
        verdict: match facts.pair() {
            Some(pair) => of_pair(pair, &findings),
            None if facts.is_of_devices() => of_devices(facts.devices(), &findings),
            None => of_targets(view, &findings, &all),
        },
        servers: view.servers().into_iter().map(of_server).collect(),
        findings,
    }
}

impl Verdict {
    /// Not enough is known.
    pub const UNKNOWN: Self = Self {
        status: Status::Unknown,
        cause: Code::Unknown,
        actor: Actor::Nobody,
    };

    /// Everything was measured and works.
    pub const GOOD: Self = Self {
        status: Status::Good,
        cause: Code::Good,
        actor: Actor::Nobody,
    };

    fn of(finding: &Finding, status: Status) -> Self {
        Self {
            status,
            cause: finding.code,
            actor: finding.actor,
        }
    }
}

/// What a call between these two people meets.
fn of_pair(facts: &PairFacts, findings: &[Finding]) -> Verdict {
    let first = findings
        .iter()
        .find(|finding| finding.explained_by.is_none() && finding.severity >= Severity::Degraded);
    let heard = facts.legs.iter().any(pair::is_heard);
    let Some(first) = first else {
        return match is_good(facts) {
            true => Verdict::GOOD,
            false => Verdict::UNKNOWN,
        };
    };
    if first.severity == Severity::Broken && (first.targets.is_empty() || pair::is_over(facts)) {
        return Verdict::of(first, Status::Broken);
    }
    match heard {
        true => Verdict::of(first, Status::Degraded),
        false => Verdict::UNKNOWN,
    }
}

/// Every way came to its end, every one through a relay carried both sounds, and so did the voices that were tried. A
/// direct way there need not be; where there is one, calls take it.
fn is_good(facts: &PairFacts) -> bool {
    let done = |leg: &PairLegFacts| {
        (leg.outcome == LegOutcome::Done && pair::is_heard(leg))
            || (pair::is_direct(leg) && pair::is_unconnected(leg))
    };
    facts.legs.iter().any(pair::is_heard)
        && facts.legs.iter().all(done)
        && pair::voices_are_heard(facts)
}

/// What a call meets at this end, where no server was tested.
fn of_devices(facts: Option<&DeviceFacts>, findings: &[Finding]) -> Verdict {
    match first_cause(findings, &[]) {
        Some(first) if first.severity == Severity::Broken => Verdict::of(first, Status::Broken),
        Some(first) => Verdict::of(first, Status::Degraded),
        None if facts.is_some_and(devices::both_work) => Verdict::GOOD,
        None => Verdict::UNKNOWN,
    }
}

/// It takes a call away whatever the server does, and lies with no device.
fn is_of_the_page(code: Code) -> bool {
    matches!(
        code,
        Code::InsecurePage | Code::WebrtcUnavailable | Code::WebrtcProxiedOnly | Code::Offline
    )
}

/// What a call meets that uses `targets`.
fn of_targets(view: View<'_>, findings: &[Finding], targets: &[&TargetFacts]) -> Verdict {
    let Some(first) = first_cause(findings, targets) else {
        return match everything_is_heard(view, targets) {
            true => Verdict::GOOD,
            false => Verdict::UNKNOWN,
        };
    };
    let of_the_whole_run = first.targets.is_empty();
    if of_the_whole_run && first.severity == Severity::Broken {
        return Verdict::of(first, Status::Broken);
    }
    let heard = targets
        .iter()
        .any(|target| view.calls_of(target).any(is_heard));
    if heard {
        return Verdict::of(first, Status::Degraded);
    }
    let may_work = targets
        .iter()
        .any(|target| is_turn(target) && view.may_work(target));
    if may_work {
        return Verdict::UNKNOWN;
    }
    Verdict::of(first, Status::Broken)
}

/// A server that is asked for reflexive addresses only has no legs: its gathering is all there is.
fn of_stun_server(view: View<'_>, findings: &[Finding], targets: &[&TargetFacts]) -> Verdict {
    if let Some(first) = first_cause(findings, targets) {
        let served = targets.iter().any(|target| reach(target) == Reach::Served);
        let known = targets
            .iter()
            .all(|target| reach(target) != Reach::NotKnown);
        return match (served, known) {
            (true, _) => Verdict::of(first, Status::Degraded),
            (false, true) => Verdict::of(first, Status::Broken),
            (false, false) => Verdict::UNKNOWN,
        };
    }
    let reflexive = |target: &&TargetFacts| reach(target) == Reach::Served;
    match targets.iter().all(reflexive) && !view.facts.environment.webrtc.is_no() {
        true => Verdict::GOOD,
        false => Verdict::UNKNOWN,
    }
}

/// The finding to be mended first, of those that harm a call through one of `targets`.
fn first_cause<'a>(findings: &'a [Finding], targets: &[&TargetFacts]) -> Option<&'a Finding> {
    findings.iter().find(|finding| {
        let concerns = finding.targets.is_empty()
            || targets
                .iter()
                .any(|target| finding.targets.contains(&target.target.id));
        finding.explained_by.is_none() && finding.severity >= Severity::Degraded && concerns
    })
}

/// Every URL served, every call of every TURN URL was made to the end, and each end recognised the other's sound.
fn everything_is_heard(view: View<'_>, targets: &[&TargetFacts]) -> bool {
    let done = |target: &TargetFacts, leg: &LegFacts| {
        (leg.outcome == LegOutcome::Done && is_heard(leg)) || is_proved_otherwise(view, target, leg)
    };
    targets.iter().any(|target| is_turn(target))
        && targets.iter().all(|target| {
            reach(target) == Reach::Served
                && (!is_turn(target)
                    || (view.calls_of(target).next().is_some()
                        && view.calls_of(target).all(|leg| done(target, leg))))
        })
}

/// The direct end had no address to be reached at, where only TLS servers are known for instance. Then the program's own
/// look, that the relayed address is reached from outside, is as good; and where the person's addresses are of another
/// family than the relay's, no call ever takes such a way.
fn is_proved_otherwise(view: View<'_>, target: &TargetFacts, leg: &LegFacts) -> bool {
    // Its look at its own relay crosses no network.
    let is_reached = |probe: &NativeProbe| probe.relay_reached.is_yes() && !target.target.own;
    is_relay_to_direct(leg)
        && has_ended(leg)
        && leg.direct_usable.is_no()
        && !(leg.from_you.sound.is_no() || leg.to_you.sound.is_no())
        && (view.finished_native(target).is_some_and(is_reached)
            || speaks_another_family(view, target))
}

fn speaks_another_family(view: View<'_>, target: &TargetFacts) -> bool {
    let Some(relayed) = relay_candidates(target).find_map(|candidate| candidate.address.ip())
    else {
        return false;
    };
    let mut own = view
        .facts
        .targets
        .iter()
        .flat_map(|target| &target.gathering.candidates)
        .filter(|candidate| candidate.candidate_type == CandidateType::Srflx)
        .filter_map(|candidate| candidate.address.ip())
        .peekable();
    own.peek().is_some() && own.all(|ip| ip.is_ipv4() != relayed.is_ipv4())
}

fn is_turn(target: &TargetFacts) -> bool {
    target.target.url.scheme == Scheme::Turn
}
