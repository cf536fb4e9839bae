//! How a leg between two ends comes to its end: what is measured of it, and what never will be.

use super::PairLeg;
use crate::probe::{js::now_ms, leg::figures::is_enough, pair::call::Shared, sound::Sound};
use earshot_report::{
    facts::{CandidateFacts, CandidateType, LegOutcome, PairLegFacts, PairRoute},
    limits,
};

// One end is still told when the other measures for as long as it may.
const _: () = assert!(limits::QUALITY_MS < limits::PAIR_TOLD_MS);

impl PairLeg {
    /// How the leg ends, if it does now.
    pub(super) fn outcome(&mut self, call: &Shared, sound: Option<&Sound>) -> Option<LegOutcome> {
        match (self.connected_at, self.ice_at) {
            (Some(at), _) => call.leg(self.place, |facts| self.outcome_of_sound(facts, sound, at)),
            (None, Some(at)) => call.leg(self.place, |facts| {
                let outcome = self.failed_or(self.attention.is_over(at, limits::DTLS_MS))?;
                facts.dtls_connected = false.into();
                Some(outcome)
            }),
            (None, None) => call.leg(self.place, |facts| {
                // Better candidates may still come while an end gathers.
                let is_final = self.end.gathered && self.they_gathered;
                let timed_out = self.attention.is_over(self.start, limits::PAIR_CONNECT_MS);
                if !is_final && !timed_out {
                    return None;
                }
                let outcome = self.failed_or(timed_out)?;
                if self.was_tried(facts.route) {
                    facts.ice_connected = false.into();
                }
                Some(outcome)
            }),
        }
    }

    fn failed_or(&self, timed_out: bool) -> Option<LegOutcome> {
        match (self.end.has_failed(), timed_out) {
            (true, _) => Some(LegOutcome::Failed),
            (_, true) => Some(LegOutcome::TimedOut),
            _ => None,
        }
    }

    /// Both ends had what the leg is about: that no pair worked says something about the way between them. A direct end
    /// that has no candidate at all cannot be reached, which says something too.
    fn was_tried(&self, route: PairRoute) -> bool {
        let has_relay = |shown: &[CandidateFacts]| {
            let mut shown = shown.iter();
            shown.any(|it| it.candidate_type == CandidateType::Relay)
        };
        self.is_described
            && match route {
                PairRoute::Direct => {
                    (!self.end.shown.is_empty() || self.end.gathered)
                        && (!self.shown.is_empty() || self.they_gathered)
                }
                PairRoute::Relay { .. } => has_relay(&self.end.shown) && has_relay(&self.shown),
            }
    }

    fn outcome_of_sound(
        &mut self,
        facts: &mut PairLegFacts,
        sound: Option<&Sound>,
        connected_at: f64,
    ) -> Option<LegOutcome> {
        if self.end.has_failed() {
            return Some(LegOutcome::Failed);
        }
        if self.half_at.is_none() && self.half_is_over(facts, sound, connected_at) {
            self.half_at = Some(now_ms());
            // The other end waits for it.
            self.last_told = 0.0;
        }
        let half_at = self.half_at?;
        let theirs = &facts.from_you;
        let is_told = theirs.sound.is_no() || (theirs.sound.is_yes() && is_enough(theirs));
        if !is_told && !self.attention.is_over(half_at, limits::PAIR_TOLD_MS) {
            return None;
        }
        let is_missing = theirs.sound.is_no() || facts.to_you.sound.is_no();
        Some(match is_missing {
            true => LegOutcome::TimedOut,
            false => LegOutcome::Done,
        })
    }

    /// What comes here is measured, or will not be.
    fn half_is_over(
        &self,
        facts: &mut PairLegFacts,
        sound: Option<&Sound>,
        connected_at: f64,
    ) -> bool {
        let is_waking = sound.is_some_and(|sound| !sound.is_running());
        if is_waking && !self.attention.is_over(self.start, limits::AUDIO_START_MS) {
            return false;
        }
        let can_hear = sound.is_some_and(Sound::is_running) && self.end.ear.is_some();
        let heard = facts.to_you.sound.is_yes();
        let has_rtt =
            facts.rtt_ms.is_some() || self.attention.is_over(connected_at, limits::RTT_MS);
        if has_rtt && (!can_hear || (heard && is_enough(&facts.to_you))) {
            return true;
        }
        let is_unsure = can_hear && self.end.is_unsure(&facts.to_you);
        let limit = match (heard && has_rtt) || is_unsure {
            true => limits::QUALITY_MS,
            false => limits::SOUND_MS,
        };
        if !self.attention.is_over(connected_at, limit) {
            return false;
        }
        if can_hear {
            self.end.deny(&mut facts.to_you);
        }
        true
    }
}
