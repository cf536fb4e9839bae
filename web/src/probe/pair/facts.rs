//! What two ends tell each other about a call, and how it is taken in. What comes from the other end is a stranger's word:
//! it may be late, doubled, out of order, or nonsense. Pure.

use crate::probe::tone::SILENCE_DBFS;
use earshot_report::{
    facts::{DirectionFacts, Fact, LegOutcome, PairLegFacts, PairRoute, VoiceEnd},
    quality,
};

/// A leg of which nothing is known yet.
pub(super) fn no_leg(route: PairRoute) -> PairLegFacts {
    PairLegFacts {
        route,
        outcome: LegOutcome::NotStarted,
        ice_connected: Fact::NotMeasured,
        dtls_connected: Fact::NotMeasured,
        local: None,
        remote: None,
        rtt_ms: None,
        from_you: DirectionFacts::default(),
        to_you: DirectionFacts::default(),
        samples: Vec::new(),
    }
}

/// What this end tells of what arrived here: what it has seen itself.
pub(super) fn half(to_you: &DirectionFacts) -> DirectionFacts {
    DirectionFacts {
        packets_sent: None,
        mos: None,
        ..to_you.clone()
    }
}

/// Takes in the other end's half of a leg; whether it was news. Its counts only grow, so an older word is known by them.
pub(super) fn note_told(
    leg: &mut PairLegFacts,
    arrived: &DirectionFacts,
    sent: Option<u64>,
) -> bool {
    let before = (leg.to_you.packets_sent, leg.from_you.clone());
    note_half(leg, arrived, sent);
    before != (leg.to_you.packets_sent, leg.from_you.clone())
}

fn note_half(leg: &mut PairLegFacts, arrived: &DirectionFacts, sent: Option<u64>) {
    leg.to_you.packets_sent = leg.to_you.packets_sent.max(sent);
    let known = &mut leg.from_you;
    if arrived.packets_received < known.packets_received {
        return;
    }
    known.packets_received = arrived.packets_received;
    known.loss = within(arrived.loss, 1.0).or(known.loss);
    known.jitter_ms = within(arrived.jitter_ms, f64::MAX).or(known.jitter_ms);
    if arrived.sound.is_measured() && !known.sound.is_yes() {
        known.sound = arrived.sound;
        known.sound_ms = arrived.sound_ms;
    }
    known.mos = quality::mos(leg.rtt_ms, known.jitter_ms, known.loss);
}

/// What the other end tells of the voices.
pub(super) fn read_voice(told: VoiceEnd) -> VoiceEnd {
    let level = |dbfs: Option<f64>| dbfs.filter(|it| (SILENCE_DBFS..=0.0).contains(it));
    VoiceEnd {
        sent_dbfs: level(told.sent_dbfs),
        arrived_dbfs: level(told.arrived_dbfs),
        ..told
    }
}

fn within(value: Option<f64>, highest: f64) -> Option<f64> {
    value.filter(|value| (0.0..=highest).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn arrived(received: u64, sound: Fact) -> DirectionFacts {
        DirectionFacts {
            sound,
            sound_ms: sound.is_yes().then_some(60),
            packets_received: Some(received),
            loss: Some(0.0),
            jitter_ms: Some(2.0),
            ..DirectionFacts::default()
        }
    }

    fn leg() -> PairLegFacts {
        PairLegFacts {
            rtt_ms: Some(20.0),
            ..no_leg(PairRoute::Direct)
        }
    }

    #[test]
    fn words_may_come_twice_and_out_of_order() {
        let (early, late) = (arrived(20, Fact::NotMeasured), arrived(50, Fact::Yes));
        let mut in_order = leg();
        note_told(&mut in_order, &early, Some(25));
        note_told(&mut in_order, &late, Some(60));
        assert_eq!(in_order.from_you.sound, Fact::Yes);
        assert_eq!(in_order.from_you.packets_received, Some(50));
        assert_eq!(in_order.to_you.packets_sent, Some(60));
        assert_eq!(
            in_order.from_you.mos,
            quality::mos(Some(20.0), Some(2.0), Some(0.0))
        );
        let mut mixed = leg();
        for (word, sent) in [(&late, 60), (&early, 25), (&late, 60)] {
            note_told(&mut mixed, word, Some(sent));
        }
        assert!(
            !note_told(&mut mixed, &late, Some(60)),
            "it is known already"
        );
        assert_eq!(mixed, in_order);
    }

    #[test]
    fn a_sound_that_was_heard_is_not_taken_back() {
        let mut leg = leg();
        note_told(&mut leg, &arrived(50, Fact::No), None);
        assert_eq!(leg.from_you.sound, Fact::No);
        note_told(&mut leg, &arrived(60, Fact::Yes), None);
        note_told(&mut leg, &arrived(70, Fact::No), None);
        assert_eq!(leg.from_you.sound, Fact::Yes);
        assert_eq!(leg.to_you.packets_sent, None, "not told is not zero");
    }

    #[test]
    fn nonsense_is_not_measured() {
        let mut leg = leg();
        let nonsense = DirectionFacts {
            loss: Some(7.0),
            jitter_ms: Some(-1.0),
            mos: Some(99.0),
            ..arrived(50, Fact::Yes)
        };
        note_told(&mut leg, &nonsense, None);
        let told = &leg.from_you;
        assert_eq!((told.loss, told.jitter_ms, told.mos), (None, None, None));
        let voice = VoiceEnd {
            sent_dbfs: Some(40.0),
            arrived_dbfs: Some(f64::NAN),
            heard: Fact::Yes,
            ..VoiceEnd::default()
        };
        let voice = read_voice(voice);
        assert_eq!((voice.sent_dbfs, voice.arrived_dbfs), (None, None));
        assert_eq!(voice.heard, Fact::Yes);
    }

    #[test]
    fn a_half_is_what_this_end_has_seen_itself() {
        let whole = DirectionFacts {
            packets_sent: Some(9),
            mos: Some(4.0),
            ..arrived(5, Fact::Yes)
        };
        assert_eq!(half(&whole), arrived(5, Fact::Yes));
    }
}
