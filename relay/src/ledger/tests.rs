mod elsewhere;
mod repeated;

use super::{flow::as_fact, *};
use crate::events::Happening::{Connected, TlsFailed, Turn};
use earshot_report::facts::{RefusalReason, TransportSightings};
use earshot_turn::{
    Client, PeerAddr, RelayedAddr,
    event::{Closed, Usage},
};
use std::time::Duration;

const HOME: &str = "198.51.100.7:5000";
const EVERYTHING: Listening = Listening {
    udp: true,
    tcp: true,
    tls: true,
};

fn at(ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_800_000_000_000 + ms)
}

fn client(transport: earshot_turn::Transport, addr: &str) -> Client {
    Client {
        transport,
        addr: addr.parse().unwrap(),
        local: "192.0.2.1:3478".parse().unwrap(),
    }
}

fn udp(addr: &str) -> Client {
    client(earshot_turn::Transport::Udp, addr)
}

fn user(run: &str) -> String {
    format!("1800000600:test.{run}")
}

fn allocated(client: Client, run: &str) -> Happening {
    Turn(Event::Allocated {
        session: SessionId(u64::from(client.addr.port())),
        client,
        username: user(run),
        relayed: RelayedAddr("192.0.2.1:50000".parse().unwrap()),
        lifetime: Duration::from_secs(600),
    })
}

fn refused(client: Client, run: &str, code: u16, reason: Refusal) -> Happening {
    Turn(Event::Refused {
        client,
        username: Some(user(run)),
        code,
        reason,
    })
}

/// A ledger with runs that begin at 0 ms at these addresses, and these events.
fn ledger(runs: &[(&str, &str)], events: Vec<(u64, Happening)>) -> Ledger {
    let mut ledger = Ledger::new(EVERYTHING, false);
    for (run, address) in runs {
        ledger.begin(run, at(0), &[address.parse().unwrap()]);
    }
    for (ms, what) in events {
        ledger.observe(&RelayEvent {
            at: at(ms),
            worker: 0,
            what,
        });
    }
    ledger
}

fn seen(ledger: &Ledger, run: &str) -> (Fact, Fact, Fact) {
    let sightings = ledger.sightings(run, at(5000)).unwrap();
    (sightings.udp.seen, sightings.tcp.seen, sightings.tls.seen)
}

#[test]
fn events_belong_to_the_run_they_come_from() {
    use Fact::{No, NotMeasured, Yes};
    let tcp = client(earshot_turn::Transport::Tcp, HOME);
    let alert = || TlsFailed {
        peer: HOME.parse().unwrap(),
        alert: Some("unknown_ca".into()),
    };
    let one = &[("a", "198.51.100.7")][..];
    let two = &[("a", "198.51.100.7"), ("b", "198.51.100.7")][..];
    let elsewhere = "203.0.113.9:6000";
    // (why, runs, events, what run a has seen by UDP, TCP, TLS)
    let cases = [
        ("nothing came", one, vec![], (No, No, No)),
        (
            "a Binding from where the page is",
            one,
            vec![(5, Turn(Event::Bound { client: udp(HOME) }))],
            (Yes, No, No),
        ),
        (
            "a challenge from where the page is",
            one,
            vec![(5, Turn(Event::Challenged { client: udp(HOME) }))],
            (Yes, No, No),
        ),
        (
            "a packet of a stranger",
            one,
            vec![(
                5,
                Turn(Event::Bound {
                    client: udp(elsewhere),
                }),
            )],
            (No, No, No),
        ),
        (
            "a connection and no word on it",
            one,
            vec![(5, Connected(tcp))],
            (No, Yes, No),
        ),
        (
            "a TLS handshake that the client gave up",
            one,
            vec![(5, alert())],
            (No, No, Yes),
        ),
        (
            "the user name tells, whatever the address",
            one,
            vec![(5, allocated(udp(elsewhere), "a"))],
            (Yes, No, No),
        ),
        (
            "a wrong password is seen as well",
            one,
            vec![(5, refused(udp(elsewhere), "a", 401, Refusal::WrongPassword))],
            (Yes, No, No),
        ),
        (
            "long before the run",
            one,
            vec![(0, Turn(Event::Bound { client: udp(HOME) }))],
            (Yes, No, No),
        ),
        (
            "two runs behind one NAT, and no name: nobody can tell",
            two,
            vec![(5, Turn(Event::Bound { client: udp(HOME) }))],
            (NotMeasured, No, No),
        ),
        (
            "two runs behind one NAT, and the name tells",
            two,
            vec![
                (5, Turn(Event::Challenged { client: udp(HOME) })),
                (9, allocated(udp(HOME), "a")),
            ],
            (Yes, No, No),
        ),
        (
            "two runs behind one NAT, and it is the other's",
            two,
            vec![
                (5, Turn(Event::Challenged { client: udp(HOME) })),
                (9, allocated(udp(HOME), "b")),
            ],
            (No, No, No),
        ),
        (
            "the program's own probe from the page's address",
            one,
            vec![
                (5, Turn(Event::Challenged { client: udp(HOME) })),
                (9, allocated(udp(HOME), "probe")),
            ],
            (No, No, No),
        ),
        (
            "an ad-hoc test with a static user name",
            one,
            vec![(
                5,
                Turn(Event::Refused {
                    client: udp(HOME),
                    username: Some("voice".into()),
                    code: 401,
                    reason: Refusal::UnknownUser,
                }),
            )],
            (Yes, No, No),
        ),
    ];
    for (why, runs, events, expected) in cases {
        assert_eq!(seen(&ledger(runs, events), "a"), expected, "{why}");
    }
}

