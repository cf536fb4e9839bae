//! Causes that are a matter of degree: sound passes, too badly to talk.

use super::view::{Ground, View, has_ended, is_relay_to_direct};
use super::{Evidence, Finding};
use crate::{
    Code, Facts, Probe, Transport,
    facts::{DirectionFacts, LegFacts},
    limits,
};

/// A fact's name and its value, where it was measured.
type Figure = (&'static str, Option<f64>);

/// More is lost than Opus can conceal.
pub(super) fn heavy_loss(facts: &Facts) -> Vec<Finding> {
    worse_than(facts, Code::HeavyLoss, limits::HEAVY_LOSS, |leg| {
        let loss = |it: &DirectionFacts| it.loss.filter(|_| is_telling(it));
        [
            ("legs.from_you.loss", loss(&leg.from_you)),
            ("legs.to_you.loss", loss(&leg.to_you)),
        ]
    })
}

/// Sound takes longer than people wait for each other. A browser with much to do adds to a round trip, and nothing takes
/// away from one, so the shortest of a server's legs is what the way to it really takes: legs over one transport begin
/// together, and one moment without the processor makes all of them look long.
pub(super) fn high_delay(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::HighDelay, |target| {
        let (mut shortest, mut called) = (f64::INFINITY, false);
        for leg in &facts.legs {
            let (Some(other), Some(rtt)) = (view.target_of(leg), leg.rtt_ms) else {
                continue;
            };
            if other.target.server != target.target.server || !rtt.is_finite() {
                continue;
            }
            // From relay to relay the person's network is crossed twice each way; other legs cross it as seldom as once.
            let twice = matches!(leg.probe, Probe::RelayToRelay { .. });
            shortest = shortest.min(if twice { rtt } else { 2.0 * rtt });
            called |= twice && has_ended(leg) && other.target.id == target.target.id;
        }
        if !called || shortest < limits::HIGH_RTT_MS {
            return None;
        }
        Ground::sure(vec![Evidence::new("legs.rtt_ms", shortest)])
    })
}

/// Packets come too unevenly to be played in time.
pub(super) fn high_jitter(facts: &Facts) -> Vec<Finding> {
    worse_than(facts, Code::HighJitter, limits::HIGH_JITTER_MS, |leg| {
        let jitter = |it: &DirectionFacts| it.jitter_ms.filter(|_| is_telling(it));
        [
            ("legs.from_you.jitter_ms", jitter(&leg.from_you)),
            ("legs.to_you.jitter_ms", jitter(&leg.to_you)),
        ]
    })
}

/// A call that ended shows such a figure. The direct end of a call speaks UDP whatever the way to the relay, so over
/// TCP and TLS only relay ↔ relay tells how that way is.
fn worse_than(
    facts: &Facts,
    cause: Code,
    limit: f64,
    figures: fn(&LegFacts) -> [Figure; 2],
) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(cause, |target| {
        let by_udp = target.target.url.transport == Transport::Udp;
        let worse = |leg: &LegFacts| {
            let known = figures(leg).into_iter();
            let mut known = known.filter_map(|(fact, value)| Some((fact, value?)));
            known.find(|(_, value)| value.is_finite() && *value >= limit)
        };
        let (fact, value) = view
            .calls_of(target)
            .filter(|leg| has_ended(leg) && leg.ice_connected.is_yes())
            .filter(|leg| by_udp || !is_relay_to_direct(leg))
            .find_map(worse)?;
        Ground::sure(vec![Evidence::new(fact, value)])
    })
}

/// So many packets were to be received that a figure is no chance.
fn is_telling(direction: &DirectionFacts) -> bool {
    let arrived = 1.0 - direction.loss.unwrap_or_default();
    let enough = limits::QUALITY_PACKETS as f64 * arrived;
    let received = direction.packets_received;
    received.is_some_and(|received| received as f64 >= enough)
}
