//! What failed and no rule explains: said as such, never passed over.

use super::view::{Ground, Reach, View, did_not_connect, has_failed, is_relay_to_direct, reach};
use super::{Evidence, Finding};
use crate::{
    Code, Facts,
    facts::{LegFacts, LegOutcome, TargetFacts},
};

/// One finding for every target that gave no relay, or through which a leg failed, and that no finding is about.
/// Where the program's own look is still awaited nothing is said yet.
pub(super) fn unknown(facts: &Facts, findings: &[Finding]) -> Vec<Finding> {
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
    !explains_only_legs(code) && !explains_nothing
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
    let outcome = match leg.outcome {
        LegOutcome::Failed => "failed",
        LegOutcome::TimedOut => "timed-out",
        _ => "done",
    };
    let measured = measured
        .iter()
        .filter(|(_, fact)| fact.is_measured())
        .map(|(name, fact)| Evidence::new(name, fact.is_yes()));
    std::iter::once(Evidence::new("legs.outcome", outcome))
        .chain(measured)
        .collect()
}
