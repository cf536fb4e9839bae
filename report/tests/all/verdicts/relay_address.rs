//! What the relay announces, and its ports.

use super::*;
use earshot_report::facts::WitnessSighting;

/// An address that is not the server's.
const ELSEWHERE: &str = "203.0.113.66";

fn witnessed(facts: &mut Facts, sources: &[&'static str]) {
    let check = |source: &&'static str| WitnessSighting {
        source: ((*source).into(), 50_000),
        at_ms: 200,
    };
    facts.sightings(|sightings| sightings.witness = sources.iter().map(check).collect());
}

pub(super) fn relay_addresses_and_ports() -> Vec<Case> {
    vec![
        case(
            "a wrong address, met at one that the browser hides",
            other_server(),
            |facts| {
                facts.legs_of(true, |leg| {
                    if let Some(local) = &mut leg.local {
                        local.candidate_type = earshot_report::facts::CandidateType::Prflx;
                        local.address = "".into();
                    }
                });
            },
            degraded(Code::RelayAddressWrong),
            "a relay is met where it announces, or it announces what it has not",
        ),
        case(
            "a private address that reaches a public one",
            other_server(),
            |facts| {
                facts.announce("10.30.0.2").legs_of(true, |leg| {
                    leg.remote = leg.local.clone();
                    if let Some(remote) = &mut leg.remote {
                        remote.address = "203.0.114.7".into();
                    }
                });
            },
            degraded(Code::RelayAddressPrivate),
            "Firefox tells the announced address for the one it met, but packets from there were translated",
        ),
        case(
            "a private address, met at one that the browser hides",
            other_server(),
            |facts| {
                facts.announce("10.30.0.2").legs_of(true, |leg| {
                    if let Some(local) = &mut leg.local {
                        local.candidate_type = earshot_report::facts::CandidateType::Prflx;
                        local.address = "".into();
                    }
                });
            },
            degraded(Code::RelayAddressPrivate),
            "a lenient router at home lets the relay's true address in: elsewhere the call fails",
        ),
        case(
            "private address",
            own_relay(),
            |facts| {
                facts.announce("10.0.0.5").legs_of(true, did_not_connect);
            },
            degraded(Code::RelayAddressPrivate),
            "relay ↔ relay passes inside the server, relay ↔ direct does not",
        ),
        case(
            "private address, nothing passes",
            other_server(),
            |facts| {
                facts
                    .announce("172.17.0.2")
                    .legs_of(true, did_not_connect)
                    .legs_of(false, did_not_connect);
            },
            broken(Code::RelayAddressPrivate),
            "no leg is heard",
        ),
        case(
            "private address, the checks reveal the true one",
            own_relay(),
            |facts| {
                facts.announce("10.0.0.5").legs_of(true, revealed(SERVER));
            },
            degraded(Code::RelayAddressPrivate),
            "it passes here because this end was open; behind a NAT it would not",
        ),
        case(
            "private address, UDP blocked here",
            own_relay(),
            |facts| {
                facts
                    .announce("10.0.0.5")
                    .cut_udp()
                    .sightings(|sightings| unseen(sightings, &[Transport::Udp]));
            },
            degraded(Code::UdpBlocked),
            "both are found; the way there is mended first",
        ),
        case(
            "private address that is the server's own, ports closed",
            own_relay(),
            |facts| {
                facts.environment.client_address = address("192.168.1.9");
                facts
                    .announce("192.168.1.5")
                    .probes(|probe| probe.addresses = vec!["192.168.1.5".into()])
                    .legs_of(true, did_not_connect);
            },
            degraded(Code::RelayPortsClosed),
            "the address is right, so it must be the ports",
        ),
        case(
            "ports closed at the edge",
            own_relay(),
            |facts| {
                facts.legs_of(true, did_not_connect);
            },
            degraded(Code::RelayPortsClosed),
            "every other tester says green: relay ↔ relay passes",
        ),
        case(
            "ports closed on the host",
            other_server(),
            |facts| {
                facts
                    .legs_of(true, did_not_connect)
                    .legs_of(false, did_not_connect)
                    .probes(|probe| probe.relay_reached = Fact::No);
            },
            broken(Code::RelayPortsClosed),
            "no leg connects, the program's packet was lost too",
        ),
        case(
            "ports open to the program",
            other_server(),
            |facts| {
                facts.legs_of(true, did_not_connect);
            },
            degraded(Code::Unknown),
            "the program's packet came through: something else is in the way",
        ),
        case(
            "one transport's relay ↔ direct only",
            own_relay(),
            |facts| did_not_connect(&mut facts.legs[4]),
            degraded(Code::Unknown),
            "the other transports' relayed ports were reached, and they share them",
        ),
        case(
            "wrong address, the checks reveal the true one",
            other_server(),
            |facts| {
                facts.announce(ELSEWHERE).legs_of(true, revealed(SERVER));
            },
            degraded(Code::RelayAddressWrong),
            "the direct end was met from an address that was not announced",
        ),
        case(
            "wrong address, says the program's look",
            other_server(),
            |facts| {
                facts
                    .announce(ELSEWHERE)
                    .legs_of(true, did_not_connect)
                    .probes(|probe| {
                        probe.relayed = Some((ELSEWHERE.into(), 51_000));
                        probe.relay_reached = Fact::No;
                        probe.sent_from = address(SERVER);
                    });
            },
            degraded(Code::RelayAddressWrong),
            "that its ports seem closed follows from it",
        ),
        case(
            "wrong address, says the witness",
            both(),
            |facts| {
                facts.targets[3].gathering.candidates = vec![relayed(ELSEWHERE, 50_003)];
                facts.targets[4].gathering.candidates = vec![relayed(ELSEWHERE, 50_004)];
                for leg in &mut facts.legs {
                    if leg.probe.target() >= Some(3) && leg.ice_connected.is_yes() {
                        did_not_connect(leg);
                    }
                }
                witnessed(facts, &[SERVER, "203.0.113.99"]);
            },
            degraded(Code::RelayAddressWrong),
            "it was reached from an address that nobody announces",
        ),
        case(
            "wrong address of one of two, says the witness",
            both(),
            |facts| {
                for target in facts.targets_by(None) {
                    target.gathering.candidates = vec![relayed(ELSEWHERE, 50_003)];
                }
                facts.targets[3].gathering.candidates = vec![relayed("203.0.113.8", 50_003)];
                facts.targets[4].gathering.candidates = vec![relayed("203.0.113.8", 50_004)];
                facts.legs_of(true, did_not_connect).probes(|probe| {
                    probe.relayed = None;
                    probe.relay_reached = Fact::NotMeasured;
                });
                witnessed(facts, &["203.0.113.99"]);
            },
            degraded(Code::RelayPortsClosed),
            "either of them may have sent it",
        ),
        case(
            "the relay is met inside of the network",
            own_relay(),
            |facts| {
                facts.legs_of(true, revealed("192.168.1.5"));
                witnessed(facts, &["192.168.1.5"]);
            },
            GOOD,
            "where both are in one network the inner address is the right one",
        ),
        case(
            "sent from elsewhere, met at the announced address",
            other_server(),
            |facts| {
                facts.probes(|probe| probe.sent_from = address("203.0.113.99"));
            },
            GOOD,
            "the direct end met it where it was announced",
        ),
        case(
            "the other address family",
            other_server(),
            |facts| {
                facts.legs_of(true, revealed("2001:db8::5"));
            },
            GOOD,
            "nothing was announced of that family",
        ),
    ]
}

