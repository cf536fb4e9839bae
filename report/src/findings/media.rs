//! Causes that let the connection through and not the sound.

use super::figures::loss_of_heard;
use super::view::{Ground, View, has_ended, is_heard, is_relay_to_direct};
use super::{Certainty, Evidence, Finding};
use crate::{
    Code, Facts, Probe,
    facts::{AllocationSighting, CandidateFacts, DirectionFacts, LegFacts},
    limits,
};

/// ICE connects, and DTLS or everything large does not pass.
pub(super) fn media_blocked(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::MediaBlocked, |target| {
        // What blocks DTLS on a way blocks it in every call: where one was heard, another's handshake was lost by chance.
        if view.calls_of(target).any(is_heard) || loss_of_heard(view, target).is_some() {
            return None;
        }
        view.calls_of(target)
            .filter(|leg| has_ended(leg) && leg.ice_connected.is_yes())
            .find_map(|leg| {
                if leg.dtls_connected.is_no() {
                    return Ground::sure(vec![
                        Evidence::new("legs.ice_connected", true),
                        Evidence::new("legs.dtls_connected", false),
                    ]);
                }
                both_directions_dead(view, leg).then_some(())?;
                Ground::likely(vec![
                    Evidence::new("legs.from_you.packets_received", 0_u16),
                    Evidence::new("legs.to_you.packets_received", 0_u16),
                ])
            })
    })
}

/// What you send is lost, what you receive is heard.
pub(super) fn one_way_from_you(facts: &Facts) -> Vec<Finding> {
    one_way(facts, Code::OneWayFromYou, Direction::FromYou)
}

/// What you send is heard, what you receive is lost.
pub(super) fn one_way_to_you(facts: &Facts) -> Vec<Finding> {
    one_way(facts, Code::OneWayToYou, Direction::ToYou)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    FromYou,
    ToYou,
}

fn one_way(facts: &Facts, cause: Code, lost: Direction) -> Vec<Finding> {
    let view = View::new(facts);
    // Where no sound is made, that none is heard tells nothing of the way.
    if !facts.environment.audio_context_running.is_yes() {
        return Vec::new();
    }
    view.for_run(cause, |target| {
        if loss_of_heard(view, target).is_some() {
            return None;
        }
        let lost_on = |direct: bool| {
            view.calls_of(target)
                .filter(|leg| is_relay_to_direct(leg) == direct)
                .find_map(|leg| lost_direction(view, leg))
        };
        // Relay ↔ direct crosses the relay once in each direction and tells which is lost. Relay ↔ relay crosses it
        // twice: what is lost there is asked only where the other leg does not tell.
        let (found, certainty, evidence) = match (lost_on(true), lost_on(false)) {
            (Some((found, evidence)), _) => (found, Certainty::Sure, evidence),
            (None, Some((found, evidence))) => (found, Certainty::Likely, evidence),
            (None, None) => return None,
        };
        (found == lost).then_some(())?;
        Ground::of(certainty, evidence)
    })
}

/// The one direction of this leg that is lost.
fn lost_direction(view: View<'_>, leg: &LegFacts) -> Option<(Direction, Vec<Evidence>)> {
    if !has_ended(leg) || !leg.dtls_connected.is_yes() {
        return None;
    }
    let sounds = vec![
        Evidence::new("legs.from_you.sound", leg.from_you.sound.is_yes()),
        Evidence::new("legs.to_you.sound", leg.to_you.sound.is_yes()),
    ];
    match (is_lost(&leg.from_you), is_lost(&leg.to_you)) {
        (true, false) if leg.to_you.sound.is_yes() => {
            Some((way_of_loss(view, leg, Direction::FromYou), sounds))
        }
        (false, true) if leg.from_you.sound.is_yes() => {
            Some((way_of_loss(view, leg, Direction::ToYou), sounds))
        }
        (true, true) => lost_by_sightings(view, leg),
        _ => None,
    }
}

/// Which way of the person's network loses what one direction of this leg sent. Both ends are the person's, so each
/// direction goes out and comes in again: the relay saw whether it got so far. Without its word: where the first end
/// uses TCP, what is lost is lost on the UDP of the direct end, that is on the way in for what the first end sent.
fn way_of_loss(view: View<'_>, leg: &LegFacts, silent: Direction) -> Direction {
    let allocation = leg
        .local
        .as_ref()
        .and_then(|relayed| allocation(view, relayed));
    let seen = allocation.and_then(|allocation| match silent {
        Direction::FromYou => Some((leg.from_you.packets_sent?, allocation.sent_packets)),
        Direction::ToYou => Some((leg.to_you.packets_sent?, allocation.received_packets)),
    });
    if let Some((sent, arrived)) = seen.filter(|(sent, _)| *sent >= limits::TELLING_PACKETS) {
        return match arrived < sent / 2 {
            true => Direction::FromYou,
            false => Direction::ToYou,
        };
    }
    let by_udp = view
        .target_of(leg)
        .is_none_or(|target| target.target.url.transport.is_datagram());
    match (is_relay_to_direct(leg) && !by_udp, silent) {
        (false, silent) => silent,
        (true, Direction::FromYou) => Direction::ToYou,
        (true, Direction::ToYou) => Direction::FromYou,
    }
}

/// The sound was not recognised, and not because it arrived and was not played.
fn is_lost(direction: &DirectionFacts) -> bool {
    let arrived = match (direction.packets_sent, direction.packets_received) {
        (Some(sent), Some(received)) => sent > 0 && received >= sent.div_ceil(2),
        _ => false,
    };
    direction.sound.is_no() && !arrived
}

/// Nothing of either direction arrived, and no leg tells that one of them alone is lost.
fn both_directions_dead(view: View<'_>, leg: &LegFacts) -> bool {
    let one_way = view.calls().any(|leg| lost_direction(view, leg).is_some());
    let dead = |direction: &DirectionFacts| {
        direction.sound.is_no()
            && direction.packets_received == Some(0)
            && direction
                .packets_sent
                .is_some_and(|sent| sent >= limits::TELLING_PACKETS)
    };
    leg.dtls_connected.is_yes() && dead(&leg.from_you) && dead(&leg.to_you) && !one_way
}

/// Relay ↔ relay with both directions lost: each crosses the person's network out and in. The relay saw which half
/// was missing: of what was sent, most came to it or little did.
fn lost_by_sightings(view: View<'_>, leg: &LegFacts) -> Option<(Direction, Vec<Evidence>)> {
    if !matches!(leg.probe, Probe::RelayToRelay { .. }) {
        return None;
    }
    let sent = leg.from_you.packets_sent?;
    let forwarded = allocation(view, leg.local.as_ref()?)?.sent_packets;
    (sent >= limits::TELLING_PACKETS).then_some(())?;
    let lost = match forwarded < sent / 2 {
        true => Direction::FromYou,
        false => Direction::ToYou,
    };
    Some((
        lost,
        vec![
            Evidence::new("legs.from_you.packets_sent", sent),
            Evidence::new("sightings.allocations.sent_packets", forwarded),
        ],
    ))
}

/// What the relay saw of the allocation that has this relayed address.
pub(super) fn allocation<'a>(
    view: View<'a>,
    relayed: &CandidateFacts,
) -> Option<&'a AllocationSighting> {
    let sightings = view.facts.sightings.as_ref()?;
    sightings.allocations.iter().find(|allocation| {
        allocation.relayed.0 == relayed.address && allocation.relayed.1 == relayed.port
    })
}
