//! Ways that connect and lose the sound.

use super::{End, Found, end_of, has_ended, is_direct, is_heard, severity};
use crate::{
    Code, Facts, Severity,
    facts::{DirectionFacts, LegOutcome, PairFacts, PairLegFacts},
    findings::{Certainty, Evidence, Finding, media::allocation, view::View},
    limits,
};

/// What had carried both sounds, and broke under the voices: a relay that went away, or a network that holds the sound
/// back now.
pub(super) fn broken(pair: &PairFacts, found: &mut Found) {
    let is_broken = |leg: &&PairLegFacts| leg.outcome == LegOutcome::Failed && is_heard(leg);
    for leg in pair.legs.iter().filter(is_broken) {
        let another = pair
            .legs
            .iter()
            .any(|leg| leg.outcome == LegOutcome::Done && is_heard(leg));
        let severity = match another {
            true => Severity::Degraded,
            false => Severity::Broken,
        };
        let evidence = Evidence::new("pair.legs.outcome", "failed");
        match is_direct(leg) {
            true => put_media_blocked(pair, severity, evidence, found),
            false => found.put(Finding::new(Code::RelayLost, severity).likely(), evidence),
        }
    }
}

/// One direction lost, or both.
pub(super) fn sounds(facts: &Facts, pair: &PairFacts, found: &mut Found) {
    let connected = |leg: &&PairLegFacts| has_ended(leg) && leg.ice_connected.is_yes();
    for leg in pair.legs.iter().filter(connected) {
        if leg.dtls_connected.is_no() {
            let evidence = Evidence::new("pair.legs.dtls_connected", false);
            put_media_blocked(pair, severity(pair), evidence, found);
            continue;
        }
        match (is_lost(&leg.from_you), is_lost(&leg.to_you)) {
            (true, false) if leg.to_you.sound.is_yes() => {
                let seen = arrived_at_relay(facts, leg, End::You);
                let (code, certainty) = way_out(pair, seen);
                put(pair, code, certainty, "pair.legs.from_you.sound", found);
            }
            (false, true) if leg.from_you.sound.is_yes() => {
                let seen = arrived_at_relay(facts, leg, End::Partner);
                let (code, certainty) = way_in(pair, seen);
                put(pair, code, certainty, "pair.legs.to_you.sound", found);
            }
            (true, true) if is_dead(&leg.from_you) && is_dead(&leg.to_you) => {
                let evidence = Evidence::new("pair.legs.to_you.packets_received", 0_u16);
                put_media_blocked(pair, severity(pair), evidence, found);
            }
            _ => {}
        }
    }
}

/// What this end sends is lost. `arrived`: it came as far as this end's relay.
pub(super) fn way_out(pair: &PairFacts, arrived: Option<bool>) -> (Code, Certainty) {
    lost_between(pair, Code::OneWayFromYou, Code::OneWayToYou, arrived)
}

/// What the other end sends is lost. `arrived`: it came as far as this end's relay.
pub(super) fn way_in(pair: &PairFacts, arrived: Option<bool>) -> (Code, Certainty) {
    let lost_there = arrived.map(|arrived| !arrived);
    lost_between(pair, Code::OneWayToYou, Code::OneWayFromYou, lost_there)
}

/// Each end calls it otherwise: what one sends and the other does not get is lost on the way out of the one, or on the
/// way in to the other. The relay's count tells, and without it the tests of both ends.
fn lost_between(
    pair: &PairFacts,
    here: Code,
    there: Code,
    lost_there: Option<bool>,
) -> (Code, Certainty) {
    let (end, certainty) = match lost_there {
        Some(true) => (End::Partner, Certainty::Sure),
        Some(false) => (End::You, Certainty::Sure),
        None => (end_of(pair, here, there), Certainty::Likely),
    };
    let code = match end {
        End::You => here,
        End::Partner => there,
    };
    (end.cause(code), certainty)
}

/// Whether what `sender` sent on this leg came to this end's relay: most of it, or little.
fn arrived_at_relay(facts: &Facts, leg: &PairLegFacts, sender: End) -> Option<bool> {
    let seen = allocation(View::new(facts), leg.local.as_ref()?)?;
    let (sent, arrived) = match sender {
        End::You => (leg.from_you.packets_sent?, seen.sent_packets),
        End::Partner => (leg.to_you.packets_sent?, seen.received_packets),
    };
    Some(arrived >= sent / 2)
}

pub(super) fn put_media_blocked(
    pair: &PairFacts,
    severity: Severity,
    evidence: Evidence,
    found: &mut Found,
) {
    let end = end_of(pair, Code::MediaBlocked, Code::MediaBlocked);
    let finding = Finding::new(end.cause(Code::MediaBlocked), severity);
    found.put(finding.likely(), evidence);
}

fn put(pair: &PairFacts, code: Code, certainty: Certainty, name: &str, found: &mut Found) {
    let mut finding = Finding::new(code, severity(pair));
    finding.certainty = certainty;
    found.put(finding, Evidence::new(name, false));
}

/// The sound was not recognised, and less than half of what was sent came: where it came, it was not played.
fn is_lost(direction: &DirectionFacts) -> bool {
    let (Some(sent), Some(received)) = (direction.packets_sent, direction.packets_received) else {
        return false;
    };
    direction.sound.is_no() && sent >= limits::TELLING_PACKETS && received < sent / 2
}

fn is_dead(direction: &DirectionFacts) -> bool {
    direction.packets_received == Some(0)
}
