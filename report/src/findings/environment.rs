//! Causes in the browser and the page's surroundings.

use super::Finding;
use super::view::{View, is_forbidden_by_policy};
use crate::{
    Code, Facts, Severity, Transport,
    facts::{Environment, GatheringOutcome, LegFacts, LegOutcome},
};

/// Without a secure context there is no microphone.
pub(super) fn insecure_page(facts: &Facts) -> Vec<Finding> {
    when(
        facts.environment.secure_context.is_no(),
        Finding::new(Code::InsecurePage, Severity::Broken)
            .because("environment.secure_context", false),
    )
}

/// There is no RTCPeerConnection; or every gathering ended by itself with no candidate and no error, as where an
/// extension or a policy takes them all away.
pub(super) fn webrtc_unavailable(facts: &Facts) -> Vec<Finding> {
    if facts.environment.webrtc.is_no() {
        return vec![
            Finding::new(Code::WebrtcUnavailable, Severity::Broken)
                .because("environment.webrtc", false),
        ];
    }
    let nothing_at_all = facts.environment.host_candidates == Some(0)
        && !is_offline(&facts.environment)
        && !facts.targets.is_empty()
        && facts.targets.iter().all(|target| {
            target.gathering.outcome == GatheringOutcome::Complete
                && target.gathering.candidates.is_empty()
                && !target.gathering.errors.iter().any(|e| e.counts())
        });
    when(
        nothing_at_all,
        Finding::new(Code::WebrtcUnavailable, Severity::Broken)
            .likely()
            .because("environment.host_candidates", 0_u16)
            .because("targets.gathering.candidates", 0_u16),
    )
}

/// The browser may use proxies only: its UDP gatherings end at once with nothing, and TCP relays.
pub(super) fn webrtc_proxied_only(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    let mut by_udp = view
        .turn_targets()
        .filter(|target| target.target.url.transport == Transport::Udp)
        .peekable();
    let seen_by_relay = facts
        .sightings
        .as_ref()
        .is_some_and(|sightings| sightings.udp.seen.is_yes());
    let forbidden = by_udp.peek().is_some()
        && by_udp.all(is_forbidden_by_policy)
        && view.relays_without_udp()
        && !view.udp_works()
        && !seen_by_relay
        && facts.environment.host_candidates == Some(0);
    when(
        forbidden,
        Finding::new(Code::WebrtcProxiedOnly, Severity::Degraded)
            .because("targets.gathering.candidates", 0_u16)
            .because("environment.host_candidates", 0_u16),
    )
}

/// The network went away under the page. Browsers are slow to know, and some never do: then it is likely where hosts
/// that are independent of each other fell silent, the page's own and all the servers.
pub(super) fn offline(facts: &Facts) -> Vec<Finding> {
    let finding =
        Finding::new(Code::Offline, Severity::Broken).because("environment.api_reachable", false);
    if is_offline(&facts.environment) {
        return vec![finding.because("environment.online", false)];
    }
    let lasted = |leg: &LegFacts| leg.outcome == LegOutcome::Done;
    let all_silent = facts.environment.api_reachable.is_no()
        && !facts.targets.is_empty()
        && !facts.targets.iter().any(|target| target.target.own)
        && !facts.legs.iter().any(lasted);
    when(all_silent, finding.likely())
}

/// Only the live view suffers: worth knowing, no harm to a call.
pub(super) fn live_link_blocked(facts: &Facts) -> Vec<Finding> {
    let environment = &facts.environment;
    when(
        environment.live_link.is_no() && environment.api_reachable.is_yes(),
        Finding::new(Code::LiveLinkBlocked, Severity::Information)
            .because("environment.live_link", false),
    )
}

/// Browsers call themselves offline in error now and then; that the program does not answer either makes it so.
fn is_offline(environment: &Environment) -> bool {
    environment.online.is_no() && environment.api_reachable.is_no()
}

fn when(so: bool, finding: Finding) -> Vec<Finding> {
    if so { vec![finding] } else { Vec::new() }
}
