//! Allocate and Refresh: RFC 8656 sections 7 and 8.

use crate::support::*;
use earshot_turn::{
    Event, Transport,
    event::{Closed, Refusal},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};
use stun_types::{
    attribute::{RawAttribute, UnknownAttributes, XorMappedAddress},
    message::{BINDING, Message, MessageClass, Method},
    prelude::*,
};
use turn_types::{
    AddressFamily,
    attribute::{
        AdditionalAddressFamily, AddressErrorCode, DontFragment, EvenPort, Lifetime,
        RequestedAddressFamily, RequestedTransport, ReservationToken,
    },
    message::{ALLOCATE, CREATE_PERMISSION, REFRESH},
};

const CLIENT: &str = "198.51.100.7:40000";

#[test]
fn an_allocation_is_told_to_the_client_and_to_us() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    world.take_events();
    let request = speaker.request(ALLOCATE, &[&udp()]);
    let (code, answer) = speaker.ask(&mut world, &request);
    assert_eq!(code, 0);
    let answer = Message::from_bytes(&answer).unwrap();
    let mapped = answer.attribute::<XorMappedAddress>().unwrap();
    assert_eq!(mapped.addr(answer.transaction_id()), addr(CLIENT));
    assert_eq!(answer.attribute::<Lifetime>().unwrap().seconds(), 600);
    let relayed = *world.open.first().unwrap();
    assert_eq!(relayed.0.ip(), RELAY.parse::<std::net::IpAddr>().unwrap());
    assert!((50_000..=50_099).contains(&relayed.0.port()));
    let events = world.take_events();
    let [Event::Allocated { session, .. }] = events[..] else {
        panic!("{events:?}");
    };
    let expected = Event::Allocated {
        session,
        client: speaker.client,
        username: USER.into(),
        relayed,
        lifetime: Duration::from_secs(600),
    };
    assert_eq!(events, [expected]);
}

#[test]
fn the_same_request_again_gets_the_same_answer_and_another_437() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    let request = speaker.request(ALLOCATE, &[&udp()]);
    let first = speaker.ask(&mut world, &request);
    assert_eq!(speaker.ask(&mut world, &request), first);
    assert_eq!(speaker.allocate_with(&mut world, &[&udp()]), Err(437));
    let mut other = speaker.clone();
    other.username = "other".into();
    other.password = "else".into();
    other.transaction -= 2;
    assert_eq!(
        other.allocate_with(&mut world, &[&udp()]),
        Err(437),
        "the same id by another user"
    );
    assert_eq!(world.open.len(), 1);
}

#[test]
fn what_cannot_be_had_is_refused_with_its_own_code() {
    let tcp = RequestedTransport::new(RequestedTransport::TCP);
    let v4 = RequestedAddressFamily::new(AddressFamily::IPV4);
    let dual = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let (even, reserve) = (EvenPort::new(false), EvenPort::new(true));
    let token = ReservationToken::new(5);
    let no_family = RawAttribute::new(RequestedAddressFamily::TYPE, &[9, 0, 0, 0]);
    let dual_v4 = RawAttribute::new(AdditionalAddressFamily::TYPE, &[1, 0, 0, 0]);
    let short = RawAttribute::new(Lifetime::TYPE, &[0, 1]);
    let unknown = RawAttribute::new(0x7FFE.into(), &[]);
    let optional = RawAttribute::new(0xFFFE.into(), &[1]);
    let cases: [(&[&dyn AttributeWrite], u16); 15] = [
        (&[], 400),
        (&[&tcp], 442),
        (&[&udp(), &v4, &dual], 400),
        (&[&udp(), &v4, &token], 400),
        (&[&udp(), &dual, &token], 400),
        (&[&udp(), &dual_v4], 400),
        (&[&udp(), &no_family], 440),
        (&[&udp(), &even, &token], 400),
        (&[&udp(), &reserve], 508),
        (&[&udp(), &token], 508),
        (&[&udp(), &short], 400),
        (&[&udp(), &unknown], 420),
        (&[&udp(), &DontFragment::new()], 420),
        (&[&udp(), &optional], 0),
        (&[&udp(), &v4], 437),
    ];
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    for (attributes, code) in cases {
        let result = speaker.allocate_with(&mut world, attributes);
        assert_eq!(result.err().unwrap_or(0), code, "{attributes:?}");
    }
    assert_eq!(world.open.len(), 1);
}

#[test]
fn unknown_attributes_are_named() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    let unknown = RawAttribute::new(0x7FFE.into(), &[]);
    let fragment = DontFragment::new();
    let request = speaker.request(ALLOCATE, &[&udp(), &unknown, &fragment, &unknown]);
    let (code, answer) = speaker.ask(&mut world, &request);
    assert_eq!(code, 420);
    let answer = Message::from_bytes(&answer).unwrap();
    let named = answer.raw_attribute(UnknownAttributes::TYPE).unwrap();
    assert_eq!(*named.value, [0x7F, 0xFE, 0x00, 0x1A]);
}

