//! Every part of a layout but the NATs and the names.

use crate::packets::{
    PATIENCE, Shot, accept, arrives, arrives_if, connects, is_lost, is_refused, listener, receive,
    send_all, udp,
};
use earshot_tests::lab::net::{Delay, Families, Family, Layout, Namespace, Nat, Network, Proxy};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    time::{Duration, Instant},
};

const TURN: u16 = 3478;

#[test]
fn each_family_is_there_or_has_no_way() {
    for &families in Families::ALL {
        let layout = Layout {
            families,
            ..Layout::default()
        };
        let Some(network) = Network::real(&layout) else {
            return;
        };
        for (family, any, is_there) in [
            (Family::V4, "0.0.0.0:0", families.v4()),
            (Family::V6, "[::]:0", families.v6()),
        ] {
            let relay = SocketAddr::new(network.relay_address(family), TURN);
            let (user, server) = (udp(network.user(), any), udp(network.relay(), relay));
            arrives_if(is_there, &user, &server, relay);
            // Not a black hole: the system knows that there is no way, as it does for people.
            let known = user.connect(relay);
            assert_eq!(known.is_ok(), is_there, "{families}: {known:?}");
        }
    }
}

#[test]
fn a_relay_behind_nat_has_a_private_address_and_is_reached_at_the_public_one() {
    let layout = Layout {
        relay_behind_nat: true,
        families: Families::Dual,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let public = network.relay_address(Family::V4);
    let own = network.relay_own_address(Family::V4);
    assert_ne!(public, own);
    let relay = udp(network.relay(), (own, TURN));
    let relayed = udp(network.relay(), (own, 50_000));
    let user = udp(network.user(), "0.0.0.0:0");
    let [host, _] = network.internet_addresses(Family::V4);
    let host = udp(network.internet(), (host, 7_000));

    let turn = SocketAddr::new(public, TURN);
    let seen = arrives(&user, &relay, turn);
    assert_eq!(arrives(&relay, &user, seen), turn);
    let kept = SocketAddr::new(public, 50_000);
    let from_relay = arrives(&relayed, &host, host.local_addr().expect("it is bound"));
    assert_eq!(from_relay, kept, "the port is kept");
    arrives(&host, &relayed, kept);
    // Both ends of a call on this relay.
    assert_eq!(arrives(&relayed, &relay, turn), kept);
    // It is private.
    is_lost(&user, &relay, (own, TURN).into());

    let six = network.relay_address(Family::V6);
    assert_eq!(six, network.relay_own_address(Family::V6));
    let (user, relay) = (
        udp(network.user(), "[::]:0"),
        udp(network.relay(), (six, TURN)),
    );
    arrives(&user, &relay, (six, TURN).into());
}

#[test]
fn two_users_reach_the_relay_and_by_its_help_each_other() {
    let layout = Layout {
        second_user: Some(Nat::Double),
        nat: Nat::Double,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), TURN);
    let server = udp(network.relay(), relay);
    let one = udp(network.user(), "0.0.0.0:0");
    let other = udp(
        network.second_user().expect("the layout has one"),
        "0.0.0.0:0",
    );
    let one_mapped = arrives(&one, &server, relay);
    let other_mapped = arrives(&other, &server, relay);
    assert_ne!(one_mapped.ip(), other_mapped.ip());
    // Neither lets strangers in: the first packet opens the way for the second (RFC 8445).
    is_lost(&one, &other, other_mapped);
    assert_eq!(arrives(&other, &one, one_mapped), other_mapped);
    assert_eq!(arrives(&one, &other, other_mapped), one_mapped);
}

