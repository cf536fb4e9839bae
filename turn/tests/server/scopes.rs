//! Credentials that a page hands out are good for its test and nothing else.

use crate::support::*;
use earshot_turn::{Event, OtherRelay, RelayedAddr, Transport, event::Refusal};
use std::time::Duration;
use stun_types::{
    message::{BINDING, MessageClass},
    prelude::*,
};
use turn_types::message::ALLOCATE;

const HERE: &str = "198.51.100.7:40000";
const STRANGER: &str = "203.0.113.66:6000";
const OTHER_RUN: &str = "zzzzzzzzzzzzzzzzzzzzzzzzzz";

fn allocated(world: &mut World, transport: Transport, source: &str) -> (Speaker, RelayedAddr) {
    let mut speaker = Speaker::scoped(transport, source, RUN);
    let relayed = speaker.allocate(world);
    world.take_events();
    (speaker, relayed)
}

#[test]
fn a_stranger_cannot_be_reached_in_any_way() {
    let mut world = World::new();
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, HERE);
    assert_eq!(speaker.permit(&mut world, &[STRANGER]), 403);
    assert_eq!(speaker.bind(&mut world, 0x4000, STRANGER), 403);
    for event in world.take_events() {
        assert!(matches!(
            event,
            Event::Refused {
                reason: Refusal::PeerOutOfScope,
                ..
            }
        ));
    }
    assert_eq!(speaker.send(&mut world, STRANGER, b"x"), Passed::Nothing);
    assert_eq!(
        speaker.send_channel(&mut world, 0x4000, b"x"),
        Passed::Nothing
    );
    assert_eq!(
        world.peer_says(relayed, peer(STRANGER), b"x"),
        Passed::Nothing
    );
    assert_eq!(speaker.permit(&mut world, &["10.0.0.1:1"]), 403);
    assert!(matches!(
        world.take_events()[..],
        [Event::Refused {
            reason: Refusal::PeerDenied,
            ..
        }]
    ));
}

#[test]
fn a_test_reaches_where_it_comes_from_itself() {
    let mut world = World::new();
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, HERE);
    let direct = "198.51.100.7:51234";
    assert_eq!(speaker.permit(&mut world, &[direct]), 0);
    let expected = Passed::ToPeer(relayed, peer(direct), b"x".to_vec());
    assert_eq!(speaker.send(&mut world, direct, b"x"), expected);
    // Another test does not, though it comes at the same time.
    let mut other = Speaker::scoped(Transport::Udp, "198.51.100.8:1", OTHER_RUN);
    other.allocate(&mut world);
    assert_eq!(other.permit(&mut world, &[direct]), 403);
    assert_eq!(speaker.permit(&mut world, &["198.51.100.8:1"]), 403);
}

#[test]
fn private_addresses_of_a_test_count_where_udp_came_from_them() {
    for (transport, source, code) in [
        (Transport::Udp, "192.168.1.7:4000", 0),
        (Transport::Tcp, "192.168.1.7:4000", 403),
        (Transport::Tls, "198.51.100.7:4000", 0),
        (Transport::Udp, "127.0.0.1:4000", 403),
        (Transport::Udp, "169.254.1.1:4000", 403),
    ] {
        let mut world = World::new();
        let (mut speaker, _) = allocated(&mut world, transport, source);
        assert_eq!(
            speaker.permit(&mut world, &[source]),
            code,
            "{transport:?} {source}"
        );
    }
    let mut config = config();
    config.allowed_peers = vec!["127.0.0.0/8".parse().unwrap()];
    let mut world = World::with(config);
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, "127.0.0.1:4000");
    assert_eq!(speaker.permit(&mut world, &["127.0.0.1:4000"]), 0);
    assert_eq!(
        speaker.permit(&mut world, &["127.0.0.2:4000"]),
        403,
        "allowed, but not this test's"
    );
}

