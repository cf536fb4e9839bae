//! coturn's own client against our relay.

use crate::house::{House, PASSWORD, USER};
use futures_util::future::join_all;
use std::{
    process::{Child, Command, Output, Stdio},
    time::Duration,
};
use tokio::net::UdpSocket;

const CLIENT: &str = "turnutils_uclient";
/// What it says when its Allocate request is refused in spite of its credentials.
const REFUSED: &str = "Cannot complete Allocation";
/// The client gives up by itself after some 15 seconds without an answer; this is for when it does not.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a program of the system is there. Where it is required, its absence is a failure, not a reason to skip.
fn is_there(program: &str) -> bool {
    let found = Command::new(program)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .is_ok();
    let required = std::env::var_os("EARSHOT_REQUIRE_REAL").is_some_and(|value| value == "1");
    assert!(
        found || !required,
        "{program} is not installed, and EARSHOT_REQUIRE_REAL=1 asks for it: apt-get install coturn"
    );
    if !found {
        eprintln!("skipped: {program} is not installed (apt-get install coturn)");
    }
    found
}

/// What the client counted.
#[derive(Debug, PartialEq, Eq)]
struct Totals {
    sent: u32,
    received: u32,
}

async fn client(port: u16, arguments: &[&str]) -> String {
    let port = port.to_string();
    let child: Child = Command::new(CLIENT)
        // Without RTCP, which would reserve a second port for each allocation.
        .args(["-c", "-p", &port, "-z", "5"])
        .args(arguments)
        .arg("127.0.0.1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output());
    let Ok(output) = tokio::time::timeout(PATIENCE, ended).await else {
        let _ = Command::new("kill").arg(id.to_string()).status();
        panic!("{CLIENT} did not end");
    };
    let Output { stdout, stderr, .. } = output.unwrap().unwrap();
    String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr)
}

