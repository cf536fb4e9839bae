//! A run: what the page is given, and who is refused one.

use super::*;

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
    let run = fixture.site.run(&ticket.run).await.unwrap();
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
