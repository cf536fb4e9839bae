//! One direction of a test call: numbered packets at voice rate, and what arrived of them.

use earshot_report::{Fact, facts::DirectionFacts, quality};
use rand::{TryRngCore, rngs::OsRng};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Opus sends a packet each 20 ms.
pub(super) const PACE: Duration = Duration::from_millis(20);
/// About that of a packet of Opus at 48 kbit/s with RTP's header and SRTP's tag.
const LENGTH: usize = 160;
/// Nobody else sends these bytes.
const TOKEN: usize = 16;
/// Until the other end has heard one, few packets are sent: they may go to somebody who is no end of this call. Every
/// so many ticks after the first ones.
const FIRST: [u32; 4] = [0, 2, 5, 10];
const SELDOM: u32 = 20;

/// One direction, shared by the end that sends and the end that hears.
pub(super) struct Direction {
    token: [u8; TOKEN],
    begun: Instant,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    /// When each was sent.
    sent: Vec<Duration>,
    /// When each was sent and when it came, by its number.
    received: BTreeMap<u32, (Duration, Duration)>,
    /// RFC 3550 section 6.4.1, in milliseconds.
    jitter: f64,
    last_transit: Option<f64>,
}

impl Direction {
    /// Nothing sent yet.
    pub(super) fn new(begun: Instant) -> Option<Self> {
        let mut token = [0; TOKEN];
        OsRng.try_fill_bytes(&mut token).ok()?;
        Some(Self {
            token,
            begun,
            counted: Mutex::default(),
        })
    }

    /// The packet of this tick, where one is due.
    pub(super) fn packet(&self, tick: u32) -> Option<Vec<u8>> {
        let mut counted = self.counted();
        let is_heard = !counted.received.is_empty();
        let is_due = is_heard || FIRST.contains(&tick) || (tick > 0 && tick.is_multiple_of(SELDOM));
        is_due.then(|| {
            let mut packet = Vec::with_capacity(LENGTH);
            packet.extend_from_slice(&self.token);
            packet.extend_from_slice(&(counted.sent.len() as u32).to_be_bytes());
            let at = self.begun.elapsed();
            packet.extend_from_slice(&(at.as_micros() as u64).to_be_bytes());
            packet.resize(LENGTH, 0);
            counted.sent.push(at);
            packet
        })
    }

    /// Counts what arrived; `false`: it is not of this direction.
    pub(super) fn hear(&self, bytes: &[u8]) -> bool {
        let arrived = self.begun.elapsed();
        let Some(rest) = bytes.strip_prefix(&self.token) else {
            return false;
        };
        let (Some(number), Some(at)) = (
            rest.first_chunk::<4>(),
            rest.get(4..12).and_then(|it| it.first_chunk::<8>()),
        ) else {
            return false;
        };
        let sent = Duration::from_micros(u64::from_be_bytes(*at));
        let mut counted = self.counted();
        let number = u32::from_be_bytes(*number);
        if number as usize >= counted.sent.len() || counted.received.contains_key(&number) {
            return true;
        }
        counted.received.insert(number, (sent, arrived));
        let transit = (arrived.as_secs_f64() - sent.as_secs_f64()) * 1_000.0;
        counted.note_transit(transit);
        true
    }

    /// Something of it arrived.
    pub(super) fn is_heard(&self) -> bool {
        !self.counted().received.is_empty()
    }

    /// When the first and the last of what came arrived.
    pub(super) fn span(&self) -> Option<(Duration, Duration)> {
        let counted = self.counted();
        let arrivals = || counted.received.values().map(|(_, arrived)| *arrived);
        Some((arrivals().min()?, arrivals().max()?))
    }

    /// How many were sent from then on.
    pub(super) fn sent_since(&self, then: Duration) -> u64 {
        let counted = self.counted();
        counted.sent.iter().filter(|at| **at >= then).count() as u64
    }

    /// All that was sent since the first that came has come.
    pub(super) fn is_complete(&self) -> bool {
        self.counted().lost() == Some(0)
    }

