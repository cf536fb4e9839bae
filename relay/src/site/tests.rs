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
struct Fixture {
    site: Site,
    router: Router,
    listening: Arc<AtomicBool>,
    _folder: TempDir,
}

async fn fixture(change: impl FnOnce(&mut SiteConfig)) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Database::Sqlite(folder.path().join("earshot.db")))
        .await
        .unwrap()
        .store;
    let listening = Arc::new(AtomicBool::new(true));
    let is_listening = listening.clone();
    let port = |port: u16| vec![SocketAddr::from(([0, 0, 0, 0], port))];
    let mut config = SiteConfig {
        turn_secret: Secret::from(SECRET.to_owned()),
        nonce_key: NonceKey([7; 32]),
        operator_key: Secret::from(OPERATOR.to_owned()),
        public_host: None,
        relay: Some(OwnRelay {
            turn: port(3478),
            stun: port(3479),
            tls: port(443),
            witness: vec!["192.0.2.1:3478".parse().unwrap()],
            outer: None,
            is_listening: Arc::new(move || is_listening.load(Ordering::Relaxed)),
        }),
        platform_port: false,
        ice_servers: vec![IceServer {
            urls: vec!["turn:nonexistent.invalid:3478".into()],
            username: Some("voice".into()),
            credential: Some(CONFIGURED.into()),
        }],
        cors_origin: None,
    };
    change(&mut config);
    let site = Site::new(config, store);
    Fixture {
        router: router(site.clone()),
        site,
        listening,
        _folder: folder,
    }
}

fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
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

fn get(path: &str) -> Request<Body> {
    request(Method::GET, path, Body::empty())
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    request(Method::POST, path, body)
}

