//! Nothing wrong, or nothing measured.

use super::*;

pub(super) fn healthy_runs_raise_no_alarm() -> Vec<Case> {
    vec![
        case("own relay", own_relay(), |_| (), GOOD, "all legs are heard"),
        case(
            "other server",
            other_server(),
            |_| (),
            GOOD,
            "no sightings are needed",
        ),
        case(
            "the direct end has no address, and the program reached the relay",
            other_server(),
            |facts| {
                facts
                    .legs_of(true, |leg| {
                        did_not_connect(leg);
                        leg.outcome = LegOutcome::Done;
                        leg.direct_usable = Fact::No;
                    })
                    .probes(|probe| probe.relay_reached = Fact::Yes);
            },
            GOOD,
            "where no server tells the direct end its address, the program's own look is as good",
        ),
        case(
            "nothing but IPv6, and a relay with an IPv4 address",
            own_relay(),
            |facts| {
                let line =
                    "candidate:1 1 udp 1677729535 2001:db8::7 40000 typ srflx raddr :: rport 0";
                let outer = earshot_report::candidate::parse_candidate(line).expect("a candidate");
                for target in facts.targets_by(None) {
                    target.gathering.candidates.push(outer.clone());
                }
                facts.legs_of(true, |leg| {
                    did_not_connect(leg);
                    leg.direct_usable = Fact::No;
                });
            },
            GOOD,
            "no direct path can be there, and no call looks for one",
        ),
        case(
            "ad hoc",
            ad_hoc(),
            |_| (),
            GOOD,
            "no native probe is needed",
        ),
        case(
            "noise",
            own_relay(),
            |facts| {
                for target in facts.targets_by(None) {
                    target.gathering.errors = vec![
                        error(701, "TURN allocate request timed out."),
                        error(600, "Address family mismatch"),
                    ];
                }
            },
            GOOD,
            "an error counts only where that URL yields no relay candidate",
        ),
        case(
            "the wrong password was refused",
            own_relay(),
            |facts| {
                facts.sightings(|sightings| {
                    sightings.udp.refusals = vec![Refusal {
                        code: 401,
                        reason: RefusalReason::WrongPassword,
                        count: 3,
                    }];
                });
            },
            GOOD,
            "that refusal was asked for by the probe with a wrong password",
        ),
        case(
            "on one machine",
            own_relay(),
            |facts| {
                facts.environment.client_address = address("127.0.0.1");
                facts
                    .announce("192.168.1.5")
                    .legs_of(true, revealed("127.0.0.1"));
            },
            GOOD,
            "over loopback the system chooses the source address; the private one is right here",
        ),
        case(
            "in one house",
            own_relay(),
            |facts| {
                facts.environment.client_address = address("192.168.1.9");
                facts.announce("192.168.1.5");
            },
            GOOD,
            "relay ↔ direct passes, so the private address is reachable for those it serves",
        ),
        case(
            "the witness was not reached",
            own_relay(),
            |facts| {
                for leg in &mut facts.legs {
                    if matches!(leg.probe, earshot_report::Probe::Witness { .. }) {
                        did_not_connect(leg);
                    }
                }
            },
            GOOD,
            "the witness is evidence, no call",
        ),
        case(
            "refused over one address, served over another",
            own_relay(),
            |facts| {
                for target in facts.targets_by(None) {
                    target.gathering.errors = vec![error(401, "Unauthorized"), error(486, "")];
                }
            },
            GOOD,
            "an error counts only where that URL yields no relay candidate",
        ),
        case(
            "the browser calls itself offline",
            own_relay(),
            |facts| facts.environment.online = Fact::No,
            GOOD,
            "the program answers, so it is not",
        ),
        case(
            "the program went away after the test",
            own_relay(),
            |facts| facts.environment.api_reachable = Fact::No,
            GOOD,
            "everything was heard all the same",
        ),
        case(
            "live link blocked",
            own_relay(),
            |facts| {
                facts.environment.live_link = Fact::No;
                facts.sightings = None;
            },
            GOOD,
            "calls do not need the WebSocket",
        ),
    ]
}

pub(super) fn what_is_not_measured_is_neither_good_nor_bad() -> Vec<Case> {
    let planned = || Facts::planned(&plan(&[&OWN, &OTHER], Some(0)));
    vec![
        case(
            "nothing at all",
            Facts::default(),
            |_| (),
            UNKNOWN,
            "nothing was planned",
        ),
        case(
            "not begun",
            planned(),
            |_| (),
            UNKNOWN,
            "nothing is known yet",
        ),
        case(
            "one leg not measured",
            own_relay(),
            |facts| facts.legs[5] = LegFacts::new(facts.legs[5].probe.clone()),
            UNKNOWN,
            "good means that everything was measured",
        ),
        case(
            "heard, and still being measured",
            own_relay(),
            |facts| facts.legs[0].outcome = LegOutcome::Running,
            UNKNOWN,
            "it may still break off",
        ),
        case(
            "one direction not measured",
            own_relay(),
            |facts| facts.legs[0].to_you.sound = Fact::NotMeasured,
            UNKNOWN,
            "one direction is half a call",
        ),
        case(
            "no legs",
            own_relay(),
            |facts| facts.legs.clear(),
            UNKNOWN,
            "candidates are not audio",
        ),
        case(
            "the person stopped it",
            own_relay(),
            |facts| {
                facts.silence(None);
                for target in facts.targets_by(None) {
                    target.gathering.outcome = GatheringOutcome::Stopped;
                }
            },
            UNKNOWN,
            "a stopped gathering might have given a relay",
        ),
        case(
            "wrong password, the other URLs still under way",
            own_relay(),
            |facts| {
                facts.silence(None).refuse(UDP, 401, "Unauthorized");
                for target in facts.targets_by(TCP) {
                    target.gathering.outcome = GatheringOutcome::Running;
                }
            },
            UNKNOWN,
            "the headline waits while another way may prove good",
        ),
        case(
            "silent, the program's look still awaited",
            other_server(),
            |facts| {
                facts
                    .silence(None)
                    .probes(|probe| *probe = NativeProbe::new(probe.url.clone()));
            },
            UNKNOWN,
            "its word may tell a dead server from a blocked network",
        ),
        case(
            "the direct end has no address",
            own_relay(),
            |facts| {
                facts.legs_of(true, |leg| {
                    did_not_connect(leg);
                    leg.direct_usable = Fact::No;
                });
            },
            UNKNOWN,
            "such a leg tells nothing about the relay's ports",
        ),
    ]
}
