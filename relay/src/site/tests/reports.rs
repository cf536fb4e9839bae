//! Reports: what is in them, and who reads them.

use super::*;

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
    fixture.looked(&ticket.run).await;
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
    let saved = format!("/api/runs/{}/report", ticket.run);
    let (status, saved) = fixture.json(get(&saved)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(serde_json::from_value::<Report>(saved).unwrap(), report);
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
async fn a_look_that_has_not_ended_with_the_test_is_no_look() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.begin().await;
    // All have ended, and of one it is told that it has not: a real one might end while the test does.
    let run = fixture.looked(&ticket.run).await;
    let url = ticket.plan.targets[3].url.clone();
    lock(&run.probes)[3] = NativeProbe::new(url.clone());
    let (status, report) = fixture
        .finish(&ticket.run, Facts::planned(&ticket.plan))
        .await;
    assert_eq!(status, StatusCode::OK, "{report}");
    let report: Report = serde_json::from_value(report).unwrap();
    let probes = report.facts.native_probes.iter();
    let looked_at: Vec<_> = probes.map(|probe| &probe.url).collect();
    assert_eq!(looked_at.len(), 3, "{looked_at:?}");
    assert!(!looked_at.contains(&&url), "{looked_at:?}");
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
async fn a_call_of_two_with_more_legs_than_any_has_is_refused() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.begin().await;
    let leg = serde_json::json!({"route": {"kind": "direct"}});
    let with_legs = |count: usize| {
        let facts = serde_json::json!({"pair": {"legs": vec![leg.clone(); count]}});
        serde_json::from_value::<Facts>(facts).unwrap()
    };
    let (status, problem) = fixture.finish(&ticket.run, with_legs(257)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["error"].as_str().unwrap().contains("256 legs"));
    let (status, _) = fixture.finish(&ticket.run, with_legs(256)).await;
    assert_eq!(status, StatusCode::OK);
}
