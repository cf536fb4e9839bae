//! CreatePermission and ChannelBind: RFC 8656 sections 9, 10 and 12.

use crate::support::*;
use earshot_turn::{Event, event::Refusal};
use stun_types::{attribute::RawAttribute, prelude::*};
use turn_types::{
    AddressFamily,
    attribute::{ChannelNumber, RequestedAddressFamily, XorPeerAddress},
    message::{CHANNEL_BIND, CREATE_PERMISSION},
};

const CLIENT: &str = "198.51.100.7:40000";
const PEER: &str = "203.0.113.1:6000";

/// Peers that no credential may have by default, as the acceptance and the known attacks have them.
const DENIED: [&str; 13] = [
    "127.0.0.1:80",
    "[::ffff:127.0.0.1]:80",
    "10.0.0.1:80",
    "[64:ff9b::7f00:1]:80",
    "[2002:7f00:1::]:80",
    "0.0.0.0:80",
    "169.254.169.254:80",
    "192.168.1.1:80",
    "100.64.0.1:80",
    "224.0.0.1:80",
    "255.255.255.255:80",
    "[::1]:80",
    "[fd00:ec2::254]:80",
];

fn allocated(world: &mut World) -> Speaker {
    let mut speaker = Speaker::udp(CLIENT);
    speaker.allocate(world);
    world.take_events();
    speaker
}

/// On an IPv6 allocation, for the peers of that family.
fn allocated_v6(world: &mut World) -> Speaker {
    let mut speaker = Speaker::udp("198.51.100.7:40006");
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    speaker.allocate_with(world, &[&udp(), &v6]).unwrap();
    world.take_events();
    speaker
}

