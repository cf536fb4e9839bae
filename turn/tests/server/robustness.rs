//! Whatever arrives, nothing panics, and nothing is let through that was not before.

use crate::support::*;
use earshot_turn::{Event, Transport, framing::next_frame};
use proptest::prelude::*;
use stun_types::{
    message::{BINDING, MessageClass},
    prelude::*,
};
use turn_types::{
    attribute::{ChannelNumber, Data, EvenPort, Lifetime, XorPeerAddress},
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND},
};

const CLIENT: &str = "198.51.100.7:40000";
const PEER: &str = "203.0.113.1:6000";

/// A valid message of every kind, by a client with an allocation.
fn valid(world: &mut World, kind: usize, protection: Protection) -> (Speaker, Vec<u8>) {
    let mut speaker = Speaker::new(Transport::Tcp, CLIENT);
    speaker.protection = protection;
    speaker.allocate(world);
    assert_eq!(speaker.bind(world, 0x4000, PEER), 0);
    let peer = XorPeerAddress::new(addr(PEER), (speaker.transaction + 1).into());
    let message = match kind {
        0 => speaker.request(BINDING, &[]),
        1 => speaker.request(
            ALLOCATE,
            &[&udp(), &Lifetime::new(700), &EvenPort::new(true)],
        ),
        2 => speaker.request(REFRESH, &[&Lifetime::new(700)]),
        3 => speaker.request(CREATE_PERMISSION, &[&peer, &peer]),
        4 => speaker.request(CHANNEL_BIND, &[&peer, &ChannelNumber::new(0x4000)]),
        5 => {
            let mut message = speaker.builder(MessageClass::Indication, SEND);
            message.add_attribute(&peer).unwrap();
            message.add_attribute(&Data::new(b"hello")).unwrap();
            message.finish()
        }
        _ => channel_data(0x4000, b"hello", true),
    };
    (speaker, message)
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        headroom in 0usize..60,
        known in any::<bool>(),
    ) {
        let mut world = World::new();
        world.headroom = headroom;
        let mut speaker = Speaker::udp(CLIENT);
        if known {
            speaker.allocate(&mut world);
        }
        world.client_says(speaker.client, &bytes);
        let _ = next_frame(&bytes);
        let _ = earshot_turn::answer_binding(&bytes, addr(CLIENT));
    }

    #[test]
    fn random_attributes_do_no_harm(
        method in prop::sample::select(vec![1u16, 3, 4, 6, 8, 9]),
        indication in any::<bool>(),
        attributes in prop::collection::vec(
            (prop_oneof![0u16..0x30, 0x8000u16..0x8030], prop::collection::vec(any::<u8>(), 0..40)),
            0..12,
        ),
    ) {
        let mut world = World::new();
        let mut speaker = Speaker::udp(CLIENT);
        speaker.allocate(&mut world);
        let mut message = vec![0, method as u8 | if indication { 0x10 } else { 0 }, 0, 0];
        message.extend([0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        for (kind, value) in attributes {
            message.extend(kind.to_be_bytes());
            message.extend((value.len() as u16).to_be_bytes());
            message.extend(&value);
            message.resize(message.len().next_multiple_of(4), 0);
        }
        let length = (message.len() - 20) as u16;
        message[2..4].copy_from_slice(&length.to_be_bytes());
        world.client_says(speaker.client, &message);
    }

    /// A valid message with a few bytes changed, cut or doubled. What is signed and changed is never obeyed.
    #[test]
    fn mutated_messages_do_no_harm(
        kind in 0usize..7,
        protection in prop::sample::select(vec![Protection::Classic, Protection::Modern]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut world = World::new();
        let (speaker, mut message) = valid(&mut world, kind, protection);
        let original = message.clone();
        for (place, value) in changes {
            let place = place.index(message.len());
            message[place] = value;
        }
        if let Some(cut) = cut {
            message.truncate(cut.index(message.len()));
        }
        world.take_events();
        world.client_says(speaker.client, &message);
        let _ = next_frame(&message);
        let _ = earshot_turn::answer_binding(&message, speaker.client.addr);
        if (2..=4).contains(&kind) && message.get(..original.len()) != Some(&original[..]) {
            for event in world.take_events() {
                let obeyed = !matches!(event, Event::Refused { .. } | Event::Challenged { .. } | Event::Bound { .. });
                prop_assert!(!obeyed, "{event:?}");
            }
        }
    }

    #[test]
    fn long_messages_do_no_harm(length in 0usize..70_000, first in any::<u8>()) {
        let mut world = World::new();
        let mut speaker = Speaker::new(Transport::Tcp, CLIENT);
        let relayed = speaker.allocate(&mut world);
        speaker.bind(&mut world, 0x4000, PEER);
        let mut bytes = vec![0; length.max(24)];
        bytes[0] = first;
        bytes[2..4].copy_from_slice(&((length.saturating_sub(20)) as u16).to_be_bytes());
        bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
        // One attribute that fills the message: longer ones must not overflow the length fields either.
        bytes[20..22].copy_from_slice(&[0x80, 0x99]);
        bytes[22..24].copy_from_slice(&((length.saturating_sub(24)) as u16).to_be_bytes());
        world.client_says(speaker.client, &bytes);
        world.peer_says(relayed, peer(PEER), &bytes);
        world.peer_says(relayed, peer("203.0.113.1:1"), &bytes);
    }
}

#[test]
fn ranges_outside_the_buffer_do_no_harm() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    let relayed = speaker.allocate(&mut world);
    let mut buffer = [0; 10];
    #[expect(
        clippy::reversed_empty_ranges,
        reason = "a caller's mistake must not be ours"
    )]
    for range in [0..11, 5..4, 20..30, 10..10, usize::MAX - 1..usize::MAX] {
        let (server, now) = (&mut world.server, world.now);
        server.handle_client(now, speaker.client, &mut buffer, range.clone());
        server.handle_peer(now, relayed, peer(PEER), &mut buffer, range);
    }
    assert_eq!(world.server.poll_action(), None);
}
