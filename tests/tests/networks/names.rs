//! Names, asked through the system's resolver as programs inside do.

use crate::packets::{arrives, patience, receive, udp};
use earshot_tests::lab::net::{Dns, Families, Family, Layout, Namespace, Network};
use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// The addresses of a name, as the user's programs see them.
fn addresses(network: &Network, name: &str) -> BTreeSet<String> {
    let asked = network
        .user()
        .command("getent")
        .args(["ahosts", name])
        .output()
        .expect("getent runs");
    // Of a test that fails, what was said and how it ended.
    println!("{name}: {asked:?}");
    let said = String::from_utf8(asked.stdout).expect("text");
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
        assert_eq!(addresses(&network, name), set(expected), "{name}");
        // Who is nobody is told, and so is which family a name has not: nobody waits for either.
        for kind in [A, AAAA] {
            let answer = ask(network.user(), name, kind, true).expect("it is answered");
            // RFC 1035, section 4.1.1: the response code is the last four bits; 3 is a name that does not exist.
            let is_nobody = answer[3] & 0x0f == 3;
            assert_eq!(is_nobody, expected.is_empty(), "{name}: {answer:?}");
        }
    }
    let dead: SocketAddr = "[2a0e:b100:dead::1]:3478".parse().expect("an address");
    let socket = udp(network.user(), "[::]:0");
    socket.connect(dead).expect("there is a route");
    socket.send(b"x").expect("it can be sent");
    let told = receive(&socket, &mut [0], patience(false)).expect_err("nobody is there");
    assert_eq!(told.kind(), io::ErrorKind::WouldBlock, "nothing is told");
}

#[test]
fn the_relays_name_has_the_families_that_the_user_has() {
    for (families, six) in [(Families::V4, false), (Families::V6, true)] {
        let layout = Layout {
            families,
            ..Layout::default()
        };
        let Some(network) = Network::real(&layout) else {
            return;
        };
        let found = addresses(&network, "relay.test.example");
        assert_eq!(found.contains(V6), six, "{found:?}");
        assert!(six || found.contains(V4), "{found:?}");
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
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1_500), "{took:?}");
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
    let told = ask(network.user(), "relay.test.example", A, false).expect_err("nobody answers");
    assert_eq!(told.kind(), io::ErrorKind::WouldBlock, "nothing is told");
}

#[test]
fn dns_can_be_silent_of_the_relays_name_to_the_user_alone() {
    let layout = Layout {
        dns: Dns::SilentForRelay,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let (relay, page) = ("relay.test.example", "page.test.example");
    let told = ask(network.user(), relay, A, false).expect_err("nobody answers the user");
    assert_eq!(told.kind(), io::ErrorKind::WouldBlock, "nothing is told");
    ask(network.user(), page, A, true).expect("of other names the user is told");
    let found = addresses(&network, page);
    assert_eq!(found.len(), 2, "{found:?}");
    for name in [relay, page] {
        ask(network.internet(), name, A, true).expect("the world is answered");
    }
    // What is at the name is reached.
    let at = SocketAddr::new(network.relay_address(Family::V4), 3478);
    let (user, server) = (udp(network.user(), "0.0.0.0:0"), udp(network.relay(), at));
    arrives(&user, &server, at);
}

/// The types of an IPv4 address (RFC 1035, section 3.2.2) and of an IPv6 one (RFC 3596, section 2.1).
const A: u8 = 1;
const AAAA: u8 = 28;

/// Asks the DNS server for an address of a name (RFC 1035, section 4.1).
fn ask(host: &Namespace, name: &str, kind: u8, is_answered: bool) -> io::Result<Vec<u8>> {
    let socket = udp(host, "0.0.0.0:0");
    socket.connect("45.90.0.53:53")?;
    let mut question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    for label in name.split('.') {
        question.push(label.len() as u8);
        question.extend_from_slice(label.as_bytes());
    }
    question.extend_from_slice(&[0, 0, kind, 0, 1]);
    socket.send(&question)?;
    let mut answer = vec![0; 512];
    let (length, _) = receive(&socket, &mut answer, patience(is_answered))?;
    answer.truncate(length);
    Ok(answer)
}
