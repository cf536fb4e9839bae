//! Causes in the address and the ports that a relay hands out.

use super::view::{
    Ground, Reach, View, did_not_connect, is_address_of_server, is_relay_to_direct, reach,
    relay_candidates,
};
use super::{Evidence, EvidenceValue, Finding};
use crate::{
    Address, AddressRange, Code, Facts,
    facts::{CandidateFacts, CandidateType, LegFacts, LegOutcome, TargetFacts},
};

/// The relay announces an address that only its own network can reach. An installation for one network or one machine
/// does so rightly: then it is the address at which the server itself is reached, or relay ↔ direct passes.
pub(super) fn relay_address_private(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::RelayAddressPrivate, |target| {
        let announced = strange_local_candidate(view, target)?;
        let mut evidence = vec![Evidence::new(
            "targets.gathering.candidates.address",
            EvidenceValue::from(&announced.address),
        )];
        let client = facts.environment.client_address.as_ref();
        let from_outside = client.is_some_and(is_outside);
        let leg = view.calls_of(target).find(|leg| is_relay_to_direct(leg));
        if let Some(leg) = leg {
            let unusable = leg.direct_usable.is_no();
            if leg.ice_connected.is_yes() {
                let seen = sent_from_elsewhere(view, target, announced, leg);
                evidence.push(seen.or_else(|| {
                    let proves = from_outside && is_reached_outside(view, target);
                    translated(leg).filter(|_| proves)
                })?);
                return Ground::sure(evidence);
            }
            if view.direct_leg_blames_relay(leg) {
                evidence.push(Evidence::new("legs.ice_connected", false));
                let reached_elsewhere = target.target.url.literal_address().is_some()
                    || view
                        .native(target)
                        .is_some_and(|probe| !probe.addresses.is_empty());
                return match from_outside || reached_elsewhere {
                    true => Ground::sure(evidence),
                    false => Ground::likely(evidence),
                };
            }
            // Else the leg was not, or could not be, measured: only the latter leaves no more to wait for.
            (unusable || did_not_connect(leg)).then_some(())?;
        }
        from_outside.then_some(())?;
        evidence.push(Evidence::new(
            "environment.client_address",
            EvidenceValue::from(client?),
        ));
        Ground::likely(evidence)
    })
}

/// The relay announces an address from which it does not send. A direct end met it elsewhere; or it did not meet it,
/// and to this program's own look or to the witness a packet came from elsewhere.
pub(super) fn relay_address_wrong(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::RelayAddressWrong, |target| {
        let strange = |address: &&Address| is_foreign(target, address);
        let direct = view.calls_of(target).find(|leg| is_relay_to_direct(leg))?;
        let not_met = did_not_connect(direct) || direct.direct_usable.is_no();
        let to_program = || {
            let probe = view.finished_native(target).filter(|_| not_met)?;
            let announced = &probe.relayed.as_ref()?.0;
            let from = probe.sent_from.as_ref().filter(strange)?;
            announces(target, announced)
                .then(|| Evidence::new("native_probes.sent_from", EvidenceValue::from(from)))
        };
        let met = direct
            .local
            .as_ref()
            .filter(|_| direct.ice_connected.is_yes());
        let at_direct_end = || {
            let met_at = met.map(|local| &local.address).filter(strange)?;
            Some(Evidence::new(
                "legs.local.address",
                EvidenceValue::from(met_at),
            ))
        };
        // Chromium hides an address that only a check revealed; of a relay there is none but where it announces another.
        let hidden = || {
            let revealed = met?.candidate_type == CandidateType::Prflx
                && met?.address.ip().is_none()
                && relay_candidates(target).all(|it| is_outside(&it.address));
            revealed.then(|| Evidence::new("legs.local.candidate_type", "prflx"))
        };
        let to_witness = || {
            let source = to_witness(view, target).filter(|_| not_met)?;
            Some(Evidence::new(
                "sightings.witness.source",
                EvidenceValue::from(&source),
            ))
        };
        let evidence = at_direct_end()
            .or_else(hidden)
            .or_else(to_program)
            .or_else(to_witness)?;
        Ground::sure(vec![evidence])
    })
}

/// The witness was reached from an address that no server announces, and this is the only server from whose announced
/// address it was not reached.
fn to_witness(view: View<'_>, target: &TargetFacts) -> Option<Address> {
    let seen = &view.facts.sightings.as_ref()?.witness;
    let was_seen = |target: &TargetFacts| seen.iter().any(|it| announces(target, &it.source.0));
    let unseen_elsewhere = view.turn_targets().any(|other| {
        other.target.server != target.target.server
            && reach(other) == Reach::Served
            && !was_seen(other)
    });
    if unseen_elsewhere || was_seen(target) {
        return None;
    }
    let mut sources = seen.iter().map(|check| &check.source.0);
    let unannounced = |it: &Address| !view.turn_targets().any(|target| announces(target, it));
    sources
        .find(|source| unannounced(source) && is_foreign(target, source))
        .cloned()
}

fn announces(target: &TargetFacts, address: &Address) -> bool {
    relay_candidates(target).any(|candidate| candidate.address == *address)
}

