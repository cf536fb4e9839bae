//! UDP, which goes missing by itself.

use super::*;

pub(super) fn udp() -> Vec<Case> {
    let blocked = |facts: &mut Facts| {
        facts
            .cut_udp()
            .sightings(|sightings| unseen(sightings, &[Transport::Udp]));
    };
    vec![
        case(
            "blocked",
            own_relay(),
            blocked,
            degraded(Code::UdpBlocked),
            "others' UDP arrives, this run's does not; TCP and TLS relay",
        ),
        case(
            "blocked towards another server",
            other_server(),
            |facts| {
                facts.cut_udp();
            },
            degraded(Code::UdpBlocked),
            "the server answers the program by UDP",
        ),
        case(
            "blocked, typed by the person",
            ad_hoc(),
            |facts| {
                facts.cut_udp();
            },
            degraded(Code::UdpBlocked),
            "the likeliest: TCP relays and no UDP passes anywhere",
        ),
        case(
            "blocked, and the server knows no other way",
            healthy(Facts::planned(&plan(&[&OTHER[..1]], None))),
            |facts| {
                facts.cut_udp();
            },
            broken(Code::UdpBlocked),
            "the server answers the program by UDP and is asked by nothing else",
        ),
        case(
            "answers lost",
            own_relay(),
            |facts| {
                facts.cut_udp().sightings(asked_again_by_udp);
            },
            degraded(Code::UdpAnswersLost),
            "the relay saw and answered six requests; none came back",
        ),
        case(
            "answers lost, told by a relay that does not tell who asks again",
            own_relay(),
            |facts| {
                facts
                    .cut_udp()
                    .sightings(|sightings| sightings.udp.asked_again = Fact::NotMeasured);
            },
            degraded(Code::UdpAnswersLost),
            "an earlier earshot beside this one",
        ),
        case(
            "answers lost, and TCP is silent",
            own_relay(),
            |facts| {
                facts
                    .cut_udp()
                    .silence(None)
                    .sightings(asked_again_by_udp)
                    .sightings(|sightings| unseen(sightings, &[Transport::Tcp, Transport::Tls]));
            },
            broken(Code::UdpAnswersLost),
            "the relay is there: it was asked again and again",
        ),
        case(
            "answered, and never asked again",
            own_relay(),
            |facts| {
                facts.cut_udp();
            },
            degraded(Code::UdpBlocked),
            "who hears no answer asks again: after the first packet this network lets none through",
        ),
        case(
            "closed at the server, says the program",
            other_server(),
            |facts| {
                facts.silence(UDP).probes(|probe| {
                    if probe.url.transport == Transport::Udp {
                        dead(probe);
                    }
                });
            },
            degraded(Code::ServerUdpClosed),
            "UDP works elsewhere and the server's is silent to the program too",
        ),
        case(
            "closed at the server, say other tests",
            own_relay(),
            |facts| {
                blocked(facts);
                facts.sightings(|sightings| sightings.others_udp = Fact::No);
            },
            degraded(Code::ServerUdpClosed),
            "no other test came by UDP either",
        ),
        case(
            "a policy of the browser",
            own_relay(),
            |facts| {
                blocked(facts);
                facts.environment.host_candidates = Some(0);
                for target in facts.targets_by(UDP) {
                    target.gathering.outcome = GatheringOutcome::Complete;
                    target.gathering.elapsed_ms = Some(160);
                }
            },
            degraded(Code::WebrtcProxiedOnly),
            "complete at once, without candidate and error; TCP relays",
        ),
        case(
            "seen and never answered",
            own_relay(),
            |facts| {
                facts.cut_udp().sightings(|sightings| {
                    sightings.udp.answers = 0;
                    sightings.udp.challenges = 0;
                    sightings.udp.asked_again = Fact::NotMeasured;
                });
            },
            degraded(Code::Unknown),
            "no answer was lost, and the network let the requests through",
        ),
        case(
            "no candidate at once, and the relay saw UDP all the same",
            own_relay(),
            |facts| {
                facts.cut_udp();
                facts.environment.host_candidates = Some(0);
                for target in facts.targets_by(UDP) {
                    target.gathering.outcome = GatheringOutcome::Complete;
                    target.gathering.elapsed_ms = Some(160);
                }
            },
            degraded(Code::Unknown),
            "so no policy forbade it",
        ),
        case(
            "one server's UDP only",
            both(),
            |facts| facts_silence_target(facts, 3),
            degraded(Code::Unknown),
            "UDP passes elsewhere, so the network does not block it",
        ),
    ]
}