#[test]
fn our_own_address_is_open_at_relayed_ports_and_the_witness_alone() {
    let mut world = World::new();
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, HERE);
    assert_eq!(
        speaker.permit(&mut world, &["192.0.2.2:22"]),
        0,
        "a permission has no port"
    );
    assert_eq!(
        speaker.send(&mut world, "192.0.2.2:22", b"x"),
        Passed::Nothing
    );
    assert_eq!(
        speaker.send(&mut world, "192.0.2.2:8080", b"x"),
        Passed::Nothing
    );
    assert_eq!(speaker.bind(&mut world, 0x4000, "192.0.2.2:22"), 403);
    let witness = "192.0.2.2:3478";
    let check = speaker.builder(MessageClass::Request, BINDING).finish();
    let expected = Passed::ToPeer(relayed, peer(witness), check.clone());
    assert_eq!(speaker.send(&mut world, witness, &check), expected);
    assert_eq!(speaker.bind(&mut world, 0x4000, witness), 0);
    assert_eq!(speaker.send_channel(&mut world, 0x4000, &check), expected);
    assert_eq!(speaker.bind(&mut world, 0x4001, "192.0.2.2:50150"), 0);
    world.server.set_witness(vec![addr("203.0.113.9:3478")]);
    assert_eq!(speaker.send(&mut world, witness, &check), Passed::Nothing);
    assert_eq!(speaker.permit(&mut world, &["203.0.113.9:1"]), 0);
    assert_ne!(
        speaker.send(&mut world, "203.0.113.9:3478", &check),
        Passed::Nothing
    );
    assert_eq!(
        speaker.send(&mut world, "203.0.113.9:3479", &check),
        Passed::Nothing
    );
}

#[test]
fn other_relays_of_the_same_tests_are_reached_at_their_ports_alone() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, HERE);
    let (relayed, listener) = ("203.0.113.9:50000", "203.0.113.9:3478");
    assert_eq!(speaker.permit(&mut world, &[relayed]), 403);
    let other = |ports, is_witness| OtherRelay {
        address: "203.0.113.9".parse().unwrap(),
        ports,
        is_witness,
    };
    let others = vec![other(49152..=65535, false), other(3478..=3478, true)];
    world.server.set_other_relays(others);
    assert_eq!(speaker.permit(&mut world, &[relayed]), 0);
    let check = speaker.builder(MessageClass::Request, BINDING).finish();
    let mut allocate = speaker.builder(MessageClass::Request, ALLOCATE);
    allocate.add_attribute(&udp()).unwrap();
    let allocate = allocate.finish();
    for (to, packet, passes) in [
        (relayed, &b"a sound"[..], true),
        (relayed, &check, true),
        (listener, &check, true),
        // Who allocates there through us would come from our address.
        (listener, &allocate, false),
        (listener, b"a sound", false),
        ("203.0.113.9:22", b"a sound", false),
        ("203.0.113.10:50000", b"a sound", false),
    ] {
        let passed = speaker.send(&mut world, to, packet) != Passed::Nothing;
        assert_eq!(passed, passes, "{to} {packet:?}");
    }
    assert_eq!(speaker.bind(&mut world, 0x4000, relayed), 0);
    assert_eq!(speaker.bind(&mut world, 0x4001, listener), 0);
    assert_eq!(speaker.bind(&mut world, 0x4002, "203.0.113.9:22"), 403);
    assert_eq!(
        speaker.send_channel(&mut world, 0x4001, &allocate),
        Passed::Nothing
    );
    assert_ne!(
        speaker.send_channel(&mut world, 0x4001, &check),
        Passed::Nothing
    );
    world.server.set_other_relays(vec![]);
    assert_eq!(speaker.permit(&mut world, &[relayed]), 403);
}

