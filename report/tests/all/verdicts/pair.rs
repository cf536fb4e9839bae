//! A call between two people of a link: which direction fails, and at whose end.

use super::{voices::voices, *};
use earshot_report::facts::{DirectionFacts, PairFacts, PairLegFacts, PairRoute, VoiceEnd};

pub(super) fn pair(
    name: &'static str,
    change: impl FnOnce(&mut PairFacts),
    verdict: (Status, Code),
    why: &'static str,
) -> Case {
    let change = |facts: &mut Facts| change(facts.pair.as_mut().expect("a call has it"));
    case(name, call(), change, verdict, why)
}

fn unconnected(leg: &mut PairLegFacts) {
    *leg = PairLegFacts {
        outcome: LegOutcome::TimedOut,
        ice_connected: Fact::No,
        local: None,
        remote: None,
        rtt_ms: None,
        from_you: DirectionFacts::default(),
        to_you: DirectionFacts::default(),
        ..leg.clone()
    };
}

fn without_direct(pair: &mut PairFacts) {
    unconnected(&mut pair.legs[0]);
}

fn apart(pair: &mut PairFacts) {
    pair.legs.iter_mut().for_each(unconnected);
    pair.you = VoiceEnd::default();
    pair.them = VoiceEnd::default();
}

/// The own test found a dead server, and the two call each other.
fn dead_server() -> Facts {
    let mut facts = other_server();
    facts.silence(None).probes(dead);
    facts.pair = call().pair;
    facts
}

fn lost(direction: &mut DirectionFacts) {
    direction.sound = Fact::No;
    direction.packets_received = Some(0);
    direction.loss = None;
    direction.jitter_ms = None;
}

fn from_you_lost(pair: &mut PairFacts) {
    pair.legs.iter_mut().for_each(|leg| lost(&mut leg.from_you));
}

fn to_you_lost(pair: &mut PairFacts) {
    pair.legs.iter_mut().for_each(|leg| lost(&mut leg.to_you));
}

pub(super) fn calls_of_two() -> Vec<Case> {
    vec![
        pair("well", |_| (), GOOD, "both hear each other on every way"),
        pair(
            "both behind symmetric NAT",
            without_direct,
            GOOD,
            "the relay carries it: that is what it is for",
        ),
        pair(
            "no voices",
            |pair| (pair.you, pair.them) = Default::default(),
            GOOD,
            "nobody wished to speak",
        ),
        pair(
            "one way still under way",
            |pair| pair.legs[2].outcome = LegOutcome::Running,
            UNKNOWN,
            "it may still fail",
        ),
        pair(
            "a sound that nobody looked for",
            |pair| pair.legs[1].to_you.sound = Fact::NotMeasured,
            UNKNOWN,
            "not recognised is not good",
        ),
        pair(
            "only levels",
            |pair| {
                pair.you.heard = Fact::NotMeasured;
                pair.them.heard = Fact::NotMeasured;
            },
            GOOD,
            "the voices came to the other end, and nobody said no",
        ),
        pair(
            "neither levels nor words",
            |pair| {
                pair.them.heard = Fact::NotMeasured;
                pair.them.arrived_dbfs = None;
            },
            UNKNOWN,
            "nobody knows whether the voice came",
        ),
        pair(
            "the other one went away",
            |pair| {
                apart(pair);
                pair.partner_left = Fact::Yes;
            },
            UNKNOWN,
            "what does not connect then is nobody's fault",
        ),
        pair(
            "the other one went away at the end",
            |pair| pair.partner_left = Fact::Yes,
            GOOD,
            "all that was planned had worked by then",
        ),
        pair(
            "the relay went away under the voices, and another way works",
            |pair| pair.legs[1].outcome = LegOutcome::Failed,
            degraded(Code::RelayLost),
            "both sounds had come through it",
        ),
        pair(
            "the only relay went away under the voices",
            |pair| {
                without_direct(pair);
                for leg in &mut pair.legs[1..] {
                    leg.outcome = LegOutcome::Failed;
                }
            },
            broken(Code::RelayLost),
            "nothing else carries these two",
        ),
        pair(
            "the direct way broke under the voices",
            |pair| pair.legs[0].outcome = LegOutcome::Failed,
            degraded(Code::MediaBlocked),
            "no relay had a part in it",
        ),
        pair(
            "it arrives and is not recognised",
            |pair| pair.legs[1].to_you.sound = Fact::No,
            degraded(Code::Unknown),
            "the path brought the packets",
        ),
        pair(
            "nothing connects, and both tests were good",
            apart,
            broken(Code::Unknown),
            "no end is known to be at fault",
        ),
        pair(
            "one of two ways through the relay does not connect",
            |pair| unconnected(&mut pair.legs[1]),
            degraded(Code::Unknown),
            "both tests were good",
        ),
    ]
}

