//! What is served besides runs and reports: the page, health, metrics, and to which origins.

use super::*;

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
async fn the_page_is_served_for_people_and_files_for_browsers() {
    let fixture = fixture(|_| ()).await;
    let html = "text/html,application/xhtml+xml";
    for request in [
        get("/"),
        get("/r/abc"),
        get("/s/abc"),
        get("/devices"),
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
        let alive = request(Method::GET, "/healthz", Body::empty());
        let (_, response, _) = fixture.send(with(alive, header::ORIGIN, origin)).await;
        assert_eq!(
            response.headers().contains_key(&name),
            allowed,
            "a test asks it, too: {setting:?}"
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
