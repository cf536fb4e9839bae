//! What holds whatever was measured.

use crate::any_facts::{all_but_healthy, all_measured, any_facts, partly_measured};
use earshot_report::{
    Code, Facts, Finding, Status, Verdict,
    facts::{LegFacts, PairFacts, PairLegFacts, PairRoute},
    plan::Probe,
    verdict::judge,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn calls(facts: &Facts) -> impl Iterator<Item = &LegFacts> {
    facts
        .legs
        .iter()
        .filter(|leg| !matches!(leg.probe, Probe::Witness { .. }))
}

/// Both ends recognised the other's sound, and it did not break off.
fn is_heard(leg: &LegFacts) -> bool {
    leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes() && leg.lost_after_ms.is_none()
}

/// No sound was sent, for the direct end had no address to be reached at.
fn had_no_address(leg: &LegFacts) -> bool {
    leg.direct_usable.is_no() && !leg.from_you.sound.is_no() && !leg.to_you.sound.is_no()
}

/// Every way that connects carried both sounds, every one through a relay connects, and nobody said that they do not
/// hear.
fn all_heard_by_both(pair: &PairFacts) -> bool {
    let heard = |leg: &PairLegFacts| leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes();
    let no_way = |leg: &PairLegFacts| leg.route == PairRoute::Direct && leg.ice_connected.is_no();
    pair.legs.iter().any(heard)
        && pair.legs.iter().all(|leg| heard(leg) || no_way(leg))
        && !pair.you.heard.is_no()
        && !pair.them.heard.is_no()
}

/// The targets that these findings are about, and `None` where they are about the whole run.
fn accused(findings: &[Finding], counts: impl Fn(Code) -> bool) -> BTreeSet<Option<u16>> {
    let of = |finding: &Finding| match finding.targets.as_slice() {
        [] => vec![None],
        targets => targets.iter().copied().map(Some).collect(),
    };
    let findings = findings.iter().filter(|finding| counts(finding.code));
    findings.flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn good_means_heard(facts in prop_oneof![any_facts(), all_but_healthy()]) {
        let judged = judge(&facts);
        let all_heard = |target: Option<u16>| {
            let mut legs = calls(&facts).filter(|leg| target.is_none() || leg.probe.target() == target);
            legs.all(|leg| is_heard(leg) || had_no_address(leg))
        };
        if judged.verdict.status == Status::Good {
            match &facts.pair {
                Some(pair) => prop_assert!(all_heard_by_both(pair)),
                None => prop_assert!(calls(&facts).next().is_some() && all_heard(None)),
            }
        }
        for server in judged.servers.iter().filter(|it| it.verdict.status == Status::Good) {
            let targets = facts.targets.iter().filter(|it| it.target.server == server.server);
            for target in targets {
                prop_assert!(all_heard(Some(target.target.id)));
            }
        }
    }

    #[test]
    fn a_verdict_fits_its_findings(facts in any_facts()) {
        let judged = judge(&facts);
        let Verdict { status, cause, .. } = judged.verdict;
        prop_assert_eq!(status == Status::Good, cause == Code::Good);
        if matches!(status, Status::Broken | Status::Degraded) {
            prop_assert!(judged.findings.iter().any(|f| f.code == cause && f.explained_by.is_none()));
        }
        for finding in &judged.findings {
            prop_assert_eq!(finding.actor, finding.code.actor());
            prop_assert!(!finding.evidence.is_empty(), "{:?} rests on nothing", finding);
            if let Some(root) = finding.explained_by {
                prop_assert!(judged.findings.iter().any(|other| other.code == root));
            }
        }
    }

    #[test]
    fn a_heard_call_is_not_called_broken(facts in any_facts()) {
        let heard = calls(&facts).any(is_heard);
        let judged = judge(&facts);
        if heard && judged.verdict.status == Status::Broken {
            // Only the page itself may take away what the servers give.
            prop_assert!(judged.findings[0].targets.is_empty(), "{:?}", judged.verdict);
        }
    }

    #[test]
    fn what_is_not_measured_is_no_fault(facts in partly_measured()) {
        let judged = judge(&facts);
        prop_assert!(judged.findings.is_empty(), "{:#?}", judged.findings);
        prop_assert!(matches!(judged.verdict.status, Status::Good | Status::Unknown));
    }

    #[test]
    fn judging_changes_nothing(facts in any_facts()) {
        prop_assert_eq!(judge(&facts), judge(&facts));
        let mut masked = facts.clone();
        masked.mask_addresses();
        let _ = judge(&masked);
    }
}

// Each case is some three hundred judgements: fewer cases, and a short search for a smaller one.
proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    })]

    /// Who knows less may not accuse more. A target of which nothing was said is accused of nothing when one thing that
    /// was measured is not; of a faulty one another explanation may be left, because what spoke against it is gone.
    #[test]
    fn what_is_forgotten_accuses_nobody((facts, known) in all_measured()) {
        let before = judge(&facts).findings;
        let accused_before = accused(&before, |_| true);
        for less in known {
            let after = judge(&less).findings;
            // What a forgotten cause explained is left unexplained.
            let accused_after = accused(&after, |code| code != Code::Unknown);
            let of_the_run = accused_before.contains(&None);
            let more = accused_after.difference(&accused_before);
            let more: Vec<_> = more.filter(|it| it.is_none() || !of_the_run).collect();
            prop_assert!(more.is_empty(), "{more:?} of {after:#?} in {less:#?}");
        }
    }
}