pub(super) fn ends_that_are_kept_apart() -> Vec<Case> {
    let at_one_end = [
        Code::WebrtcUnavailable,
        Code::WebrtcProxiedOnly,
        Code::UdpBlocked,
        Code::UdpAnswersLost,
        Code::WebOnlyNetwork,
        Code::ServerNameBlocked,
        Code::TlsIntercepted,
    ];
    let there = at_one_end.map(|code| {
        let change = |pair: &mut PairFacts| {
            apart(pair);
            pair.partner.cause = Some(code);
        };
        let verdict = broken(code.at_partner().unwrap());
        let why = "nothing connects, this end's test was good, the other's was not";
        pair(code.as_str(), change, verdict, why)
    });
    let mut cases = Vec::from(there);
    cases.extend([
        pair(
            "nothing connects, for this end is in a web-only network",
            |pair| {
                apart(pair);
                pair.own.cause = Some(Code::WebOnlyNetwork);
            },
            broken(Code::WebOnlyNetwork),
            "this end's own test says so",
        ),
        pair(
            "UDP is blocked at the other end",
            |pair| {
                without_direct(pair);
                pair.partner.cause = Some(Code::UdpBlocked);
            },
            degraded(Code::PartnerUdpBlocked),
            "the relay carries it over TCP, later than it would go by UDP",
        ),
        pair(
            "UDP is blocked at this end",
            |pair| {
                without_direct(pair);
                pair.own.cause = Some(Code::UdpBlocked);
            },
            degraded(Code::UdpBlocked),
            "the same from the other side",
        ),
        pair(
            "the network at the other end loses what comes by UDP",
            |pair| {
                without_direct(pair);
                pair.partner.cause = Some(Code::OneWayToYou);
            },
            degraded(Code::PartnerOneWayToYou),
            "the relay carries it over TCP",
        ),
        pair(
            "two ways failed, and the third is under way",
            |pair| {
                apart(pair);
                pair.partner.cause = Some(Code::UdpBlocked);
                pair.legs[2].outcome = LegOutcome::Running;
                pair.legs[2].ice_connected = Fact::NotMeasured;
            },
            UNKNOWN,
            "another way may still prove good",
        ),
        case(
            "this end has no relay, and the call has just begun",
            dead_server(),
            |facts| {
                let pair = facts.pair.as_mut().unwrap();
                apart(pair);
                pair.legs[0].outcome = LegOutcome::Running;
            },
            UNKNOWN,
            "the direct way may still work",
        ),
        case(
            "this end has no relay, and the two hear each other",
            dead_server(),
            |_| (),
            degraded(Code::ServerUnreachable),
            "these two need none, others will",
        ),
        pair(
            "the relay refuses both",
            |pair| {
                apart(pair);
                pair.own.cause = Some(Code::CredentialsWrong);
                pair.partner.cause = Some(Code::CredentialsWrong);
            },
            broken(Code::CredentialsWrong),
            "a server's cause is the same at both ends",
        ),
        pair(
            "a slow network explains no silence",
            |pair| {
                apart(pair);
                pair.partner.cause = Some(Code::HighDelay);
            },
            broken(Code::Unknown),
            "who is slow is reached all the same",
        ),
    ]);
    cases
}

fn hurt(leg: &mut PairLegFacts, code: Code) {
    match code {
        Code::HeavyLoss => {
            leg.from_you.loss = Some(0.3);
            leg.from_you.packets_received = Some(70);
        }
        Code::HighDelay => leg.rtt_ms = Some(900.0),
        _ => {
            leg.from_you.jitter_ms = Some(50.0);
            leg.to_you.jitter_ms = Some(50.0);
        }
    }
}