#[test]
fn both_families_are_served_where_there_is_an_address() {
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    let relayed = speaker.allocate_with(&mut world, &[&udp(), &v6]).unwrap();
    assert!(relayed.0.is_ipv6());
    let mut speaker = Speaker::udp("[2001:db8::9]:5000");
    assert!(
        speaker.allocate(&mut world).0.is_ipv4(),
        "IPv4 unless asked otherwise"
    );

    let mut config = config();
    config.relay_v6 = None;
    let mut world = World::with(config.clone());
    let mut speaker = Speaker::udp(CLIENT);
    assert_eq!(speaker.allocate_with(&mut world, &[&udp(), &v6]), Err(440));
    world
        .server
        .set_relay_addresses(None, "2001:db8::3".parse().ok());
    assert_eq!(speaker.allocate_with(&mut world, &[&udp()]), Err(440));
    assert!(speaker.allocate_with(&mut world, &[&udp(), &v6]).is_ok());
}

#[test]
fn a_dual_allocation_is_declined_by_half() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    let dual = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let request = speaker.request(ALLOCATE, &[&udp(), &dual]);
    let (code, answer) = speaker.ask(&mut world, &request);
    assert_eq!(code, 0);
    let answer = Message::from_bytes(&answer).unwrap();
    let declined = answer.attribute::<AddressErrorCode>().unwrap();
    assert_eq!(declined.family(), AddressFamily::IPV6);
    assert_eq!(declined.error().code(), 440);
}

#[test]
fn even_ports_are_even() {
    let mut world = World::new();
    for port in 1..=50 {
        let mut speaker = Speaker::udp(&format!("198.51.100.7:{port}"));
        let relayed = speaker.allocate_with(&mut world, &[&udp(), &EvenPort::new(false)]);
        assert_eq!(relayed.unwrap().0.port() % 2, 0);
    }
    let mut speaker = Speaker::udp("198.51.100.7:51");
    let result = speaker.allocate_with(&mut world, &[&udp(), &EvenPort::new(false)]);
    assert_eq!(result, Err(508), "all fifty even ports are taken");
}

#[test]
fn a_port_that_does_not_open_is_replaced_a_few_times() {
    let mut world = World::new();
    world.failing = 7;
    let mut speaker = Speaker::udp(CLIENT);
    let relayed = speaker.allocate(&mut world);
    assert_eq!(world.asked.len(), 8);
    assert_eq!(world.asked.last(), Some(&relayed));
    let mut ports: Vec<_> = world.asked.iter().map(|it| it.0.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 8, "never the same twice");

    world.failing = 100;
    world.take_events();
    let mut speaker = Speaker::udp("198.51.100.7:40001");
    assert_eq!(speaker.allocate_with(&mut world, &[&udp()]), Err(508));
    assert_eq!(world.asked.len(), 16);
    assert!(matches!(
        world.take_events().last(),
        Some(Event::Refused {
            code: 508,
            reason: Refusal::Capacity,
            ..
        })
    ));
    world.failing = 0;
    speaker.allocate(&mut world);
}

#[test]
fn lifetimes_are_kept_within_bounds_and_refreshed() {
    let mut world = World::new();
    for (port, asked, granted) in [
        (1, 0, 600),
        (2, 60, 600),
        (3, 1800, 1800),
        (4, u32::MAX, 3600),
    ] {
        let mut speaker = Speaker::udp(&format!("198.51.100.7:{port}"));
        speaker.challenge(&mut world);
        let request = speaker.request(ALLOCATE, &[&udp(), &Lifetime::new(asked)]);
        let (_, answer) = speaker.ask(&mut world, &request);
        let answer = Message::from_bytes(&answer).unwrap();
        assert_eq!(answer.attribute::<Lifetime>().unwrap().seconds(), granted);
        if asked > 0 {
            assert_eq!(speaker.refresh(&mut world, asked), Ok(granted));
        }
    }
}

