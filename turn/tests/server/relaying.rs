//! Send, Data and ChannelData (RFC 8656 sections 11 and 12), and packets that do not leave the host.

use crate::support::*;
use earshot_turn::{
    Event, PeerAddr, RelayedAddr, Transport,
    event::{Direction, SessionId, Usage},
};
use stun_types::{attribute::RawAttribute, message::MessageClass, prelude::*};
use turn_types::{
    AddressFamily,
    attribute::{Data, DontFragment, RequestedAddressFamily, XorPeerAddress},
    message::SEND,
};

const CLIENT: &str = "198.51.100.7:40000";
const PEER: &str = "203.0.113.1:6000";

fn allocated(world: &mut World, transport: Transport, source: &str) -> (Speaker, RelayedAddr) {
    let mut speaker = Speaker::new(transport, source);
    let relayed = speaker.allocate(world);
    world.take_events();
    (speaker, relayed)
}

#[test]
fn indications_carry_data_both_ways_with_a_permission_only() {
    let mut world = World::new();
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, CLIENT);
    assert_eq!(speaker.send(&mut world, PEER, b"hello"), Passed::Nothing);
    assert_eq!(
        world.peer_says(relayed, peer(PEER), b"hello"),
        Passed::Nothing
    );
    assert_eq!(speaker.permit(&mut world, &[PEER]), 0);
    for data in [&b""[..], b"1", b"12", b"123", b"1234", &[7; 1400]] {
        let expected = Passed::ToPeer(relayed, peer(PEER), data.to_vec());
        assert_eq!(speaker.send(&mut world, PEER, data), expected);
        let Passed::ToClient(client, packet) = world.peer_says(relayed, peer(PEER), data) else {
            panic!("{data:?} arrives");
        };
        assert_eq!(client, speaker.client);
        assert_eq!(read_data_indication(&packet), (peer(PEER), data.to_vec()));
    }
    assert_eq!(
        speaker.send(&mut world, "203.0.113.2:6000", b"x"),
        Passed::Nothing
    );
    assert_eq!(
        speaker.send(&mut world, "203.0.113.1:0", b"x"),
        Passed::Nothing
    );
}

#[test]
fn channels_carry_data_both_ways_padded_on_streams_alone() {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let mut world = World::new();
        let (mut speaker, relayed) = allocated(&mut world, transport, CLIENT);
        assert_eq!(speaker.bind(&mut world, 0x4ABC, PEER), 0);
        for data in [&b""[..], b"1", b"12", b"123", b"1234", &[7; 1400]] {
            let expected = Passed::ToPeer(relayed, peer(PEER), data.to_vec());
            assert_eq!(speaker.send_channel(&mut world, 0x4ABC, data), expected);
            let packet = channel_data(0x4ABC, data, transport.is_stream());
            let expected = Passed::ToClient(speaker.client, packet);
            assert_eq!(world.peer_says(relayed, peer(PEER), data), expected);
        }
        let other_port = world.peer_says(relayed, peer("203.0.113.1:6001"), b"x");
        let Passed::ToClient(_, packet) = other_port else {
            panic!("a permission has no port");
        };
        assert_eq!(read_data_indication(&packet).0, peer("203.0.113.1:6001"));
        assert_eq!(
            speaker.send_channel(&mut world, 0x4ABD, b"x"),
            Passed::Nothing
        );
    }
}

#[test]
fn channel_data_longer_than_its_packet_is_dropped_and_what_follows_is_padding() {
    let mut world = World::new();
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, CLIENT);
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
    let mut packet = channel_data(0x4000, b"hello", true);
    let expected = Passed::ToPeer(relayed, peer(PEER), b"hello".to_vec());
    assert_eq!(world.client_says(speaker.client, &packet), expected);
    packet[3] = 9;
    assert_eq!(world.client_says(speaker.client, &packet), Passed::Nothing);
    assert_eq!(
        world.client_says(speaker.client, &packet[..3]),
        Passed::Nothing
    );
}

#[test]
fn indications_that_are_not_understood_are_dropped() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, CLIENT);
    assert_eq!(speaker.permit(&mut world, &[PEER]), 0);
    let data = Data::new(b"x");
    let unknown = RawAttribute::new(0x7FFE.into(), &[]);
    let fragment = DontFragment::new();
    let cases: [(bool, &[&dyn AttributeWrite]); 4] = [
        (true, &[]),
        (false, &[&data]),
        (true, &[&data, &unknown]),
        (true, &[&data, &fragment]),
    ];
    for (with_peer, attributes) in cases {
        let mut message = speaker.builder(MessageClass::Indication, SEND);
        if with_peer {
            let peer = XorPeerAddress::new(addr(PEER), speaker.transaction.into());
            message.add_attribute(&peer).unwrap();
        }
        for attribute in attributes {
            message.add_attribute(*attribute).unwrap();
        }
        assert_eq!(
            world.client_says(speaker.client, &message.finish()),
            Passed::Nothing
        );
    }
    assert!(world.sent.is_empty());
}

