//! Causes that take UDP away and leave the rest.

use super::reach::{is_udp_beside_tcp, lives_elsewhere};
use super::view::{Ground, View, is_silent};
use super::{Certainty, Evidence, Finding};
use crate::{
    Code, Facts, Scheme, Transport,
    facts::{Sightings, TargetFacts},
};

/// The relay's UDP answers nobody, its TCP or TLS relays.
pub(super) fn server_udp_closed(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::ServerUdpClosed, |target| closed(view, target))
}

/// UDP does not reach the relay from here although the relay's UDP is open to others. Where no URL by TCP or TLS
/// exists, nothing works; else TCP or TLS must relay, or more than UDP is in the way.
pub(super) fn udp_blocked(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    let only_udp = view
        .turn_targets()
        .all(|target| target.target.url.transport.is_datagram());
    if view.udp_works() || !(only_udp || view.relays_without_udp()) {
        return Vec::new();
    }
    view.for_run(Code::UdpBlocked, |target| {
        if !is_silent_udp(target) || closed(view, target).is_some() {
            return None;
        }
        let silent = Evidence::new("targets.gathering.candidates", 0_u16);
        if let Some(sightings) = view.testimony(target) {
            if sightings.udp.seen.is_yes() {
                // Where the answer was not heard it came again, which is another cause. Else nothing more came through.
                sightings.udp.asked_again.is_no().then_some(())?;
                let once = Evidence::new("sightings.udp.asked_again", false);
                return not_when_nobody_can(only_udp, Certainty::Likely, vec![silent, once]);
            }
            if sightings.udp.seen.is_no() {
                let unseen = Evidence::new("sightings.udp.seen", false);
                let mut evidence = vec![silent, unseen];
                evidence.extend(lives_by_udp(sightings));
                let certainty = match sightings.others_udp.is_yes() {
                    true => Certainty::Sure,
                    false => Certainty::Likely,
                };
                return not_when_nobody_can(only_udp, certainty, evidence);
            }
        }
        if view.native_awaited(target) {
            return None;
        }
        match lives_elsewhere(view, target) {
            Some(lives) => Ground::sure(vec![silent, lives]),
            None if view.native(target).is_some() && !target.target.own => None,
            None => not_when_nobody_can(only_udp, Certainty::Likely, vec![silent]),
        }
    })
}

/// The relay saw the UDP of this run and answered; the page got none of it. Who hears no answer asks again: where the
/// relay says that nobody did, no answer was lost.
pub(super) fn udp_answers_lost(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    if view.udp_works() {
        return Vec::new();
    }
    view.for_run(Code::UdpAnswersLost, |target| {
        let udp = &view.testimony(target)?.udp;
        let answered = udp.seen.is_yes() && udp.answers > 0 && !udp.asked_again.is_no();
        (is_silent_udp(target) && answered).then_some(())?;
        Ground::sure(vec![
            Evidence::new("targets.gathering.candidates", 0_u16),
            Evidence::new("sightings.udp.requests", udp.requests),
            Evidence::new("sightings.udp.answers", udp.answers),
        ])
    })
}

fn closed(view: View<'_>, target: &TargetFacts) -> Option<Ground> {
    if !is_silent_udp(target) || !is_udp_beside_tcp(view, target) {
        return None;
    }
    if let Some(sightings) = view.testimony(target) {
        if sightings.udp.seen.is_yes() {
            return None;
        }
        if sightings.udp.seen.is_no() && sightings.others_udp.is_no() {
            return Ground::likely(vec![
                Evidence::new("sightings.udp.seen", false),
                Evidence::new("sightings.others_udp", false),
            ]);
        }
    }
    view.finished_native(target)?
        .answers
        .is_no()
        .then_some(())?;
    Ground::sure(vec![Evidence::new("native_probes.answers", false)])
}

/// Without a transport that relays nothing tells a blocked network from a dead server: then nothing is said but what
/// is sure.
fn not_when_nobody_can(
    only_udp: bool,
    certainty: Certainty,
    evidence: Vec<Evidence>,
) -> Option<Ground> {
    if only_udp && certainty == Certainty::Likely {
        return None;
    }
    Ground::of(certainty, evidence)
}

fn is_silent_udp(target: &TargetFacts) -> bool {
    target.target.url.transport == Transport::Udp
        && target.target.url.scheme == Scheme::Turn
        && is_silent(target)
}

fn lives_by_udp(sightings: &Sightings) -> Option<Evidence> {
    sightings
        .others_udp
        .is_measured()
        .then(|| Evidence::new("sightings.others_udp", sightings.others_udp.is_yes()))
}