pub(super) fn sounds_that_are_lost() -> Vec<Case> {
    let mut cases = Vec::new();
    for code in [Code::HeavyLoss, Code::HighDelay, Code::HighJitter] {
        let here = move |pair: &mut PairFacts| pair.legs.iter_mut().for_each(|leg| hurt(leg, code));
        let why = "the limits of the test of one end";
        cases.push(pair(code.as_str(), here, degraded(code), why));
        let at_partner = code.at_partner().unwrap();
        let there = move |pair: &mut PairFacts| {
            here(pair);
            pair.partner.cause = Some(code);
        };
        let why = "and the other end's own test says so";
        cases.push(pair(at_partner.as_str(), there, degraded(at_partner), why));
    }
    cases.extend([
        pair(
            "one way, and the other end's test knows",
            |pair| {
                from_you_lost(pair);
                pair.partner.cause = Some(Code::OneWayToYou);
            },
            broken(Code::PartnerOneWayToYou),
            "what comes to the other end is lost there",
        ),
        pair(
            "the other way, and the other end's test knows",
            |pair| {
                to_you_lost(pair);
                pair.partner.cause = Some(Code::OneWayFromYou);
            },
            broken(Code::PartnerOneWayFromYou),
            "what the other end sends is lost there",
        ),
        pair(
            "one way, and this end's test knows",
            |pair| {
                from_you_lost(pair);
                pair.own.cause = Some(Code::OneWayFromYou);
            },
            broken(Code::OneWayFromYou),
            "what this end sends is lost here",
        ),
        pair(
            "the other way, and this end's test knows",
            |pair| {
                to_you_lost(pair);
                pair.own.cause = Some(Code::OneWayToYou);
            },
            broken(Code::OneWayToYou),
            "what comes to this end is lost here",
        ),
        case(
            "one way, and the relay saw it come",
            call(),
            |facts| {
                from_you_lost(facts.pair.as_mut().unwrap());
                facts.sightings = Some(Default::default());
                facts.sightings(|sightings| sightings.allocations = vec![allocation(50_100, 100)]);
            },
            broken(Code::PartnerOneWayToYou),
            "it left this network, so it was lost on the way in to the other end",
        ),
        case(
            "one way, and the relay saw nothing come",
            call(),
            |facts| {
                let pair = facts.pair.as_mut().unwrap();
                from_you_lost(pair);
                pair.own.cause = None;
                facts.sightings = Some(Default::default());
                facts.sightings(|sightings| sightings.allocations = vec![allocation(50_100, 3)]);
            },
            broken(Code::OneWayFromYou),
            "it did not leave this network",
        ),
        case(
            "the other way, and the relay saw it come",
            call(),
            |facts| {
                to_you_lost(facts.pair.as_mut().unwrap());
                facts.sightings = Some(Default::default());
                facts.sightings(|sightings| {
                    sightings.allocations = vec![allocation(50_100, 100)];
                    sightings.allocations[0].received_packets = 100;
                });
            },
            broken(Code::OneWayToYou),
            "the relay sent it on, so it was lost on the way in to this end",
        ),
        case(
            "the other way, and the relay saw nothing come",
            call(),
            |facts| {
                to_you_lost(facts.pair.as_mut().unwrap());
                facts.sightings = Some(Default::default());
                facts.sightings(|sightings| {
                    sightings.allocations = vec![allocation(50_100, 100)];
                    sightings.allocations[0].received_packets = 2;
                });
            },
            broken(Code::PartnerOneWayFromYou),
            "it did not come as far as this end's relay",
        ),
        pair(
            "one leg is slow, another is not",
            |pair| hurt(&mut pair.legs[1], Code::HighDelay),
            GOOD,
            "a call takes the shortest",
        ),
        pair(
            "most of one way",
            |pair| {
                for leg in &mut pair.legs {
                    lost(&mut leg.from_you);
                    leg.from_you.packets_received = Some(40);
                }
                pair.own.cause = Some(Code::OneWayFromYou);
            },
            broken(Code::OneWayFromYou),
            "so little came that the sound was not recognised",
        ),
        pair(
            "one way on one leg",
            |pair| {
                lost(&mut pair.legs[0].to_you);
                pair.own.cause = None;
            },
            degraded(Code::OneWayToYou),
            "the relay carries both sounds",
        ),
        pair(
            "no DTLS with the other end",
            |pair| {
                for leg in &mut pair.legs {
                    unconnected(leg);
                    leg.ice_connected = Fact::Yes;
                    leg.dtls_connected = Fact::No;
                }
                pair.partner.cause = Some(Code::MediaBlocked);
            },
            broken(Code::PartnerMediaBlocked),
            "the other end's own test says so",
        ),
        pair(
            "nothing comes either way",
            |pair| {
                from_you_lost(pair);
                to_you_lost(pair);
                pair.own.cause = Some(Code::MediaBlocked);
            },
            broken(Code::MediaBlocked),
            "this end's own test says so",
        ),
    ]);
    cases
}