#[test]
fn an_allocation_is_its_5_tuples_own() {
    let mut world = World::new();
    let (mut speaker, _) = allocated(&mut world, Transport::Udp, CLIENT);
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
    for other in [
        Speaker::udp("198.51.100.7:40001"),
        Speaker::udp("198.51.100.8:40000"),
        Speaker::new(Transport::Tcp, CLIENT),
    ] {
        let mut other = other;
        assert_eq!(
            other.send_channel(&mut world, 0x4000, b"x"),
            Passed::Nothing
        );
        assert_eq!(other.send(&mut world, PEER, b"x"), Passed::Nothing);
    }
    let mut elsewhere = speaker.clone();
    elsewhere.client.local = addr("192.0.2.2:443");
    assert_eq!(
        elsewhere.send_channel(&mut world, 0x4000, b"x"),
        Passed::Nothing
    );
}

#[test]
fn ipv6_peers_are_relayed_alike() {
    let mut world = World::new();
    let mut speaker = Speaker::udp("[2001:db8::9]:5000");
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    let relayed = speaker.allocate_with(&mut world, &[&udp(), &v6]).unwrap();
    let far = "[2001:db8:1::1]:6000";
    assert_eq!(speaker.permit(&mut world, &[far]), 0);
    let expected = Passed::ToPeer(relayed, peer(far), b"hello".to_vec());
    assert_eq!(speaker.send(&mut world, far, b"hello"), expected);
    let Passed::ToClient(_, packet) = world.peer_says(relayed, peer(far), b"hello") else {
        panic!("arrives");
    };
    assert_eq!(
        read_data_indication(&packet),
        (peer(far), b"hello".to_vec())
    );
}

#[test]
fn without_headroom_a_packet_is_copied_and_arrives_all_the_same() {
    for headroom in [0, 3, 4, 35, 36] {
        let mut world = World::new();
        world.headroom = headroom;
        let (mut speaker, relayed) = allocated(&mut world, Transport::Tcp, CLIENT);
        assert_eq!(speaker.permit(&mut world, &[PEER]), 0);
        let packet = match world.peer_says(relayed, peer(PEER), b"hello") {
            Passed::ToClient(_, packet) => packet,
            _ => world.answer(speaker.client),
        };
        assert_eq!(
            read_data_indication(&packet),
            (peer(PEER), b"hello".to_vec())
        );
        assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
        let packet = match world.peer_says(relayed, peer(PEER), b"hello") {
            Passed::ToClient(_, packet) => packet,
            _ => world.answer(speaker.client),
        };
        assert_eq!(packet, channel_data(0x4000, b"hello", true));
    }
}

/// Two allocations on this server that permit each other.
fn pair(world: &mut World) -> [(Speaker, RelayedAddr); 2] {
    let (mut one, at_one) = allocated(world, Transport::Udp, CLIENT);
    let (mut two, at_two) = allocated(world, Transport::Tcp, "198.51.100.8:40000");
    assert_eq!(one.permit(world, &[&at_two.to_string()]), 0);
    assert_eq!(two.permit(world, &[&at_one.to_string()]), 0);
    [(one, at_one), (two, at_two)]
}

#[test]
fn a_peer_on_this_server_is_reached_without_the_kernel() {
    for headroom in [0, 48] {
        let mut world = World::new();
        world.headroom = headroom;
        let [(mut one, at_one), (mut two, at_two)] = pair(&mut world);
        let arrived = |world: &mut World, passed, to: &Speaker| match passed {
            Passed::ToClient(client, packet) => {
                assert_eq!(client, to.client);
                packet
            }
            Passed::Nothing => world.answer(to.client),
            other => panic!("{other:?}"),
        };
        // Indication to indication.
        let passed = one.send(&mut world, &at_two.to_string(), b"hello");
        let packet = arrived(&mut world, passed, &two);
        assert_eq!(
            read_data_indication(&packet),
            (PeerAddr(at_one.0), b"hello".to_vec())
        );
        // ChannelData to indication.
        assert_eq!(one.bind(&mut world, 0x4001, &at_two.to_string()), 0);
        let passed = one.send_channel(&mut world, 0x4001, b"hello");
        let packet = arrived(&mut world, passed, &two);
        assert_eq!(
            read_data_indication(&packet),
            (PeerAddr(at_one.0), b"hello".to_vec())
        );
        // ChannelData to ChannelData of another number, padded for the stream.
        assert_eq!(two.bind(&mut world, 0x4002, &at_one.to_string()), 0);
        let passed = one.send_channel(&mut world, 0x4001, b"hello");
        let packet = arrived(&mut world, passed, &two);
        assert_eq!(packet, channel_data(0x4002, b"hello", true));
        let passed = two.send_channel(&mut world, 0x4002, b"hello");
        let packet = arrived(&mut world, passed, &one);
        assert_eq!(packet, channel_data(0x4001, b"hello", false));
    }
}

