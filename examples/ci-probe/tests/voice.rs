//! People hear each other through this project's relay: tested in a real browser, in each pull request.
//!
//! `deploy/ci/with-earshot.sh` starts `earshot` and tells by EARSHOT_URL where it is. These tests are compiled after
//! that: a page has no environment.

use earshot_web::{
    ProbeError, ProbeRequest, probe,
    report::{Code, Status},
};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The running `earshot`.
fn earshot() -> &'static str {
    option_env!("EARSHOT_URL")
        .expect("EARSHOT_URL is not set: run this by deploy/ci/with-earshot.sh")
}

/// The servers that `earshot` is configured with: its own relay, and those of ICE_SERVERS.
#[wasm_bindgen_test]
async fn people_hear_each_other() {
    let outcome = probe(earshot()).await.unwrap_or_else(|error| panic!("{error}"));
    console_log!("{outcome}");
    assert_eq!(outcome.verdict.status, Status::Good, "{outcome}");
}

/// Servers as an application's own API hands them out. A fault is named, not only noticed.
#[wasm_bindgen_test]
async fn a_server_that_does_not_exist_is_named() {
    let servers = r#"{"iceServers": [{
        "urls": "turn:relay.invalid:3478",
        "username": "anna",
        "credential": "secret"
    }]}"#;
    let request = ProbeRequest::servers_json(servers).helped_by(earshot());
    let outcome = probe(request).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(outcome.verdict.cause, Code::ServerNameUnresolved, "{outcome}");
    assert!(outcome.to_json().contains("server-name-unresolved"));
}

/// What cannot be tested is told in a sentence.
#[wasm_bindgen_test]
async fn what_is_wrong_with_a_request_is_said() {
    let error = probe("hear.example.org").await.unwrap_err();
    assert!(matches!(error, ProbeError::Request(_)), "{error}");
    // Nothing listens on the discard port.
    let error = probe("http://127.0.0.1:9").await.unwrap_err();
    assert!(error.to_string().contains("earshot serve"), "{error}");
}
