//! Against real servers: Debian's coturn, and plain sockets that are something else.

mod any_password;
mod coturn;
mod dtls;
#[path = "../../tests/support/net.rs"]
mod net;
mod stalls;

use super::*;
use coturn::{Coturn, LT};
use earshot_report::facts::AllocateAnswer::{Error, NotAsked, Silent, Success};
use net::free_port;
use std::net::{TcpListener, UdpSocket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, sleep_until},
};

/// Probes as user `voice` with this password.
async fn look(url: &str, password: &str) -> NativeProbe {
    let credentials = Credentials {
        username: "voice",
        password,
    };
    look_within(url, credentials, Reach::Everywhere).await
}

async fn look_within(url: &str, credentials: Credentials<'_>, reach: Reach<'_>) -> NativeProbe {
    look_noting(url, credentials, reach, &Beside::default()).await
}

async fn look_noting(
    url: &str,
    credentials: Credentials<'_>,
    reach: Reach<'_>,
    beside: &Beside,
) -> NativeProbe {
    let url = IceUrl::of_any_client(url).unwrap();
    let (sender, facts) = watch::channel(NativeProbe::new(url.clone()));
    let most = Instant::now() + WHOLE + Duration::from_millis(200);
    tokio::select! {
        // Where this machine stood still beyond both times, the probe ends in its own.
        biased;
        () = probe_noting(Some(credentials), reach, &sender, beside) => {}
        () = sleep_until(most) => panic!("{url}: it goes on after its time"),
    }
    let facts = facts.borrow().clone();
    assert!(facts.finished, "{url}");
    facts
}

#[tokio::test]
async fn a_healthy_server_grants_and_gets_its_allocation_back() {
    let Some(coturn) = Coturn::start(&LT).await else {
        return;
    };
    for url in coturn.urls() {
        let begun = Instant::now();
        let facts = look(&url, "right").await;
        let took = begun.elapsed().as_millis();
        assert!(
            facts.resolves.is_yes() && facts.answers.is_yes(),
            "{facts:?}"
        );
        assert!(
            facts.speaks_stun.is_yes() && facts.speaks_turn.is_yes(),
            "{facts:?}"
        );
        assert_eq!(
            (facts.anonymous, facts.wrong_password, facts.authenticated),
            (Error(401), Error(401), Success),
            "{url}"
        );
        assert_eq!(facts.realm.as_deref(), Some("voicechat"));
        let relayed = facts.relayed.as_ref().expect("granted");
        assert_eq!(relayed.0.as_str(), "127.0.0.1");
        let elapsed = facts.elapsed_ms.map(u128::from);
        assert!(elapsed.is_some_and(|ms| ms <= took), "{took} ms: {facts:?}");
        assert_eq!(
            facts.certificate_error.is_some(),
            url.starts_with("turns"),
            "{facts:?}"
        );
        assert_eq!(facts.other_answer, None);
    }
    let given_back = coturn
        .logged(["new, realm=<voicechat>", "lifetime=0"])
        .await;
    assert_eq!(given_back, 3);
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let Some(coturn) = Coturn::start(&LT).await else {
        return;
    };
    for url in coturn.urls() {
        let facts = look(&url, "wrong").await;
        assert_eq!(
            (facts.anonymous, facts.authenticated),
            (Error(401), Error(401)),
            "{url}"
        );
        assert!(
            facts.speaks_turn.is_yes() && facts.relayed.is_none(),
            "{facts:?}"
        );
    }
}

#[tokio::test]
async fn a_server_without_authentication_is_found_open() {
    let Some(coturn) = Coturn::start(&["--no-auth"]).await else {
        return;
    };
    for url in coturn.urls() {
        let facts = look(&url, "right").await;
        assert_eq!(
            (facts.anonymous, facts.authenticated),
            (Success, NotAsked),
            "{url}"
        );
        assert!(facts.relayed.is_some(), "{facts:?}");
    }
}

#[tokio::test]
async fn a_server_that_only_says_addresses_is_no_turn_server() {
    let Some(coturn) = Coturn::start(&["--stun-only"]).await else {
        return;
    };
    let facts = look(&coturn.urls()[0], "right").await;
    assert!(
        facts.answers.is_yes() && facts.speaks_stun.is_yes(),
        "{facts:?}"
    );
    assert!(facts.speaks_turn.is_no(), "{facts:?}");
    let stun = format!("stun:127.0.0.1:{}", coturn.port);
    let facts = look(&stun, "right").await;
    assert!(
        facts.speaks_stun.is_yes() && !facts.speaks_turn.is_measured(),
        "{facts:?}"
    );
}