/// The last line with both totals: the one at the end.
fn totals(output: &str) -> Option<Totals> {
    let line = output
        .lines()
        .rfind(|line| line.contains("tot_send_msgs=") && line.contains("tot_recv_msgs="))?;
    let number = |name: &str| {
        let rest = line.split_once(name)?.1;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    Some(Totals {
        sent: number("tot_send_msgs=")?,
        received: number("tot_recv_msgs=")?,
    })
}

async fn allowing(further: &[(&str, &str)]) -> House {
    let mut settings = vec![("ALLOWED_PEERS", "127.0.0.0/8")];
    settings.extend(further);
    House::start(&settings).await
}

/// Each of these clients, side by side: they take their time. With each goes the port that it speaks to.
async fn every_packet_returns(house: &House, clients: &[(u16, Vec<&str>)], sent: u32) {
    let one = async |(port, arguments): &(u16, Vec<&str>)| {
        let all = [&["-u", USER, "-w", PASSWORD], &arguments[..]].concat();
        let output = client(*port, &all).await;
        let expected = Totals {
            sent,
            received: sent,
        };
        assert_eq!(totals(&output), Some(expected), "{arguments:?}\n{output}");
    };
    join_all(clients.iter().map(one)).await;
    assert_eq!(house.workers().drops(), earshot::workers::Drops::default());
}

/// An independent echo: what arrives goes back.
async fn echo() -> u16 {
    echo_at("127.0.0.1").await
}

async fn echo_at(ip: &str) -> u16 {
    let socket = UdpSocket::bind((ip, 0)).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            socket.send_to(&buffer[..length], from).await.unwrap();
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn client_to_client_every_packet_returns() {
    if !is_there(CLIENT) {
        return;
    }
    let house = allowing(&[("TLS_LISTEN", "127.0.0.1:0")]).await;
    let (turn, tls) = (house.turn().port(), house.tls().port());
    let mut clients = Vec::new();
    for (port, transport) in [(turn, &[][..]), (turn, &["-t"]), (tls, &["-t", "-S"])] {
        for way in [&[][..], &["-s"]] {
            let arguments = [&["-y", "-n", "50", "-m", "4"], transport, way].concat();
            clients.push((port, arguments));
        }
    }
    every_packet_returns(&house, &clients, 200).await;
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn client_to_peer_every_packet_returns() {
    if !is_there(CLIENT) {
        return;
    }
    let house = allowing(&[]).await;
    let ways = [&[][..], &["-s"], &["-t"], &["-t", "-s"]];
    // An echo for each: on a busy machine the packets of all of them would not fit into the buffer of one socket.
    let mut peers = Vec::new();
    for _ in ways {
        peers.push(echo().await.to_string());
    }
    let mut clients = Vec::new();
    for (way, peer) in ways.iter().zip(&peers) {
        let to_peer = ["-e", "127.0.0.1", "-r", peer, "-n", "50", "-m", "4"];
        let arguments = [&to_peer[..], way].concat();
        clients.push((house.turn().port(), arguments));
    }
    every_packet_returns(&house, &clients, 200).await;
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_packets_return_too() {
    if !is_there(CLIENT) {
        return;
    }
    let house = allowing(&[]).await;
    let clients = [&[][..], &["-t"]].map(|transport| {
        let arguments = [&["-y", "-n", "20", "-m", "2", "-l", "1200"], transport].concat();
        (house.turn().port(), arguments)
    });
    every_packet_returns(&house, &clients, 40).await;
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_and_no_password_are_refused() {
    if !is_there(CLIENT) {
        return;
    }
    let house = allowing(&[]).await;
    for credentials in [
        &["-u", USER, "-w", "wrong-horse"][..],
        &["-u", "stranger", "-w", PASSWORD],
        &[],
    ] {
        for transport in [&[][..], &["-t"]] {
            let arguments = [credentials, &["-y", "-n", "5"], transport].concat();
            let output = client(house.turn().port(), &arguments).await;
            let received = totals(&output).map_or(0, |totals| totals.received);
            assert_eq!(received, 0, "{arguments:?}\n{output}");
            assert!(output.contains(REFUSED), "{arguments:?}\n{output}");
        }
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limited_credential_is_accepted_until_its_time_is_over() {
    if !is_there(CLIENT) {
        return;
    }
    let house = allowing(&[("TURN_SECRET", "the shared secret")]).await;
    // The client computes user name and password itself from the plain secret.
    let arguments = [
        "-u",
        "alice",
        "-W",
        "the shared secret",
        "-y",
        "-n",
        "10",
        "-m",
        "2",
    ];
    let output = client(house.turn().port(), &arguments).await;
    let expected = Totals {
        sent: 20,
        received: 20,
    };
    assert_eq!(totals(&output), Some(expected), "{output}");
    let over = earshot_turn::time_limited_password("the shared secret", "1700000000:alice");
    let arguments = ["-u", "1700000000:alice", "-w", &over, "-y", "-n", "5"];
    let output = client(house.turn().port(), &arguments).await;
    assert!(output.contains(REFUSED), "{output}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_is_no_peer_unless_it_is_allowed() {
    if !is_there(CLIENT) {
        return;
    }
    let house = House::start(&[]).await;
    let peer = echo().await.to_string();
    let arguments = [
        "-u",
        USER,
        "-w",
        PASSWORD,
        "-e",
        "127.0.0.2",
        "-r",
        &peer,
        "-n",
        "5",
    ];
    let output = client(house.turn().port(), &arguments).await;
    assert!(output.contains("403"), "{output}");
    house.end().await;
}

/// The addresses of a test are those that it comes from, whichever worker saw them. Which worker that is the kernel
/// chooses, so four tests are made of it, each with an address and a credential of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_tests_credential_reaches_the_tests_own_addresses_and_no_others() {
    if !is_there(CLIENT) {
        return;
    }
    let house = allowing(&[("TURN_SECRET", "the shared secret")]).await;
    let port = house.turn().port();
    let tests: Vec<_> = (5..9)
        .map(|n| tokio::spawn(reach_own_addresses(port, format!("127.0.0.{n}"), n)))
        .collect();
    for test in tests {
        test.await.unwrap();
    }
    house.end().await;
}

async fn reach_own_addresses(port: u16, home: String, n: u8) {
    let far_future = Duration::from_secs(4_000_000_000);
    let user = earshot_turn::scoped_username(far_future, &format!("abcdefghijkmnpqrstuvwxyz2{n}"));
    let password = earshot_turn::time_limited_password("the shared secret", &user);
    let peer = echo_at(&home).await.to_string();
    let to_home = [
        "-u", &user, "-w", &password, "-e", &home, "-r", &peer, "-n", "5",
    ];

    let output = client(port, &to_home).await;
    assert!(output.contains("403"), "{output}");

    client(port, &[&to_home[..], &["-L", &home]].concat()).await;
    // Enough of them that some are on another worker than the one that saw the address.
    let output = client(port, &[&to_home[..], &["-m", "12"]].concat()).await;
    let expected = Totals {
        sent: 60,
        received: 60,
    };
    assert_eq!(totals(&output), Some(expected), "{output}");
}
