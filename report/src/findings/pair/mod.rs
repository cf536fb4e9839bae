//! Causes in a call between two people of a link: which direction fails, and at whose end.

mod figures;
mod legs;
mod path;
mod voices;

use super::{Certainty, Evidence, Finding};
use crate::{
    Code, Facts, Severity,
    facts::{LegOutcome, PairFacts, PairLegFacts, PairRoute},
};

pub(crate) use voices::are_heard as voices_are_heard;

/// What the ways between the two show, and what each end told of its own test.
pub(super) fn pair(facts: &Facts) -> Vec<Finding> {
    let mut found = Found::default();
    // Whoever went away takes their end of every way along.
    if let Some(pair) = facts.pair().filter(|it| !it.partner_left.is_yes()) {
        legs::connections(pair, &mut found);
        path::sounds(facts, pair, &mut found);
        path::broken(pair, &mut found);
        voices::lost(pair, &mut found);
        figures::figures(pair, &mut found);
    }
    found.all
}

/// An end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    You,
    Partner,
}

impl End {
    /// The cause as it is called when this end has it. What lies with a server lies with no end.
    pub(super) fn cause(self, code: Code) -> Code {
        match self {
            Self::You => code,
            Self::Partner => code.at_partner().unwrap_or(code),
        }
    }
}

/// Findings about a whole call, each cause once.
#[derive(Default)]
pub(super) struct Found {
    pub(super) all: Vec<Finding>,
}

impl Found {
    /// Adds it. Of one cause found twice the worse and the surer counts, with the evidence of both.
    pub(super) fn put(&mut self, mut finding: Finding, evidence: Evidence) {
        finding.evidence.push(evidence);
        let Some(known) = self.all.iter_mut().find(|it| it.code == finding.code) else {
            self.all.push(finding);
            return;
        };
        known.severity = known.severity.max(finding.severity);
        if finding.certainty == Certainty::Sure {
            known.certainty = Certainty::Sure;
        }
        for evidence in finding.evidence {
            if !known.evidence.contains(&evidence) {
                known.evidence.push(evidence);
            }
        }
    }
}

/// Both ends recognised the other's sound.
pub(crate) fn is_heard(leg: &PairLegFacts) -> bool {
    leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes()
}

/// It came to an end of its own or by our limit.
pub(crate) fn has_ended(leg: &PairLegFacts) -> bool {
    matches!(
        leg.outcome,
        LegOutcome::Done | LegOutcome::Failed | LegOutcome::TimedOut
    )
}

pub(crate) fn is_direct(leg: &PairLegFacts) -> bool {
    leg.route == PairRoute::Direct
}

/// ICE found no working pair.
pub(crate) fn is_unconnected(leg: &PairLegFacts) -> bool {
    has_ended(leg) && leg.ice_connected.is_no()
}

/// There were ways, and every one came to its end.
pub(crate) fn is_over(pair: &PairFacts) -> bool {
    !pair.legs.is_empty() && pair.legs.iter().all(has_ended)
}

/// How bad it is that a way does not carry sound: the two have another one, or none. What is not known yet is none;
/// the verdict waits for it.
pub(super) fn severity(pair: &PairFacts) -> Severity {
    if pair.legs.iter().any(is_heard) || !is_over(pair) {
        Severity::Degraded
    } else {
        Severity::Broken
    }
}

/// At whose end something breaks that the ways alone do not tell: `here` is what this end's own test would say of it,
/// `there` what the other's would.
fn end_of(pair: &PairFacts, here: Code, there: Code) -> End {
    let (own, partner) = (pair.own.cause, pair.partner.cause);
    match (own == Some(here), partner == Some(there)) {
        (true, _) => End::You,
        (false, true) => End::Partner,
        // Whose own test was good is the last to look at.
        _ if own == Some(Code::Good) && partner != Some(Code::Good) => End::Partner,
        _ => End::You,
    }
}
