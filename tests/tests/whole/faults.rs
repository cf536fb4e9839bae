//! Faults of real servers, named by their cause.

use earshot_tests::{
    browser::{Browser, Outcome},
    coturn::{Coturn, ice_servers},
    http,
    net::{free_port, host_address},
    program::Settings,
};

/// Tests the servers of an `ICE_SERVERS` value, which are the only ones.
async fn test_servers(ice_servers: &str) -> Option<Outcome> {
    let program = Settings::new()
        .without_relay()
        .set("ICE_SERVERS", ice_servers)
        .start();
    let browser = Browser::start().await?;
    let (outcome, took_ms) = browser.timed_test(&program).await;
    assert!(
        took_ms <= 6_500,
        "a fault is named within 6 s: {}",
        outcome.story()
    );
    Some(outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_coturn_is_good() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let Some(outcome) = test_servers(&coturn.ice_servers("user", "password")).await else {
        return;
    };
    outcome.expect("good", "good", "nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_named() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let Some(outcome) = test_servers(&coturn.ice_servers("user", "not the password")).await else {
        return;
    };
    outcome.expect("broken", "credentials-wrong", "server-admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_credential_is_named() {
    let Some(coturn) = Coturn::start(&[
        "--use-auth-secret",
        "--static-auth-secret=secret",
        "--realm=voicechat",
    ]) else {
        return;
    };
    let username = "1700000000:ann";
    let password = earshot_turn::time_limited_password("secret", username);
    let Some(outcome) = test_servers(&coturn.ice_servers(username, &password)).await else {
        return;
    };
    outcome.expect("broken", "credentials-expired", "server-admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_named() {
    let Some(mut coturn) = Coturn::with_user() else {
        return;
    };
    let servers = coturn.ice_servers("user", "password");
    coturn.running.kill();
    let Some(outcome) = test_servers(&servers).await else {
        return;
    };
    outcome.expect("broken", "server-unreachable", "server-admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_exist_is_named() {
    let Some(outcome) = test_servers(&ice_servers("relay.invalid:3478", "user", "password")).await
    else {
        return;
    };
    outcome.expect("broken", "server-name-unresolved", "server-admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_on_the_port_is_named() {
    let address = (host_address(), free_port()).into();
    http::serve_nothing(address);
    let Some(outcome) = test_servers(&ice_servers(address, "user", "password")).await else {
        return;
    };
    outcome.expect("broken", "not-a-turn-server", "server-admin");
}

/// As behind a NAT with `EXTERNAL_IP` missing: the relay announces an address that nobody outside can reach. On this one
/// host a browser still finds the relay by the address that its packets come from, so a call would work somehow.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_announces_a_private_address_is_named() {
    let program = Settings::new().set("EXTERNAL_IP", "10.99.99.99").start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    let outcome = browser.test(&program).await;
    outcome.expect("degraded", "relay-address-private", "server-admin");
}

/// What a person types is tested as well as what is configured, and by the page alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_typed_by_a_person_is_tested() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    browser.open(&program.url()).await;
    browser.click("#other-server").await;
    browser.type_into("#urls", "turn//wrong").await;
    browser.click("#test-server").await;
    browser.wait_for("[role=alert]").await;
    browser
        .script("document.querySelector('#urls').value = ''")
        .await;
    browser
        .type_into("#urls", &format!("turn:{}", coturn.address))
        .await;
    browser.type_into("#username", "user").await;
    browser.type_into("#password", "password").await;
    browser.click("#test-server").await;
    let outcome = browser.outcome(&program).await;
    outcome.expect("good", "good", "nobody");
}