fn with(mut request: Request<Body>, name: header::HeaderName, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

impl Fixture {
    async fn send(&self, request: Request<Body>) -> (StatusCode, Response<()>, Vec<u8>) {
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

#[tokio::test]
async fn a_run_gets_plan_credentials_witness_and_clock() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.begin().await;
    assert!(crate::mint::is_id(&ticket.run));
    assert_eq!(ticket.live, format!("/api/runs/{}/live", ticket.run));
    let urls: Vec<&String> = ticket.ice_servers[0].urls.iter().collect();
    assert_eq!(
        urls,
        [
            "turn:hear.example.org:3478?transport=udp",
            "turn:hear.example.org:3478?transport=tcp",
            "turns:hear.example.org:443?transport=tcp"
        ]
    );
    let username = ticket.ice_servers[0].username.clone().unwrap();
    assert_eq!(earshot_turn::scope_of(&username), Some(ticket.run.as_str()));
    let expiry = earshot_turn::expiry_of(&username).unwrap().as_secs();
    assert_eq!(expiry, ticket.server_time_ms / 1000 + 600);
    // What the operator configured is passed on: browsers need it.
    assert_eq!(
        ticket.ice_servers[1].credential.as_deref(),
        Some(CONFIGURED)
    );
    assert_eq!(ticket.plan.targets.len(), 4);
    assert!(ticket.plan.targets[..3].iter().all(|target| target.own));
    let pair = ticket.stun_pair.unwrap().map(String::from);
    assert_eq!(
        pair,
        ["stun:hear.example.org:3478", "stun:hear.example.org:3479"]
    );
    let witness = ticket.witness.unwrap();
    assert_eq!(witness.addresses[0].0.as_str(), "192.0.2.1");
    assert_eq!(witness.ufrag, ticket.run);
    assert_eq!(
        witness.pwd,
        earshot_turn::witness_password(&[7; 32], &ticket.run)
    );
    assert_eq!(ticket.client_address.unwrap().as_str(), "198.51.100.7");
}

#[tokio::test]
async fn an_ad_hoc_run_lends_ports_and_witness_and_no_credentials() {
    let fixture = fixture(|_| ()).await;
    let (_, ticket) = fixture.json(post("/api/runs", r#"{"ad_hoc": true}"#)).await;
    let ticket: RunTicket = serde_json::from_value(ticket).unwrap();
    assert!(ticket.ice_servers.is_empty() && ticket.plan.targets.is_empty());
    assert!(ticket.stun_pair.is_some() && ticket.witness.is_some());
}

#[tokio::test]
async fn without_a_relay_only_the_configured_servers_are_tested() {
    let fixture = fixture(|config| config.relay = None).await;
    let ticket = fixture.begin().await;
    assert_eq!(ticket.ice_servers.len(), 1);
    assert!(ticket.stun_pair.is_none() && ticket.witness.is_none());
    assert!(ticket.plan.targets.iter().all(|target| !target.own));
    let (_, report) = fixture.finish(&ticket.run, Facts::default()).await;
    assert!(report["facts"]["sightings"].is_null());
}

#[tokio::test]
async fn the_program_sends_nothing_to_where_the_host_header_points() {
    let fixture = fixture(|config| config.ice_servers.clear()).await;
    let ticket = fixture.begin().await;
    let run = fixture.site.run(&ticket.run).unwrap();
    let probes = lock(&run.probes).clone();
    assert_eq!(probes.len(), 3);
    for probe in probes {
        let nothing = NativeProbe {
            finished: true,
            ..NativeProbe::new(probe.url.clone())
        };
        assert_eq!(probe, nothing);
    }
}

#[tokio::test]
async fn bad_bodies_are_refused_with_the_name_of_the_field() {
    let fixture = fixture(|_| ()).await;
    let large = format!("{{\"ad_hoc\": true {}}}", " ".repeat(5000));
    let cases = [
        ("/api/runs", "", 400, "the body"),
        ("/api/runs", "{", 400, "the body"),
        ("/api/runs", "7", 422, "the body"),
        ("/api/runs", "{} {}", 400, "follows"),
        ("/api/runs", r#"{"ad_hoc": "yes"}"#, 422, "ad_hoc"),
        ("/api/runs", r#"{"url": "turn:10.0.0.1"}"#, 422, "url"),
        ("/api/runs", &large, 413, "larger"),
    ];
    for (path, body, status, part) in cases {
        let (given, problem) = fixture.json(post(path, body.to_owned())).await;
        let error = problem["error"].as_str().unwrap();
        assert_eq!(given.as_u16(), status, "{body:.40}: {error}");
        assert!(error.contains(part), "{body:.40}: {error}");
    }
    let ticket = fixture.begin().await;
    let path = format!("/api/runs/{}/report", ticket.run);
    let wrong = r#"{"duration_ms": 1, "facts": {"environment": {"webrtc": "perhaps"}}}"#;
    let (status, problem) = fixture.json(post(&path, wrong)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["error"]
            .as_str()
            .unwrap()
            .contains("facts.environment.webrtc"),
        "{problem}"
    );
    let (status, _) = fixture.json(post(&path, vec![b' '; 513 * 1024])).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let plain = with(post("/api/runs", "{}"), header::CONTENT_TYPE, "text/plain");
    assert_eq!(
        fixture.send(plain).await.0,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

#[tokio::test]
async fn too_many_runs_from_one_address_are_refused_for_a_while() {
    let fixture = fixture(|_| ()).await;
    let mut last = fixture.send(post("/api/runs", "{}")).await;
    for _ in 0..40 {
        last = fixture.send(post("/api/runs", "{}")).await;
    }
    assert_eq!(last.0, StatusCode::TOO_MANY_REQUESTS);
    let seconds = last.1.headers()[header::RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse::<u64>();
    assert!((1..=2).contains(&seconds.unwrap()));
}

fn target_facts(ticket: &RunTicket) -> Vec<TargetFacts> {
    let username = ticket.ice_servers[0].username.clone();
    let fact = |target: &earshot_report::Target| -> TargetFacts {
        let target = serde_json::json!({"target": target, "username": username});
        serde_json::from_value(target).unwrap()
    };
    ticket.plan.targets.iter().map(fact).collect()
}

#[tokio::test]
async fn a_report_holds_our_own_word_and_is_read_by_its_link() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.begin().await;
    fixture.allocate(&ticket.run, "198.51.100.7:6000");
    let mut told = Sightings::default();
    told.tcp.seen = Fact::Yes;
    let facts = Facts {
        targets: target_facts(&ticket),
        sightings: Some(told),
        native_probes: vec![NativeProbe::new("turn:elsewhere:1".parse().unwrap())],
        ..Facts::default()
    };
    let (status, report) = fixture.finish(&ticket.run, facts.clone()).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    let report: Report = serde_json::from_value(report).unwrap();
    let sightings = report.facts.sightings.clone().unwrap();
    assert_eq!(sightings.udp.seen, Fact::Yes);
    assert_eq!(
        sightings.tcp.seen,
        Fact::No,
        "the page's word does not count"
    );
    assert_eq!(sightings.allocations[0].client.0.as_str(), "198.51.100.7");
    let probes = &report.facts.native_probes;
    assert_eq!(probes.len(), 4);
    assert_eq!(probes[3].url.host, "nonexistent.invalid");
    assert!(
        probes[3].finished && probes[3].resolves.is_no(),
        "{:?}",
        probes[3]
    );

    let again = fixture.finish(&ticket.run, facts).await;
    assert_eq!(again.0, StatusCode::CONFLICT);
    let path = format!("/api/reports/{}", report.id);
    let (status, masked) = fixture.json(get(&path)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        masked["facts"]["sightings"]["allocations"][0]["client"][0],
        "198.51.x.x"
    );
    let key = format!("Bearer {OPERATOR}");
    let (_, whole) = fixture
        .json(with(get(&path), header::AUTHORIZATION, &key))
        .await;
    assert_eq!(serde_json::from_value::<Report>(whole).unwrap(), report);
    for wrong in ["Bearer nonsense", "Bearer ", "Basic abc", ""] {
        let (status, _) = fixture
            .json(with(get(&path), header::AUTHORIZATION, wrong))
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
}

#[tokio::test]
async fn only_the_operator_reads_the_list_of_reports() {
    let fixture = fixture(|_| ()).await;
    let list = |query: &str| get(&format!("/api/reports{query}"));
    let key = format!("Bearer {OPERATOR}");
    let as_operator = |query: &str| with(list(query), header::AUTHORIZATION, &key);
    assert_eq!(fixture.json(as_operator("")).await.1, serde_json::json!([]));

    let mut saved = Vec::new();
    for _ in 0..2 {
        let ticket = fixture.begin().await;
        let (status, report) = fixture
            .finish(&ticket.run, Facts::planned(&ticket.plan))
            .await;
        assert_eq!(status, StatusCode::OK);
        saved.push(report["id"].clone());
    }
    let (status, listed) = fixture.json(as_operator("")).await;
    assert_eq!(status, StatusCode::OK);
    let ids: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| entry["id"].clone())
        .collect();
    assert_eq!(ids, saved, "the newest is first");
    assert_eq!(listed[0]["cause"], "unknown");
    let (_, one) = fixture.json(as_operator("?limit=1")).await;
    assert_eq!(one, serde_json::json!([listed[0]]));

    let (status, problem) = fixture.json(list("")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(
        problem["error"].as_str().unwrap().contains("--show-key"),
        "{problem}"
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let fixture = fixture(|_| ()).await;
    let id = crate::mint::id().unwrap();
    let cases = [
        (get(&format!("/api/reports/{id}")), 404, "report"),
        (get("/api/reports/..%2f..%2fetc"), 404, "report"),
        (get(&format!("/api/runs/{id}/live")), 404, "test"),
        (get("/api/nothing"), 404, "API"),
        (get("/api"), 404, "API"),
        (get("/api/runs"), 405, "method"),
    ];
    for (request, status, part) in cases {
        let path = request.uri().path().to_owned();
        let (given, problem) = fixture.json(request).await;
        assert_eq!(given.as_u16(), status, "{path}");
        assert!(
            problem["error"].as_str().unwrap().contains(part),
            "{path}: {problem}"
        );
    }
    let (status, _) = fixture.finish(&id, Facts::default()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn no_secret_is_in_a_report_or_in_debug_output() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.begin().await;
    let minted = ticket.ice_servers[0].credential.clone().unwrap();
    let facts = Facts {
        targets: target_facts(&ticket),
        ..Facts::default()
    };
    let (_, report) = fixture.finish(&ticket.run, facts).await;
    let config = format!("{:?}", fixture.site.0.config);
    let pwd = ticket.witness.clone().unwrap().pwd;
    let told = format!("{ticket:?}{config}{report}");
    for secret in [SECRET, OPERATOR, CONFIGURED, &minted, &pwd, "[7, 7"] {
        assert!(!told.contains(secret), "{secret}");
    }
    assert!(told.contains("test."), "the user name is kept");
}

#[tokio::test]
async fn the_page_is_served_for_people_and_files_for_browsers() {
    let fixture = fixture(|_| ()).await;
    let html = "text/html,application/xhtml+xml";
    for request in [
        get("/"),
        get("/r/abc"),
        with(get("/anything"), header::ACCEPT, html),
    ] {
        let path = request.uri().path().to_owned();
        let (status, response, body) = fixture.send(request).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert!(String::from_utf8_lossy(&body).contains("<html"), "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("'wasm-unsafe-eval'"));
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        let tag = headers[header::ETAG].to_str().unwrap().to_owned();
        let again = with(get(&path), header::IF_NONE_MATCH, &tag);
        let again = with(again, header::ACCEPT, html);
        assert_eq!(fixture.send(again).await.0, StatusCode::NOT_MODIFIED);
    }
    assert_eq!(
        fixture.send(get("/missing.js")).await.0,
        StatusCode::NOT_FOUND
    );
    let posted = fixture.send(post("/", "")).await;
    assert_eq!(posted.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn health_tells_what_is_wrong() {
    let fixture = fixture(|_| ()).await;
    assert_eq!(fixture.send(get("/healthz")).await.0, StatusCode::OK);
    assert_eq!(fixture.send(get("/readyz")).await.0, StatusCode::OK);
    fixture.listening.store(false, Ordering::Relaxed);
    let (status, _, body) = fixture.send(get("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.starts_with(b"relay:"));
    fixture.listening.store(true, Ordering::Relaxed);
    fixture.site.0.store.close().await;
    let (status, _, body) = fixture.send(get("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.starts_with(b"storage:"));
    assert_eq!(fixture.send(get("/healthz")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.begin().await;
    fixture.allocate(&ticket.run, BROWSER);
    fixture.finish(&ticket.run, Facts::default()).await;
    let (_, _, body) = fixture.send(get("/metrics")).await;
    let text = String::from_utf8(body).unwrap();
    for line in [
        "earshot_runs_total 1",
        "earshot_sessions 1",
        "earshot_reports_total{cause=",
    ] {
        assert!(text.lines().any(|l| l.starts_with(line)), "{line}: {text}");
    }
}

#[tokio::test]
async fn only_a_loopback_origin_may_be_let_in() {
    let origin = "http://127.0.0.1:8000";
    for (setting, allowed) in [
        (None, false),
        (Some("http://127.0.0.1:8000"), true),
        (Some("http://127.0.0.1"), true),
        (Some("http://127.0.0.1:9000"), false),
        (Some("https://evil.example.org"), false),
    ] {
        let fixture = fixture(|config| config.cors_origin = setting.map(str::to_owned)).await;
        let name = header::ACCESS_CONTROL_ALLOW_ORIGIN;
        let (_, response, _) = fixture
            .send(with(post("/api/runs", "{}"), header::ORIGIN, origin))
            .await;
        assert_eq!(
            response.headers().contains_key(&name),
            allowed,
            "{setting:?}"
        );
        let asks = request(Method::OPTIONS, "/api/runs", Body::empty());
        let (status, response, _) = fixture.send(with(asks, header::ORIGIN, origin)).await;
        assert_eq!(status == StatusCode::NO_CONTENT, allowed, "{setting:?}");
        assert_eq!(
            response.headers().contains_key(&name),
            allowed,
            "{setting:?}"
        );
        let evil = with(
            post("/api/runs", "{}"),
            header::ORIGIN,
            "https://evil.example.org",
        );
        assert!(
            !fixture.send(evil).await.1.headers().contains_key(&name),
            "{setting:?}"
        );
    }
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn served(fixture: &Fixture) -> SocketAddr {
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
