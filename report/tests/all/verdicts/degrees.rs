//! Calls that are heard, and too bad to talk; and calls that break off.

use super::*;
use earshot_report::{facts::DirectionFacts, limits, quality};

pub(super) fn figures() -> Vec<Case> {
    vec![
        case(
            "a fifth is lost",
            own_relay(),
            |facts| {
                facts.legs_of(false, lossy(0.2));
            },
            degraded(Code::HeavyLoss),
            "Opus conceals single gaps, not every fifth packet",
        ),
        case(
            "a third is lost, and with it a handshake",
            own_relay(),
            |facts| {
                facts.legs_of(false, lossy(0.35));
                for leg in facts
                    .legs
                    .iter_mut()
                    .filter(|leg| leg.probe.target() == Some(0))
                {
                    if matches!(leg.probe, earshot_report::Probe::RelayToDirect { .. }) {
                        *leg = LegFacts::new(leg.probe.clone());
                        leg.outcome = LegOutcome::TimedOut;
                        leg.ice_connected = Fact::Yes;
                        leg.dtls_connected = Fact::No;
                    }
                }
            },
            degraded(Code::HeavyLoss),
            "another call by UDP was heard: nothing blocks handshakes, loss delays them",
        ),
        case(
            "a third is lost, and a call never connects",
            own_relay(),
            |facts| {
                lossy(0.35)(&mut facts.legs[0]);
                facts.legs_of(true, |leg| {
                    *leg = LegFacts::new(leg.probe.clone());
                    leg.outcome = LegOutcome::TimedOut;
                });
            },
            degraded(Code::HeavyLoss),
            "what never connected has no figures, and those of the others are enough",
        ),
        case(
            "a third is lost, and with it a direction of another call",
            own_relay(),
            |facts| {
                facts.legs_of(true, lossy(0.35)).legs_of(false, lossy(0.35));
                unheard_from_you(&mut facts.legs[4]);
                facts.legs[4].from_you = DirectionFacts::default();
                facts.legs[4].from_you.sound = Fact::No;
            },
            degraded(Code::HeavyLoss),
            "a block would let no sound through by UDP: that one was not heard in time is chance",
        ),
        case(
            "a third is lost, and a call with it",
            own_relay(),
            |facts| {
                facts.legs_of(true, lossy(0.35)).legs_of(false, lossy(0.35));
                facts.legs[3].outcome = LegOutcome::Failed;
                facts.legs[3].lost_after_ms = Some(1_500);
            },
            degraded(Code::HeavyLoss),
            "a relay that goes away takes all calls with it: others were heard to their end",
        ),
        case(
            "a third is lost, and with it what asks for a relay by UDP",
            own_relay(),
            |facts| {
                facts.silence(Some(Transport::Udp));
                facts.legs_of(true, lossy(0.2));
            },
            degraded(Code::HeavyLoss),
            "the direct end speaks UDP too, and it was heard, with gaps",
        ),
        case(
            "a usual loss",
            own_relay(),
            |facts| {
                facts.legs_of(false, lossy(0.04));
            },
            GOOD,
            "one in twenty-five is concealed",
        ),
        case(
            "a usual loss, and one direction that had bad luck",
            own_relay(),
            |facts| {
                facts.legs_of(true, lossy(0.04)).legs_of(false, lossy(0.04));
                let unlucky = &mut facts.legs[0].from_you;
                unlucky.loss = Some(11.0 / 104.0);
                unlucky.packets_received = Some(93);
            },
            GOOD,
            "all directions share one network, and of all packets one in twenty was lost",
        ),
        case(
            "a few packets, some lost",
            own_relay(),
            |facts| {
                facts.legs_of(false, |leg| {
                    leg.to_you.loss = Some(0.2);
                    leg.to_you.packets_received = Some(20);
                });
            },
            GOOD,
            "five of twenty-five are no measure",
        ),
        case(
            "loss on the direct end's way",
            own_relay(),
            |facts| {
                for leg in &mut facts.legs[4..6] {
                    lossy(0.2)(leg);
                }
            },
            GOOD,
            "that end speaks UDP: it tells nothing about the way to the relay by TCP and TLS",
        ),
        case(
            "a long way",
            own_relay(),
            |facts| {
                let long = |leg: &mut LegFacts| leg.rtt_ms = Some(800.0);
                facts.legs_of(true, long).legs_of(false, long);
            },
            degraded(Code::HighDelay),
            "400 ms one way, and what playing adds",
        ),
        case(
            "a long way in one call, and the other's unknown",
            own_relay(),
            |facts| {
                facts.legs_of(false, |leg| leg.rtt_ms = Some(800.0));
            },
            GOOD,
            "the other could be the shorter: what is not known accuses nobody",
        ),
        case(
            "a browser with much to do",
            own_relay(),
            |facts| {
                facts.legs_of(true, |leg| leg.rtt_ms = Some(15.0));
                facts.legs_of(false, |leg| leg.rtt_ms = Some(800.0));
            },
            GOOD,
            "another call through the same relay took no time: the way is short",
        ),
        case(
            "a browser with much to do while TCP and TLS connect",
            own_relay(),
            |facts| {
                for (leg, rtt) in facts.legs.iter_mut().zip([3., 776., 775., 7., 764., 765.]) {
                    leg.rtt_ms = Some(rtt);
                }
            },
            GOOD,
            "UDP takes the same way to the same server, and that is short",
        ),
        case(
            "a long way in every leg",
            own_relay(),
            |facts| {
                facts.legs_of(true, |leg| leg.rtt_ms = Some(410.0));
                facts.legs_of(false, |leg| leg.rtt_ms = Some(800.0));
            },
            degraded(Code::HighDelay),
            "over TCP the direct end crosses the person's network as UDP, perhaps faster",
        ),
        case(
            "across an ocean",
            own_relay(),
            |facts| {
                facts.legs_of(false, |leg| leg.rtt_ms = Some(350.0));
            },
            GOOD,
            "G.114: people get along with it",
        ),
        case(
            "unevenly",
            own_relay(),
            |facts| {
                facts.legs_of(true, uneven).legs_of(false, uneven);
            },
            degraded(Code::HighJitter),
            "Y.1541 allows 50 ms at most",
        ),
        case(
            "unevenly in one direction of a dozen",
            own_relay(),
            |facts| {
                facts.legs_of(true, usual).legs_of(false, usual);
                facts.legs[1].from_you.jitter_ms = Some(36.0);
            },
            GOOD,
            "measured on a busy machine: an uneven network shows in all directions",
        ),
        case(
            "unevenly at first",
            own_relay(),
            |facts| {
                let at_first = |leg: &mut LegFacts| {
                    uneven(leg);
                    leg.from_you.packets_received = Some(30);
                    leg.to_you.packets_received = Some(30);
                };
                facts.legs_of(true, at_first).legs_of(false, at_first);
            },
            GOOD,
            "the mean has not settled",
        ),
        case(
            "usual figures",
            own_relay(),
            |facts| {
                facts.legs_of(true, usual).legs_of(false, usual);
            },
            GOOD,
            "a home network with a wireless router",
        ),
        case(
            "half is lost, one way alone is heard",
            own_relay(),
            |facts| {
                facts.legs_of(true, unheard_from_you).legs_of(true, |leg| {
                    leg.to_you.loss = Some(0.5);
                });
                facts.legs_of(false, |leg| *leg = LegFacts::new(leg.probe.clone()));
            },
            broken(Code::OneWayFromYou),
            "what is lost altogether is mended first",
        ),
        case(
            "so much is lost that nothing is recognised",
            own_relay(),
            |facts| {
                facts.legs_of(false, |leg| {
                    lossy(0.45)(leg);
                    leg.outcome = LegOutcome::TimedOut;
                    leg.from_you.sound = Fact::No;
                    leg.to_you.sound = Fact::No;
                });
                facts.legs_of(true, |leg| *leg = LegFacts::new(leg.probe.clone()));
            },
            broken(Code::HeavyLoss),
            "more than half arrived, so neither direction is dead",
        ),
    ]
}

