//! How unevenly a stream of packets comes out of a wire: the interarrival jitter of RFC 3550, section 6.4.1.

use crate::packets::{PATIENCE, udp};
use earshot_tests::{
    again::uninterrupted,
    lab::net::{Delay, Family, Layout, Network},
};
use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

/// Speech is sent so (RFC 7587, section 4.2).
const PACE: Duration = Duration::from_millis(20);
const PACKETS: u8 = 200;
/// The estimate follows by a sixteenth: after so many packets hardly anything is left of its beginning at zero.
const SETTLED: usize = 64;

#[test]
fn long_bursts_are_more_jitter_than_buffers_bear() {
    // Eight packets leave at once: seven deviate by 20 ms and one by 140, so the mean is 35 ms, and within one
    // burst the estimate goes from 38.6 down to 31.8.
    for jitter in measured(160) {
        assert!((30.0..42.0).contains(&jitter), "{jitter} ms");
    }
}

#[test]
fn short_bursts_are_moderate_jitter() {
    // Two at once: every one deviates by 20 ms.
    for jitter in measured(40) {
        assert!((15.0..25.0).contains(&jitter), "{jitter} ms");
    }
}

#[test]
fn without_bursts_there_is_little_jitter() {
    // What a busy machine makes of it.
    for jitter in measured(0) {
        assert!(jitter < 8.0, "{jitter} ms");
    }
}

/// The jitter to the user and from them, in milliseconds, both at once; nothing where the network cannot be built.
fn measured(burst: u32) -> Vec<f64> {
    let delay = Delay {
        burst,
        ..Delay::default()
    };
    let layout = Layout {
        delay: Some(delay),
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return Vec::new();
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 3478);
    let (user, server) = (
        udp(network.user(), "0.0.0.0:0"),
        udp(network.relay(), relay),
    );
    user.connect(relay).expect("there is a route");
    user.send(&[0]).expect("it can be sent");
    let (_, mapped) = server.recv_from(&mut [0]).expect("it arrives");
    server.connect(mapped).expect("there is a route");
    std::thread::scope(|scope| {
        let directions = [(&user, &server), (&server, &user)];
        let directions = directions.map(|(from, to)| {
            (
                scope.spawn(move || sent(from)),
                scope.spawn(move || received(to)),
            )
        });
        let ends = directions.map(|(sent, received)| {
            let sent = sent.join().expect("the sender does not panic");
            jitter(
                &sent,
                &received.join().expect("the receiver does not panic"),
            )
        });
        ends.into()
    })
}

/// When each packet was sent.
fn sent(socket: &UdpSocket) -> Vec<Instant> {
    let start = Instant::now();
    let one = |number: u8| {
        let due = start + PACE * u32::from(number);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        socket.send(&[number]).expect("it can be sent");
        now
    };
    (0..PACKETS).map(one).collect()
}

/// When each arrived; they come in order, and all of them.
fn received(socket: &UdpSocket) -> Vec<Instant> {
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let one = |number: u8| {
        let mut packet = [0];
        uninterrupted(|| socket.recv(&mut packet)).expect("it arrives");
        assert_eq!(packet, [number], "in order");
        Instant::now()
    };
    (0..PACKETS).map(one).collect()
}

/// RFC 3550, section 6.4.1: J(i) = J(i-1) + (|D(i-1,i)| - J(i-1))/16, with D the difference of two transit times. The
/// middle one of the settled estimates: a late awakening of this test raises those of a few packets alone.
fn jitter(sent: &[Instant], received: &[Instant]) -> f64 {
    let transit: Vec<f64> = sent
        .iter()
        .zip(received)
        .map(|(sent, received)| received.duration_since(*sent).as_secs_f64() * 1_000.0)
        .collect();
    let mut jitter = 0.0;
    let estimates = transit.windows(2).map(|pair| {
        jitter += ((pair[1] - pair[0]).abs() - jitter) / 16.0;
        jitter
    });
    let mut settled: Vec<f64> = estimates.skip(SETTLED).collect();
    settled.sort_by(f64::total_cmp);
    settled[settled.len() / 2]
}
