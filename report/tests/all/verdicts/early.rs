//! What a person is shown while a run is under way: nothing yet, or something that is still true at its end.

use super::*;
use earshot_report::facts::{DirectionFacts, Gathering, PairLegFacts, VoiceEnd};
use proptest::prelude::*;
use std::sync::LazyLock;

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| cases().collect());

/// The same run some time before its end: each part is as it was at the end, or at its beginning, as `early` says.
fn before_its_end(last: &Facts, mut early: impl FnMut() -> bool) -> Facts {
    let mut facts = last.clone();
    // The program gave the plan. It is asked again when all else is over.
    if facts.environment.api_reachable.is_no() {
        facts.environment.api_reachable = Fact::Yes;
    }
    for target in &mut facts.targets {
        if early() {
            target.grants_wrong_password = Fact::NotMeasured;
        }
        if !early() {
            continue;
        }
        target.gathering = Gathering {
            outcome: GatheringOutcome::Running,
            ..Gathering::default()
        };
        // A leg waits for the relay candidate of its target.
        for leg in &mut facts.legs {
            if leg.probe.target() == Some(target.target.id) {
                *leg = LegFacts::new(leg.probe.clone());
            }
        }
    }
    for leg in &mut facts.legs {
        if early() {
            *leg = LegFacts::new(leg.probe.clone());
            leg.outcome = LegOutcome::Running;
        }
    }
    for probe in &mut facts.native_probes {
        if early() {
            *probe = NativeProbe::new(probe.url.clone());
        }
    }
    if early() {
        facts.sightings = None;
    }
    if early() {
        facts.devices = None;
    }
    if let Some(pair) = &mut facts.pair {
        for leg in &mut pair.legs {
            if early() {
                *leg = PairLegFacts {
                    outcome: LegOutcome::Running,
                    ice_connected: Fact::NotMeasured,
                    dtls_connected: Fact::NotMeasured,
                    local: None,
                    remote: None,
                    rtt_ms: None,
                    from_you: DirectionFacts::default(),
                    to_you: DirectionFacts::default(),
                    ..leg.clone()
                };
            }
        }
        for end in [&mut pair.you, &mut pair.them] {
            if early() {
                *end = VoiceEnd::default();
            }
        }
    }
    if early() {
        facts.environment.nat_mapping = None;
        facts.environment.host_candidates = None;
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_shown_early_stays_true(place in 0..CASES.len(), mut coins in any::<u64>()) {
        let Case { name, facts, .. } = &CASES[place];
        let early = || {
            let coin = coins & 1 == 1;
            coins = coins.rotate_right(1);
            coin
        };
        let shown = judge(&before_its_end(facts, early)).verdict;
        let last = judge(facts);
        let stays = last.verdict.cause == shown.cause
            || last.findings.iter().any(|finding| finding.code == shown.cause);
        prop_assert!(
            !shown.cause.is_lasting() || stays,
            "{}: {:?} is shown, and at the end {:?}", name, shown, last.verdict
        );
    }
}
