//! Sound that does not pass, and pages that cannot make any.

use super::*;

pub(super) fn media() -> Vec<Case> {
    vec![
        case(
            "no DTLS",
            own_relay(),
            |facts| {
                facts.legs_of(true, no_dtls).legs_of(false, no_dtls);
            },
            broken(Code::MediaBlocked),
            "ICE connects, nothing large passes",
        ),
        case(
            "no DTLS over UDP",
            own_relay(),
            |facts| {
                let by_udp = |leg: &&mut LegFacts| leg.probe.target() == Some(0);
                facts.legs.iter_mut().filter(by_udp).for_each(no_dtls);
            },
            degraded(Code::MediaBlocked),
            "TCP and TLS carry the sound",
        ),
        case(
            "sound dropped both ways",
            own_relay(),
            |facts| {
                for direct in [true, false] {
                    facts
                        .legs_of(direct, unheard_from_you)
                        .legs_of(direct, unheard_to_you);
                }
            },
            broken(Code::MediaBlocked),
            "connected, sent, and nothing received",
        ),
        case(
            "one way from you",
            other_server(),
            |facts| one_way_over_udp(facts, unheard_to_you),
            degraded(Code::OneWayFromYou),
            "by TCP to the relay, what the direct end sends by UDP is lost on the way out",
        ),
        case(
            "one way to you",
            other_server(),
            |facts| one_way_over_udp(facts, unheard_from_you),
            degraded(Code::OneWayToYou),
            "by TCP to the relay, what the direct end is sent by UDP is lost on the way in",
        ),
        case(
            "one way from you, says the relay",
            own_relay(),
            |facts| without_direct_legs(facts, 4),
            broken(Code::OneWayFromYou),
            "a hundred packets were sent, four came to the relay",
        ),
        case(
            "one way to you, says the relay",
            own_relay(),
            |facts| without_direct_legs(facts, 100),
            broken(Code::OneWayToYou),
            "all that was sent came to the relay, nothing came back",
        ),
        case(
            "it arrives and is not recognised",
            own_relay(),
            |facts| facts.legs[0].to_you.sound = Fact::No,
            degraded(Code::Unknown),
            "the network brought the packets: no one-way fault of its own",
        ),
        case(
            "the browser plays nothing",
            own_relay(),
            |facts| {
                facts.environment.audio_context_running = Fact::No;
                for leg in &mut facts.legs {
                    leg.from_you.sound = Fact::NotMeasured;
                    leg.to_you.sound = Fact::NotMeasured;
                }
            },
            broken(Code::PlaybackBlocked),
            "the legs connect, no sound can be made",
        ),
        case(
            "heard, then lost",
            own_relay(),
            |facts| facts.legs[0].outcome = LegOutcome::Failed,
            degraded(Code::Unknown),
            "a call that breaks off is not good",
        ),
        case(
            "lost during the call",
            own_relay(),
            |facts| {
                for direct in [true, false] {
                    facts.legs_of(direct, |leg| {
                        leg.outcome = LegOutcome::Failed;
                        leg.from_you.sound = Fact::NotMeasured;
                    });
                }
            },
            broken(Code::Unknown),
            "connected and then failed: no rule of ours explains it",
        ),
    ]
}

/// As browsers showed it in the lab: calls by UDP lose both directions, for each goes out and comes in; a call by TCP to
/// the relay and by UDP to the direct end loses one.
fn one_way_over_udp(facts: &mut Facts, mixed: fn(&mut LegFacts)) {
    for leg in &mut facts.legs {
        let is_direct = matches!(leg.probe, earshot_report::Probe::RelayToDirect { .. });
        match leg.probe.target() {
            Some(0) => {
                unheard_from_you(leg);
                unheard_to_you(leg);
            }
            _ if is_direct => mixed(leg),
            _ => {}
        }
    }
}

pub(super) fn the_page_itself() -> Vec<Case> {
    vec![
        case(
            "plain http",
            own_relay(),
            |facts| facts.environment.secure_context = Fact::No,
            broken(Code::InsecurePage),
            "no microphone without a secure context, whatever relays",
        ),
        case(
            "no WebRTC",
            Facts::planned(&plan(&[&OWN], Some(0))),
            |facts| facts.environment.webrtc = Fact::No,
            broken(Code::WebrtcUnavailable),
            "nothing can be gathered",
        ),
        case(
            "an extension takes every candidate away",
            own_relay(),
            |facts| {
                facts.cut_udp().silence(None);
                facts.environment.host_candidates = Some(0);
                for target in facts.targets_by(None) {
                    target.gathering.outcome = GatheringOutcome::Complete;
                    target.gathering.elapsed_ms = Some(30);
                }
            },
            broken(Code::WebrtcUnavailable),
            "complete at once by every transport, with nothing",
        ),
    ]
}
