//! Listening: ports that are taken, the second STUN port, what the banner says, and the end.

use crate::{
    house::{House, PASSWORD, sources},
    net::free_port,
    streams::binding_request,
};
use earshot::{serve::Running, settings::Settings};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::UdpSocket, time::timeout};

async fn start(further: &[(&str, &str)]) -> Result<Running, String> {
    let data = tempfile::tempdir().unwrap();
    let settings = Settings::load(&sources(data.path(), further)).unwrap();
    Running::start(settings)
        .await
        .map_err(|error| format!("{error:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_told_by_setting_address_and_way_out() {
    let house = House::start(&[("TLS_LISTEN", "127.0.0.1:0")]).await;
    let stun = house.workers().stun_listeners()[0];
    for (setting, taken) in [
        ("TURN_LISTEN", house.turn()),
        ("TLS_LISTEN", house.tls()),
        ("HTTP_LISTEN", house.http()),
        ("STUN_LISTEN", stun),
    ] {
        let taken = taken.to_string();
        let error = start(&[(setting, &taken)]).await.err().unwrap();
        for part in [setting, &taken, "taken by another program", "another port"] {
            assert!(error.contains(part), "without “{part}”: {error}");
        }
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_machine_is_told_of() {
    let error = start(&[("TURN_LISTEN", "203.0.113.9:0")])
        .await
        .err()
        .unwrap();
    assert!(
        error.contains("TURN_LISTEN: 203.0.113.9 is no address of this machine"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_stun_port_answers_binding_requests_and_nothing_else() {
    let house = House::start(&[]).await;
    let stun = house.workers().stun_listeners()[0];
    assert_ne!(stun, house.turn());
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // An Allocate request (0x0003) comes first: if it were answered, its answer would come first too.
    let mut allocate = binding_request(1);
    allocate[1] = 0x03;
    socket.send_to(&allocate, stun).await.unwrap();
    socket.send_to(&binding_request(2), stun).await.unwrap();
    let mut answer = [0; 512];
    let (_, from) = timeout(Duration::from_secs(10), socket.recv_from(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((from, &answer[..2], answer[8]), (stun, &[1, 1][..], 2));
    house.end().await;
}

/// Browsers drop an answer that comes from another address than the one they sent to.
#[tokio::test(flavor = "multi_thread")]
async fn answers_leave_from_the_address_that_was_asked() {
    let house = House::start(&[("TURN_LISTEN", "0.0.0.0:0")]).await;
    let port = house.turn().port();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for asked in ["127.0.0.1", "127.0.0.2", "127.9.9.9"] {
        let asked = SocketAddr::new(asked.parse().unwrap(), port);
        socket.send_to(&binding_request(7), asked).await.unwrap();
        let mut answer = [0; 512];
        let (_, from) = timeout(Duration::from_secs(10), socket.recv_from(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(from, asked);
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_banner_tells_what_an_operator_needs_and_no_secret() {
    let house = House::start(&[
        ("TURN_SECRET", "hunter2hunter2"),
        ("TLS_LISTEN", "127.0.0.1:0"),
    ])
    .await;
    let banner = house.banner();
    let ca = house.file("ca.pem").display().to_string();
    for part in [
        env!("CARGO_PKG_VERSION"),
        &std::process::id().to_string(),
        &house.turn().to_string(),
        &house.tls().to_string(),
        &format!("open http://{}", house.http()),
        "realm voicechat, user voicechat",
        "61000-65535",
        "127.0.0.1 (set by EXTERNAL_IP)",
        "set from the environment",
        &ca,
    ] {
        assert!(banner.contains(part), "without “{part}”:\n{banner}");
    }
    let kept = std::fs::read_to_string(house.file("operator-key")).unwrap();
    for secret in ["hunter2hunter2", PASSWORD, kept.trim()] {
        assert!(!banner.contains(secret), "{banner}");
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_are_free_again_at_the_end() {
    // One that nobody is given meanwhile.
    let turn = format!("127.0.0.1:{}", free_port());
    let house = House::start(&[("TURN_LISTEN", &turn)]).await;
    let workers = house.workers();
    assert!(workers.is_listening());
    house.end().await;
    assert!(!workers.is_listening());
    let again = start(&[("TURN_LISTEN", &turn)]).await.unwrap();
    again.shut_down().await;
}
