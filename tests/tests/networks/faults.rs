//! What faults do besides breaking: how it looks to who sends, to calls that run already, and how much is lost.

use crate::packets::{
    Shot, arrives, arrives_if, carry, connects, is_refused, listener, patience, receive, send_all,
    try_connect, udp,
};
use earshot_tests::lab::net::{Families, Family, Fault, INTERCEPTOR, Layout, Nat, Network};
use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

#[test]
fn dropped_udp_is_silence_and_rejected_udp_an_error() {
    let layout = Layout {
        families: Families::Dual,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    for (family, any) in [(Family::V4, "0.0.0.0:0"), (Family::V6, "[::]:0")] {
        let outcome = |fault, is_told| {
            let socket = udp(network.user(), any);
            let relay = SocketAddr::new(network.relay_address(family), 3478);
            socket.connect(relay).expect("there is a route");
            network.apply(fault).expect("it can be made wrong");
            let outcome = told(&socket, is_told);
            network.lift().expect("it can be mended");
            outcome
        };
        let dropped = outcome(Fault::UdpDropped, false);
        assert_eq!(dropped.kind(), ErrorKind::WouldBlock, "nothing is told");
        let rejected = outcome(Fault::UdpRejected, true);
        // icmp(7): ICMP's “communication administratively filtered” is EHOSTUNREACH, ICMPv6's is EACCES.
        let told = [ErrorKind::HostUnreachable, ErrorKind::PermissionDenied];
        assert!(told.contains(&rejected.kind()), "{rejected}");
    }
}

/// What the system tells a connected socket after it has sent.
fn told(socket: &UdpSocket, is_expected: bool) -> io::Error {
    socket.send(b"x").expect("it can be sent");
    receive(socket, &mut [0], patience(is_expected)).expect_err("nobody answers")
}

#[test]
fn intercepted_tls_ends_on_the_users_router() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = network.relay_address(Family::V4);
    let tls = SocketAddr::new(relay, 5349);
    let at_relay = listener(network.relay(), tls);
    let on_router = listener(network.router(), ("0.0.0.0", INTERCEPTOR));
    connects(network.user(), &at_relay, tls);
    network
        .apply(Fault::TlsIntercepted)
        .expect("it can be made wrong");
    connects(network.user(), &on_router, tls);
}

#[test]
fn dropped_tcp_is_silence_and_rejected_tcp_a_refusal() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 5349);
    let _listener = listener(network.relay(), relay);
    let outcome = |fault, is_told| {
        network.apply(fault).expect("it can be made wrong");
        let tried = try_connect(network.user(), relay, is_told);
        network.lift().expect("it can be mended");
        tried.expect_err("it is closed").kind()
    };
    let refused = ErrorKind::ConnectionRefused;
    assert_eq!(outcome(Fault::TcpDropped, false), ErrorKind::TimedOut);
    assert_eq!(outcome(Fault::TcpRejected, true), refused);
}

#[test]
fn a_fault_holds_for_connections_that_run_already() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 5349);
    let listener = listener(network.relay(), relay);
    let (mut user, mut server) = connects(network.user(), &listener, relay);
    network
        .apply(Fault::TcpDropped)
        .expect("it can be made wrong");
    carry(&mut user, &mut server, false).expect_err("it is dropped");
    carry(&mut server, &mut user, false).expect_err("it is dropped");
}

#[test]
fn two_faults_hold_together() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 443);
    let (user, server) = (
        udp(network.user(), "0.0.0.0:0"),
        udp(network.relay(), relay),
    );
    let web = listener(network.relay(), relay);
    network
        .apply(Fault::OnlyTcp443)
        .expect("it can be made wrong");
    connects(network.user(), &web, relay);
    network
        .apply(Fault::ServerBlackholed)
        .expect("it can be made wrong");
    is_refused(network.user(), &web, relay);
    network.lift().expect("it can be mended");
    connects(network.user(), &web, relay);
    arrives(&user, &server, relay);
}

/// Sound to three ends is not yet two calls, sound to four is.
#[test]
fn a_host_dies_when_its_calls_have_sound() {
    for (fault, kind) in [
        (Fault::ServerDiesInCalls, ErrorKind::TimedOut),
        (Fault::RelayDiesInCalls, ErrorKind::ConnectionRefused),
    ] {
        let Some(network) = Network::real(&Layout::default()) else {
            return;
        };
        let relay = SocketAddr::new(network.relay_address(Family::V4), 3478);
        let server = udp(network.relay(), relay);
        let listener = listener(network.relay(), relay);
        let ends = [(); 4].map(|()| {
            let end = udp(network.user(), "0.0.0.0:0");
            let mapped = arrives(&end, &server, relay);
            (end, mapped)
        });
        network.apply(fault).expect("it can be made wrong");
        // Of twenty packets in ChannelData (RFC 8656, section 12.4), those that arrive; the first so many should.
        let arrive = |(end, mapped): &(UdpSocket, SocketAddr), first_byte, expected: u32| {
            let shots: Vec<Shot<'_>> = (0..20)
                .map(|number| {
                    let mut shot = Shot::new(&number.to_string(), &server, end, *mapped);
                    let content = std::mem::take(&mut shot.datagram);
                    shot.datagram = [&[0x40, 0, 0, 120, first_byte][..], &content].concat();
                    shot.datagram.resize(124, 0);
                    shot
                })
                .collect();
            let is_expected = |name: &str| name.parse().is_ok_and(|number: u32| number < expected);
            send_all(&shots, is_expected).sources.len()
        };
        let (dtls, rtp) = (20, 0x80);
        for end in &ends[..3] {
            let first = arrive(end, rtp, 5);
            assert!((5..15).contains(&first), "{fault}: {first}, a beginning");
        }
        for end in &ends {
            let all = arrive(end, dtls, 20);
            assert_eq!(all, 20, "{fault}: only sound is held back");
        }
        connects(network.user(), &listener, relay);
        let last = arrive(&ends[3], rtp, 1);
        assert!((1..10).contains(&last), "{fault}: {last} to the fourth");
        for end in &ends {
            assert_eq!(arrive(end, dtls, 0), 0, "{fault}: it is dead");
        }
        let is_told = kind == ErrorKind::ConnectionRefused;
        let tried = try_connect(network.user(), relay, is_told);
        assert_eq!(tried.expect_err("it is dead").kind(), kind, "{fault}");
    }
}