#[test]
fn earlier_packets_count_once_a_name_has_come_from_the_same_address() {
    // The page was loaded over a proxy's address; its UDP comes from another one.
    let mut events = vec![(
        5,
        Turn(Event::Challenged {
            client: udp("203.0.113.9:6001"),
        }),
    )];
    let runs = [("a", "198.51.100.7")];
    assert_eq!(seen(&ledger(&runs, events.clone()), "a").0, Fact::No);
    events.push((90, allocated(udp("203.0.113.9:6002"), "a")));
    let sightings = ledger(&runs, events).sightings("a", at(100)).unwrap();
    assert_eq!(sightings.udp.requests, 2);
    assert_eq!(sightings.udp.challenges, 1);
    assert_eq!(sightings.udp.first_ms, Some(5));
    // A name without its password settles nobody.
    let guess = refused(udp("203.0.113.9:6002"), "a", 401, Refusal::WrongPassword);
    let events = vec![
        (
            5,
            Turn(Event::Challenged {
                client: udp("203.0.113.9:6001"),
            }),
        ),
        (90, guess),
    ];
    let sightings = ledger(&runs, events).sightings("a", at(100)).unwrap();
    assert_eq!(sightings.udp.challenges, 0);
}

#[test]
fn a_run_that_is_over_is_no_rival() {
    let mut ledger = ledger(&[("a", "198.51.100.7")], vec![]);
    ledger.end("a", at(9_000));
    ledger.begin("b", at(10_000), &["198.51.100.7".parse().unwrap()]);
    let what = Turn(Event::Bound { client: udp(HOME) });
    let news = ledger.observe(&RelayEvent {
        at: at(10_500),
        worker: 0,
        what,
    });
    assert_eq!(news, ["b"]);
    assert_eq!(seen(&ledger, "a").0, Fact::No);
    assert_eq!(seen(&ledger, "b").0, Fact::Yes);
}

#[test]
fn refusals_are_told_by_reason() {
    use Refusal as R;
    use RefusalReason as Told;
    let cases = [
        (R::UnknownUser, 401, Told::UnknownUser),
        (R::WrongPassword, 401, Told::WrongPassword),
        (R::Expired, 401, Told::Expired),
        (R::StaleNonce, 438, Told::StaleNonce),
        (R::WrongCredentials, 441, Told::WrongPassword),
        (R::Quota, 486, Told::Quota),
        (R::Capacity, 508, Told::Capacity),
        (R::PeerDenied, 403, Told::PeerForbidden),
        (R::PeerOutOfScope, 403, Told::PeerForbidden),
        (R::BadRequest, 400, Told::BadRequest),
    ];
    for (reason, code, told) in cases {
        let twice = vec![
            (1, refused(udp(HOME), "a", code, reason)),
            (2, refused(udp("198.51.100.7:5001"), "a", code, reason)),
        ];
        let udp = ledger(&[("a", "198.51.100.7")], twice)
            .sightings("a", at(5))
            .unwrap()
            .udp;
        let refusal = &udp.refusals[0];
        assert_eq!(
            (refusal.code, refusal.reason, refusal.count),
            (code, told, 2)
        );
        assert_eq!((udp.refusals.len(), udp.requests, udp.answers), (1, 2, 2));
    }
}