pub(super) fn peers_that_are_refused() -> Vec<Case> {
    vec![
        case(
            "every peer is refused, says the program",
            other_server(),
            |facts| {
                facts
                    .legs_of(true, did_not_connect)
                    .legs_of(false, did_not_connect)
                    .probes(|probe| {
                        probe.peer_refused = Fact::Yes;
                        probe.relay_reached = Fact::NotMeasured;
                    });
            },
            broken(Code::PeerForbidden),
            "it was answered 403 for the relay's own address",
        ),
        case(
            "every peer is refused, as the page sees it",
            ad_hoc(),
            |facts| refused_by_all(facts, 4),
            broken(Code::PeerForbidden),
            "four milliseconds after the first check nothing else can have ended it",
        ),
        case(
            "unanswered for five seconds",
            ad_hoc(),
            |facts| refused_by_all(facts, 5_000),
            broken(Code::RelayPortsClosed),
            "so long a browser waits for answers",
        ),
        case(
            "an inner address is refused",
            own_relay(),
            |facts| {
                facts.sightings(|sightings| sightings.udp.refusals = vec![forbidden()]);
            },
            GOOD,
            "browsers ask for every candidate of the other end, and the legs connect",
        ),
        case(
            "an inner address is refused, and the ports are closed",
            own_relay(),
            |facts| {
                facts
                    .legs_of(true, did_not_connect)
                    .sightings(|sightings| sightings.udp.refusals = vec![forbidden()]);
            },
            degraded(Code::RelayPortsClosed),
            "the leg was not given up at once, so the refusal did not end it",
        ),
        case(
            "the program's peer is refused, and the legs connect",
            other_server(),
            |facts| {
                facts.probes(|probe| probe.peer_refused = Fact::Yes);
            },
            GOOD,
            "what a page is let do counts",
        ),
    ]
}

#[test]
fn what_the_program_saw_refused_is_sure() {
    let mut seen = own_relay();
    refused_by_all(&mut seen, 4);
    assert_eq!(judge(&seen).findings[0].certainty, Certainty::Likely);
    seen.sightings(|sightings| sightings.udp.refusals = vec![forbidden()]);
    assert_eq!(judge(&seen).findings[0].code, Code::PeerForbidden);
    assert_eq!(judge(&seen).findings[0].certainty, Certainty::Sure);
}

fn refused_by_all(facts: &mut Facts, after: u32) {
    for direct in [true, false] {
        facts.legs_of(direct, |leg| {
            did_not_connect(leg);
            leg.outcome = LegOutcome::Failed;
            leg.refused_after_ms = Some(after);
        });
    }
}

fn forbidden() -> Refusal {
    Refusal {
        code: 403,
        reason: RefusalReason::PeerForbidden,
        count: 2,
    }
}