#[test]
fn a_permission_is_told_once_and_lasts_five_minutes() {
    let mut world = World::new();
    let mut speaker = allocated(&mut world);
    let relayed = *world.open.first().unwrap();
    assert_eq!(speaker.permit(&mut world, &[PEER, "203.0.113.2:0"]), 0);
    let permitted: Vec<_> = world
        .take_events()
        .into_iter()
        .map(|event| match event {
            Event::Permitted { peer, .. } => peer,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(permitted, [peer(PEER), peer("203.0.113.2:0")]);
    let arrives = |world: &mut World| {
        world.peer_says(relayed, peer("203.0.113.1:7777"), b"any port") != Passed::Nothing
    };
    world.advance(299);
    assert!(arrives(&mut world));
    assert_eq!(speaker.permit(&mut world, &[PEER]), 0);
    let told = |events: Vec<Event>| {
        events
            .iter()
            .any(|event| matches!(event, Event::Permitted { .. }))
    };
    assert!(!told(world.take_events()), "prolonging is no news");
    world.advance(299);
    assert!(arrives(&mut world));
    world.advance(1);
    assert!(!arrives(&mut world));
    assert_eq!(speaker.permit(&mut world, &[PEER]), 0);
    assert!(told(world.take_events()), "a new one is");
}

#[test]
fn denied_peers_are_refused_everywhere_in_every_disguise() {
    let mut world = World::new();
    let mut v4 = allocated(&mut world);
    let mut v6 = allocated_v6(&mut world);
    for denied in DENIED {
        for speaker in [&mut v4, &mut v6] {
            assert_eq!(speaker.permit(&mut world, &[denied]), 403, "{denied}");
            assert_eq!(speaker.permit(&mut world, &[PEER, denied]), 403, "{denied}");
            assert_eq!(speaker.bind(&mut world, 0x4000, denied), 403, "{denied}");
            for event in world.take_events() {
                let Event::Refused {
                    code: 403, reason, ..
                } = event
                else {
                    panic!("{event:?}");
                };
                assert_eq!(reason, Refusal::PeerDenied);
            }
            assert_eq!(
                speaker.send(&mut world, denied, b"x"),
                Passed::Nothing,
                "{denied}"
            );
            assert_eq!(
                speaker.send_channel(&mut world, 0x4000, b"x"),
                Passed::Nothing
            );
        }
    }
}

#[test]
fn a_setting_allows_what_it_names() {
    let mut config = config();
    config.allowed_peers = vec![
        "10.0.0.0/24".parse().unwrap(),
        "127.0.0.1/32".parse().unwrap(),
    ];
    let mut world = World::with(config);
    let mut speaker = allocated(&mut world);
    assert_eq!(
        speaker.permit(&mut world, &["10.0.0.1:1", "127.0.0.1:1"]),
        0
    );
    assert_eq!(speaker.permit(&mut world, &["10.0.1.1:1"]), 403);
    assert_eq!(speaker.permit(&mut world, &["127.0.0.2:1"]), 403);
    let mut v6 = allocated_v6(&mut world);
    assert_eq!(
        v6.permit(&mut world, &["[64:ff9b::a00:1]:1"]),
        403,
        "a gateway is another host"
    );
}

#[test]
fn peers_of_the_other_family_are_443() {
    let mut world = World::new();
    let mut speaker = allocated(&mut world);
    assert_eq!(speaker.permit(&mut world, &["[2001:db8::5]:1"]), 443);
    assert_eq!(speaker.bind(&mut world, 0x4000, "[2001:db8::5]:1"), 443);
    let mut v6 = allocated_v6(&mut world);
    assert_eq!(v6.permit(&mut world, &[PEER]), 443);
    assert_eq!(v6.permit(&mut world, &["[2001:db8::5]:1"]), 0);
}

#[test]
fn malformed_requests_are_400() {
    let mut world = World::new();
    let mut speaker = allocated(&mut world);
    let short = RawAttribute::new(XorPeerAddress::TYPE, &[0, 1, 2]);
    let request = speaker.request(CREATE_PERMISSION, &[]);
    assert_eq!(speaker.ask(&mut world, &request).0, 400);
    let request = speaker.request(CREATE_PERMISSION, &[&short]);
    assert_eq!(speaker.ask(&mut world, &request).0, 400);
    let number = ChannelNumber::new(0x4000);
    let request = speaker.request(CHANNEL_BIND, &[&number]);
    assert_eq!(speaker.ask(&mut world, &request).0, 400);
    let transaction = (speaker.transaction + 1).into();
    let request = speaker.request(
        CHANNEL_BIND,
        &[&XorPeerAddress::new(addr(PEER), transaction)],
    );
    assert_eq!(speaker.ask(&mut world, &request).0, 400);
    assert_eq!(speaker.bind(&mut world, 0x4000, "203.0.113.1:0"), 400);
}

#[test]
fn channels_are_one_to_one() {
    let mut world = World::new();
    let mut speaker = allocated(&mut world);
    for number in [0x0000, 0x3FFF, 0x8000, 0xFFFF] {
        assert_eq!(speaker.bind(&mut world, number, PEER), 400, "{number:#x}");
    }
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0, "prolonged");
    assert_eq!(speaker.bind(&mut world, 0x4000, "203.0.113.1:6001"), 400);
    assert_eq!(speaker.bind(&mut world, 0x4001, PEER), 400);
    assert_eq!(speaker.bind(&mut world, 0x7FFF, "203.0.113.1:6001"), 0);
}

#[test]
fn a_channel_lasts_ten_minutes_and_brings_a_permission_of_five() {
    let mut world = World::new();
    let mut speaker = allocated(&mut world);
    assert_eq!(speaker.refresh(&mut world, 3600), Ok(3600));
    let relayed = *world.open.first().unwrap();
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
    let arrives = |world: &mut World| world.peer_says(relayed, peer(PEER), b"x") != Passed::Nothing;
    world.advance(299);
    assert!(arrives(&mut world));
    world.advance(1);
    assert!(!arrives(&mut world), "the permission is over");
    world.advance(299);
    assert_ne!(
        speaker.send_channel(&mut world, 0x4000, b"x"),
        Passed::Nothing
    );
    world.advance(1);
    assert_eq!(
        speaker.send_channel(&mut world, 0x4000, b"x"),
        Passed::Nothing
    );
    assert_eq!(speaker.bind(&mut world, 0x4001, PEER), 0, "free again");
    assert_eq!(speaker.bind(&mut world, 0x4000, "203.0.113.9:1"), 0);
}

#[test]
fn a_channel_that_is_over_leaves_nothing_behind_when_its_number_or_peer_is_bound_anew() {
    const OTHER: &str = "203.0.113.9:1";
    let arriving = |world: &mut World, from| {
        let relayed = *world.open.first().unwrap();
        match world.peer_says(relayed, peer(from), b"data") {
            Passed::ToClient(_, packet) => packet,
            other => panic!("{other:?}"),
        }
    };
    let mut world = World::new();
    let mut speaker = allocated(&mut world);
    assert_eq!(speaker.refresh(&mut world, 3600), Ok(3600));
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
    world.advance(600);
    assert_eq!(speaker.bind(&mut world, 0x4000, OTHER), 0);
    assert_eq!(speaker.permit(&mut world, &[PEER]), 0);
    assert_eq!(
        read_data_indication(&arriving(&mut world, PEER)).0,
        peer(PEER)
    );
    world.advance(600);
    assert_eq!(speaker.bind(&mut world, 0x4001, OTHER), 0);
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
    for (from, number) in [(OTHER, 0x4001), (PEER, 0x4000)] {
        let expected = channel_data(number, b"data", false);
        assert_eq!(arriving(&mut world, from), expected);
    }
}

#[test]
fn permissions_and_channels_are_bounded_and_over_ones_make_room() {
    let mut config = config();
    config.limits.permissions = 3;
    config.limits.channels = 2;
    let mut world = World::with(config);
    let mut speaker = allocated(&mut world);
    assert_eq!(speaker.refresh(&mut world, 3600), Ok(3600));
    let four = [
        "203.0.113.1:1",
        "203.0.113.2:1",
        "203.0.113.3:1",
        "203.0.113.4:1",
    ];
    assert_eq!(speaker.permit(&mut world, &four), 508);
    assert_eq!(
        speaker.permit(&mut world, &[four[0], four[0], four[1], four[2]]),
        0
    );
    assert_eq!(speaker.permit(&mut world, &four[3..]), 508);
    assert_eq!(speaker.permit(&mut world, &four[..3]), 0);
    assert_eq!(speaker.bind(&mut world, 0x4000, four[3]), 508);
    assert_eq!(speaker.bind(&mut world, 0x4000, four[0]), 0);
    assert_eq!(speaker.bind(&mut world, 0x4001, four[1]), 0);
    assert_eq!(speaker.bind(&mut world, 0x4002, four[2]), 508);
    world.advance(300);
    assert_eq!(speaker.permit(&mut world, &four[3..]), 0);
    world.advance(300);
    assert_eq!(speaker.bind(&mut world, 0x4002, four[2]), 0);
}
