//! Making, reading and deleting links.

use super::*;
use std::time::Instant;

async fn info(fixture: &Fixture, request: Request<Body>) -> LinkInfo {
    let (status, info) = fixture.json(request).await;
    assert_eq!(status, StatusCode::OK, "{info}");
    serde_json::from_value(info).unwrap()
}

#[tokio::test]
async fn a_link_is_made_read_and_deleted() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.link().await;
    let url = format!("http://hear.example.org:8080/s/{}", ticket.token);
    assert_eq!(ticket.url, url);
    assert!(ticket.token.len() * 5 >= 128 && ticket.owner.len() * 5 >= 128);
    let path = path(&ticket);
    for request in [
        get(&path),
        by(get(&path), &ticket.owner),
        by(get(&path), OPERATOR),
    ] {
        let info = info(&fixture, request).await;
        assert_eq!(info.label.as_deref(), Some("Olga"));
        assert_eq!(info.expires, ticket.expires);
        assert!(info.open && info.reports.is_empty());
    }
    for wrong in [ticket.token.as_str(), "nonsense", ""] {
        for request in [get(&path), delete(&path)] {
            let (status, problem) = fixture.json(by(request, wrong)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{problem}");
        }
    }
    let (status, problem) = fixture.json(delete(&path)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{problem}");
    let (status, ..) = fixture.send(by(delete(&path), &ticket.owner)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(fixture.json(get(&path)).await.0, StatusCode::NOT_FOUND);
    let told = format!("{ticket:?}");
    assert!(!told.contains(&ticket.token) && !told.contains(&ticket.owner));
}

#[tokio::test]
async fn the_operator_deletes_any_link() {
    let fixture = fixture(|_| ()).await;
    let path = path(&fixture.link().await);
    let (status, ..) = fixture.send(by(delete(&path), OPERATOR)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_guess_learns_nothing() {
    let fixture = fixture(|_| ()).await;
    let deleted = fixture.link().await;
    fixture
        .send(by(delete(&path(&deleted)), &deleted.owner))
        .await;
    let mut answers = Vec::new();
    for token in [
        &deleted.token,
        &crate::mint::id().unwrap(),
        "abc",
        "..%2f..%2fetc",
    ] {
        let path = format!("/api/links/{token}");
        for request in [
            get(&path),
            by(get(&path), "a-guess"),
            delete(&path),
            by(delete(&path), &deleted.owner),
        ] {
            answers.push(fixture.json(request).await);
        }
    }
    assert_eq!(answers[0].0, StatusCode::NOT_FOUND);
    assert!(
        answers[0].1["error"]
            .as_str()
            .unwrap()
            .contains("no such link")
    );
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
}

#[tokio::test]
async fn a_link_that_is_over_is_closed_for_all_but_its_owner() {
    let fixture = fixture(|config| config.links.lifetime = Duration::ZERO).await;
    let ticket = fixture.link().await;
    let (status, problem) = fixture.json(get(&path(&ticket))).await;
    assert_eq!(status, StatusCode::GONE);
    assert!(
        problem["error"].as_str().unwrap().contains("closed"),
        "{problem}"
    );
    let info = info(&fixture, by(get(&path(&ticket)), &ticket.owner)).await;
    assert!(!info.open);
    for key in [ticket.owner.as_str(), ANNA] {
        let (status, problem) = fixture.begin_by(&ticket, key).await;
        assert_eq!(status, StatusCode::GONE, "{problem}");
    }
}

#[tokio::test]
async fn links_are_bounded_and_the_bound_is_named() {
    let fixture = fixture(|config| config.links.most = 1).await;
    fixture.link().await;
    let (status, problem) = fixture.json(post("/api/links", "{}")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        problem["error"].as_str().unwrap().contains("MOST_LINKS"),
        "{problem}"
    );
}

#[tokio::test]
async fn one_address_makes_so_many_links_and_no_more() {
    let fixture = fixture(|config| config.links.most = 100).await;
    let begun = Instant::now();
    let mut made = 0;
    let (status, response) = loop {
        let (status, response, _) = fixture.send(post("/api/links", "{}")).await;
        if status != StatusCode::CREATED {
            break (status, response);
        }
        made += 1;
    };
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    // Thirty at once, and one more for every two seconds that a busy machine took for them.
    let most = 30 + begun.elapsed().as_secs() / 2;
    assert!((30..=most).contains(&made), "{made} of {most}");
}

#[tokio::test]
async fn an_operator_may_keep_links_for_who_has_the_key() {
    let fixture = fixture(|config| config.links.need_key = true).await;
    for request in [
        post("/api/links", "{}"),
        by(post("/api/links", "{}"), "nonsense"),
    ] {
        let (status, problem) = fixture.json(request).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(
            problem["error"].as_str().unwrap().contains("--show-key"),
            "{problem}"
        );
    }
    let (status, _) = fixture.json(by(post("/api/links", "{}"), OPERATOR)).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_label_is_short_and_of_one_line() {
    let fixture = fixture(|_| ()).await;
    for body in [
        serde_json::json!({"label": "я".repeat(81)}),
        serde_json::json!({"label": "a\nb"}),
        serde_json::json!({"labels": "a"}),
    ] {
        let (status, problem) = fixture.json(post("/api/links", body.to_string())).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}: {problem}"
        );
    }
    let label = serde_json::json!({"label": "я".repeat(80)});
    let (status, _) = fixture.json(post("/api/links", label.to_string())).await;
    assert_eq!(status, StatusCode::CREATED);
}
