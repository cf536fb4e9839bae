//! Who reads and deletes the reports of a link.

use super::*;

/// A link with two guests, one after the other, each with a report.
struct Two {
    fixture: Fixture,
    ticket: LinkTicket,
    anna: (String, String),
    boris: (String, String),
}

async fn two() -> Two {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let mut reports = Vec::new();
    for key in [ANNA, BORIS] {
        let (mut page, _) = Page::welcome(address, &ticket, key, 0).await;
        reports.push(fixture.tested_by(&ticket, key).await);
        page.say(&ToLink::Leave).await;
        while page.socket.next().await.is_some() {}
        let (status, _) = fixture.begin_by(&ticket, key).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "who left begins no test");
    }
    let boris = reports.pop().unwrap();
    let anna = reports.pop().unwrap();
    Two {
        fixture,
        ticket,
        anna,
        boris,
    }
}

#[tokio::test]
async fn a_guests_report_is_read_by_that_guest_the_owner_and_the_operator() {
    let two = two().await;
    let (run, id) = &two.anna;
    let path = format!("/api/reports/{id}");
    let address = async |key: &str| {
        let (status, report) = two.fixture.json(by(get(&path), key)).await;
        assert_eq!(status, StatusCode::OK, "{key}: {report}");
        assert_eq!(
            report.to_string().contains(run.as_str()),
            key != two.ticket.owner,
            "{key}"
        );
        report["facts"]["environment"]["client_address"].clone()
    };
    for key in [run.as_str(), ANNA, OPERATOR] {
        assert_eq!(address(key).await, "198.51.100.7", "{key}");
    }
    assert_eq!(address(&two.ticket.owner).await, "198.51.x.x");
    // Of another guest, of nobody, and of what is in a link's address: as if there were no report.
    let none = two
        .fixture
        .json(get(&format!("/api/reports/{}", crate::mint::id().unwrap())))
        .await;
    assert_eq!(none.0, StatusCode::NOT_FOUND);
    for key in [BORIS, &two.boris.0, &two.ticket.token, "nonsense", ""] {
        for request in [get(&path), delete(&path)] {
            assert_eq!(two.fixture.json(by(request, key)).await, none, "{key}");
        }
    }
    for request in [get(&path), delete(&path)] {
        assert_eq!(two.fixture.json(request).await, none);
    }
    // The owner finds both.
    let (_, info) = two
        .fixture
        .json(by(get(&super::path(&two.ticket)), &two.ticket.owner))
        .await;
    let info: LinkInfo = serde_json::from_value(info).unwrap();
    let listed: Vec<_> = info
        .reports
        .iter()
        .map(|report| (report.who, report.id.clone()))
        .collect();
    assert_eq!(
        listed,
        [
            (Who::Guest(2), two.boris.1.clone()),
            (Who::Guest(1), id.clone())
        ]
    );
    let (_, info) = two.fixture.json(get(&super::path(&two.ticket))).await;
    assert_eq!(info["reports"], serde_json::json!([]));
}

#[tokio::test]
async fn a_report_is_deleted_by_who_has_to_do_with_it() {
    for key in ["run", "guest", "owner", "operator"] {
        let two = two().await;
        let (run, id) = &two.anna;
        let shown = match key {
            "run" => run,
            "guest" => ANNA,
            "owner" => &two.ticket.owner,
            _ => OPERATOR,
        };
        let path = format!("/api/reports/{id}");
        let (status, ..) = two.fixture.send(by(delete(&path), shown)).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{key}");
        let (status, _) = two.fixture.json(by(get(&path), OPERATOR)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{key}");
        let other = format!("/api/reports/{}", two.boris.1);
        let (status, _) = two.fixture.json(by(get(&other), OPERATOR)).await;
        assert_eq!(status, StatusCode::OK, "{key}");
        // That it was told is gone with it.
        let address = served(&two.fixture).await;
        let (mut owner, _) = Page::welcome(address, &two.ticket, &two.ticket.owner, 0).await;
        while let event = owner.event().await
            && event
                != (LinkEvent::Presence {
                    who: Who::Owner,
                    here: true,
                })
        {
            let LinkEvent::Report(report) = event else {
                continue;
            };
            assert_eq!(report.id, two.boris.1, "{key}");
        }
    }
}

#[tokio::test]
async fn reports_go_with_their_link() {
    let two = two().await;
    two.fixture
        .send(by(delete(&super::path(&two.ticket)), &two.ticket.owner))
        .await;
    for (_, id) in [&two.anna, &two.boris] {
        let (status, _) = two
            .fixture
            .json(by(get(&format!("/api/reports/{id}")), OPERATOR))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_owner_is_tested_too_and_sees_it_whole() {
    let fixture = fixture(|_| ()).await;
    let ticket = fixture.link().await;
    let (_, id) = fixture.tested_by(&ticket, &ticket.owner).await;
    let (_, report) = fixture
        .json(by(get(&format!("/api/reports/{id}")), &ticket.owner))
        .await;
    assert_eq!(
        report["facts"]["environment"]["client_address"],
        "198.51.100.7"
    );
}

#[tokio::test]
async fn a_report_of_no_link_is_read_by_its_address_and_whole_by_who_made_it() {
    let fixture = fixture(|_| ()).await;
    let run = fixture.begin().await.run;
    let (_, report) = fixture.finish(&run, with_address(&run)).await;
    let path = format!("/api/reports/{}", report["id"].as_str().unwrap());
    let (_, masked) = fixture.json(get(&path)).await;
    assert_eq!(
        masked["facts"]["environment"]["client_address"],
        "198.51.x.x"
    );
    assert!(!masked.to_string().contains(&run), "{masked}");
    let (_, whole) = fixture.json(by(get(&path), &run)).await;
    assert_eq!(whole, report);
    for request in [delete(&path), by(delete(&path), "nonsense")] {
        assert_eq!(fixture.json(request).await.0, StatusCode::UNAUTHORIZED);
    }
    let (status, ..) = fixture.send(by(delete(&path), &run)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(fixture.json(get(&path)).await.0, StatusCode::NOT_FOUND);
}
