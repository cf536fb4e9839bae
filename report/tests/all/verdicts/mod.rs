//! Named cases: what was seen, what must be said of it, and why.

mod credentials;
mod degrees;
mod devices;
mod dtls;
mod dying;
mod early;
mod headline;
mod healthy;
mod media;
mod pair;
mod reach;
mod relay_address;
mod udp;
mod voices;

use crate::build::*;
use earshot_report::{
    Actor, Code, Fact, Facts, Severity, Status, Transport, Verdict,
    facts::{
        AllocateAnswer, CandidateFacts, GatheringOutcome, LegFacts, LegOutcome, NativeProbe,
        Refusal, RefusalReason,
    },
    findings::{Certainty, find_without},
    verdict::{judge, judge_by},
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

/// All cases, by what they are about.
const TABLES: &[fn() -> Vec<Case>] = &[
    credentials::credentials,
    degrees::figures,
    degrees::calls_that_break_off,
    dying::relays_that_die,
    healthy::healthy_runs_raise_no_alarm,
    healthy::what_is_not_measured_is_neither_good_nor_bad,
    media::media,
    media::the_page_itself,
    devices::own_devices,
    devices::devices_alone,
    dtls::dtls,
    pair::calls_of_two,
    pair::ends_that_are_kept_apart,
    pair::sounds_that_are_lost,
    voices::voices,
    reach::servers_out_of_reach,
    relay_address::relay_addresses_and_ports,
    relay_address::peers_that_are_refused,
    udp::udp,
];

fn cases() -> impl Iterator<Item = Case> {
    TABLES.iter().flat_map(|table| table())
}

#[test]
fn every_case_has_its_verdict() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (status, cause) = case.verdict;
        let actor = match status {
            Status::Unknown | Status::Good => Actor::Nobody,
            _ => cause.actor(),
        };
        let expected = Verdict {
            status,
            cause,
            actor,
        };
        let judged = judge(&case.facts);
        // What a cause explains is not said to be unexplained.
        let about = |code| judged.findings.iter().filter(move |it| it.code == code);
        let unexplained = about(Code::Unknown).any(|unknown| {
            about(cause).any(|it| it.targets.iter().any(|id| unknown.targets.contains(id)))
        });
        if judged.verdict != expected || (unexplained && cause != Code::Unknown) {
            let Case { name, why, .. } = case;
            wrong.push(format!("{name}: {expected:?}, because {why}\n{judged:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A rule that could be taken away without any case noticing would not be tested.
#[test]
fn every_rule_is_needed() {
    // `good` is what remains where nothing is found, `unknown` what follows where no rule explains a fault.
    let without_a_rule = [Code::Good, Code::Unknown];
    // Information, never a headline: `headline::a_blocked_live_link_is_information`,
    // `pair::that_a_relay_is_needed_is_information`.
    let never_first = [Code::LiveLinkBlocked, Code::DirectImpossible];
    let cases: Vec<Case> = cases().collect();
    let is_needed = |cause: Code| {
        cases.iter().any(|case| {
            let found = find_without(&case.facts, cause);
            let verdict = judge_by(&case.facts, found).verdict;
            (verdict.status, verdict.cause) != case.verdict
        })
    };
    let needless: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|cause| !without_a_rule.contains(cause) && !never_first.contains(cause))
        .filter(|cause| !is_needed(*cause))
        .collect();
    assert!(
        needless.is_empty(),
        "no case needs the rules of {needless:?}"
    );
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
