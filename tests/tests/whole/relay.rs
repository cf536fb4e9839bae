//! The relay, asked by a client that somebody else could have written.

use earshot_tests::{
    again::uninterrupted,
    http,
    net::host_address,
    program::{Program, Settings},
    turn_client::TurnClient,
};
use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

const PASSWORD: &str = "a password that is long enough";

fn relay() -> Program {
    Settings::new().set("TURN_PASSWORD", PASSWORD).start()
}

fn server(program: &Program) -> SocketAddr {
    (host_address(), program.settings.turn_port).into()
}

#[test]
fn a_wrong_password_and_none_are_refused() {
    let program = relay();
    assert!(
        TurnClient::new(server(&program), "earshot", PASSWORD)
            .allocate()
            .is_ok()
    );
    assert_eq!(
        TurnClient::new(server(&program), "earshot", "wrong").allocate(),
        Err(401)
    );
    assert_eq!(
        TurnClient::new(server(&program), "earshot", "").allocate(),
        Err(401)
    );
    assert_eq!(
        TurnClient::new(server(&program), "nobody", PASSWORD).allocate(),
        Err(401)
    );
    let log = program.end();
    assert!(
        log.contains("new, realm=<earshot>, username=<earshot>"),
        "{log}"
    );
    assert!(!log.contains("username=<>"), "{log}");
    assert!(!log.contains(PASSWORD), "{log}");
}

/// What stands in the relay's own network is not for its users, in whatever disguise.
#[test]
fn peers_inside_are_refused() {
    let program = relay();
    let mut client = TurnClient::new(server(&program), "earshot", PASSWORD);
    client.allocate().expect("an allocation");
    let inside = UdpSocket::bind("127.0.0.1:0").expect("a socket can be opened");
    inside
        .set_read_timeout(Some(Duration::from_millis(500)))
        .expect("a timeout can be set");
    let port = inside.local_addr().expect("an address").port();
    for ip in ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1"] {
        let peer = SocketAddr::new(ip.parse().expect("an address"), port);
        assert_eq!(client.permit(peer), 403, "CreatePermission {peer}");
        assert_eq!(client.bind(0x4000, peer), 403, "ChannelBind {peer}");
        client.send(peer, b"let me in");
    }
    assert!(
        uninterrupted(|| inside.recv(&mut [0; 64])).is_err(),
        "a Send indication came through"
    );
}

/// Credentials that anybody can get from the page are worth nothing to anybody.
#[test]
fn the_pages_credentials_reach_nobody_but_the_test() {
    let program = relay();
    let ticket = http::post(program.http(), "/api/runs", "{}");
    assert_eq!(ticket.status, 200, "{ticket:?}");
    let ticket = ticket.json();
    let own = &ticket["ice_servers"][0];
    let username = own["username"].as_str().expect("a user name");
    let credential = own["credential"].as_str().expect("a credential");
    let run = ticket["run"].as_str().expect("a run");
    assert!(username.ends_with(run), "the user name carries the run");

    let mut client = TurnClient::new(server(&program), username, credential);
    client.allocate().expect("an allocation");
    // Public, and no part of the test; the relay's own users may reach it.
    for stranger in ["203.0.113.66:5000", "8.8.8.8:53"] {
        let stranger = stranger.parse().expect("an address");
        assert_eq!(client.permit(stranger), 403, "CreatePermission {stranger}");
        assert_eq!(client.bind(0x4000, stranger), 403, "ChannelBind {stranger}");
    }
    let mut user = TurnClient::new(server(&program), "earshot", PASSWORD);
    user.allocate().expect("an allocation");
    assert_eq!(
        user.permit("203.0.113.66:5000".parse().expect("an address")),
        0
    );

    // Where the test comes from it may be reached.
    let here = SocketAddr::from((host_address(), 5000));
    assert_eq!(
        client.permit(here),
        0,
        "the address that the test comes from"
    );
}

#[test]
fn credentials_of_the_page_end_with_their_time() {
    let program = relay();
    let ticket = http::post(program.http(), "/api/runs", "{}").json();
    let username = ticket["ice_servers"][0]["username"]
        .as_str()
        .expect("a user name")
        .to_owned();
    let credential = ticket["ice_servers"][0]["credential"]
        .as_str()
        .expect("a credential");
    let (expiry, scope) = username.split_once(':').expect("expiry:name");
    let now = ticket["server_time_ms"].as_u64().expect("a time") / 1000;
    let lifetime = expiry.parse::<u64>().expect("seconds") - now;
    assert!(
        (1..=900).contains(&lifetime),
        "good for a test: {lifetime} s"
    );
    // Whoever moves the expiry has a user name without its password.
    let longer = format!("{}:{scope}", now + 1_000_000);
    assert_eq!(
        TurnClient::new(server(&program), &longer, credential).allocate(),
        Err(401)
    );
}
