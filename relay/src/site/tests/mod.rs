//! The page and the API, asked without a socket where that does.

mod links;
mod live;
mod reports;
mod runs;
mod served;
mod status;

use super::*;
use crate::{events::Happening, settings::Database};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, Response, StatusCode, header},
};
use earshot_report::{
    Facts, Report, Transport,
    api::{LiveMessage, ReportRequest, RunTicket},
    facts::{Fact, NativeProbe, Sightings, TargetFacts},
};
use earshot_turn::{Client, Event, RelayedAddr, SessionId};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
};
use tempfile::TempDir;
use tower::ServiceExt;

const OPERATOR: &str = "the-operators-own-key";
const SECRET: &str = "the-shared-turn-secret";
const CONFIGURED: &str = "the-configured-password";
const BROWSER: &str = "198.51.100.7:5000";

/// A site with its storage, and whether its relay listens.
pub(super) struct Fixture {
    site: Site,
    router: Router,
    listening: Arc<AtomicBool>,
    _folder: TempDir,
}

pub(super) async fn fixture(change: impl FnOnce(&mut SiteConfig)) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Database::Sqlite(folder.path().join("earshot.db")))
        .await
        .unwrap()
        .store;
    let listening = Arc::new(AtomicBool::new(true));
    let is_listening = listening.clone();
    let mut config = config();
    config.relay.as_mut().unwrap().is_listening =
        Arc::new(move || is_listening.load(Ordering::Relaxed));
    change(&mut config);
    let site = Site::new(config, store);
    Fixture {
        router: router(site.clone()),
        site,
        listening,
        _folder: folder,
    }
}

/// As an operator has it who set nothing, with another server besides.
pub(super) fn config() -> SiteConfig {
    let port = |port: u16| vec![SocketAddr::from(([0, 0, 0, 0], port))];
    SiteConfig {
        turn_secret: Secret::from(SECRET.to_owned()),
        nonce_key: NonceKey([7; 32]),
        operator_key: Secret::from(OPERATOR.to_owned()),
        public_host: None,
        public_url: None,
        links: LinkLimits {
            need_key: false,
            most: 10,
            most_sockets: 20,
            lifetime: Duration::from_secs(24 * 3600),
        },
        relay: Some(OwnRelay {
            turn: port(3478),
            stun: port(3479),
            tls: port(443),
            known_urls: Vec::new(),
            witness: vec!["192.0.2.1:3478".parse().unwrap()],
            outer: None,
            places: Vec::new(),
            reach: Arc::new(|_| ()),
            is_listening: Arc::new(|| true),
        }),
        platform_port: false,
        ice_servers: vec![IceServer {
            urls: vec!["turn:nonexistent.invalid:3478".into()],
            username: Some("voice".into()),
            credential: Some(CONFIGURED.into()),
        }],
        cors_origin: None,
        story: None,
    }
}

pub(super) fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "hear.example.org:8080")
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap();
    let peer: SocketAddr = BROWSER.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

pub(super) fn get(path: &str) -> Request<Body> {
    request(Method::GET, path, Body::empty())
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    request(Method::POST, path, body)
}

fn delete(path: &str) -> Request<Body> {
    request(Method::DELETE, path, Body::empty())
}

/// With a key.
fn by(request: Request<Body>, key: &str) -> Request<Body> {
    with(request, header::AUTHORIZATION, &format!("Bearer {key}"))
}

pub(super) fn with(
    mut request: Request<Body>,
    name: header::HeaderName,
    value: &str,
) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

impl Fixture {
    pub(super) async fn send(&self, request: Request<Body>) -> (StatusCode, Response<()>, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        (parts.status, Response::from_parts(parts, ()), bytes)
    }

    async fn json(&self, request: Request<Body>) -> (StatusCode, serde_json::Value) {
        let (status, _, bytes) = self.send(request).await;
        let text = String::from_utf8_lossy(&bytes);
        let value = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{status}: {text}"));
        (status, value)
    }

    async fn begin(&self) -> RunTicket {
        let (status, ticket) = self.json(post("/api/runs", "{}")).await;
        assert_eq!(status, StatusCode::OK, "{ticket}");
        serde_json::from_value(ticket).unwrap()
    }

    /// Waits until the program's own looks for this run have ended, as each does by itself.
    async fn looked(&self, run: &str) -> Arc<super::runs::Run> {
        let run = lock(&self.site.0.runs).get(run).cloned().unwrap();
        let mut progress = run.watch();
        while lock(&run.probes).iter().any(|probe| !probe.finished) {
            progress.changed().await.unwrap();
        }
        run
    }

    async fn finish(&self, run: &str, facts: Facts) -> (StatusCode, serde_json::Value) {
        let body = serde_json::to_vec(&ReportRequest {
            duration_ms: 2000,
            facts,
        })
        .unwrap();
        self.json(post(&format!("/api/runs/{run}/report"), body))
            .await
    }

    fn allocate(&self, run: &str, source: &str) {
        self.site.observe(&RelayEvent {
            at: SystemTime::now(),
            worker: 0,
            what: Happening::Turn(Event::Allocated {
                session: SessionId(1),
                client: Client {
                    transport: earshot_turn::Transport::Udp,
                    addr: source.parse().unwrap(),
                    local: "192.0.2.1:3478".parse().unwrap(),
                },
                username: format!("1800000600:test.{run}"),
                relayed: RelayedAddr("192.0.2.1:50000".parse().unwrap()),
                lifetime: Duration::from_secs(600),
            }),
        });
    }
}
