//! Causes that are a matter of degree: sound passes, too badly to talk.

use super::view::{
    Ground, Reach, View, has_ended, has_failed, is_heard, is_relay_to_direct, reach,
};
use super::{Evidence, Finding};
use crate::{
    Code, Facts, Probe,
    facts::{DirectionFacts, LegFacts, TargetFacts},
    limits,
};

/// More is lost than Opus can conceal. Both directions of a call cross the person's network to the relay and back, so
/// all directions through a URL are samples of one loss: chance makes one of a dozen look bad (11 of 104 packets lost
/// were measured where 4 % were usual), and not their sum.
pub(super) fn heavy_loss(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::HeavyLoss, |target| {
        let own = heavy(telling_calls(view, target));
        // What failed where that much is lost failed of it.
        let by_udp = target.target.url.transport.is_datagram();
        let failed =
            || (by_udp && reach(target) == Reach::Failed) || view.calls_of(target).any(has_failed);
        let loss = own.or_else(|| loss_of_heard(view, target).filter(|_| failed()))?;
        Ground::sure(vec![Evidence::new("legs.loss", loss)])
    })
}

/// What is lost in the calls through a target's server that were heard to their end, where it is too much to talk. A
/// block loses all of a kind, and a relay that goes away all at once: no call over such a way is heard to its end. So
/// calls that fail beside heard ones which lose this much fail by chance, and tell nothing of what blocks or ends them.
pub(super) fn loss_of_heard(view: View<'_>, target: &TargetFacts) -> Option<f64> {
    let calls = open_calls_of_server(view, target).map(|(leg, _)| leg);
    let by_udp = |leg: &&LegFacts| {
        let through = view.target_of(leg);
        is_relay_to_direct(leg) || through.is_some_and(|it| it.target.url.transport.is_datagram())
    };
    heavy(calls.filter(|leg| is_heard(leg)).filter(by_udp))
}

/// The loss of all directions of these calls together, where it is too much to talk.
fn heavy<'a>(calls: impl Iterator<Item = &'a LegFacts>) -> Option<f64> {
    let (mut expected, mut received) = (0.0, 0.0);
    for leg in calls {
        for it in [&leg.from_you, &leg.to_you] {
            // What is not known of one direction could be what makes the sum good.
            let (loss, came) = (it.loss?, it.packets_received? as f64);
            if loss < 1.0 && is_telling(it) {
                received += came;
                expected += came / (1.0 - loss);
            }
        }
    }
    let loss = 1.0 - received / expected;
    (loss.is_finite() && loss >= limits::HEAVY_LOSS).then_some(loss)
}

/// Sound takes longer than people wait for each other. A browser with much to do adds to a round trip, and nothing takes
/// away from one, so the shortest of a server's legs is what the way to it really takes: legs over one transport begin
/// together, and one moment without the processor makes all of them look long.
pub(super) fn high_delay(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::HighDelay, |target| {
        let (mut shortest, mut called) = (f64::INFINITY, false);
        for (leg, other) in open_calls_of_server(view, target) {
            // From relay to relay the person's network is crossed twice each way; other legs cross it as seldom as once.
            let twice = matches!(leg.probe, Probe::RelayToRelay { .. });
            // What is not known of one leg could be the shortest.
            let rtt = leg.rtt_ms.filter(|rtt| rtt.is_finite())?;
            shortest = shortest.min(if twice { rtt } else { 2.0 * rtt });
            called |= twice && other == target.target.id;
        }
        let is_high = called && shortest >= limits::HIGH_RTT_MS;
        Ground::sure(is_high.then(|| vec![Evidence::new("legs.rtt_ms", shortest)])?)
    })
}

/// Packets come too unevenly to be played in time. As with delay, a browser with much to do makes some directions look
/// uneven, and an uneven network all of them: the steadiest direction counts.
pub(super) fn high_jitter(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::HighJitter, |target| {
        let (mut steadiest, mut called) = (f64::INFINITY, false);
        for (leg, other) in open_calls_of_server(view, target) {
            for it in [&leg.from_you, &leg.to_you] {
                let jitter = it.jitter_ms.filter(|jitter| jitter.is_finite())?;
                it.packets_received?;
                if is_telling(it) {
                    steadiest = steadiest.min(jitter);
                    called |= other == target.target.id && !is_relay_to_direct(leg);
                }
            }
        }
        let is_high = called && steadiest >= limits::HIGH_JITTER_MS;
        Ground::sure(is_high.then(|| vec![Evidence::new("legs.jitter_ms", steadiest)])?)
    })
}

/// All calls through a target's server that came to an end, each with the target it goes through.
fn open_calls_of_server<'a>(
    view: View<'a>,
    target: &'a TargetFacts,
) -> impl Iterator<Item = (&'a LegFacts, u16)> {
    let server = target.target.server;
    let calls = view.calls().filter(|leg| was_open(leg));
    calls.filter_map(move |leg| {
        let other = &view.target_of(leg)?.target;
        (other.server == server).then_some((leg, other.id))
    })
}

/// Calls that ended and tell how the way to this URL is. The direct end of a call speaks UDP whatever the way to the
/// relay, so over TCP and TLS only relay ↔ relay does.
fn telling_calls<'a>(
    view: View<'a>,
    target: &'a TargetFacts,
) -> impl Iterator<Item = &'a LegFacts> {
    let by_udp = target.target.url.transport.is_datagram();
    view.calls_of(target)
        .filter(|leg| was_open(leg))
        .filter(move |leg| by_udp || !is_relay_to_direct(leg))
}

/// It ended, and had figures: it was connected, or one of them is known. One that never connected has none, however
/// many packets were lost on the way there.
fn was_open(leg: &LegFacts) -> bool {
    let mut directions = [&leg.from_you, &leg.to_you].into_iter();
    let is_known =
        leg.rtt_ms.is_some() || directions.any(|it| it.loss.is_some() || it.jitter_ms.is_some());
    let may_be = !leg.ice_connected.is_no() && !leg.dtls_connected.is_no();
    has_ended(leg) && may_be && (leg.ice_connected.is_yes() || is_known)
}

/// So many packets were to be received that a figure is no chance.
pub(super) fn is_telling(direction: &DirectionFacts) -> bool {
    let arrived = 1.0 - direction.loss.unwrap_or_default();
    let enough = limits::QUALITY_PACKETS as f64 * arrived;
    let received = direction.packets_received;
    received.is_some_and(|received| received as f64 >= enough)
}