#[test]
fn a_peer_on_this_server_must_permit_too() {
    let mut world = World::new();
    let (mut one, _) = allocated(&mut world, Transport::Udp, CLIENT);
    let (_, at_two) = allocated(&mut world, Transport::Udp, "198.51.100.8:40000");
    assert_eq!(one.permit(&mut world, &[&at_two.to_string()]), 0);
    assert_eq!(
        one.send(&mut world, &at_two.to_string(), b"x"),
        Passed::Nothing
    );
    assert!(world.sent.is_empty());
}

#[test]
fn our_own_ports_are_never_sent_to_through_the_kernel() {
    let config = config();
    let mut sibling = config.clone();
    sibling.ports = 50_100..=50_199;
    let (mut world, mut other) = (World::with(config), World::with(sibling));
    let (mut one, at_one) = allocated(&mut world, Transport::Udp, CLIENT);
    let (mut two, at_two) = allocated(&mut world, Transport::Udp, "198.51.100.8:4000");
    let (mut three, at_three) = allocated(&mut other, Transport::Udp, "198.51.100.9:4000");
    assert_eq!(one.permit(&mut world, &["192.0.2.2:1"]), 0);
    // Without a permission at the other end nothing arrives there, nor anywhere else.
    let sent = one.send(&mut world, &at_two.to_string(), b"x");
    assert_eq!(sent, Passed::Nothing);
    assert_eq!(two.permit(&mut world, &["192.0.2.2:1"]), 0);
    let sent = one.send(&mut world, &at_two.to_string(), b"x");
    assert!(matches!(sent, Passed::ToClient(..)), "{sent:?}");
    // What another server of this host has opened is its own.
    let to_three = Passed::ToSibling(at_one, at_three, b"x".to_vec());
    assert_eq!(one.send(&mut world, &at_three.to_string(), b"x"), to_three);
    assert_eq!(three.refresh(&mut other, 0), Ok(0));
    assert_ne!(one.send(&mut world, &at_three.to_string(), b"x"), to_three);
}

#[test]
fn a_port_of_the_range_that_is_not_open_is_somebody_elses() {
    let stranger = "192.0.2.2:50050";
    let mut world = World::new();
    let (mut user, at_user) = allocated(&mut world, Transport::Udp, CLIENT);
    assert_eq!(user.permit(&mut world, &[stranger]), 0);
    let expected = Passed::ToPeer(at_user, peer(stranger), b"x".to_vec());
    assert_eq!(user.send(&mut world, stranger, b"x"), expected);
    // A test from elsewhere has no business on this host; one from this host has its browser there.
    for (source, is_here) in [("198.51.100.7:4001", false), ("192.0.2.2:4001", true)] {
        let mut test = Speaker::scoped(
            Transport::Udp,
            source,
            &RUN.replace('a', &is_here.to_string()[..1]),
        );
        let at_test = test.allocate(&mut world);
        assert_eq!(test.bind(&mut world, 0x4000, stranger), 0);
        let expected = match is_here {
            true => Passed::ToPeer(at_test, peer(stranger), b"x".to_vec()),
            false => Passed::Nothing,
        };
        assert_eq!(
            test.send_channel(&mut world, 0x4000, b"x"),
            expected,
            "{source}"
        );
        assert_eq!(test.send(&mut world, stranger, b"x"), expected, "{source}");
    }
}

#[test]
fn what_is_carried_is_counted() {
    let mut world = World::new();
    let (mut speaker, relayed) = allocated(&mut world, Transport::Udp, CLIENT);
    world.peer_says(relayed, peer(PEER), b"too early");
    assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
    world.take_events();
    for _ in 0..3 {
        speaker.send_channel(&mut world, 0x4000, b"12345");
        speaker.send(&mut world, PEER, b"12345");
        world.peer_says(relayed, peer(PEER), b"1234567");
    }
    let session = SessionId(1);
    let first = |direction| Event::FirstPacket {
        session,
        direction,
        peer: peer(PEER),
    };
    let expected = [first(Direction::ToPeer), first(Direction::ToClient)];
    assert_eq!(world.take_events(), expected);
    assert_eq!(speaker.refresh(&mut world, 0), Ok(0));
    let usage = Usage {
        received_packets: 6,
        received_bytes: 30,
        sent_packets: 3,
        sent_bytes: 21,
        unpermitted_packets: 1,
        capped_packets: 0,
    };
    assert_eq!(world.take_events()[0], Event::Usage { session, usage });
}
