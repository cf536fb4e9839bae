//! The figures of a leg, from what its ends have counted. Pure.

use crate::probe::stats::EndStats;
use earshot_report::{
    facts::{CandidateFacts, DirectionFacts},
    limits, quality,
};

/// The candidate under the name by which its own end has shown it, where its address is hidden.
pub(in crate::probe) fn named(
    mut candidate: CandidateFacts,
    shown: &[CandidateFacts],
) -> CandidateFacts {
    let is_same = |it: &&CandidateFacts| {
        (it.candidate_type, it.port) == (candidate.candidate_type, candidate.port)
            && it.protocol == candidate.protocol
    };
    if candidate.address.as_str().is_empty()
        && let Some(known) = shown.iter().find(is_same)
    {
        candidate.address = known.address.clone();
        candidate.range = known.range;
    }
    candidate
}

/// Notes what the sending and the receiving end counted of one direction. What is not counted now stays as it was.
pub(in crate::probe) fn note_direction(
    direction: &mut DirectionFacts,
    sender: &EndStats,
    receiver: &EndStats,
    rtt_ms: Option<f64>,
) {
    direction.packets_sent = sender.sent.or(direction.packets_sent);
    direction.packets_received = receiver.received.or(direction.packets_received);
    direction.loss = receiver.loss().or(direction.loss);
    let counted = receiver.received.is_some_and(|received| received > 1);
    direction.jitter_ms = receiver
        .jitter_ms
        .filter(|_| counted)
        .or(direction.jitter_ms);
    direction.mos = quality::mos(rtt_ms, direction.jitter_ms, direction.loss);
}

/// Whether a call still carries anything: both ends together.
#[derive(Default)]
pub(in crate::probe) struct Flow {
    received: u64,
    sent: u64,
    /// When something came for the last time.
    pub(in crate::probe) news_at: f64,
}

impl Flow {
    /// Takes what has been received and sent until now. Something came before and nothing has since, though enough was
    /// sent: for how many milliseconds.
    pub(in crate::probe) fn silent_ms(
        &mut self,
        received: u64,
        sent: u64,
        now: f64,
    ) -> Option<f64> {
        if received > self.received {
            *self = Self {
                received,
                sent,
                news_at: now,
            };
        }
        let was_sent = sent.saturating_sub(self.sent) >= 2 * limits::TELLING_PACKETS;
        (self.received > 0 && was_sent).then_some(now - self.news_at)
    }
}

/// Enough came in this direction to judge it. Where loss or jitter begins to show, more is needed than where all is well.
/// The first packets may show little of a jitter: its estimate follows by a sixteenth.
pub(in crate::probe) fn is_enough(direction: &DirectionFacts) -> bool {
    let loss = direction.loss.unwrap_or_default();
    let is_clean = loss <= 0.0
        && direction
            .jitter_ms
            .is_none_or(|jitter| jitter < limits::HIGH_JITTER_MS / 4.0);
    let wanted = match is_clean {
        true => limits::TELLING_PACKETS as f64,
        false => limits::QUALITY_PACKETS as f64 * (1.0 - loss),
    };
    direction
        .packets_received
        .is_some_and(|received| received as f64 >= wanted)
}

/// The middle one, or the mean of the two in the middle.
pub(in crate::probe) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted = Vec::new();
    for value in values.filter(|value| value.is_finite()) {
        let place = sorted.partition_point(|it| *it < value);
        sorted.insert(place, value);
    }
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earshot_report::{Address, AddressRange, candidate::parse_candidate};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn counted(sent: Option<u64>, received: Option<u64>) -> EndStats {
        EndStats {
            sent,
            received,
            lost: received.map(|_| 0),
            jitter_ms: received.map(|_| 2.0),
            ..EndStats::default()
        }
    }

    #[test]
    fn a_doubtful_direction_is_looked_at_longer() {
        let direction = |received, loss, jitter_ms| DirectionFacts {
            packets_received: Some(received),
            loss: Some(loss),
            jitter_ms: Some(jitter_ms),
            ..DirectionFacts::default()
        };
        assert!(is_enough(&direction(20, 0.0, 3.0)));
        assert!(!is_enough(&direction(19, 0.0, 3.0)));
        assert!(!is_enough(&direction(20, 0.05, 3.0)));
        assert!(!is_enough(&direction(20, 0.0, 40.0)));
        // A hundred were to come, and a fifth is lost.
        assert!(is_enough(&direction(80, 0.2, 3.0)));
        assert!(!is_enough(&direction(79, 0.2, 3.0)));
        assert!(!is_enough(&DirectionFacts::default()));
    }

    #[test]
    fn a_flow_is_silent_when_what_is_sent_comes_no_more() {
        let mut flow = Flow::default();
        assert_eq!(flow.silent_ms(0, 500, 5_000.0), None, "nothing ever came");
        assert_eq!(flow.silent_ms(10, 510, 5_100.0), None);
        assert_eq!(
            flow.silent_ms(10, 540, 7_000.0),
            None,
            "hardly any was sent"
        );
        assert_eq!(flow.silent_ms(10, 710, 7_100.0), Some(2_000.0));
        assert_eq!(flow.news_at, 5_100.0);
        assert_eq!(
            flow.silent_ms(0, 0, 7_150.0),
            None,
            "the browser counts nothing"
        );
        assert_eq!(flow.silent_ms(11, 720, 7_200.0), None, "it comes again");
        assert_eq!(flow.news_at, 7_200.0);
    }

    #[test]
    fn a_direction_is_what_one_end_sent_and_the_other_received() {
        let mut direction = DirectionFacts::default();
        let (sender, receiver) = (counted(Some(50), Some(7)), counted(Some(9), Some(40)));
        note_direction(&mut direction, &sender, &receiver, Some(20.0));
        assert_eq!(direction.packets_sent, Some(50));
        assert_eq!(direction.packets_received, Some(40));
        assert_eq!(direction.loss, Some(0.0));
        assert_eq!(
            direction.mos,
            quality::mos(Some(20.0), Some(2.0), Some(0.0))
        );
    }

    #[test]
    fn what_was_not_counted_is_not_zero_and_what_was_stays() {
        let mut direction = DirectionFacts::default();
        let nothing = EndStats::default();
        note_direction(&mut direction, &nothing, &nothing, Some(20.0));
        assert_eq!(direction, DirectionFacts::default());
        let packets = counted(Some(50), Some(40));
        note_direction(&mut direction, &packets, &packets, None);
        let before = direction.clone();
        note_direction(&mut direction, &nothing, &nothing, None);
        assert_eq!(direction, before);
        assert_eq!(direction.mos, None);
    }

    #[test]
    fn a_hidden_address_has_the_name_that_was_shown() {
        let shown = [
            "candidate:1 1 udp 2113937151 192.0.2.9 40001 typ host",
            "candidate:1 1 udp 2113937151 e4e53597.local 40000 typ host",
        ]
        .map(|line| parse_candidate(line).unwrap());
        let mut hidden = shown[1].clone();
        hidden.address = Address::from("");
        hidden.range = AddressRange::Unknown;
        assert_eq!(named(hidden.clone(), &shown), shown[1]);
        assert_eq!(named(hidden.clone(), &shown[..1]), hidden);
        let mut open = shown[0].clone();
        open.address = Address::from("192.0.2.10");
        assert_eq!(named(open.clone(), &shown), open);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([9.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(
            median([4.0, 1.0, 3.0, 100.0, f64::NAN].into_iter()),
            Some(3.5)
        );
    }
}