#[test]
fn no_allocation_is_made_through_an_allocation() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, HERE);
    let witness = "192.0.2.2:3478";
    assert_eq!(speaker.bind(&mut world, 0x4000, witness), 0);
    let mut allocate = speaker.builder(MessageClass::Request, ALLOCATE);
    allocate.add_attribute(&udp()).unwrap();
    let allocate = allocate.finish();
    for packet in [&allocate[..], b"x", b"", &[0, 1, 0, 0, 0x21, 0x12]] {
        assert_eq!(speaker.send(&mut world, witness, packet), Passed::Nothing);
        let bound = speaker.send_channel(&mut world, 0x4000, packet);
        assert_eq!(bound, Passed::Nothing, "{packet:?}");
    }
}

#[test]
fn a_proxy_beside_us_does_not_open_our_own_address() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Tcp, "192.0.2.2:40000");
    assert_eq!(speaker.bind(&mut world, 0x4000, "192.0.2.2:22"), 403);
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, "192.0.2.2:40000");
    assert_eq!(
        speaker.bind(&mut world, 0x4000, "192.0.2.2:40001"),
        0,
        "a browser on this host"
    );
}

#[test]
fn a_browser_that_comes_by_the_loopback_is_reached_at_the_machines_own_address() {
    let browser = "192.0.2.2:40001";
    let mut world = World::new();
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, "127.0.0.1:40000");
    assert_eq!(speaker.bind(&mut world, 0x4000, browser), 0);
    let expected = Passed::ToPeer(relayed, peer(browser), b"x".to_vec());
    assert_eq!(speaker.send(&mut world, browser, b"x"), expected);
    assert_eq!(speaker.bind(&mut world, 0x4001, "127.0.0.1:40001"), 403);
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Tls, "127.0.0.1:40000");
    let by_a_proxy = speaker.bind(&mut world, 0x4000, browser);
    assert_eq!(by_a_proxy, 403);
}

#[test]
fn a_relay_on_a_private_address_serves_its_tests_and_opens_nothing_else() {
    let mut config = config();
    config.relay_v4 = "127.0.0.1".parse().ok();
    config.witness = vec![addr("127.0.0.1:3478")];
    let mut world = World::with(config);
    let (mut one, at_one) = allocated(&mut world, Transport::Udp, "127.0.0.1:4000");
    let (mut two, at_two) = allocated(&mut world, Transport::Tcp, "127.0.0.1:4001");
    assert_eq!(one.permit(&mut world, &[&at_two.to_string()]), 0);
    assert_eq!(two.permit(&mut world, &[&at_one.to_string()]), 0);
    assert!(matches!(
        one.send(&mut world, &at_two.to_string(), b"x"),
        Passed::ToClient(..)
    ));
    let check = one.builder(MessageClass::Request, BINDING).finish();
    assert!(matches!(
        one.send(&mut world, "127.0.0.1:3478", &check),
        Passed::ToPeer(..)
    ));
    assert_eq!(one.send(&mut world, "127.0.0.1:22", b"x"), Passed::Nothing);
    // Nor does it for a user with an ordinary credential.
    let mut user = Speaker::udp("127.0.0.1:4002");
    user.allocate(&mut world);
    assert_eq!(user.permit(&mut world, &["127.0.0.1:1"]), 0);
    assert_eq!(user.send(&mut world, "127.0.0.1:22", b"x"), Passed::Nothing);
    assert_eq!(user.bind(&mut world, 0x4000, "127.0.0.1:22"), 403);
}

#[test]
fn siblings_and_partners_are_let_in_under_the_same_filter() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, HERE);
    let addresses = [
        "203.0.113.66",
        "192.168.1.7",
        "127.0.0.1",
        "::ffff:127.0.0.1",
        "224.0.0.1",
    ];
    let addresses = addresses.map(|ip| ip.parse().unwrap());
    world.server.allow_in_scope(OTHER_RUN, &addresses);
    assert_eq!(speaker.permit(&mut world, &[STRANGER]), 403);
    // Nothing was heard for long: the scope begins when the time is told, not when it was told last.
    world.now.monotonic += Duration::from_secs(500);
    world.server.allow_in_scope(RUN, &addresses);
    world.advance(99);
    assert_eq!(speaker.permit(&mut world, &[STRANGER, "192.168.1.7:1"]), 0);
    assert_eq!(speaker.permit(&mut world, &["127.0.0.1:1"]), 403);
    assert_eq!(speaker.permit(&mut world, &["224.0.0.1:1"]), 403);
    world.advance(600);
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, "198.51.100.7:40001");
    assert_eq!(speaker.permit(&mut world, &[STRANGER]), 403, "a scope ends");
}