    /// How long a packet takes, in milliseconds: the middle one.
    pub(super) fn delay_ms(&self) -> Option<f64> {
        let counted = self.counted();
        let mut delays: Vec<f64> = counted
            .received
            .values()
            .map(|(sent, arrived)| (arrived.as_secs_f64() - sent.as_secs_f64()) * 1_000.0)
            .collect();
        delays.sort_by(f64::total_cmp);
        delays.get(delays.len() / 2).copied()
    }

    /// The figures, where the call takes so long there and back.
    pub(super) fn facts(&self, rtt_ms: Option<f64>) -> DirectionFacts {
        let counted = self.counted();
        let (sent, received) = (counted.sent.len() as u64, counted.received.len() as u64);
        let lost = counted.lost();
        let loss = lost.map(|lost| lost as f64 / (lost + received) as f64);
        let jitter_ms = (received > 1).then_some(counted.jitter);
        DirectionFacts {
            sound: match sent {
                0 => Fact::NotMeasured,
                _ => (received > 0).into(),
            },
            sound_ms: None,
            packets_sent: Some(sent),
            packets_received: Some(received),
            loss,
            jitter_ms,
            mos: quality::mos(rtt_ms, jitter_ms, loss),
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// How many are missing since the first that came: what was sent before it looked for the way. `None`: none came.
    fn lost(&self) -> Option<u64> {
        let first = *self.received.first_key_value()?.0;
        let sent = self.sent.len() as u64 - u64::from(first);
        Some(sent - self.received.len() as u64)
    }

    fn note_transit(&mut self, transit_ms: f64) {
        if let Some(last) = self.last_transit.replace(transit_ms) {
            self.jitter += ((transit_ms - last).abs() - self.jitter) / 16.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direction() -> Direction {
        Direction::new(Instant::now()).unwrap()
    }

    #[test]
    fn few_packets_are_sent_until_one_is_heard() {
        let way = direction();
        let sent: Vec<u32> = (0..=40)
            .filter(|&tick| way.packet(tick).is_some())
            .collect();
        assert_eq!(sent, [0, 2, 5, 10, 20, 40]);
        let packet = way.packet(60).unwrap();
        assert_eq!(packet.len(), 160);
        assert!(way.hear(&packet) && way.packet(61).is_some() && way.packet(62).is_some());
    }

    /// Of ten packets since the first that came, the third and the last are missing; two before it count for nothing,
    /// nor does one that came twice, and a stranger's not at all.
    #[test]
    fn loss_is_counted_from_the_first_that_came() {
        let way = direction();
        way.packet(0).unwrap();
        way.packet(2).unwrap();
        let first = way.packet(5).unwrap();
        assert!(way.hear(&first) && way.hear(&first) && !direction().hear(&first));
        for tick in 6..15 {
            let packet = way.packet(tick).unwrap();
            if tick != 7 && tick != 14 {
                assert!(way.hear(&packet));
            }
        }
        let facts = way.facts(Some(20.0));
        assert_eq!(
            (facts.packets_sent, facts.packets_received),
            (Some(12), Some(8))
        );
        assert_eq!(facts.loss, Some(0.2));
        assert!(!way.is_complete() && facts.sound.is_yes() && facts.mos.is_some());
    }

    #[test]
    fn what_never_came_has_no_figures() {
        let way = direction();
        assert!(!way.facts(None).sound.is_measured());
        way.packet(0).unwrap();
        let facts = way.facts(None);
        assert!(facts.sound.is_no());
        assert_eq!((facts.loss, facts.jitter_ms, facts.mos), (None, None, None));
    }

    /// RFC 3550 section 6.4.1: with transits of 10, 26 and 10 ms the estimate is 16/16, then 1 + (16 − 1)/16.
    #[test]
    fn jitter_is_that_of_the_standard() {
        let mut counted = Counted::default();
        let mut estimates = Vec::new();
        for transit in [10.0, 26.0, 10.0_f64] {
            counted.note_transit(transit);
            estimates.push(counted.jitter);
        }
        assert_eq!(estimates, [0.0, 1.0, 1.9375]);
    }
}