/// The answer comes through, the same request again does not, nor what is anything else.
#[test]
fn a_relay_dies_when_it_has_answered_one_request() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 3478);
    let (user, server) = (
        udp(network.user(), "0.0.0.0:0"),
        udp(network.relay(), relay),
    );
    network
        .apply(Fault::RelayDiesWhenAsked)
        .expect("it can be made wrong");
    // The first two bytes of a request: class and method (RFC 8489, section 5; RFC 8656, section 17).
    let (binding, allocate) = ([0, 1], [0, 3]);
    let comes = |request: [u8; 2], is_expected| {
        let mut shot = Shot::new("asked", &user, &server, relay);
        shot.datagram.splice(..0, request);
        send_all(&[shot], |_| is_expected).sources.remove("asked")
    };
    assert_eq!(comes(binding, false), None);
    let mapped = comes(allocate, true).expect("the first one comes");
    arrives(&server, &user, mapped);
    for request in [allocate, binding] {
        assert_eq!(comes(request, false), None);
    }
    let tried = try_connect(network.user(), relay, true);
    assert_eq!(
        tried.expect_err("it is dead").kind(),
        ErrorKind::ConnectionRefused
    );
}

#[test]
fn a_fault_of_the_second_user_is_not_the_first_ones() {
    let layout = Layout {
        second_user: Some(Nat::Double),
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 3478);
    let server = udp(network.relay(), relay);
    let user = udp(network.user(), "0.0.0.0:0");
    let second = network.second_user().expect("the layout has one");
    let second = udp(second, "0.0.0.0:0");
    let expect = |of_first, of_second| {
        arrives_if(of_first, &user, &server, relay);
        arrives_if(of_second, &second, &server, relay);
    };
    expect(true, true);
    network
        .apply_to_second_user(Fault::UdpDropped)
        .expect("it can be made wrong");
    expect(true, false);
    network.lift().expect("it can be mended");
    network
        .apply(Fault::UdpDropped)
        .expect("it can be made wrong");
    expect(false, true);
}

#[test]
fn loss_loses_its_percentage_each_way() {
    const SENT: u32 = 1_000;
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = network.relay_address(Family::V4);
    let way_out = |port| Way::out(&network, SocketAddr::new(relay, port));
    // Faults leave DNS alone, so nothing that follows by its port is lost.
    let (out, out_after) = (way_out(3478), way_out(53));
    let (back, back_after) = (out.back(), out_after.back());
    for percent in [0, 20, 50] {
        network
            .apply(Fault::Loss(percent))
            .expect("it can be made wrong");
        for (way, after) in [(&out, &out_after), (&back, &back_after)] {
            let lost = SENT - way.arrivals(SENT, after);
            // A binomial distribution: five standard deviations hold all but one of three million runs.
            let share = f64::from(percent) / 100.0;
            let expected = f64::from(SENT) * share;
            let deviation = (expected * (1.0 - share)).sqrt();
            let off = (f64::from(lost) - expected).abs();
            assert!(off <= 5.0 * deviation, "{lost} of {SENT} at {percent} %");
        }
        network.lift().expect("it can be mended");
    }
}

/// A way for datagrams.
struct Way {
    from: UdpSocket,
    to: UdpSocket,
    at: SocketAddr,
    /// Where `from` is seen.
    seen: SocketAddr,
}

impl Way {
    /// From the user to this address of the relay's.
    fn out(network: &Network, at: SocketAddr) -> Self {
        let (from, to) = (udp(network.user(), "0.0.0.0:0"), udp(network.relay(), at));
        let seen = arrives(&from, &to, at);
        Self { from, to, at, seen }
    }

    fn back(&self) -> Self {
        let own = |socket: &UdpSocket| socket.try_clone().expect("it can be shared");
        Self {
            from: own(&self.to),
            to: own(&self.from),
            at: self.seen,
            seen: self.at,
        }
    }

    /// How many of so many datagrams arrive. What is sent by the way `after` passes after them.
    fn arrivals(&self, sent: u32, after: &Self) -> u32 {
        // The receiver's queue is short.
        const AT_ONCE: u32 = 50;
        let mut arrived = 0;
        let mut take = |within| {
            while receive(&self.to, &mut [0; 16], within).is_ok() {
                arrived += 1;
            }
        };
        for _ in 0..sent / AT_ONCE {
            for _ in 0..AT_ONCE {
                self.from.send_to(b"x", self.at).expect("it can be sent");
            }
            arrives(&after.from, &after.to, after.at);
            take(Duration::ZERO);
        }
        // One processor may have been behind another.
        take(patience(false));
        arrived
    }
}
