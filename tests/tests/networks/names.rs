//! Names, asked through the system's resolver as programs inside do.

use earshot_tests::lab::net::{Dns, Families, Family, Layout, Network};
use std::{
    collections::BTreeSet,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

/// The addresses of a name, as the user's programs see them.
fn addresses(network: &Network, name: &str) -> BTreeSet<String> {
    let asked = network
        .user()
        .command("getent")
        .args(["ahosts", name])
        .output();
    let said = String::from_utf8(asked.expect("getent runs").stdout).expect("text");
    let first_words = said
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    first_words.map(str::to_owned).collect()
}

fn set(addresses: &[&str]) -> BTreeSet<String> {
    addresses
        .iter()
        .map(|&address| address.to_owned())
        .collect()
}

const V4: &str = "45.80.30.2";
const V6: &str = "2a0e:b100:30::2";

#[test]
fn names_have_the_addresses_of_the_table() {
    let layout = Layout {
        families: Families::Dual,
        hosts: vec![
            (
                "elsewhere.example".to_owned(),
                vec!["45.90.0.2".parse().expect("an address")],
            ),
            (
                "page.test.example".to_owned(),
                vec![V4.parse().expect("an address")],
            ),
        ],
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    assert_eq!(network.relay_address(Family::V4).to_string(), V4);
    assert_eq!(network.relay_address(Family::V6).to_string(), V6);
    for (name, expected) in [
        ("relay.test.example", &[V4, V6][..]),
        ("ipv4.relay.test.example", &[V4]),
        ("ipv6.relay.test.example", &[V6]),
        ("dead-ipv6.relay.test.example", &[V4, "2a0e:b100:dead::1"]),
        ("elsewhere.example", &["45.90.0.2"]),
        ("page.test.example", &[V4]),
        ("nobody.test.example", &[]),
        ("nobody.example.org", &[]),
    ] {
        let start = Instant::now();
        assert_eq!(addresses(&network, name), set(expected), "{name}");
        // A name that does not exist is denied, not left unanswered: that would take five seconds.
        assert!(start.elapsed() < Duration::from_secs(3), "{name}");
    }
    let dead: SocketAddr = "[2a0e:b100:dead::1]:3478".parse().expect("an address");
    let socket = crate::packets::udp(network.user(), "[::]:0");
    socket.connect(dead).expect("there is a route");
    let patience = Some(Duration::from_millis(300));
    socket.set_read_timeout(patience).expect("a timeout");
    socket.send(b"x").expect("it can be sent");
    let told = socket.recv(&mut [0]).expect_err("nobody is there").kind();
    assert_eq!(told, std::io::ErrorKind::WouldBlock, "nothing is told");
}

#[test]
fn the_relays_name_has_the_families_that_the_user_has() {
    for (families, expected) in [(Families::V4, &[V4][..]), (Families::V6, &[V4, V6])] {
        let layout = Layout {
            families,
            ..Layout::default()
        };
        let Some(network) = Network::real(&layout) else {
            return;
        };
        // getent leaves out what the host has no address of the family for (AI_ADDRCONFIG of RFC 3493).
        let found: BTreeSet<_> = addresses(&network, "relay.test.example");
        let reachable: &[&str] = match families {
            Families::V6 => &[V6],
            _ => expected,
        };
        assert!(found.is_superset(&set(reachable)), "{found:?}");
    }
}

#[test]
fn slow_dns_takes_its_time_and_answers() {
    let layout = Layout {
        dns: Dns::Slow,
        families: Families::Dual,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let start = Instant::now();
    assert_eq!(addresses(&network, "relay.test.example"), set(&[V4, V6]));
    assert!(
        start.elapsed() >= Duration::from_millis(1_500),
        "{:?}",
        start.elapsed()
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn silent_dns_answers_nothing_and_refuses_nothing() {
    let layout = Layout {
        dns: Dns::Silent,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let socket: UdpSocket = crate::packets::udp(network.user(), "0.0.0.0:0");
    socket.connect("45.90.0.53:53").expect("there is a route");
    let patience = Some(Duration::from_secs(2));
    socket.set_read_timeout(patience).expect("a timeout");
    socket
        .send(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\0\0\x01\0\x01")
        .expect("it can be sent");
    let told = socket.recv(&mut [0]).expect_err("nobody answers").kind();
    assert_eq!(told, std::io::ErrorKind::WouldBlock);
}