#[test]
fn an_allocation_is_followed_to_its_end() {
    let session = SessionId(5000);
    let usage = Usage {
        received_packets: 10,
        received_bytes: 1000,
        sent_packets: 3,
        sent_bytes: 300,
        unpermitted_packets: 2,
        capped_packets: 0,
    };
    let peer = PeerAddr("192.0.2.1:50001".parse().unwrap());
    let events = vec![
        (5, allocated(udp(HOME), "a")),
        (6, Turn(Event::Permitted { session, peer })),
        (7, Turn(Event::Usage { session, usage })),
        (
            8,
            Turn(Event::Closed {
                session,
                reason: Closed::ByClient,
            }),
        ),
        // The session of another worker has nothing to do with it.
    ];
    let mut ledger = ledger(&[("a", "198.51.100.7")], events);
    let other = RelayEvent {
        at: at(9),
        worker: 1,
        what: Turn(Event::Usage {
            session,
            usage: Usage::default(),
        }),
    };
    assert!(ledger.observe(&other).is_empty());
    let sightings = ledger.sightings("a", at(10)).unwrap();
    let [allocation] = &sightings.allocations[..] else {
        panic!("{sightings:?}");
    };
    // “Received” at the server is what the client sent.
    assert_eq!((allocation.sent_packets, allocation.sent_bytes), (10, 1000));
    assert_eq!(
        (allocation.received_packets, allocation.received_bytes),
        (3, 300)
    );
    assert_eq!(allocation.unpermitted_packets, 2);
    assert!(allocation.closed);
    assert_eq!(sightings.udp.requests, 2);
}

#[test]
fn only_authentic_checks_are_witnessed_and_each_source_once() {
    let check = |source: &str, authentic| {
        Turn(Event::Witnessed {
            ufrag: "a".into(),
            source: source.parse().unwrap(),
            authentic,
        })
    };
    let events = vec![
        (5, check("203.0.113.1:50000", true)),
        (6, check("203.0.113.1:50000", true)),
        (7, check("203.0.113.66:1", false)),
    ];
    let witness = ledger(&[("a", "198.51.100.7")], events)
        .sightings("a", at(9))
        .unwrap()
        .witness;
    assert_eq!(witness.len(), 1);
    assert_eq!(witness[0].at_ms, 5);
    assert_eq!(
        witness[0].source,
        as_fact("203.0.113.1:50000".parse().unwrap())
    );
}

#[test]
fn others_are_those_of_the_last_day() {
    let day = 24 * 3600 * 1000;
    let tcp = client(earshot_turn::Transport::Tcp, "203.0.113.9:6000");
    let by_udp = || allocated(udp("203.0.113.9:6000"), "b");
    let user = |from: &str, username: &str| {
        Turn(Event::Allocated {
            session: SessionId(9),
            client: udp(from),
            username: username.to_owned(),
            relayed: RelayedAddr("192.0.2.1:50000".parse().unwrap()),
            lifetime: Duration::from_secs(600),
        })
    };
    let cases = [
        ("nobody else was seen", vec![], 5, Fact::NotMeasured),
        (
            "only oneself was seen",
            vec![(1, allocated(udp(HOME), "a"))],
            5,
            Fact::NotMeasured,
        ),
        ("another came by UDP", vec![(1, by_udp())], 5, Fact::Yes),
        (
            "a user of the operator's came by UDP",
            vec![(1, user("203.0.113.70:6000", "voicechat"))],
            5,
            Fact::Yes,
        ),
        (
            "the program looked at itself",
            vec![
                (1, user("192.0.2.1:6000", "1800000600:test.look")),
                (2, user("192.0.2.1:6001", "voicechat")),
                (3, user("127.0.0.1:6002", "voicechat")),
            ],
            5,
            Fact::NotMeasured,
        ),
        (
            "another came by UDP, and oneself since",
            vec![(1, by_udp()), (2, allocated(udp(HOME), "a"))],
            5,
            Fact::Yes,
        ),
        (
            "others came, and not by UDP",
            vec![(1, allocated(tcp, "b"))],
            5,
            Fact::No,
        ),
        (
            "that was the day before yesterday",
            vec![(1, by_udp())],
            day + 5,
            Fact::NotMeasured,
        ),
    ];
    for (why, events, now, expected) in cases {
        let ledger = ledger(&[("a", "198.51.100.7"), ("b", "203.0.113.9")], events);
        let sightings = ledger.sightings("a", at(now)).unwrap();
        assert_eq!(sightings.others_udp, expected, "{why}");
    }
}