#[test]
fn a_dead_second_interface_swallows_what_is_bound_to_it() {
    let layout = Layout {
        second_interface: true,
        families: Families::Dual,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    for (family, any, dead) in [
        (Family::V4, "0.0.0.0", "10.8.0.2"),
        (Family::V6, "::", "fd00:8::2"),
    ] {
        let relay = SocketAddr::new(network.relay_address(family), TURN);
        let server = udp(network.relay(), relay);
        let own = network.user_address(family).to_string();
        for (address, is_heard) in [(any, true), (&own, true), (dead, false)] {
            let socket = udp(network.user(), (address, 0));
            // Its system tells no error: nobody knows that the tunnel is dead.
            socket.send_to(b"x", relay).expect("it can be sent");
            arrives_if(is_heard, &socket, &server, relay);
        }
    }
}

#[test]
fn a_proxy_is_the_only_way_out() {
    let layout = Layout {
        proxy: Some(Proxy::AnyPort),
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let relay = SocketAddr::new(network.relay_address(Family::V4), TURN);
    let server = udp(network.relay(), relay);
    let listener = listener(network.relay(), relay);
    is_lost(&udp(network.user(), "0.0.0.0:0"), &server, relay);
    is_refused(network.user(), &listener, relay);

    assert_tunnel(&network, &listener, &relay.to_string());
    assert_tunnel(&network, &listener, "relay.test.example:3478");
}

#[test]
fn a_proxy_of_some_ports_refuses_the_others() {
    let layout = Layout {
        proxy: Some(Proxy::Ports(vec![443])),
        nat: Nat::Cgnat,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let relay = network.relay_address(Family::V4);
    let web = listener(network.relay(), (relay, 443));
    let _turn = listener(network.relay(), (relay, TURN));
    assert_tunnel(&network, &web, "relay.test.example:443");
    let (line, _) = ask_proxy(&network, "relay.test.example:3478");
    // RFC 9110, section 15.5.4.
    assert!(line.contains(" 403 "), "{line}");
}

#[test]
fn a_proxy_of_no_port_refuses_all() {
    let layout = Layout {
        proxy: Some(Proxy::Ports(Vec::new())),
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let _web = listener(network.relay(), (network.relay_address(Family::V4), 443));
    let (line, _) = ask_proxy(&network, "relay.test.example:443");
    assert!(line.contains(" 403 "), "{line}");
}

fn assert_tunnel(network: &Network, listener: &TcpListener, target: &str) {
    let (line, mut stream) = ask_proxy(network, target);
    assert!(line.contains(" 200 "), "{line}");
    let mut accepted = accept(listener, true).expect("it is connected");
    accepted.write_all(b"x").expect("it can be written");
    stream.read_exact(&mut [0]).expect("it passes");
}

/// CONNECT (RFC 9110, section 9.3.6): the first line of the answer, and what follows its head.
fn ask_proxy(network: &Network, target: &str) -> (String, BufReader<TcpStream>) {
    let proxy = network.proxy().expect("the layout has one");
    let stream = network.user().enter(|| TcpStream::connect(proxy));
    let mut stream = stream.expect("the namespace is there").expect("it listens");
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("it can be asked");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut stream = BufReader::new(stream);
    let head: Vec<String> = stream
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    (head.first().cloned().unwrap_or_default(), stream)
}

#[test]
fn delay_takes_its_time_each_way() {
    // So long that what a busy machine adds to the shortest of them is no third one.
    let delay = Delay {
        milliseconds: 300,
        ..Delay::default()
    };
    let Some([least, most]) = round_trips(delay, 10) else {
        return;
    };
    assert!(least >= Duration::from_millis(600), "{least:?}");
    assert!(least < Duration::from_millis(900), "{least:?} to {most:?}");
}

#[test]
fn jitter_makes_some_packets_faster_than_others() {
    let delay = Delay {
        milliseconds: 40,
        jitter: 20,
        ..Delay::default()
    };
    let Some([least, most]) = round_trips(delay, 20) else {
        return;
    };
    assert!(least >= Duration::from_millis(40), "{least:?}");
    assert!(
        most - least >= Duration::from_millis(20),
        "{least:?} to {most:?}"
    );
}

/// The shortest and longest of so many round trips. Packets keep their order, and TCP passes too.
fn round_trips(delay: Delay, number: usize) -> Option<[Duration; 2]> {
    let layout = Layout {
        delay: Some(delay),
        nat: Nat::Double,
        families: Families::Dual,
        ..Layout::default()
    };
    let network = Network::real(&layout)?;
    let relay = SocketAddr::new(network.relay_address(Family::V4), TURN);
    let (user, server) = (
        udp(network.user(), "0.0.0.0:0"),
        udp(network.relay(), relay),
    );
    let times: Vec<Duration> = (0..number)
        .map(|_| round_trip(&user, &server, relay))
        .collect();
    in_order(&user, &server, relay);
    let listener = listener(network.relay(), (relay.ip(), 443));
    connects(network.user(), &listener, (relay.ip(), 443).into());
    full_packet(network.user(), &server, relay);
    Some([*times.iter().min()?, *times.iter().max()?])
}

fn round_trip(user: &UdpSocket, server: &UdpSocket, relay: SocketAddr) -> Duration {
    let start = Instant::now();
    user.send_to(b"x", relay).expect("it can be sent");
    let (_, mapped) = receive(server, &mut [0], PATIENCE).expect("it arrives");
    server.send_to(b"x", mapped).expect("it can be sent");
    receive(user, &mut [0], PATIENCE).expect("it comes back");
    start.elapsed()
}

fn in_order(user: &UdpSocket, server: &UdpSocket, relay: SocketAddr) {
    for number in 0..100 {
        user.send_to(&[number], relay).expect("it can be sent");
    }
    for number in 0..100 {
        let mut datagram = [0];
        receive(server, &mut datagram, PATIENCE).expect("it arrives");
        assert_eq!(datagram, [number]);
    }
}

/// 1,500 bytes with the headers.
fn full_packet(user: &Namespace, server: &UdpSocket, relay: SocketAddr) {
    let socket = udp(user, "0.0.0.0:0");
    let mut shot = Shot::new("full", &socket, server, relay);
    shot.datagram = vec![b'x'; 1_472];
    let arrivals = send_all(&[shot], |_| true);
    assert_eq!(arrivals.sources.len(), 1, "{arrivals:?}");
}

#[test]
fn two_networks_stand_side_by_side() {
    let layout = Layout::default();
    let (Some(one), Some(other)) = (Network::real(&layout), Network::real(&layout)) else {
        return;
    };
    let relay = SocketAddr::new(one.relay_address(Family::V4), TURN);
    let user = udp(one.user(), "0.0.0.0:0");
    let own = udp(one.relay(), relay);
    let foreign = udp(other.relay(), relay);
    arrives(&user, &own, relay);
    is_lost(&user, &foreign, relay);
}
