//! Links: who makes, opens and deletes them, and what happens on their sockets.

mod api;
mod hostile;
mod live;
mod reports;

use super::{
    live::{Socket, served},
    *,
};
use earshot_report::api::link::{
    FromLink, Hello, LinkEvent, LinkInfo, LinkPass, LinkTicket, Progress, Signal, ToLink, Who,
};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

/// As pages of guests make them for themselves.
const ANNA: &str = "annas-key-AAAAAAAAAAAA_1";
const BORIS: &str = "boris-key-BBBBBBBBBBBB_2";

impl Fixture {
    async fn link(&self) -> LinkTicket {
        let (status, ticket) = self.json(post("/api/links", r#"{"label": "Olga"}"#)).await;
        assert_eq!(status, StatusCode::CREATED, "{ticket}");
        serde_json::from_value(ticket).unwrap()
    }

    /// A test that is made by a link.
    async fn begin_by(&self, ticket: &LinkTicket, key: &str) -> (StatusCode, serde_json::Value) {
        let link = LinkPass {
            token: ticket.token.clone(),
            key: key.to_owned(),
        };
        let body = serde_json::json!({ "link": link }).to_string();
        self.json(post("/api/runs", body)).await
    }

    /// A test that is made by a link, and its report: the run's id and the report's.
    async fn tested_by(&self, ticket: &LinkTicket, key: &str) -> (String, String) {
        let (status, run) = self.begin_by(ticket, key).await;
        assert_eq!(status, StatusCode::OK, "{run}");
        let run: RunTicket = serde_json::from_value(run).unwrap();
        let facts = with_address(&run.run);
        let (status, report) = self.finish(&run.run, facts).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        (run.run, report["id"].as_str().unwrap().to_owned())
    }
}

/// Facts in which there is an address, and a user name of this test.
fn with_address(run: &str) -> Facts {
    let target = serde_json::json!({
        "target": {
            "id": 0, "server": 0, "url": "turn:hear.example.org:3478?transport=udp", "own": true,
        },
        "username": format!("1800000600:test.{run}"),
    });
    let mut facts = Facts {
        targets: serde_json::from_value(target)
            .map(|target| vec![target])
            .unwrap_or_default(),
        ..Facts::default()
    };
    facts.environment.client_address =
        Some("198.51.100.7".parse::<std::net::IpAddr>().unwrap().into());
    facts
}

fn path(ticket: &LinkTicket) -> String {
    format!("/api/links/{}", ticket.token)
}

/// A page that has a link open.
struct Page {
    socket: Socket,
    /// The number of the last event that it has.
    last: u64,
}

impl Page {
    async fn connect(address: SocketAddr, token: &str) -> Self {
        let url = format!("ws://{address}/api/links/{token}/live");
        let (socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        Self { socket, last: 0 }
    }

    async fn open(address: SocketAddr, ticket: &LinkTicket, key: &str, after: u64) -> Self {
        let mut page = Self::connect(address, &ticket.token).await;
        let key = key.to_owned();
        page.last = after;
        page.say(&ToLink::Hello(Hello { key, after })).await;
        page
    }

    /// Opens it, and is let in.
    async fn welcome(
        address: SocketAddr,
        ticket: &LinkTicket,
        key: &str,
        after: u64,
    ) -> (Self, Who) {
        let mut page = Self::open(address, ticket, key, after).await;
        match page.next().await {
            FromLink::Welcome { you, expires, .. } => {
                assert_eq!(expires, ticket.expires);
                (page, you)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn say(&mut self, what: &ToLink) {
        self.send(Message::text(serde_json::to_string(what).unwrap()))
            .await;
    }

    async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    async fn signal(&mut self, call: &str, body: &str) {
        let (call, body) = (call.to_owned(), body.to_owned());
        self.say(&ToLink::Signal(Signal { call, body, nth: 0 }))
            .await;
    }

    async fn next(&mut self) -> FromLink {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(10), self.socket.next()).await;
            match message.expect("something within ten seconds") {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(text.as_str()).unwrap();
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next event. Their numbers grow.
    async fn event(&mut self) -> LinkEvent {
        match self.next().await {
            FromLink::Event { number, event } => {
                assert!(number > self.last, "{number} after {}", self.last);
                self.last = number;
                event
            }
            other => panic!("{other:?}"),
        }
    }

    /// What the other side says next.
    async fn heard(&mut self) -> String {
        loop {
            if let LinkEvent::Signal(signal) = self.event().await {
                return signal.body;
            }
        }
    }

    async fn presence(&mut self) -> (Who, bool) {
        match self.event().await {
            LinkEvent::Presence { who, here } => (who, here),
            other => panic!("{other:?}"),
        }
    }

    /// The body of the next message from the other side.
    async fn signalled(&mut self) -> String {
        match self.event().await {
            LinkEvent::Signal(signal) => signal.body,
            other => panic!("{other:?}"),
        }
    }

    /// Nothing comes but that it is refused, and then it is closed. Returns why.
    async fn refusal(mut self) -> String {
        let error = loop {
            match self.next().await {
                FromLink::Refused { error, .. } => break error,
                FromLink::Welcome { .. } | FromLink::Event { .. } => {}
            }
        };
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), self.socket.next()).await;
            match next.expect("it is closed within ten seconds") {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return error,
                Some(Ok(Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn progress(elapsed_ms: u64) -> ToLink {
    ToLink::Progress(Box::new(Progress {
        facts: with_address("abcdefghijkmnpqrstuvwxyz23"),
        elapsed_ms,
        over: false,
    }))
}