#[test]
fn nothing_is_said_of_a_transport_without_a_listener() {
    let only = Listening {
        tls: false,
        ..EVERYTHING
    };
    let mut ledger = Ledger::new(only, false);
    ledger.begin("a", at(0), &[]);
    let sightings = ledger.sightings("a", at(1)).unwrap();
    let tls = TransportSightings {
        listening: Fact::No,
        ..TransportSightings::default()
    };
    assert_eq!(sightings.tls, tls);
    assert!(ledger.sightings("b", at(1)).is_none());
}

#[test]
fn a_platform_is_for_the_web_alone_until_something_else_comes_through() {
    let bound = |source: &str| {
        let client = udp(source);
        Turn(Event::Bound { client })
    };
    let tcp = client(earshot_turn::Transport::Tcp, HOME);
    for (why, platform_port, came, expected) in [
        ("no platform is known of", false, None, Fact::NotMeasured),
        ("nothing came", true, None, Fact::Yes),
        (
            "from inside of the platform",
            true,
            Some(bound("10.0.0.7:5000")),
            Fact::Yes,
        ),
        ("UDP came", true, Some(bound(HOME)), Fact::No),
        (
            "the platform forwards TCP from an address of its own",
            true,
            Some(allocated(
                client(earshot_turn::Transport::Tcp, "100.64.0.2:5000"),
                "elsewhere",
            )),
            Fact::No,
        ),
        (
            "a connection came",
            true,
            Some(Happening::Connected(tcp)),
            Fact::No,
        ),
    ] {
        let mut ledger = Ledger::new(EVERYTHING, platform_port);
        ledger.begin("a", at(0), &[]);
        if let Some(what) = came {
            let (at, worker) = (at(1), 0);
            ledger.observe(&RelayEvent { at, worker, what });
        }
        let sightings = ledger.sightings("a", at(2)).unwrap();
        assert_eq!(sightings.platform_web_only, expected, "{why}");
    }
}

#[test]
fn a_flood_is_forgotten_and_the_run_is_not() {
    let mut ledger = ledger(
        &[("a", "198.51.100.7")],
        vec![(5, allocated(udp(HOME), "a"))],
    );
    for ms in 0..20_000u64 {
        let source = SocketAddr::from(([203, 0, (ms >> 8) as u8, ms as u8], 9));
        let client = Client {
            addr: source,
            ..udp(HOME)
        };
        ledger.observe(&RelayEvent {
            at: at(ms * 10),
            worker: 0,
            what: Turn(Event::Bound { client }),
        });
    }
    assert!(ledger.flows.len() < 6_100, "{}", ledger.flows.len());
    let sightings = ledger.sightings("a", at(200_000)).unwrap();
    assert_eq!(sightings.udp.seen, Fact::Yes);
    // All at one moment: the number is what bounds them.
    for port in 1..=60_000u16 {
        let client = Client {
            addr: SocketAddr::from(([203, 0, 113, 5], port)),
            ..udp(HOME)
        };
        ledger.observe(&RelayEvent {
            at: at(200_000),
            worker: 0,
            what: Turn(Event::Bound { client }),
        });
    }
    assert!(ledger.flows.len() <= 16_384, "{}", ledger.flows.len());
    ledger.forget("a");
    assert!(ledger.sightings("a", at(1)).is_none());
}
