//! Causes in how the relay treats the two ends of a call.

use super::credentials::was_seen_to_refuse;
use super::figures::loss_of_heard;
use super::view::{Ground, Reach, View, did_not_connect, is_relay_to_direct, reach, was_lost};
use super::{Evidence, Finding};
use crate::{
    Code, Facts,
    facts::{LegFacts, RefusalReason, TargetFacts},
    limits,
};

/// The relay grants an allocation and refuses its peers. That this program's relay refused some address proves
/// nothing by itself: a browser asks for every candidate of the other end, and inner addresses are rightly refused.
pub(super) fn peer_forbidden(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::PeerForbidden, |target| {
        (reach(target) == Reach::Served).then_some(())?;
        let blames_relay = |leg: &&LegFacts| match is_relay_to_direct(leg) {
            true => view.direct_leg_blames_relay(leg),
            false => did_not_connect(leg),
        };
        let mut failed = view.calls_of(target).filter(blames_relay).peekable();
        failed.peek()?;
        let natively = view
            .finished_native(target)
            .is_some_and(|probe| probe.peer_refused.is_yes());
        if natively {
            return Ground::sure(vec![Evidence::new("native_probes.peer_refused", true)]);
        }
        let after = failed
            .filter_map(|leg| leg.refused_after_ms)
            .find(|&after| after < limits::REFUSED_MS)?;
        let mut evidence = vec![Evidence::new("legs.refused_after_ms", f64::from(after))];
        if was_seen_to_refuse(facts, target, RefusalReason::PeerForbidden) {
            evidence.push(Evidence::new("sightings.refusals.reason", "peer-forbidden"));
            return Ground::sure(evidence);
        }
        Ground::likely(evidence)
    })
}

/// A call worked, and then nothing came through this server any more; or it lent an address, and before a call was
/// connected it answered nobody. What takes away the calls of several servers is nearer to the person than a server is,
/// so each other one that lent an address must have shown that it is there.
pub(super) fn relay_lost(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    let lost = |target: &TargetFacts| {
        let mut calls = view.calls_of(target);
        let lost = calls.find_map(|leg| leg.lost_after_ms.filter(|_| was_lost(leg)));
        let lost = lost.map(|after| Evidence::new("legs.lost_after_ms", f64::from(after)));
        let is_gone = target.grants_again.is_no();
        let gone = is_gone.then(|| Evidence::new("targets.grants_again", false));
        lost.or(gone).filter(|_| reach(target) == Reach::Served)
    };
    view.per_server(Code::RelayLost, |target| {
        let evidence = lost(target)?;
        let elsewhere = view
            .servers()
            .into_iter()
            .filter(|server| *server != target.target.server)
            .any(|server| {
                let targets = || view.turn_targets().filter(|it| it.target.server == server);
                let has_lent = targets().any(|it| reach(it) == Reach::Served);
                let is_there = targets().any(|it| shows_life(view, it));
                targets().any(|it| lost(it).is_some()) || (has_lent && !is_there)
            });
        (!elsewhere && loss_of_heard(view, target).is_none()).then_some(())?;
        Ground::likely(vec![evidence])
    })
}

/// After it had lent an address a call was connected through it, or it lent another one.
fn shows_life(view: View<'_>, target: &TargetFacts) -> bool {
    let mut calls = view.calls_of(target);
    target.grants_again.is_yes() || calls.any(|leg| leg.ice_connected.is_yes())
}
