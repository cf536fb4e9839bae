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
}
