//! What faults do besides breaking: how it looks to who sends, to calls that run already, and how much is lost.

use crate::packets::{Shot, carry, connect, listener, send, send_all, udp};
use earshot_tests::lab::net::{Families, Family, Fault, INTERCEPTOR, Layout, Network};
use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpStream, UdpSocket},
    thread,
    time::Duration,
};

/// A rejection comes at once.
const SOON: Duration = Duration::from_millis(500);

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
        let outcome = |fault| {
            let socket = udp(network.user(), any);
            let relay = SocketAddr::new(network.relay_address(family), 3478);
            socket.connect(relay).expect("there is a route");
            network.apply(fault).expect("it can be made wrong");
            let outcome = told(&socket);
            network.lift().expect("it can be mended");
            outcome
        };
        let dropped = outcome(Fault::UdpDropped);
        assert_eq!(dropped.kind(), ErrorKind::WouldBlock, "nothing is told");
        let rejected = outcome(Fault::UdpRejected);
        // icmp(7): ICMP's “communication administratively filtered” is EHOSTUNREACH, ICMPv6's is EACCES.
        let told = [ErrorKind::HostUnreachable, ErrorKind::PermissionDenied];
        assert!(told.contains(&rejected.kind()), "{rejected}");
    }
}

/// What the system tells a connected socket after it has sent.
fn told(socket: &UdpSocket) -> io::Error {
    socket.set_read_timeout(Some(SOON)).expect("a timeout");
    socket.send(b"x").expect("it can be sent");
    socket.recv(&mut [0]).expect_err("nobody answers")
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
    connect(network.user(), &at_relay, tls).expect("nothing is wrong yet");
    network
        .apply(Fault::TlsIntercepted)
        .expect("it can be made wrong");
    connect(network.user(), &on_router, tls).expect("it comes to the router");
}

#[test]
fn dropped_tcp_is_silence_and_rejected_tcp_a_refusal() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 5349);
    let _listener = listener(network.relay(), relay);
    let outcome = |fault| {
        network.apply(fault).expect("it can be made wrong");
        let tried = network
            .user()
            .enter(|| TcpStream::connect_timeout(&relay, SOON));
        network.lift().expect("it can be mended");
        tried
            .expect("the namespace is there")
            .expect_err("it is closed")
            .kind()
    };
    assert_eq!(outcome(Fault::TcpDropped), ErrorKind::TimedOut);
    assert_eq!(outcome(Fault::TcpRejected), ErrorKind::ConnectionRefused);
}

#[test]
fn a_fault_holds_for_connections_that_run_already() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 5349);
    let listener = listener(network.relay(), relay);
    let (mut user, mut server) =
        connect(network.user(), &listener, relay).expect("nothing is wrong yet");
    network
        .apply(Fault::TcpDropped)
        .expect("it can be made wrong");
    carry(&mut user, &mut server).expect_err("it is dropped");
    carry(&mut server, &mut user).expect_err("it is dropped");
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
    assert!(connect(network.user(), &web, relay).is_ok());
    network
        .apply(Fault::ServerBlackholed)
        .expect("it can be made wrong");
    assert!(connect(network.user(), &web, relay).is_err());
    network.lift().expect("it can be mended");
    assert!(connect(network.user(), &web, relay).is_ok());
    assert!(send(&user, &server, relay).is_some());
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
            let mapped = send(&end, &server, relay).expect("nothing is wrong yet");
            (end, mapped)
        });
        network.apply(fault).expect("it can be made wrong");
        // Of twenty packets in ChannelData (RFC 8656, section 12.4), those that arrive.
        let arrive = |(end, mapped): &(UdpSocket, SocketAddr), first_byte| {
            let shots: Vec<Shot<'_>> = (0..20)
                .map(|number| {
                    let mut shot = Shot::new(&number.to_string(), &server, end, *mapped);
                    let content = std::mem::take(&mut shot.datagram);
                    shot.datagram = [&[0x40, 0, 0, 120, first_byte][..], &content].concat();
                    shot.datagram.resize(124, 0);
                    shot
                })
                .collect();
            send_all(&shots).len()
        };
        let (dtls, rtp) = (20, 0x80);
        for end in &ends[..3] {
            let first = arrive(end, rtp);
            assert!((5..15).contains(&first), "{fault}: {first}, a beginning");
        }
        for end in &ends {
            assert_eq!(arrive(end, dtls), 20, "{fault}: only sound is held back");
        }
        connect(network.user(), &listener, relay).expect("it lives");
        let last = arrive(&ends[3], rtp);
        assert!((1..10).contains(&last), "{fault}: {last} to the fourth");
        for end in &ends {
            assert_eq!(arrive(end, dtls), 0, "{fault}: it is dead");
        }
        let tried = network
            .user()
            .enter(|| TcpStream::connect_timeout(&relay, SOON));
        let tried = tried.expect("the namespace is there");
        assert_eq!(tried.expect_err("it is dead").kind(), kind, "{fault}");
    }
}

#[test]
fn a_fault_of_the_second_user_is_not_the_first_ones() {
    let layout = Layout {
        second_user: true,
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
    let both = || [&user, &second].map(|socket| send(socket, &server, relay).is_some());
    assert_eq!(both(), [true, true]);
    network
        .apply_to_second_user(Fault::UdpDropped)
        .expect("it can be made wrong");
    assert_eq!(both(), [true, false]);
    network.lift().expect("it can be mended");
    network
        .apply(Fault::UdpDropped)
        .expect("it can be made wrong");
    assert_eq!(both(), [false, true]);
}

#[test]
fn loss_loses_its_percentage_each_way() {
    const SENT: u32 = 1_000;
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), 3478);
    let server = udp(network.relay(), relay);
    let user = udp(network.user(), "0.0.0.0:0");
    let mapped = send(&user, &server, relay).expect("nothing is wrong yet");
    for percent in [0, 20, 50] {
        network
            .apply(Fault::Loss(percent))
            .expect("it can be made wrong");
        for (from, to, at) in [(&user, &server, relay), (&server, &user, mapped)] {
            let lost = SENT - arrivals(SENT, from, to, at);
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

fn arrivals(sent: u32, from: &UdpSocket, to: &UdpSocket, at: SocketAddr) -> u32 {
    to.set_read_timeout(Some(SOON)).expect("a timeout");
    thread::scope(|scope| {
        let counted = scope.spawn(|| {
            let mut buffer = [0; 16];
            std::iter::from_fn(|| to.recv(&mut buffer).ok()).count()
        });
        for number in 0..sent {
            from.send_to(b"x", at).expect("it can be sent");
            if number % 50 == 49 {
                // The receiver's queue is short.
                thread::sleep(Duration::from_millis(2));
            }
        }
        u32::try_from(counted.join().expect("it counts")).expect("a thousand")
    })
}
