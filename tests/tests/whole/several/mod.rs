//! Several processes with one database are as one for whoever tests, and so are one process and the next after it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod away;
mod killed;
mod people;
mod shared;

use earshot_report::{
    api::LiveMessage,
    facts::{NativeProbe, Sightings},
};
use earshot_tests::{
    http,
    net::{free_port, host_address},
    postgres::Postgres,
    program::{Program, Settings},
    turn_client::TurnClient,
};
use futures_util::StreamExt;
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

const SECRET: &str = "a secret that both relays know";
const OPERATOR: &str = "a key that both relays know";
/// What happens at one relay is told at the other within a fraction of a second; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a relay says that knows of one other.
const TOGETHER: &str = "relays that share this database: 2";

fn settings(database: &str) -> Settings {
    Settings::new()
        .set("DATABASE_URL", database)
        .set("TURN_SECRET", SECRET)
        .set("OPERATOR_KEY", OPERATOR)
}

/// A server to test at which nobody is; the program's own look finds that out at once.
fn nobody() -> String {
    format!(
        r#"[{{"urls": "turn:127.0.0.1:{}?transport=tcp", "username": "u", "credential": "a credential"}}]"#,
        free_port()
    )
}

/// Two relays that know of each other. The first one tests another server, too, of which the second knows nothing.
fn two(server: &Postgres) -> (Program, Program) {
    let database = server.database();
    let one = settings(&database).set("ICE_SERVERS", &nobody());
    let mut one = one.set("TURN_RELAY_PORTS", "61000-63000").start();
    let other = settings(&database).set("TURN_RELAY_PORTS", "63001-65535");
    let mut other = other.start();
    for relay in [&mut one, &mut other] {
        relay.running.wait_for(TOGETHER, PATIENCE);
    }
    (one, other)
}

/// A test that was begun, as its page knows it.
struct Run {
    id: String,
    username: String,
    credential: String,
}

impl Run {
    fn begin(relay: &Program) -> Self {
        let ticket = http::post(relay.http(), "/api/runs", "{}");
        assert_eq!(ticket.status, 200, "{ticket:?}");
        let ticket = ticket.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&ticket["run"]),
            username: text(&ticket["ice_servers"][0]["username"]),
            credential: text(&ticket["ice_servers"][0]["credential"]),
        }
    }

    /// A TURN session of this test, at that relay.
    fn session(&self, relay: &Program) -> TurnClient {
        self.relayed(relay).0
    }

    /// The same, with its relayed address.
    fn relayed(&self, relay: &Program) -> (TurnClient, SocketAddr) {
        let server = (host_address(), relay.settings.turn_port).into();
        let mut client = TurnClient::new(server, &self.username, &self.credential);
        let relayed = client.allocate().expect("an allocation");
        (client, relayed)
    }

    fn report(&self, relay: &Program) -> http::Answer {
        let path = format!("/api/runs/{}/report", self.id);
        http::post(relay.http(), &path, r#"{"duration_ms": 1234, "facts": {}}"#)
    }

    /// The sightings and native probes of the report that is saved at that relay.
    fn saved(&self, relay: &Program) -> (Sightings, Vec<NativeProbe>) {
        let answer = self.report(relay);
        assert_eq!(answer.status, 200, "{answer:?}");
        let facts = &answer.json()["facts"];
        (
            serde_json::from_value(facts["sightings"].clone()).unwrap(),
            serde_json::from_value(facts["native_probes"].clone()).unwrap(),
        )
    }

    /// The live socket of this test, at that relay; `None`: the relay does not know of it.
    async fn watch(&self, relay: &Program) -> Option<Live> {
        let url = format!("ws://{}/api/runs/{}/live", relay.http(), self.id);
        let (socket, _) = tokio_tungstenite::connect_async(&url).await.ok()?;
        Some(Live {
            socket,
            seen: None,
            probes: Vec::new(),
        })
    }
}

/// A live socket, and what came by it last.
struct Live {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    seen: Option<Sightings>,
    probes: Vec<NativeProbe>,
}

impl Live {
    /// Takes what comes next; `false`: it was closed.
    async fn next(&mut self) -> bool {
        let message = timeout(PATIENCE, self.socket.next()).await;
        let text = match message.expect("nothing more is told") {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
            other => panic!("{other:?}"),
        };
        match serde_json::from_str(text.as_str()).unwrap() {
            LiveMessage::Sightings(seen) => self.seen = Some(seen),
            LiveMessage::NativeProbe(probe) => {
                self.probes.retain(|known| known.url != probe.url);
                self.probes.push(probe);
            }
        }
        true
    }

    /// Waits for sightings like these.
    async fn sightings(&mut self, wanted: impl Fn(&Sightings) -> bool) -> Sightings {
        loop {
            if let Some(seen) = self.seen.as_ref().filter(|seen| wanted(seen)) {
                return seen.clone();
            }
            assert!(self.next().await, "closed at {:?}", self.seen);
        }
    }

    /// Waits until a server was looked at by the program itself, with such an outcome.
    async fn probe(&mut self, wanted: impl Fn(&NativeProbe) -> bool) -> NativeProbe {
        loop {
            if let Some(probe) = self.probes.iter().find(|probe| wanted(probe)) {
                return probe.clone();
            }
            assert!(self.next().await, "closed at {:?}", self.probes);
        }
    }

    /// Waits for its end.
    async fn close(&mut self) {
        while self.next().await {}
    }
}