pub(super) fn calls_that_break_off() -> Vec<Case> {
    let lost = |leg: &mut LegFacts| {
        leg.outcome = LegOutcome::Failed;
        leg.lost_after_ms = Some(2_000);
    };
    vec![
        case(
            "all calls of the only server",
            own_relay(),
            |facts| {
                facts.legs_of(true, lost).legs_of(false, lost);
            },
            broken(Code::RelayLost),
            "what was heard once and is gone carries no call",
        ),
        case(
            "the calls of one server of two",
            both(),
            |facts| {
                for leg in &mut facts.legs {
                    if leg.probe.target() >= Some(3) {
                        lost(leg);
                    }
                }
            },
            degraded(Code::RelayLost),
            "the other server's calls go on",
        ),
        case(
            "the calls of both servers",
            both(),
            |facts| {
                facts.legs_of(true, lost).legs_of(false, lost);
            },
            broken(Code::Unknown),
            "two relays are not lost at once: it is nearer to the person",
        ),
        case(
            "the relay went away before all calls were connected",
            own_relay(),
            |facts| {
                facts.legs_of(true, lost).legs_of(false, |leg| {
                    *leg = LegFacts::new(leg.probe.clone());
                    leg.outcome = LegOutcome::Failed;
                    leg.ice_connected = Fact::No;
                    leg.refused_after_ms = Some(90);
                });
            },
            broken(Code::RelayLost),
            "a connection that is reset ends a call as fast as a 403 does",
        ),
        case(
            "the relay went away before a call was connected",
            own_relay(),
            |facts| {
                let begun = |leg: &mut LegFacts| {
                    *leg = LegFacts::new(leg.probe.clone());
                    leg.outcome = LegOutcome::TimedOut;
                };
                facts.legs_of(true, begun).legs_of(false, begun);
                for target in &mut facts.targets {
                    target.grants_again = Fact::No;
                }
                facts.native_probes.clear();
                facts.sightings = None;
            },
            broken(Code::RelayLost),
            "it lent addresses, and answered nobody a moment later",
        ),
        case(
            "one of two servers went away, and it is not known whether the other did",
            both(),
            |facts| {
                let begun = |leg: &mut LegFacts| {
                    *leg = LegFacts::new(leg.probe.clone());
                    leg.outcome = LegOutcome::TimedOut;
                };
                facts.legs_of(true, begun).legs_of(false, begun);
                facts.targets[0].grants_again = Fact::No;
            },
            (Status::Unknown, Code::Unknown),
            "what takes both away is nearer to the person",
        ),
        case(
            "the network went away",
            own_relay(),
            |facts| {
                facts.legs_of(true, lost).legs_of(false, lost);
                facts.environment.online = Fact::No;
                facts.environment.api_reachable = Fact::No;
            },
            broken(Code::Offline),
            "and took the calls with it",
        ),
        case(
            "the network went away, and the browser does not know",
            other_server(),
            |facts| {
                facts.legs_of(true, lost).legs_of(false, lost);
                facts.environment.api_reachable = Fact::No;
            },
            broken(Code::Offline),
            "the page's host and the relay's fell silent together",
        ),
        case(
            "the host of page and relay went away",
            own_relay(),
            |facts| {
                facts.legs_of(true, lost).legs_of(false, lost);
                facts.environment.api_reachable = Fact::No;
            },
            broken(Code::RelayLost),
            "one host is silent: nothing else speaks against the network",
        ),
        case(
            "the host of the page went away",
            other_server(),
            |facts| facts.environment.api_reachable = Fact::No,
            GOOD,
            "the calls went on",
        ),
    ]
}