#[test]
fn an_allocation_ends_on_time_or_when_asked() {
    let mut world = World::new();
    let mut speaker = Speaker::new(Transport::Tcp, CLIENT);
    speaker.allocate(&mut world);
    world.advance(599);
    assert_eq!(world.open.len(), 1);
    assert_eq!(speaker.refresh(&mut world, 700), Ok(700));
    world.advance(699);
    assert_eq!(world.open.len(), 1);
    world.take_events();
    world.advance(1);
    assert!(world.open.is_empty());
    assert_eq!(world.disconnected, [speaker.client]);
    let events = world.take_events();
    assert!(matches!(
        events[..],
        [
            Event::Usage { .. },
            Event::Closed {
                reason: Closed::Expired,
                ..
            }
        ]
    ));

    speaker.nonce = None;
    speaker.allocate(&mut world);
    assert_eq!(speaker.refresh(&mut world, 0), Ok(0));
    assert!(world.open.is_empty());
    assert!(matches!(
        world.take_events().last(),
        Some(Event::Closed {
            reason: Closed::ByClient,
            ..
        })
    ));
    assert_eq!(speaker.refresh(&mut world, 0), Err(437));
    assert_eq!(
        world.disconnected.len(),
        1,
        "the connection may be used again"
    );
    speaker.allocate(&mut world);
}

#[test]
fn a_shorter_lifetime_is_not_missed_by_the_timer() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker
        .allocate_with(&mut world, &[&udp(), &Lifetime::new(3600)])
        .unwrap();
    assert_eq!(speaker.refresh(&mut world, 600), Ok(600));
    let due = world.server.poll_timeout().unwrap();
    assert_eq!(due, world.now.monotonic + Duration::from_secs(600));
    world.advance(600);
    assert!(world.open.is_empty());
}

#[test]
fn the_wall_clock_does_not_end_an_allocation() {
    let mut world = World::new();
    Speaker::udp(CLIENT).allocate(&mut world);
    world.now.unix += Duration::from_secs(100_000);
    world.advance(0);
    assert_eq!(world.open.len(), 1);
}

#[test]
fn only_its_user_may_use_an_allocation() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.allocate(&mut world);
    let mut other = speaker.clone();
    other.username = "other".into();
    other.password = "else".into();
    assert_eq!(other.refresh(&mut world, 0), Err(441));
    assert_eq!(other.permit(&mut world, &["203.0.113.1:1"]), 441);
    assert_eq!(other.bind(&mut world, 0x4000, "203.0.113.1:1"), 441);
    assert_eq!(world.open.len(), 1);
}

#[test]
fn without_an_allocation_there_is_nothing_to_refresh() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    assert_eq!(speaker.refresh(&mut world, 600), Err(437));
    assert_eq!(speaker.permit(&mut world, &["203.0.113.1:1"]), 437);
    assert_eq!(speaker.bind(&mut world, 0x4000, "203.0.113.1:1"), 437);
}

#[test]
fn a_refresh_of_the_other_family_is_443() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.allocate(&mut world);
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    let request = speaker.request(REFRESH, &[&v6]);
    assert_eq!(speaker.ask(&mut world, &request).0, 443);
}

#[test]
fn quotas_count_what_is_there() {
    let mut config = config();
    config.limits.user_allocations = 2;
    let mut world = World::with(config);
    let mut speakers: Vec<_> = (1..=3)
        .map(|port| Speaker::udp(&format!("198.51.100.7:{port}")))
        .collect();
    speakers[0].allocate(&mut world);
    speakers[1].allocate(&mut world);
    assert_eq!(speakers[2].allocate_with(&mut world, &[&udp()]), Err(486));
    assert_eq!(speakers[0].refresh(&mut world, 0), Ok(0));
    speakers[2].allocate(&mut world);
}

#[test]
fn everything_ends_with_its_connection_or_the_server() {
    let mut world = World::new();
    let mut gone = Speaker::new(Transport::Tls, CLIENT);
    gone.allocate(&mut world);
    Speaker::udp(CLIENT).allocate(&mut world);
    world.server.client_disconnected(world.now, gone.client);
    world.pump();
    assert_eq!(world.open.len(), 1);
    world.server.shutdown(world.now);
    world.pump();
    assert!(world.open.is_empty());
    let reasons: Vec<_> = world
        .take_events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Closed { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [Closed::Disconnected, Closed::Shutdown]);
}

#[test]
fn a_socket_that_opens_for_a_client_that_is_gone_is_closed() {
    let mut world = World::new();
    let mut speaker = Speaker::new(Transport::Tcp, CLIENT);
    speaker.challenge(&mut world);
    let request = speaker.request(ALLOCATE, &[&udp()]);
    let mut buffer = request.clone();
    let (server, now) = (&mut world.server, world.now);
    server.handle_client(now, speaker.client, &mut buffer, 0..request.len());
    let Some(earshot_turn::Action::OpenRelay { relayed }) = server.poll_action() else {
        panic!("a socket is asked for");
    };
    server.client_disconnected(now, speaker.client);
    assert_eq!(server.poll_action(), None);
    server.relay_opened(now, relayed, true);
    let close = earshot_turn::Action::CloseRelay { relayed };
    assert_eq!(server.poll_action(), Some(close));
    assert_eq!(server.poll_action(), None);
}

