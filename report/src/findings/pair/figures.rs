//! Ways that carry the sound too badly to talk: by the limits of the test of one end.

use super::{Found, end_of, has_ended};
use crate::{
    Code, Severity,
    facts::{PairFacts, PairLegFacts},
    findings::{Evidence, Finding, figures::is_telling},
    limits,
};

pub(super) fn figures(pair: &PairFacts, found: &mut Found) {
    let mut put = |code, name, value: f64| {
        let code = end_of(pair, code, code).cause(code);
        let finding = Finding::new(code, Severity::Degraded).likely();
        found.put(finding, Evidence::new(name, value));
    };
    let open = |leg: &&PairLegFacts| {
        has_ended(leg) && !leg.ice_connected.is_no() && !leg.dtls_connected.is_no()
    };
    let legs: Vec<_> = pair.legs.iter().filter(open).collect();
    for leg in &legs {
        if let Some(loss) = loss(leg).filter(|loss| *loss >= limits::HEAVY_LOSS) {
            put(Code::HeavyLoss, "pair.legs.loss", loss);
        }
    }
    if let Some(jitter) = least(legs.iter().flat_map(|leg| jitters(leg)))
        && jitter >= limits::HIGH_JITTER_MS
    {
        put(Code::HighJitter, "pair.legs.jitter_ms", jitter);
    }
    let trips = legs.iter().map(|leg| leg.rtt_ms);
    if let Some(rtt) = least(trips)
        && rtt >= limits::HIGH_RTT_MS
    {
        put(Code::HighDelay, "pair.legs.rtt_ms", rtt);
    }
}

/// A busy browser adds to a time, and nothing takes away from one: the least of all counts. What is not known of one
/// could be the least.
fn least(all: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let mut least = None;
    for one in all {
        let one = one.filter(|one| one.is_finite())?;
        least = Some(least.map_or(one, |least| one.min(least)));
    }
    least
}

/// Of both directions, where so many packets came that it is no chance.
fn jitters(leg: &PairLegFacts) -> impl Iterator<Item = Option<f64>> {
    let both = [&leg.from_you, &leg.to_you].into_iter();
    both.filter(|it| it.packets_received.is_none() || is_telling(it))
        .map(|it| it.jitter_ms.filter(|_| it.packets_received.is_some()))
}

/// Both directions are samples of one loss, as in the test of one end.
fn loss(leg: &PairLegFacts) -> Option<f64> {
    let (mut expected, mut received) = (0.0, 0.0);
    for it in [&leg.from_you, &leg.to_you] {
        let (loss, came) = (it.loss?, it.packets_received? as f64);
        if loss < 1.0 && is_telling(it) {
            received += came;
            expected += came / (1.0 - loss);
        }
    }
    Some(1.0 - received / expected).filter(|loss| loss.is_finite())
}