/// The thresholds stand where the standards put them. ITU-T G.107 annex B: below a rating of 60 (3.1) many users are
/// dissatisfied, below 70 (3.6) some are. G.114: no more than 400 ms from mouth to ear.
#[test]
fn thresholds_are_those_of_the_standards() {
    let usual = |loss| quality::mos(Some(100.0), Some(10.0), Some(loss)).unwrap();
    assert!(usual(limits::HEAVY_LOSS) < 3.1);
    assert!(usual(limits::HEAVY_LOSS / 2.0) > 3.6);
    let devices_and_buffer_ms = 100.0;
    assert_eq!(limits::HIGH_RTT_MS / 2.0 + devices_and_buffer_ms, 400.0);
}

fn lossy(loss: f64) -> impl Fn(&mut LegFacts) {
    let of = move |direction: &mut DirectionFacts| {
        direction.loss = Some(loss);
        direction.packets_sent = Some(120);
        direction.packets_received = Some((120.0 * (1.0 - loss)) as u64);
    };
    move |leg| {
        of(&mut leg.from_you);
        of(&mut leg.to_you);
    }
}

fn uneven(leg: &mut LegFacts) {
    for direction in [&mut leg.from_you, &mut leg.to_you] {
        direction.jitter_ms = Some(80.0);
    }
}

fn usual(leg: &mut LegFacts) {
    leg.rtt_ms = Some(60.0);
    for direction in [&mut leg.from_you, &mut leg.to_you] {
        direction.loss = Some(0.01);
        direction.jitter_ms = Some(12.0);
    }
}