#[test]
fn binding_needs_no_credentials() {
    let mut world = World::new();
    for (transport, source) in [
        (Transport::Udp, CLIENT),
        (Transport::Tls, "[2001:db8::9]:5000"),
        (Transport::Udp, "[::ffff:198.51.100.7]:40000"),
    ] {
        let mut speaker = Speaker::new(transport, source);
        let request = speaker.request(BINDING, &[]);
        let (code, answer) = speaker.ask(&mut world, &request);
        assert_eq!(code, 0);
        let expected = addr(source);
        let expected = std::net::SocketAddr::new(expected.ip().to_canonical(), expected.port());
        let stun_only = earshot_turn::answer_binding(&request, addr(source));
        assert_eq!(stun_only.as_deref(), Some(&answer[..]));
        let answer = Message::from_bytes(&answer).unwrap();
        let mapped = answer.attribute::<XorMappedAddress>().unwrap();
        assert_eq!(mapped.addr(answer.transaction_id()), expected);
        let client = speaker.client;
        assert_eq!(world.take_events(), [Event::Bound { client }]);
    }
    let mut speaker = Speaker::udp(CLIENT);
    let mut request = speaker.request(BINDING, &[]);
    request.extend(b"more");
    assert!(earshot_turn::answer_binding(&request, addr(CLIENT)).is_some());
    assert_eq!(speaker.ask(&mut world, &request[..20]).0, 0);
    world.client_says(speaker.client, &request);
    world.answer(speaker.client);
    let unknown = RawAttribute::new(0x0003.into(), &[0, 0, 0, 6]);
    let request = speaker.request(BINDING, &[&unknown]);
    assert_eq!(
        speaker.ask(&mut world, &request).0,
        420,
        "CHANGE-REQUEST is of another age"
    );
}

#[test]
fn what_is_no_request_of_ours_is_not_answered() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.allocate(&mut world);
    for (class, method) in [
        (MessageClass::Success, BINDING),
        (MessageClass::Error, ALLOCATE),
        (MessageClass::Indication, BINDING),
        (MessageClass::Indication, CREATE_PERMISSION),
        (MessageClass::Request, Method::new(0x000A)),
        (MessageClass::Request, Method::new(0x0FFF)),
    ] {
        let message = speaker.builder(class, method).finish();
        assert_eq!(world.client_says(speaker.client, &message), Passed::Nothing);
        assert_eq!(earshot_turn::answer_binding(&message, addr(CLIENT)), None);
    }
    assert!(world.sent.is_empty());
}

proptest! {
    /// Ports and quotas are given back, whatever order clients come and go in and whichever sockets fail to open.
    #[test]
    fn ports_and_quotas_are_accounted_for(
        steps in prop::collection::vec((0usize..12, 0u8..5, 0usize..4), 1..80),
    ) {
        let mut config = config();
        config.ports = 50_000..=50_005;
        config.limits.user_allocations = 4;
        let mut world = World::with(config);
        let mut speakers: Vec<_> = (0..12).map(|number| {
            let mut speaker = Speaker::new(Transport::Tcp, &format!("198.51.100.7:{}", 1 + number));
            if number % 2 == 1 {
                speaker.username = "other".into();
                speaker.password = "else".into();
            }
            speaker
        }).collect();
        let mut open: BTreeMap<usize, earshot_turn::RelayedAddr> = BTreeMap::new();
        for (number, step, failing) in steps {
            let speaker = &mut speakers[number];
            match step {
                0..=2 => {
                    let mine = open.keys().filter(|other| *other % 2 == number % 2).count();
                    world.failing = failing;
                    let result = speaker.allocate_with(&mut world, &[&udp()]);
                    world.failing = 0;
                    let free = 6 - open.len();
                    let expected = if open.contains_key(&number) {
                        Err(437)
                    } else if mine >= 4 {
                        Err(486)
                    } else if failing >= free {
                        Err(508)
                    } else {
                        Ok(())
                    };
                    prop_assert_eq!(result.map(|_| ()), expected);
                    if let Ok(relayed) = result {
                        open.insert(number, relayed);
                    }
                }
                3 if speaker.nonce.is_some() => {
                    let expected = open.remove(&number).map(|_| 0).ok_or(437);
                    prop_assert_eq!(speaker.refresh(&mut world, 0), expected);
                }
                _ => {
                    world.server.client_disconnected(world.now, speaker.client);
                    world.pump();
                    open.remove(&number);
                }
            }
            prop_assert_eq!(open.values().copied().collect::<std::collections::BTreeSet<_>>(), world.open.clone());
        }
        world.advance(601);
        prop_assert!(world.open.is_empty());
        prop_assert_eq!(world.server.poll_timeout(), None);
    }
}
