//! What failed and no rule explains: said as such, never passed over.

use super::view::{Ground, Reach, View, did_not_connect, has_failed, is_relay_to_direct, reach};
use super::{Evidence, Finding, devices::is_echo_unheard, pair};
use crate::{
    Code, Facts, Severity,
    facts::{Fact, LegFacts, LegOutcome, PairLegFacts, TargetFacts},
};

/// What failed and no finding is about.
pub(super) fn unknown(facts: &Facts, findings: &[Finding]) -> Vec<Finding> {
    let mut unknown = of_targets(facts, findings);
    unknown.extend(of_people(facts, findings));
    unknown
}

/// A way between two people or a voice that failed, or one's own voice that was not heard, where nothing else harms the
/// call.
fn of_people(facts: &Facts, findings: &[Finding]) -> Option<Finding> {
    let mut harm = findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Degraded);
    let unknown = |severity, evidence| {
        let mut finding = Finding::new(Code::Unknown, severity);
        finding.evidence = evidence;
        Some(finding)
    };
    let echo = facts
        .devices()
        .is_some_and(|devices| is_echo_unheard(devices, facts));
    // It went through a call that is heard, so no server explains that it was not.
    if echo && harm.clone().all(|finding| !finding.targets.is_empty()) {
        let evidence = Evidence::new("devices.speaker.heard_yourself", false);
        return unknown(Severity::Degraded, vec![evidence]);
    }
    if harm.any(|finding| finding.targets.is_empty() || explains_gathering(finding.code)) {
        return None;
    }
    let pair = facts.pair().filter(|it| !it.partner_left.is_yes())?;
    for (name, heard) in [
        ("pair.you.heard", pair.you.heard),
        ("pair.them.heard", pair.them.heard),
    ] {
        if heard.is_no() {
            return unknown(Severity::Broken, vec![Evidence::new(name, false)]);
        }
    }
    let heard = pair.legs.iter().any(pair::is_heard);
    let failed = |leg: &&PairLegFacts| {
        let not_needed = heard && pair::is_direct(leg) && pair::is_unconnected(leg);
        let sound_missing = leg.from_you.sound.is_no() || leg.to_you.sound.is_no();
        let missing = leg.ice_connected.is_no() || leg.dtls_connected.is_no() || sound_missing;
        let ended = pair::has_ended(leg) && (missing || leg.outcome == LegOutcome::Failed);
        ended && !not_needed
    };
    let leg = pair.legs.iter().find(failed)?;
    let severity = pair::severity(pair);
    unknown(severity, seen_on_pair_leg(leg))
}

/// One finding for every target that gave no relay, or through which a leg failed, and that no finding is about.
/// Where the program's own look is still awaited nothing is said yet.
fn of_targets(facts: &Facts, findings: &[Finding]) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::Unknown, |target| {
        let id = target.target.id;
        let explained = |of: fn(Code) -> bool| {
            findings.iter().any(|finding| {
                of(finding.code) && (finding.targets.is_empty() || finding.targets.contains(&id))
            })
        };
        if reach(target) == Reach::Failed {
            if explained(explains_gathering) || view.native_awaited(target) {
                return None;
            }
            return Ground::sure(seen_at_gathering(target));
        }
        let leg = view
            .calls_of(target)
            .find(|leg| has_failed(leg) && !says_nothing(view, leg))?;
        if explained(explains_legs) {
            return None;
        }
        Ground::sure(seen_on_leg(leg))
    })
}

/// A relay ↔ direct leg that could not connect because its direct end cannot use UDP.
fn says_nothing(view: View<'_>, leg: &LegFacts) -> bool {
    is_relay_to_direct(leg) && did_not_connect(leg) && !view.direct_leg_blames_relay(leg)
}

fn explains_gathering(code: Code) -> bool {
    let explains_nothing = matches!(
        code,
        Code::LiveLinkBlocked | Code::InsecurePage | Code::HighDelay | Code::HighJitter
    );
    code == Code::HeavyLoss || (!explains_only_legs(code) && !explains_nothing)
}

fn explains_only_legs(code: Code) -> bool {
    matches!(
        code,
        Code::RelayAddressPrivate
            | Code::RelayAddressWrong
            | Code::RelayPortsClosed
            | Code::PeerForbidden
            | Code::RelayLost
            | Code::HeavyLoss
            | Code::MediaBlocked
            | Code::OneWayFromYou
            | Code::OneWayToYou
            | Code::PlaybackBlocked
    )
}

fn explains_legs(code: Code) -> bool {
    explains_only_legs(code) || code == Code::Offline
}

fn seen_at_gathering(target: &TargetFacts) -> Vec<Evidence> {
    let gathering = &target.gathering;
    let mut evidence = vec![Evidence::new(
        "targets.gathering.candidates",
        gathering.candidates.len() as u64,
    )];
    let counted = gathering.errors.iter().find(|error| error.counts());
    evidence
        .extend(counted.map(|error| Evidence::new("targets.gathering.errors.code", error.code)));
    evidence
}

fn seen_on_leg(leg: &LegFacts) -> Vec<Evidence> {
    let measured = [
        ("legs.ice_connected", leg.ice_connected),
        ("legs.dtls_connected", leg.dtls_connected),
        ("legs.from_you.sound", leg.from_you.sound),
        ("legs.to_you.sound", leg.to_you.sound),
    ];
    seen("legs.outcome", leg.outcome, measured)
}

fn seen_on_pair_leg(leg: &PairLegFacts) -> Vec<Evidence> {
    let measured = [
        ("pair.legs.ice_connected", leg.ice_connected),
        ("pair.legs.dtls_connected", leg.dtls_connected),
        ("pair.legs.from_you.sound", leg.from_you.sound),
        ("pair.legs.to_you.sound", leg.to_you.sound),
    ];
    seen("pair.legs.outcome", leg.outcome, measured)
}

fn seen(name: &str, outcome: LegOutcome, measured: [(&str, Fact); 4]) -> Vec<Evidence> {
    let outcome = match outcome {
        LegOutcome::Failed => "failed",
        LegOutcome::TimedOut => "timed-out",
        _ => "done",
    };
    let measured = measured
        .iter()
        .filter(|(_, fact)| fact.is_measured())
        .map(|(name, fact)| Evidence::new(name, fact.is_yes()));
    std::iter::once(Evidence::new(name, outcome))
        .chain(measured)
        .collect()
}