#[test]
fn that_a_relay_is_needed_is_information() {
    let mut facts = call();
    without_direct(facts.pair.as_mut().unwrap());
    let judged = judge(&facts);
    assert_eq!(judged.verdict, Verdict::GOOD);
    assert_eq!(judged.findings.len(), 1);
    assert_eq!(judged.findings[0].code, Code::DirectImpossible);
    assert_eq!(judged.findings[0].severity, Severity::Information);
    // Whoever has no UDP has no direct way either.
    facts.pair.as_mut().unwrap().partner.cause = Some(Code::UdpBlocked);
    let judged = judge(&facts);
    assert_eq!(judged.findings[0].code, Code::PartnerUdpBlocked);
    assert_eq!(
        judged.findings[1].explained_by,
        Some(Code::PartnerUdpBlocked)
    );
    // Without a relay it is no information any more.
    let pair = facts.pair.as_mut().unwrap();
    pair.partner.cause = Some(Code::Good);
    pair.legs.retain(|leg| leg.route == PairRoute::Direct);
    let codes: Vec<Code> = judge(&facts).findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, [Code::Unknown]);
}

/// What the own test found of a server is not told again for the whole call.
#[test]
fn a_cause_is_found_once() {
    let mut facts = dead_server();
    let pair = facts.pair.as_mut().unwrap();
    apart(pair);
    pair.own.cause = Some(Code::ServerUnreachable);
    let judged = judge(&facts);
    let codes: Vec<Code> = judged.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, [Code::ServerUnreachable]);
    assert_eq!(judged.verdict.status, Status::Broken);
    assert_eq!(judged.findings[0].targets, [0, 1]);
}

/// What one screen says of its own end, the other says of its partner's.
#[test]
fn both_screens_say_the_same_end() {
    for case in ends_that_are_kept_apart()
        .into_iter()
        .chain(sounds_that_are_lost())
        .chain(voices())
    {
        // The relay's word is known at one end only, and where no test tells an end, each looks at its own.
        if case.facts.sightings.is_some() {
            continue;
        }
        let here = judge(&case.facts).verdict;
        let there = judge(&seen_from_there(&case.facts)).verdict;
        let told = case.facts.pair.as_ref().unwrap();
        if told.own.cause == told.partner.cause && !is_of_a_device(here.cause) {
            continue;
        }
        let mirrored = here
            .cause
            .of_partner()
            .or(here.cause.at_partner())
            .unwrap_or(here.cause);
        assert_eq!(
            (there.status, there.cause),
            (here.status, mirrored),
            "{}",
            case.name
        );
    }
}

fn is_of_a_device(code: Code) -> bool {
    let code = code.of_partner().unwrap_or(code);
    code.as_str().starts_with("microphone") || code.as_str().starts_with("playback")
}

fn seen_from_there(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    let pair = facts.pair.as_mut().unwrap();
    std::mem::swap(&mut pair.own, &mut pair.partner);
    std::mem::swap(&mut pair.you, &mut pair.them);
    for leg in &mut pair.legs {
        std::mem::swap(&mut leg.local, &mut leg.remote);
        std::mem::swap(&mut leg.from_you, &mut leg.to_you);
    }
    facts
}
