//! Named cases: what was seen, what must be said of it, and why.

mod credentials;
mod degrees;
mod headline;
mod healthy;
mod media;
mod reach;
mod relay_address;
mod udp;

use crate::build::*;
use earshot_report::{
    Actor, Code, Fact, Facts, Severity, Status, Transport, Verdict,
    facts::{
        AllocateAnswer, CandidateFacts, GatheringOutcome, LegFacts, LegOutcome, NativeProbe,
        Refusal, RefusalReason,
    },
    findings::Certainty,
    verdict::judge,
};

struct Case {
    name: &'static str,
    why: &'static str,
    facts: Facts,
    verdict: (Status, Code),
}

fn case(
    name: &'static str,
    facts: Facts,
    change: impl FnOnce(&mut Facts),
    verdict: (Status, Code),
    why: &'static str,
) -> Case {
    let mut facts = facts;
    change(&mut facts);
    Case {
        name,
        why,
        facts,
        verdict,
    }
}

fn check(cases: Vec<Case>) {
    for Case {
        name,
        why,
        facts,
        verdict: (status, cause),
    } in cases
    {
        let judged = judge(&facts);
        let got = (judged.verdict.status, judged.verdict.cause);
        assert_eq!(got, (status, cause), "{name}: {why}\n{judged:#?}");
        let actor = match status {
            Status::Unknown | Status::Good => Actor::Nobody,
            _ => cause.actor(),
        };
        assert_eq!(judged.verdict.actor, actor, "{name}: {why}");
    }
}

const UNKNOWN: (Status, Code) = (Status::Unknown, Code::Unknown);
const GOOD: (Status, Code) = (Status::Good, Code::Good);

fn broken(code: Code) -> (Status, Code) {
    (Status::Broken, code)
}

fn degraded(code: Code) -> (Status, Code) {
    (Status::Degraded, code)
}

const UDP: Option<Transport> = Some(Transport::Udp);
const TCP: Option<Transport> = Some(Transport::Tcp);
const TLS: Option<Transport> = Some(Transport::Tls);

fn error(code: u16, text: &str) -> earshot_report::facts::CandidateError {
    earshot_report::facts::CandidateError {
        code,
        text: text.to_owned(),
        elapsed_ms: None,
    }
}

fn dead(probe: &mut NativeProbe) {
    *probe = NativeProbe::new(probe.url.clone());
    probe.finished = true;
    probe.resolves = Fact::Yes;
    probe.answers = Fact::No;
}

fn reflexive() -> CandidateFacts {
    earshot_report::candidate::parse_candidate(&format!(
        "candidate:3 1 udp 1686052607 {CLIENT} 40000 typ srflx raddr 0.0.0.0 rport 0"
    ))
    .unwrap()
}

fn other_server_by_tls() -> Facts {
    let urls = [OTHER[0], "turns:other.example.net:5349?transport=tcp"];
    healthy(Facts::planned(&plan(&[&urls], None)))
}

fn facts_silence_target(facts: &mut Facts, id: u16) {
    let target = &mut facts.targets[usize::from(id)];
    target.gathering.candidates.clear();
    target.gathering.outcome = GatheringOutcome::TimedOut;
    for leg in &mut facts.legs {
        if leg.probe.target() == Some(id) {
            *leg = LegFacts::new(leg.probe.clone());
        }
    }
}

/// Only relay ↔ relay was measured, both ways unheard, and so many of the hundred packets came to the relay.
fn without_direct_legs(facts: &mut Facts, came: u64) {
    facts
        .legs_of(false, unheard_from_you)
        .legs_of(false, unheard_to_you);
    facts.legs_of(true, |leg| *leg = LegFacts::new(leg.probe.clone()));
    facts.sightings(|sightings| sightings.allocations = vec![allocation(50_100, came)]);
}