#[test]
fn a_scope_lives_as_long_as_its_test_is_at_it() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, HERE);
    world.advance(500);
    assert_eq!(speaker.refresh(&mut world, 600), Ok(600));
    world.advance(500);
    assert_eq!(speaker.permit(&mut world, &[HERE]), 0);
    world.advance(200);
    assert_eq!(
        world.server.poll_timeout(),
        None,
        "nothing is kept of a test that is over"
    );
}

#[test]
fn lifetime_and_number_are_bounded() {
    let mut config = config();
    config.limits.scoped_allocations = 2;
    config.limits.scoped_lifetime = Duration::from_secs(120);
    let mut world = World::with(config);
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, HERE);
    assert_eq!(speaker.refresh(&mut world, 3600), Ok(120));
    allocated(&mut world, Transport::Udp, "198.51.100.7:40001");
    let mut third = Speaker::scoped(Transport::Udp, "198.51.100.7:40002", RUN);
    assert_eq!(third.allocate_with(&mut world, &[&udp()]), Err(486));
    let mut other = Speaker::scoped(Transport::Udp, "198.51.100.7:40002", OTHER_RUN);
    other.allocate(&mut world);
    world.advance(3000);
    let mut late = Speaker::scoped(Transport::Udp, HERE, RUN);
    assert_eq!(
        late.allocate_with(&mut world, &[&udp()]),
        Err(401),
        "and its time is over"
    );
}

#[test]
fn bandwidth_is_capped_each_way() {
    let mut config = config();
    config.limits.scoped_bytes_per_second = 1000;
    let mut world = World::with(config);
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, HERE);
    assert_eq!(speaker.permit(&mut world, &[HERE]), 0);
    let mut passed = [0; 2];
    for _ in 0..10 {
        for _ in 0..100 {
            passed[0] += usize::from(speaker.send(&mut world, HERE, &[0; 100]) != Passed::Nothing);
            let arrived = world.peer_says(relayed, peer(HERE), &[0; 100]);
            passed[1] += usize::from(arrived != Passed::Nothing);
        }
        world.advance(1);
    }
    assert_eq!(passed, [100, 100], "ten packets per second and direction");
    assert_eq!(speaker.refresh(&mut world, 0), Ok(0));
    let capped = world
        .take_events()
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Usage { usage, .. } => Some(usage.capped_packets),
            _ => None,
        });
    assert_eq!(capped, Some(1800));
}

#[test]
fn usage_is_told_twice_a_second_while_there_is_any() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, HERE);
    assert_eq!(speaker.permit(&mut world, &[HERE]), 0);
    let told = |world: &mut World| {
        let events = world.take_events();
        events
            .iter()
            .filter(|event| matches!(event, Event::Usage { .. }))
            .count()
    };
    world.advance(10);
    assert_eq!(told(&mut world), 0);
    for _ in 0..50 {
        speaker.send(&mut world, HERE, b"x");
    }
    world.advance_by(Duration::from_millis(499));
    assert_eq!(told(&mut world), 0);
    world.advance_by(Duration::from_millis(1));
    assert_eq!(told(&mut world), 1);
    world.advance(10);
    assert_eq!(told(&mut world), 0);
    speaker.send(&mut world, HERE, b"x");
    world.advance(1);
    assert_eq!(told(&mut world), 1);
}
