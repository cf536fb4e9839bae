//! ChannelData is forwarded both ways without allocating memory: counted by the allocator itself.

mod support;

use earshot_turn::{Forward, HEADROOM, PeerAddr, Transport};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};
use support::{Speaker, World, addr, channel_data};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // Not while a thread ends: then nobody counts.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe by its trait; all is handed on to the system's"
)]
// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> usize {
    let before = COUNT.get();
    run();
    COUNT.get() - before
}

#[test]
fn the_count_counts() {
    assert_eq!(
        allocations(|| drop(std::hint::black_box(vec![1u8; 100]))),
        1
    );
}

#[test]
fn channel_data_is_forwarded_both_ways_without_allocating() {
    const PEER: &str = "203.0.113.1:6000";
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::new();
        let mut speaker = Speaker::new(transport, "198.51.100.7:40000");
        let relayed = speaker.allocate(&mut world);
        assert_eq!(speaker.bind(&mut world, 0x4000, PEER), 0);
        // The first packet each way is an event.
        speaker.send_channel(&mut world, 0x4000, b"x");
        world.peer_says(relayed, PeerAddr(addr(PEER)), b"x");

        let packet = channel_data(0x4000, &[7; 172], true);
        let mut buffer = vec![0; HEADROOM + 256];
        let peer = PeerAddr(addr(PEER));
        let (server, now) = (&mut world.server, world.now);
        let count = allocations(|| {
            for _ in 0..1000 {
                let range = HEADROOM..HEADROOM + packet.len();
                buffer[range.clone()].copy_from_slice(&packet);
                let forward = server.handle_client(now, speaker.client, &mut buffer, range);
                let Forward::ToPeer { payload, .. } = forward else {
                    panic!("{forward:?}");
                };
                let forward = server.handle_peer(now, relayed, peer, &mut buffer, payload);
                assert!(matches!(forward, Forward::ToClient { .. }));
            }
        });
        assert_eq!(count, 0);
    }
}

#[test]
fn nor_does_it_between_two_clients_of_this_server() {
    let mut world = World::new();
    let mut one = Speaker::udp("198.51.100.7:40000");
    let mut two = Speaker::udp("198.51.100.8:40000");
    let (at_one, at_two) = (one.allocate(&mut world), two.allocate(&mut world));
    assert_eq!(one.bind(&mut world, 0x4000, &at_two.to_string()), 0);
    assert_eq!(two.bind(&mut world, 0x4001, &at_one.to_string()), 0);
    one.send_channel(&mut world, 0x4000, b"x");

    let packet = channel_data(0x4000, &[7; 172], false);
    let mut buffer = vec![0; HEADROOM + 256];
    let (server, now) = (&mut world.server, world.now);
    let count = allocations(|| {
        for _ in 0..1000 {
            let range = HEADROOM..HEADROOM + packet.len();
            buffer[range.clone()].copy_from_slice(&packet);
            let forward = server.handle_client(now, one.client, &mut buffer, range.clone());
            let Forward::ToClient { client, payload } = forward else {
                panic!("{forward:?}");
            };
            // In place: where the packet lay, the packet for the other lies.
            assert!(client == two.client && payload == range);
        }
    });
    assert_eq!(count, 0);
}
