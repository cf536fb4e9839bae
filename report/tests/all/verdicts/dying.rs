//! A relay of ours that dies under a test, before the page has an address of it.

use super::*;
use earshot_report::facts::Sightings;

pub(super) fn relays_that_die() -> Vec<Case> {
    vec![
        case(
            "the relay's process died before its own look had ended",
            own_relay(),
            |facts| {
                facts
                    .silence(None)
                    .probes(|probe| *probe = NativeProbe::new(probe.url.clone()));
                facts.sightings = None;
                facts.await_no_more();
            },
            broken(Code::ServerUnreachable),
            "a look that never came to its end is no look: the page's word is all there is",
        ),
        case(
            "the relay's process died when it had answered once, before its own look had ended",
            own_relay(),
            |facts| {
                facts
                    .cut_udp()
                    .silence(None)
                    .probes(|probe| *probe = NativeProbe::new(probe.url.clone()))
                    .sightings(answered_once);
                facts.await_no_more();
            },
            broken(Code::ServerUnreachable),
            "whoever hears no answer asks again, and nobody was there to see it",
        ),
        case(
            "the relay's process died when it had answered once",
            own_relay(),
            |facts| {
                facts.cut_udp().silence(None).sightings(answered_once);
            },
            broken(Code::ServerUnreachable),
            "that it answered itself before tells nothing of afterwards",
        ),
        case(
            "the relay's process died when it had answered by UDP and TCP",
            own_relay(),
            |facts| {
                facts.silence(None).sightings(|sightings| {
                    answered_once(sightings);
                    sightings.tcp.seen = Fact::Yes;
                });
            },
            broken(Code::ServerUnreachable),
            "what it saw by TCP it saw before it died",
        ),
        case(
            "answered once, and what the page tried by the address came a second later",
            own_relay(),
            |facts| {
                facts.cut_udp().silence(None).sightings(|sightings| {
                    answered_once(sightings);
                    sightings.udp.challenges = 2;
                    sightings.udp.last_ms = Some(1_200);
                });
            },
            broken(Code::Unknown),
            "the relay lived on, and a network cut off every flow after its first packet",
        ),
        case(
            "answered once by UDP, and full by TCP",
            own_relay(),
            |facts| {
                facts.cut_udp().silence(None).sightings(|sightings| {
                    answered_once(sightings);
                    sightings.tcp.seen = Fact::Yes;
                    sightings.tcp.refusals = vec![full()];
                });
            },
            broken(Code::CapacityReached),
            "somebody came back with the credential",
        ),
        case(
            "a relay that is tried by UDP alone answered once",
            healthy(Facts::planned(&plan(&[&OWN[..1]], Some(0)))),
            |facts| {
                facts.cut_udp().sightings(answered_once);
            },
            broken(Code::Unknown),
            "a network that lets a first packet through and no other looks the same",
        ),
    ]
}

/// One request came to the own relay, by UDP, and was answered; nothing came afterwards.
fn answered_once(sightings: &mut Sightings) {
    unseen(sightings, &[Transport::Tcp, Transport::Tls]);
    sightings.udp.requests = 1;
    sightings.udp.answers = 1;
    sightings.udp.first_ms = Some(130);
    sightings.udp.last_ms = Some(130);
}

fn full() -> Refusal {
    Refusal {
        code: 508,
        reason: RefusalReason::Capacity,
        count: 1,
    }
}

#[test]
fn what_the_program_finds_dead_is_sure() {
    let mut facts = own_relay();
    facts.cut_udp().silence(None).sightings(answered_once);
    assert_eq!(judge(&facts).findings[0].certainty, Certainty::Likely);
    facts.probes(dead);
    assert_eq!(judge(&facts).findings[0].code, Code::ServerUnreachable);
    assert_eq!(judge(&facts).findings[0].certainty, Certainty::Sure);
}
