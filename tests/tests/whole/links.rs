//! Links served by the real program, and by two of them that share a PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use earshot_report::{
    Facts,
    api::link::{FromLink, Hello, LinkEvent, LinkPass, LinkTicket, Progress, Signal, ToLink, Who},
};
use earshot_tests::{
    http,
    postgres::Postgres,
    program::{Program, Settings},
};
use futures_util::{SinkExt, StreamExt};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

/// A page is told something so often, if only by a ping.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a page would wait for what nobody wakes it for.
const PING: Duration = Duration::from_secs(20);
pub(super) const ANNA: &str = "annas-key-AAAAAAAAAAAA_1";
const BORIS: &str = "boris-key-BBBBBBBBBBBB_2";

/// A page that has a link open. It sees to it that numbers grow.
pub(super) struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
}

impl Page {
    pub(super) async fn open(server: SocketAddr, token: &str, key: &str, after: u64) -> Self {
        let url = format!("ws://{server}/api/links/{token}/live");
        let (socket, _) = connect_async(url).await.unwrap();
        let mut page = Self {
            socket,
            last: after,
        };
        let key = key.to_owned();
        page.say(&ToLink::Hello(Hello { key, after })).await;
        page
    }

    async fn say(&mut self, what: &ToLink) {
        let text = serde_json::to_string(what).unwrap();
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(super) async fn signal(&mut self, body: &str) {
        let (call, body) = ("call".to_owned(), body.to_owned());
        self.say(&ToLink::Signal(Signal { call, body, nth: 0 }))
            .await;
    }

    /// What comes next; `None`: the socket is lost.
    pub(super) async fn next(&mut self) -> Option<FromLink> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await;
            match message.expect("something in time") {
                Some(Ok(Message::Text(text))) => {
                    let said = serde_json::from_str(text.as_str()).unwrap();
                    if let FromLink::Event { number, .. } = said {
                        assert!(number > self.last, "{number} after {}", self.last);
                        self.last = number;
                    }
                    return Some(said);
                }
                Some(Ok(Message::Ping(_))) => {}
                Some(
                    Ok(Message::Close(_))
                    | Err(Error::ConnectionClosed | Error::Protocol(_) | Error::Io(_)),
                )
                | None => return None,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Goes on to the first event that is of interest.
    async fn until<T>(&mut self, wanted: impl Fn(&LinkEvent) -> Option<T>) -> T {
        loop {
            match self.next().await {
                Some(FromLink::Event { event, .. }) => {
                    if let Some(found) = wanted(&event) {
                        return found;
                    }
                }
                Some(FromLink::Welcome { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn signalled(&mut self) -> String {
        self.until(|event| match event {
            LinkEvent::Signal(signal) => Some(signal.body.clone()),
            _ => None,
        })
        .await
    }

    async fn refusal(&mut self) -> String {
        loop {
            match self.next().await {
                Some(FromLink::Refused { error, .. }) => return error,
                Some(_) => {}
                None => panic!("it is closed, and not said why"),
            }
        }
    }
}

fn make_link(program: &Program) -> LinkTicket {
    let made = http::post(program.http(), "/api/links", "{}");
    assert_eq!(made.status, 201, "{made:?}");
    serde_json::from_value(made.json()).unwrap()
}

/// A test by a link, with its report, by this program.
fn tested(program: &Program, ticket: &LinkTicket, key: &str) -> String {
    let link = LinkPass {
        token: ticket.token.clone(),
        key: key.to_owned(),
    };
    let body = serde_json::json!({ "link": link }).to_string();
    let run = http::post(program.http(), "/api/runs", &body);
    assert_eq!(run.status, 200, "{run:?}");
    let run = run.json();
    let path = format!("/api/runs/{}/report", run["run"].as_str().unwrap());
    let saved = http::post(program.http(), &path, r#"{"duration_ms": 1, "facts": {}}"#);
    assert_eq!(saved.status, 200, "{saved:?}");
    saved.json()["id"].as_str().unwrap().to_owned()
}

fn get(program: &Program, path: &str, key: &str) -> http::Answer {
    let key = format!("Bearer {key}");
    http::request(program.http(), "GET", path, &[("authorization", &key)], "")
}

fn progress() -> ToLink {
    ToLink::Progress(Box::new(Progress {
        facts: Facts::default(),
        elapsed_ms: 1_000,
        over: false,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_postgresql_are_one_for_a_link() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let start = || Settings::new().set("DATABASE_URL", &url).start();
    let (one, mut other) = (start(), start());
    let ticket = make_link(&one);
    let mut owner = Page::open(one.http(), &ticket.token, &ticket.owner, 0).await;
    let mut guest = Page::open(other.http(), &ticket.token, ANNA, 0).await;
    owner
        .until(|event| {
            (*event
                == LinkEvent::Presence {
                    who: Who::Guest(1),
                    here: true,
                })
            .then_some(())
        })
        .await;
    guest.say(&progress()).await;
    owner
        .until(|event| {
            matches!(
                event,
                LinkEvent::Progress {
                    who: Who::Guest(1),
                    ..
                }
            )
            .then_some(())
        })
        .await;
    // By the wakes of the database: the tables are read without one, too, but only so often as a page is pinged.
    let talk = async {
        for nth in 0..20 {
            owner.signal(&nth.to_string()).await;
            assert_eq!(guest.signalled().await, nth.to_string());
            guest.signal(&nth.to_string()).await;
            assert_eq!(owner.signalled().await, nth.to_string());
        }
    };
    timeout(PING, talk).await.expect("each is woken at once");
    // The seat is one, wherever one asks for it.
    let mut boris = Page::open(one.http(), &ticket.token, BORIS, 0).await;
    let why = boris.refusal().await;
    assert!(why.contains("somebody else"), "{why}");

    let id = tested(&other, &ticket, ANNA);
    let report = |event: &LinkEvent| match event {
        LinkEvent::Report(report) => Some(report.id.clone()),
        _ => None,
    };
    assert_eq!(owner.until(report).await, id);
    assert_eq!(guest.until(report).await, id);
    for program in [&one, &other] {
        let path = format!("/api/reports/{id}");
        assert_eq!(get(program, &path, &ticket.owner).status, 200);
        assert_eq!(get(program, &path, BORIS).status, 404);
        let info = get(
            program,
            &format!("/api/links/{}", ticket.token),
            &ticket.owner,
        )
        .json();
        assert_eq!(info["reports"][0]["id"], *id, "{info}");
    }

    // The guest's program is killed; the guest goes on with the other one, and misses nothing.
    other.running.kill();
    while guest.next().await.is_some() {}
    owner.signal("while you were away").await;
    let mut guest = Page::open(one.http(), &ticket.token, ANNA, guest.last).await;
    assert_eq!(guest.signalled().await, "while you were away");
    let path = format!("/api/links/{}", ticket.token);
    let key = format!("Bearer {}", ticket.owner);
    let third = start();
    let deleted = http::request(
        third.http(),
        "DELETE",
        &path,
        &[("authorization", &key)],
        "",
    );
    assert_eq!(deleted.status, 204, "{deleted:?}");
    for page in [&mut owner, &mut guest] {
        let why = page.refusal().await;
        assert!(why.contains("deleted"), "{why}");
    }
    for secret in [&ticket.owner, &ticket.token, ANNA, BORIS] {
        assert!(!one.running.log().contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lasts_through_a_restart() {
    let program = Settings::new().start();
    let ticket = make_link(&program);
    let mut owner = Page::open(program.http(), &ticket.token, &ticket.owner, 0).await;
    let mut guest = Page::open(program.http(), &ticket.token, ANNA, 0).await;
    guest.signal("before").await;
    assert_eq!(owner.signalled().await, "before");
    guest.signal("not yet seen").await;
    // It is stored, as another page of the owner shows.
    let mut other = Page::open(program.http(), &ticket.token, &ticket.owner, owner.last).await;
    assert_eq!(other.signalled().await, "not yet seen");
    let seen = owner.last;
    drop(owner);
    let program = program.restart();
    let mut owner = Page::open(program.http(), &ticket.token, &ticket.owner, seen).await;
    assert_eq!(owner.signalled().await, "not yet seen");
    let mut guest = Page::open(program.http(), &ticket.token, ANNA, guest.last).await;
    match guest.next().await {
        Some(FromLink::Welcome { you, .. }) => assert_eq!(you, Who::Guest(1)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_says_so_to_the_other() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let start = || Settings::new().set("DATABASE_URL", &url).start();
    let (one, other) = (start(), start());
    let ticket = make_link(&one);
    let mut owner = Page::open(one.http(), &ticket.token, &ticket.owner, 0).await;
    let _guest = Page::open(other.http(), &ticket.token, ANNA, 0).await;
    let presence = |here| {
        let who = Who::Guest(1);
        move |event: &LinkEvent| (*event == LinkEvent::Presence { who, here }).then_some(())
    };
    owner.until(presence(true)).await;
    other.end();
    // One that died is noticed after 45 seconds.
    timeout(Duration::from_secs(20), owner.until(presence(false)))
        .await
        .unwrap();
}