/// An address of the world outside that the target does not announce, though it announces such a one of that family.
/// Inside of one network a relay may rightly be met at an inner address.
fn is_foreign(target: &TargetFacts, address: &Address) -> bool {
    let family = |it: &Address| it.ip().map(|ip| ip.is_ipv4());
    is_outside(address)
        && !announces(target, address)
        && relay_candidates(target)
            .any(|it| is_outside(&it.address) && family(&it.address) == family(address))
}

/// Relays are granted, their address is plausible, and no relay ↔ direct leg of the server connects. A network that
/// lets UDP out to few ports only looks the same from the page: sure only when the program's own packet was lost too.
pub(super) fn relay_ports_closed(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::RelayPortsClosed, |target| {
        if reach(target) != Reach::Served || strange_local_candidate(view, target).is_some() {
            return None;
        }
        let leg = view
            .calls_of(target)
            .find(|leg| view.direct_leg_blames_relay(leg))?;
        if another_leg_speaks_for_ports(view, target) || relay_was_reached(view, target) {
            return None;
        }
        let mut evidence = vec![Evidence::new(
            "legs.ice_connected",
            leg.ice_connected.is_yes(),
        )];
        let lost_natively = view
            .finished_native(target)
            .is_some_and(|probe| probe.relay_reached.is_no());
        if lost_natively {
            evidence.push(Evidence::new("native_probes.relay_reached", false));
            return Ground::sure(evidence);
        }
        Ground::likely(evidence)
    })
}

/// A relay candidate in a local range that is not the server's own address.
fn strange_local_candidate<'a>(
    view: View<'_>,
    target: &'a TargetFacts,
) -> Option<&'a CandidateFacts> {
    relay_candidates(target)
        .filter(|candidate| candidate.range.is_local())
        .find(|candidate| {
            let native = view.native(target);
            candidate
                .address
                .ip()
                .is_some_and(|ip| !is_address_of_server(target, native, ip))
        })
}

/// The leg passes, but by an address that only the checks revealed: the announced one is not where the relay sends
/// from. Over loopback the system chooses the source by the destination, so there it proves nothing by itself.
fn sent_from_elsewhere(
    view: View<'_>,
    target: &TargetFacts,
    announced: &CandidateFacts,
    leg: &LegFacts,
) -> Option<Evidence> {
    let local = leg.local.as_ref()?;
    let elsewhere = local.candidate_type == CandidateType::Prflx
        && local.address.ip().is_some()
        && local.address != announced.address;
    let proved = local.range != AddressRange::Loopback
        || view
            .finished_native(target)
            .is_some_and(|probe| probe.relay_reached.is_no());
    (elsewhere && proved)
        .then(|| Evidence::new("legs.local.address", EvidenceValue::from(&local.address)))
}

/// The server is known to be reached at a public address.
fn is_reached_outside(view: View<'_>, target: &TargetFacts) -> bool {
    let by_name = view
        .native(target)
        .is_some_and(|probe| !probe.addresses.is_empty() && probe.addresses.iter().all(is_outside));
    by_name
        || target
            .target
            .url
            .literal_address()
            .is_some_and(|ip| is_outside(&ip.into()))
}

/// Packets between the announced address, which is a local one, and the direct end were translated on their way: the
/// relay was met at an address that Chromium hides, or it reached a public one, which Firefox tells.
fn translated(leg: &LegFacts) -> Option<Evidence> {
    let local = leg.local.as_ref()?;
    if local.candidate_type == CandidateType::Prflx && local.address.ip().is_none() {
        return Some(Evidence::new("legs.local.candidate_type", "prflx"));
    }
    let remote = leg.remote.as_ref().map(|remote| &remote.address);
    let remote = remote.filter(|address| is_outside(address))?;
    Some(Evidence::new(
        "legs.remote.address",
        EvidenceValue::from(remote),
    ))
}

fn is_outside(client: &Address) -> bool {
    let range = AddressRange::from(client);
    !range.is_local()
        && !matches!(
            range,
            AddressRange::Unknown | AddressRange::Mdns | AddressRange::Unspecified
        )
}

/// The transports of a server share its relayed ports: one leg that connects, or has not ended, acquits them all.
fn another_leg_speaks_for_ports(view: View<'_>, target: &TargetFacts) -> bool {
    view.facts
        .targets
        .iter()
        .filter(|other| other.target.server == target.target.server)
        .flat_map(|other| view.calls_of(other))
        .filter(|leg| is_relay_to_direct(leg))
        .any(|leg| !did_not_connect(leg) && leg.outcome != LegOutcome::NotStarted)
}

/// Something from outside did come to a relayed port.
fn relay_was_reached(view: View<'_>, target: &TargetFacts) -> bool {
    if target.target.own {
        return view.facts.sightings.as_ref().is_some_and(|sightings| {
            sightings
                .allocations
                .iter()
                .any(|allocation| allocation.unpermitted_packets > 0)
        });
    }
    view.finished_native(target)
        .is_some_and(|probe| probe.relay_reached.is_yes())
}
