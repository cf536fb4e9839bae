//! Every kind of NAT, by RFC 4787: how it maps ports, and whom it lets in.

use crate::packets::{arrives, arrives_if, connect, connects, is_lost, listener, udp};
use earshot_tests::lab::net::{Families, Family, Layout, Nat, Network};
use std::net::{IpAddr, SocketAddr};

/// What is expected of a NAT.
struct Kind {
    nat: Nat,
    /// All destinations see one port.
    one_mapping: bool,
    /// Another port of a host that was sent to gets in.
    other_port_gets_in: bool,
    /// A host that was not sent to gets in.
    stranger_gets_in: bool,
    /// What the internet sees.
    seen_address: &'static str,
}

#[test]
fn without_nat_the_users_own_address_is_seen_and_reached() {
    let nat = Nat::None;
    expect(Kind {
        nat,
        one_mapping: true,
        other_port_gets_in: true,
        stranger_gets_in: true,
        seen_address: "45.80.11.2",
    });
}

#[test]
fn endpoint_independent_has_one_mapping_for_all() {
    expect(Kind {
        nat: Nat::EndpointIndependent,
        one_mapping: true,
        other_port_gets_in: true,
        stranger_gets_in: true,
        seen_address: "45.80.10.2",
    });
}

#[test]
fn address_dependent_has_one_mapping_for_known_addresses() {
    expect(Kind {
        nat: Nat::AddressDependent,
        one_mapping: true,
        other_port_gets_in: true,
        stranger_gets_in: false,
        seen_address: "45.80.10.2",
    });
}

#[test]
fn symmetric_has_another_mapping_per_destination() {
    expect(Kind {
        nat: Nat::Symmetric,
        one_mapping: false,
        other_port_gets_in: false,
        stranger_gets_in: false,
        seen_address: "45.80.10.2",
    });
}

#[test]
fn double_translates_twice() {
    let nat = Nat::Double;
    let seen_between = expect(Kind {
        nat,
        one_mapping: true,
        other_port_gets_in: false,
        stranger_gets_in: false,
        seen_address: "45.80.10.2",
    });
    if let Some(seen_between) = seen_between {
        assert_eq!(seen_between.to_string(), "192.168.178.2");
    }
}

#[test]
fn cgnat_translates_twice_through_shared_addresses() {
    let nat = Nat::Cgnat;
    let seen_between = expect(Kind {
        nat,
        one_mapping: true,
        other_port_gets_in: false,
        stranger_gets_in: false,
        seen_address: "45.80.10.2",
    });
    let Some(IpAddr::V4(seen_between)) = seen_between else {
        return;
    };
    // RFC 6598: 100.64.0.0/10.
    let [a, b, ..] = seen_between.octets();
    assert!(a == 100 && (64..=127).contains(&b), "{seen_between}");
}

#[test]
fn ipv6_is_not_translated_and_only_answers_get_in() {
    let layout = Layout {
        families: Families::V6,
        nat: Nat::Double,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let [known, stranger] = network.internet_addresses(Family::V6);
    let inside = udp(network.user(), "[::]:0");
    let known = udp(network.internet(), (known, 7_000));
    let stranger = udp(network.internet(), (stranger, 7_000));
    let seen = arrives(&inside, &known, address(&known));
    assert_eq!(seen.ip(), network.user_address(Family::V6));
    assert_eq!(arrives(&known, &inside, seen), address(&known));
    is_lost(&stranger, &inside, seen);
}

/// Sends packets through the NAT, both ways. What is seen between its two routers, if it has two.
fn expect(kind: Kind) -> Option<IpAddr> {
    let layout = Layout {
        nat: kind.nat,
        ..Layout::default()
    };
    let network = Network::real(&layout)?;
    let [known, stranger] = network.internet_addresses(Family::V4);
    let inside = udp(network.user(), "0.0.0.0:0");
    let known_port = udp(network.internet(), (known, 7_000));
    let other_port = udp(network.internet(), (known, 7_001));
    let stranger = udp(network.internet(), (stranger, 7_000));

    let seen = arrives(&inside, &known_port, address(&known_port));
    assert_eq!(seen.ip().to_string(), kind.seen_address);
    let answer = arrives(&known_port, &inside, seen);
    assert_eq!(answer, address(&known_port), "an answer gets in");
    arrives_if(kind.other_port_gets_in, &other_port, &inside, seen);
    arrives_if(kind.stranger_gets_in, &stranger, &inside, seen);

    // Also to those who knocked in vain.
    for destination in [&other_port, &stranger] {
        let seen_there = arrives(&inside, destination, address(destination));
        assert_eq!(seen_there.ip(), seen.ip());
        assert_eq!(
            seen_there.port() == seen.port(),
            kind.one_mapping,
            "{seen} at one, {seen_there} at another"
        );
        let answer = arrives(destination, &inside, seen_there);
        assert_eq!(answer, address(destination), "an answer gets in");
    }

    let web = listener(network.internet(), (known, 443));
    let (_, accepted) = connects(network.user(), &web, (known, 443).into());
    let peer = accepted.peer_addr().expect("a connection has a peer");
    assert_eq!(peer.ip(), seen.ip());
    let server = listener(network.user(), "0.0.0.0:443");
    let is_open = kind.nat == Nat::None;
    let from_outside = connect(
        network.internet(),
        &server,
        (seen.ip(), 443).into(),
        is_open,
    );
    assert_eq!(from_outside.is_ok(), is_open, "{from_outside:?}");

    let between = network.outer_router()?;
    let between = udp(between, "0.0.0.0:7000");
    let gateway: IpAddr = match kind.nat {
        Nat::Cgnat => "100.64.7.1",
        _ => "192.168.178.1",
    }
    .parse()
    .expect("an address");
    Some(arrives(&inside, &between, (gateway, 7_000).into()).ip())
}

fn address(socket: &std::net::UdpSocket) -> SocketAddr {
    socket.local_addr().expect("a bound socket has an address")
}
