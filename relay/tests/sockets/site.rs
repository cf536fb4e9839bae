//! Page and API beside a real relay: what a visitor does is told apart from what the program does itself.

use crate::house::House;
use earshot::native::{self, Credentials, Reach};
use earshot_report::{
    Fact, Report,
    api::{LiveMessage, RunTicket},
    facts::{AllocateAnswer, NativeProbe},
};
use futures_util::StreamExt;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

async fn post(at: SocketAddr, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{response}");
    body.to_owned()
}

async fn begin(house: &House) -> RunTicket {
    serde_json::from_str(&post(house.http(), "/api/runs", "{}").await).unwrap()
}

/// Listens to the live messages of a run until one is what is waited for.
async fn hear(house: &House, ticket: &RunTicket, mut last: impl FnMut(LiveMessage) -> bool) {
    let url = format!("ws://{}{}", house.http(), ticket.live);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    loop {
        let said = timeout(Duration::from_secs(10), socket.next())
            .await
            .unwrap();
        let text = said.unwrap().unwrap().into_text().unwrap();
        if last(serde_json::from_str(text.as_str()).unwrap()) {
            return;
        }
    }
}

/// Waits until the program has looked at all targets itself.
async fn looked(house: &House, ticket: &RunTicket) {
    let mut granted = 0;
    let all = |message| {
        if let LiveMessage::NativeProbe(probe) = message
            && probe.finished
        {
            assert_eq!(probe.authenticated, AllocateAnswer::Success, "{probe:?}");
            granted += 1;
        }
        granted == ticket.plan.targets.len()
    };
    hear(house, ticket, all).await;
}

async fn report(house: &House, ticket: &RunTicket) -> Report {
    let path = format!("/api/runs/{}/report", ticket.run);
    let body = r#"{"duration_ms": 1, "facts": {}}"#;
    serde_json::from_str(&post(house.http(), &path, body).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_own_look_is_no_sighting_of_the_visitor() {
    let house = House::start(&[("TLS_LISTEN", "127.0.0.1:0")]).await;
    let ticket = begin(&house).await;
    assert_eq!(ticket.plan.targets.len(), 3);
    looked(&house, &ticket).await;
    let sightings = report(&house, &ticket).await.facts.sightings.unwrap();
    for seen in [&sightings.udp, &sightings.tcp, &sightings.tls] {
        assert_eq!(
            (seen.listening, seen.seen),
            (Fact::Yes, Fact::No),
            "{sightings:?}"
        );
    }
    assert!(sightings.allocations.is_empty(), "{sightings:?}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_visitor_does_with_the_credentials_is_seen() {
    let house = House::start(&[]).await;
    let ticket = begin(&house).await;
    looked(&house, &ticket).await;
    let server = &ticket.ice_servers[0];
    let credentials = Credentials {
        username: server.username.as_deref().unwrap(),
        password: server.credential.as_deref().unwrap(),
    };
    let url = ticket.plan.targets[0].url.clone();
    let (sender, facts) = watch::channel(NativeProbe::new(url));
    native::probe(Some(credentials), Reach::Everywhere, &sender).await;
    assert_eq!(facts.borrow().authenticated, AllocateAnswer::Success);
    // It was given back; the ledger hears of that a little later.
    let closed = |message| matches!(message, LiveMessage::Sightings(seen) if seen.allocations.iter().any(|one| one.closed));
    hear(&house, &ticket, closed).await;
    let sightings = report(&house, &ticket).await.facts.sightings.unwrap();
    assert_eq!(sightings.udp.seen, Fact::Yes);
    assert_eq!(sightings.tcp.seen, Fact::No);
    let [allocation] = &sightings.allocations[..] else {
        panic!("{sightings:?}");
    };
    assert_eq!(allocation.relayed.0.as_str(), "127.0.0.1");
    assert!(allocation.closed);
    house.end().await;
}
