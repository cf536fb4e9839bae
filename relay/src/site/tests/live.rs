//! The live link of a run.

use super::*;

pub(super) type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

pub(super) async fn served(fixture: &Fixture) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(crate::http::serve(listener, fixture.router.clone()));
    address
}

async fn next(socket: &mut Socket) -> Option<LiveMessage> {
    use tokio_tungstenite::tungstenite::Message;
    let message = tokio::time::timeout(Duration::from_secs(10), socket.next()).await;
    match message.expect("something within ten seconds") {
        Some(Ok(Message::Text(text))) => Some(serde_json::from_str(text.as_str()).unwrap()),
        Some(Ok(Message::Close(_)) | Err(_)) | None => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_live_link_tells_what_is_seen_and_closes_when_the_run_is_over() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.begin().await;
    let url = format!("ws://{address}{}", ticket.live);
    let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    let Some(LiveMessage::Sightings(first)) = next(&mut socket).await else {
        panic!("the snapshot comes at once");
    };
    assert_eq!(first.udp.seen, Fact::No);
    assert!(first.transport(Transport::Tls).listening.is_yes());
    fixture.allocate(&ticket.run, "198.51.100.7:6000");
    let (mut allocated, mut unresolved) = (false, false);
    while !(allocated && unresolved) {
        match next(&mut socket).await.expect("the link is open") {
            LiveMessage::Sightings(seen) => allocated |= seen.allocations.len() == 1,
            LiveMessage::NativeProbe(probe) => {
                unresolved |= probe.finished && probe.resolves.is_no();
            }
        }
    }
    fixture.finish(&ticket.run, Facts::default()).await;
    while next(&mut socket).await.is_some() {}
}

#[tokio::test]
async fn live_links_of_one_run_are_bounded_and_large_messages_end_one() {
    use futures_util::SinkExt;
    use tokio_tungstenite::tungstenite::{Error, Message};
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.begin().await;
    let url = format!("ws://{address}{}", ticket.live);
    let mut sockets = Vec::new();
    for _ in 0..8 {
        sockets.push(tokio_tungstenite::connect_async(&url).await.unwrap().0);
    }
    match tokio_tungstenite::connect_async(&url).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 429),
        other => panic!("{other:?}"),
    }
    let socket = &mut sockets[0];
    socket.send(Message::text("x".repeat(2000))).await.unwrap();
    while next(socket).await.is_some() {}
}
