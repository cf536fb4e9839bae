//! The probes as another project's tests call them, in a real browser.

use super::support::program;
use earshot_report::{
    Code, Report, Status,
    api::{IceServer, RunRequest},
    facts::Fact,
};
use earshot_web::{
    ProbeError, ProbeRequest, api, browser, json, probe,
    probe::{Signal, wait::sleep},
    update::Update,
};
use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::Poll,
};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// The program's own relay, with credentials for a test.
async fn own_servers(base: &str) -> Vec<IceServer> {
    let ticket = api::begin_run(base, &RunRequest::default()).await.unwrap();
    ticket.ice_servers
}

#[wasm_bindgen_test]
async fn a_running_program_is_tested_by_one_call() {
    let Some(base) = program("a test by one call") else {
        return;
    };
    let planned = Rc::new(RefCell::new(0));
    let count = planned.clone();
    let request = ProbeRequest::program(format!("{base}/")).on_update(move |update| {
        if matches!(update, Update::Planned(_)) {
            *count.borrow_mut() += 1;
        }
    });
    let outcome = probe(request).await.unwrap();
    console_log!("{outcome}");
    assert_eq!(outcome.verdict.status, Status::Good, "{outcome}");
    assert!(outcome.is_good());
    assert_eq!(*planned.borrow(), 1);
    assert!(
        outcome.facts.sightings.is_some(),
        "the relay has told what it saw"
    );
    let page = outcome.report_page.as_deref().unwrap();
    let id = page.strip_prefix(&format!("{base}/r/")).unwrap();
    let path = format!("{base}/api/reports/{id}");
    let (status, saved) = browser::fetch("GET", &path, None, None).await.unwrap();
    let saved: Report = json::read(&saved).unwrap();
    assert_eq!((status, saved.verdict), (200, outcome.verdict.clone()));
    let written: Report = json::read(outcome.to_json()).unwrap();
    assert_eq!((written.id.as_str(), &written.facts), (id, &outcome.facts));
    assert_eq!(
        (written.servers, saved.servers),
        (outcome.servers.clone(), outcome.servers.clone())
    );
    assert_eq!(outcome.servers.len(), 1, "the program's own relay");
    assert!(
        (1..20_000).contains(&outcome.duration_ms),
        "{} ms",
        outcome.duration_ms
    );
}

#[wasm_bindgen_test]
async fn who_waits_no_longer_ends_the_test() {
    let Some(base) = program("a test that is dropped") else {
        return;
    };
    let (begun, told) = (Signal::default(), Rc::new(Cell::new(0)));
    let (begins, count) = (begun.clone(), told.clone());
    let request = ProbeRequest::program(base).on_update(move |update| {
        count.set(count.get() + 1);
        if matches!(update, Update::Planned(_)) {
            begins.give();
        }
    });
    {
        let (mut test, mut begins) = (pin!(probe(request)), pin!(begun.wait()));
        poll_fn(|context| match begins.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => {
                assert!(test.as_mut().poll(context).is_pending());
                Poll::Pending
            }
        })
        .await;
    }
    let before = told.get();
    assert!(before > 0);
    // In this time a test tells of a dozen things.
    sleep(1_000).await;
    assert_eq!(told.get(), before);
}

#[wasm_bindgen_test]
async fn servers_are_tested_without_any_program() {
    let Some(base) = program("servers alone") else {
        return;
    };
    for whole in [false, true] {
        let list = json::write(&own_servers(base).await, 0).unwrap();
        let text = match whole {
            true => format!(r#"{{"iceServers": {list}}}"#),
            false => list,
        };
        let outcome = probe(ProbeRequest::servers_json(text)).await.unwrap();
        console_log!("{outcome}");
        assert_eq!(outcome.verdict.status, Status::Good, "{outcome}");
        // Nobody was asked, so nobody was found away.
        let reachable = outcome.facts.environment.api_reachable;
        assert_eq!(reachable, Fact::NotMeasured);
        assert_eq!((outcome.report_page, outcome.not_saved), (None, None));
    }
}

#[wasm_bindgen_test]
async fn a_fault_is_a_verdict_with_what_it_rests_on() {
    let Some(base) = program("a fault") else {
        return;
    };
    let wrong = own_servers(base).await.into_iter().map(|server| IceServer {
        credential: Some("not the password".to_owned()),
        ..server
    });
    let outcome = probe(ProbeRequest::servers(wrong.collect()).helped_by(base))
        .await
        .unwrap();
    let told = outcome.to_string();
    assert_eq!(outcome.verdict.status, Status::Broken, "{told}");
    assert_eq!(outcome.verdict.cause, Code::CredentialsWrong, "{told}");
    assert!(told.starts_with("credentials-wrong: "), "{told}");
    assert!(
        told.contains("  at turn:") && told.contains("/r/"),
        "{told}"
    );
    assert!(!outcome.to_json().contains("not the password"));
    assert!(!outcome.is_good() && outcome.verdict.cause == outcome.findings[0].code);
    for evidence in &outcome.findings[0].evidence {
        assert!(told.contains(&format!("  {} = ", evidence.fact)), "{told}");
    }
    assert!(!outcome.findings[0].evidence.is_empty(), "{told}");
}

#[wasm_bindgen_test]
async fn where_no_program_is_the_way_out_is_told() {
    // Nothing listens on the discard port.
    let error = probe("http://127.0.0.1:9").await.unwrap_err();
    let words = error.to_string();
    assert!(matches!(error, ProbeError::NoProgram { .. }), "{words}");
    assert!(
        words.contains("earshot serve") && words.contains("CORS_ORIGIN=http://127.0.0.1 "),
        "{words}"
    );
    let error = probe(ProbeRequest::servers_json("{}")).await.unwrap_err();
    assert!(matches!(error, ProbeError::Request(_)), "{error}");
}
