//! Runs that were begun by another relay, or before a restart.

use super::*;

const RELAYED: &str = "192.0.2.1:50000";

fn event(ms: u64, what: Happening) -> RelayEvent {
    RelayEvent {
        at: at(ms),
        worker: 0,
        what,
    }
}

fn closed(port: u16) -> Happening {
    Turn(Event::Closed {
        session: SessionId(port.into()),
        reason: Closed::ByClient,
    })
}

#[test]
fn what_came_before_the_word_of_a_run_is_of_it() {
    let mut ledger = ledger(
        &[],
        vec![
            (5, Turn(Event::Challenged { client: udp(HOME) })),
            (6, allocated(udp(HOME), "a")),
            (7, allocated(udp("203.0.113.9:7000"), "a")),
            (8, allocated(udp("203.0.113.9:8000"), "b")),
        ],
    );
    assert_eq!(ledger.sightings("a", at(10)), None);
    ledger.begin("a", at(0), &["198.51.100.7".parse().unwrap()]);
    let sightings = ledger.sightings("a", at(10)).unwrap();
    let mut clients: Vec<_> = sightings
        .allocations
        .iter()
        .map(|one| one.client.1)
        .collect();
    clients.sort_unstable();
    assert_eq!(clients, [5000, 7000]);
    assert_eq!(
        sightings.allocations[0].relayed,
        as_fact(RELAYED.parse().unwrap())
    );
    // One challenge and two allocations, the first of them at once.
    assert_eq!((sightings.udp.seen, sightings.udp.requests), (Fact::Yes, 3));
    assert_eq!(sightings.udp.first_ms, Some(5));
    // It goes on as one that was known all the time.
    let news = ledger.observe(&event(20, closed(7000)));
    assert_eq!(news, ["a"]);
    let sightings = ledger.sightings("a", at(30)).unwrap();
    assert!(
        sightings
            .allocations
            .iter()
            .any(|one| one.closed && one.client.1 == 7000)
    );
}

#[test]
fn what_ended_before_the_word_of_a_run_has_ended() {
    let mut ledger = ledger(&[], vec![(6, allocated(udp(HOME), "a"))]);
    assert!(ledger.observe(&event(7, closed(5000))).is_empty());
    ledger.begin("a", at(0), &[]);
    let sightings = ledger.sightings("a", at(10)).unwrap();
    assert!(sightings.allocations[0].closed);
    assert!(ledger.observe(&event(20, closed(5000))).is_empty());
}

#[test]
fn allocations_that_wait_for_their_run_are_bounded() {
    let mut ledger = ledger(&[], vec![]);
    for nth in 0..2000_u64 {
        let what = Turn(Event::Allocated {
            session: SessionId(nth),
            client: udp(HOME),
            username: user(&format!("run{nth}")),
            relayed: RelayedAddr(RELAYED.parse().unwrap()),
            lifetime: Duration::from_secs(600),
        });
        ledger.observe(&event(nth, what));
    }
    let count = |ledger: &mut Ledger, name: &str| {
        ledger.begin(name, at(0), &[]);
        ledger.sightings(name, at(3000)).unwrap().allocations.len()
    };
    assert_eq!(count(&mut ledger, "run1500"), 0);
    // A minute later there is room again.
    ledger.observe(&event(70_000, allocated(udp(HOME), "late")));
    assert_eq!(count(&mut ledger, "late"), 1);
    assert_eq!(count(&mut ledger, "run1000"), 0);
}

#[test]
fn of_a_run_that_began_before_the_relay_nothing_is_denied() {
    let mut ledger = Ledger::new(EVERYTHING, false).since(at(100));
    let home = ["198.51.100.7".parse().unwrap()];
    ledger.begin("before", at(99), &home);
    ledger.begin("after", at(100), &["203.0.113.1".parse().unwrap()]);
    let unknown = (Fact::NotMeasured, Fact::NotMeasured, Fact::NotMeasured);
    assert_eq!(seen(&ledger, "before"), unknown);
    assert_eq!(seen(&ledger, "after"), (Fact::No, Fact::No, Fact::No));
    ledger.observe(&event(200, Turn(Event::Bound { client: udp(HOME) })));
    assert_eq!(seen(&ledger, "before").0, Fact::Yes);
}
