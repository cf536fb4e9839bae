//! What the operator is told of the running program.

use super::*;
use crate::status::Status;
use earshot_turn::{
    self as turn,
    event::{Closed, Refusal, Usage},
};

/// Of a program that announces no address, so that none is tried.
fn story() -> Story {
    serde_json::from_value(serde_json::json!({
        "version": "0.1.0",
        "process": 7,
        "listeners": { "http": "127.0.0.1:8080", "tls": [], "turn": ["0.0.0.0:3478"], "stun": [] },
        "certificate": null,
        "relay": { "realm": "r", "username": "voice", "ports": [49152, 65535] },
        "external": [],
        "data_directory": "/nowhere",
        "database": "SQLite",
        "settings": [],
        "warnings": []
    }))
    .unwrap()
}

fn client(transport: turn::Transport, from: &str) -> Client {
    Client {
        transport,
        addr: from.parse().unwrap(),
        local: "192.0.2.1:3478".parse().unwrap(),
    }
}

fn allocated(session: u64, username: &str) -> Event {
    Event::Allocated {
        session: SessionId(session),
        client: client(turn::Transport::Udp, BROWSER),
        username: username.to_owned(),
        relayed: RelayedAddr("192.0.2.1:50000".parse().unwrap()),
        lifetime: Duration::from_secs(600),
    }
}

impl Fixture {
    fn happens(&self, seconds_ago: u64, what: Event) {
        self.site.observe(&RelayEvent {
            at: SystemTime::now() - Duration::from_secs(seconds_ago),
            worker: 0,
            what: Happening::Turn(what),
        });
    }

    async fn status(&self) -> Status {
        let (status, told) = self.json(by(get("/api/status"), OPERATOR)).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        serde_json::from_value(told).unwrap()
    }
}

#[tokio::test]
async fn what_keeps_it_from_serving_is_told() {
    let fixture = fixture(|config| config.story = Some(Arc::new(story()))).await;
    let told = fixture.status().await;
    assert!(told.healthy && told.problems.is_empty(), "{told:?}");
    assert_eq!(told.story, story());
    fixture.listening.store(false, Ordering::Relaxed);
    let told = fixture.status().await;
    assert!(!told.healthy, "{told:?}");
    assert!(told.problems[0].starts_with("relay:"), "{told:?}");
}

#[tokio::test]
async fn who_is_there_and_who_was_is_told() {
    let fixture = fixture(|config| config.story = Some(Arc::new(story()))).await;
    for (session, username) in [
        (1, "voice"),
        (2, "voice"),
        (3, "1800000600:test.abc"),
        (4, "\u{1b}[2J"),
    ] {
        fixture.happens(30, allocated(session, username));
    }
    let usage = Usage {
        received_bytes: 300,
        sent_bytes: 200,
        ..Usage::default()
    };
    let (session, reason) = (SessionId(4), Closed::ByClient);
    fixture.happens(25, Event::Usage { session, usage });
    fixture.happens(20, Event::Closed { session, reason });
    let refused = |username: &str| Event::Refused {
        client: client(turn::Transport::Tcp, "198.51.100.9:7"),
        username: Some(username.to_owned()),
        code: 401,
        reason: Refusal::UnknownUser,
    };
    fixture.happens(200, refused("\u{7}eve"));
    let told = fixture.status().await;
    let users = [("voice", 2), ("tests of the page", 1)];
    assert_eq!(
        told.sessions.by_user,
        users.map(|(user, n)| (user.to_owned(), n))
    );
    assert_eq!((told.sessions.open, told.sessions.since_start), (3, 4));
    let bytes = (
        told.sessions.bytes_from_clients,
        told.sessions.bytes_to_clients,
    );
    assert_eq!(bytes, (300, 200));
    // A machine that is busy takes its time between the event and the question.
    let [udp, tcp] = [told.heard.udp_ago_s, told.heard.tcp_ago_s].map(Option::unwrap);
    assert!(
        (30..90).contains(&udp) && (200..260).contains(&tcp),
        "{told:?}"
    );
    assert_eq!(told.heard.tls_ago_s, None);
    let last = &told.refusals.last[0];
    assert!((200..260).contains(&last.ago_s), "{last:?}");
    assert_eq!(last.username, "\\u{7}eve");
    assert_eq!(last.from.to_string(), "198.51.100.9");
}

#[tokio::test]
async fn what_the_program_tries_itself_is_nobodys() {
    let fixture = fixture(|config| config.story = Some(Arc::new(story()))).await;
    lock(&fixture.site.0.watch).ignore("prober");
    fixture.happens(1, allocated(1, "1800000600:test.prober"));
    fixture.happens(1, allocated(2, "1800000600:test.another"));
    let told = fixture.status().await;
    assert_eq!((told.sessions.open, told.sessions.since_start), (1, 1));
}

#[tokio::test]
async fn a_key_opens_it_and_nothing_else() {
    let fixture = fixture(|config| config.story = Some(Arc::new(story()))).await;
    let with_key = |scheme: &str, key: &str| {
        with(
            get("/api/status"),
            header::AUTHORIZATION,
            &format!("{scheme}{key}"),
        )
    };
    for request in [
        get("/api/status"),
        with_key("Bearer ", ""),
        with_key("Bearer ", "x"),
        with_key("Basic ", OPERATOR),
        with_key("Digest ", OPERATOR),
        with_key("", OPERATOR),
        with_key("Bearer ", &OPERATOR[1..]),
        with_key("Bearer ", &format!("{OPERATOR}x")),
    ] {
        let (status, told) = fixture.json(request).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{told}");
        assert_eq!(told.as_object().unwrap().len(), 1, "{told}");
    }
}