#[tokio::test]
async fn a_packet_from_outside_reaches_the_relay_or_not() {
    let open = [&LT[..], &["--allow-loopback-peers"]].concat();
    // It announces an address at which its relays do not listen.
    let lost = [&open[..], &["--external-ip", "127.0.0.9/127.0.0.1"]].concat();
    for (flags, expected, refused) in [
        (open, Fact::Yes, Fact::No),
        (lost, Fact::No, Fact::No),
        // The permission is refused: nothing can be said of packets.
        (LT.to_vec(), Fact::NotMeasured, Fact::Yes),
    ] {
        let Some(coturn) = Coturn::start(&flags).await else {
            return;
        };
        for url in coturn.urls() {
            let facts = look(&url, "right").await;
            assert_eq!(facts.authenticated, Success, "{url}");
            assert_eq!(facts.relay_reached, expected, "{url} {flags:?}");
            assert_eq!(facts.peer_refused, refused, "{url} {flags:?}");
            // It sends from where it is, whatever it announces.
            let sent_from = facts.sent_from.as_ref().map(|address| address.as_str());
            let there = expected.is_measured().then_some("127.0.0.1");
            assert_eq!(sent_from, there, "{url} {flags:?}");
        }
    }
}

/// A second in which this test runs: of the time that its machine stands still no more than one step is counted.
async fn a_second_of_ours() {
    for _ in 0..100 {
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let port = free_port();
    for url in [
        format!("turn:127.0.0.1:{port}?transport=udp"),
        format!("turn:127.0.0.1:{port}?transport=tcp"),
        format!("turns:127.0.0.1:{port}"),
        format!("turns:127.0.0.1:{port}?transport=udp"),
    ] {
        let facts = tokio::select! {
            biased;
            facts = look(&url, "right") => facts,
            () = a_second_of_ours() => panic!("{url}: not at once"),
        };
        assert!(
            facts.answers.is_no() && facts.resolves.is_yes(),
            "{facts:?}"
        );
        assert!(!facts.speaks_stun.is_measured(), "{facts:?}");
    }
}

#[tokio::test]
async fn a_black_hole_is_given_up_in_time() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let url = format!("turn:127.0.0.1:{}", silent.local_addr().unwrap().port());
    let facts = look(&url, "right").await;
    assert!(facts.answers.is_no(), "{facts:?}");
    assert_eq!((facts.anonymous, facts.elapsed_ms), (Silent, None));
    assert!(!facts.speaks_turn.is_measured());
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_no_silence() {
    let facts = look("turn:nonexistent.invalid:3478", "right").await;
    assert!(facts.resolves.is_no(), "{facts:?}");
    assert!(
        !facts.answers.is_measured() && facts.addresses.is_empty(),
        "{facts:?}"
    );
}

/// A server that says `greeting`, then reads, and answers `answer` after a whole line if `lines`, else at once.
async fn other_server(greeting: &'static str, answer: &'static str, lines: bool) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.write_all(greeting.as_bytes()).await.unwrap();
                let (mut said, mut chunk) = (Vec::new(), [0; 512]);
                while let Ok(length @ 1..) = stream.read(&mut chunk).await {
                    said.extend_from_slice(&chunk[..length]);
                    if !lines || said.windows(4).any(|end| end == b"\r\n\r\n") {
                        let _ = stream.write_all(answer.as_bytes()).await;
                    }
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn another_server_is_named_by_its_first_line() {
    let http = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n";
    let ssh = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3 and a long tail\r\n";
    let mut looks = tokio::task::JoinSet::new();
    for (greeting, answer, lines, expected) in [
        ("", http, false, Some("HTTP/1.1 400 Bad Request")),
        ("", http, true, Some("HTTP/1.1 400 Bad Request")),
        (
            ssh,
            "",
            true,
            Some("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3 a"),
        ),
        ("", "", true, None),
    ] {
        let port = other_server(greeting, answer, lines).await;
        for url in [
            format!("turn:127.0.0.1:{port}?transport=tcp"),
            format!("turns:127.0.0.1:{port}"),
        ] {
            looks.spawn(async move { (look(&url, "right").await, expected) });
        }
    }
    for (facts, expected) in looks.join_all().await {
        assert!(facts.answers.is_yes(), "{facts:?}");
        assert!(
            facts.speaks_stun.is_no() && facts.speaks_turn.is_no(),
            "{facts:?}"
        );
        assert_eq!(facts.other_answer.as_deref(), expected, "{facts:?}");
    }
}

#[tokio::test]
async fn within_a_reach_nothing_else_is_contacted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("turn:127.0.0.1:{port}?transport=tcp");
    let credentials = Credentials {
        username: "voice",
        password: "right",
    };
    let own = ["192.0.2.2".parse().unwrap()];
    let facts = look_within(&url, credentials, Reach::Only(&own)).await;
    assert!(
        facts.resolves.is_yes() && !facts.answers.is_measured(),
        "{facts:?}"
    );
    assert!(listener.accept().is_err(), "nobody came");
}
