//! Whether a client asked again what had been answered, and when things came.

use super::*;
use Fact::{No, NotMeasured, Yes};

fn challenged(port: u16) -> Happening {
    let client = udp(&format!("198.51.100.7:{port}"));
    Turn(Event::Challenged { client })
}

#[test]
fn that_nobody_asked_again_is_said_where_nothing_can_have_been_missed() {
    let alone: &[_] = &[("a", "198.51.100.7")];
    let two: &[_] = &[("a", "198.51.100.7"), ("b", "198.51.100.7")];
    let first = || (10, challenged(5000));
    let named = || (20, allocated(udp("198.51.100.7:5000"), "a"));
    let cases = [
        ("nothing came", alone, vec![], NotMeasured),
        ("one was challenged", alone, vec![first()], No),
        (
            "it came with its credential",
            alone,
            vec![first(), named()],
            No,
        ),
        (
            "another port was challenged, too",
            alone,
            vec![first(), (260, challenged(6000))],
            No,
        ),
        (
            "it asked again",
            alone,
            vec![first(), (260, challenged(5000))],
            Yes,
        ),
        (
            "nobody's words beside are nameless",
            two,
            vec![first(), named()],
            No,
        ),
        (
            "what two may have sent was sent again",
            two,
            vec![
                first(),
                named(),
                (30, challenged(6000)),
                (280, challenged(6000)),
            ],
            NotMeasured,
        ),
    ];
    for (why, runs, events, expected) in cases {
        let sightings = ledger(runs, events).sightings("a", at(5000)).unwrap();
        assert_eq!(sightings.udp.asked_again, expected, "{why}");
    }
}

#[test]
fn of_what_a_relay_saw_half_it_denies_no_repetition() {
    let mut ledger = Ledger::new(EVERYTHING, false).since(at(200));
    ledger.begin("a", at(0), &["198.51.100.7".parse().unwrap()]);
    ledger.observe(&RelayEvent {
        at: at(260),
        worker: 0,
        what: challenged(5000),
    });
    let sightings = ledger.sightings("a", at(5000)).unwrap();
    assert_eq!(sightings.udp.asked_again, NotMeasured);
}

#[test]
fn the_first_and_the_last_arrival_are_told() {
    let events = vec![
        (10, challenged(5000)),
        (260, challenged(5000)),
        (30, challenged(6000)),
    ];
    let runs = [("a", "198.51.100.7")];
    let sightings = ledger(&runs, events).sightings("a", at(5000)).unwrap();
    assert_eq!(sightings.udp.first_ms, Some(10));
    assert_eq!(sightings.udp.last_ms, Some(260));
    assert_eq!(
        (sightings.tcp.first_ms, sightings.tcp.last_ms),
        (None, None)
    );
    assert_eq!(sightings.arrivals_ms(), Some(250));
}
