//! Microphone and speaker at `/devices`, with the microphones that Chromium makes up.

use crate::languages::{prefer, text};
use earshot_tests::{browser::Browser, devices::Devices, program::Settings};
use serde_json::{Value, json};

/// A page with these devices, in English.
async fn with(devices: Devices) -> Option<Browser> {
    let browser = Browser::with_devices(devices).await?;
    prefer(&browser, &["en"]).await;
    Some(browser)
}

fn said(cause: &str) -> String {
    text("link/en", &format!("cause.{cause}.sentence"))
}

/// Everything by clicks, as a person does it.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_heard_and_hears_is_told_that_both_work() {
    let program = Settings::new().start();
    let Some(browser) = with(Devices::Talking).await else {
        return;
    };
    browser.open(&format!("{}devices", program.url())).await;
    browser.wait_for("#microphone .state.waiting, #allow").await;
    assert_eq!(
        browser.text("#heading").await,
        text("link/en", "devices.title")
    );
    assert!(
        browser
            .text("#echo")
            .await
            .contains(&text("link/en", "devices.echo_later")),
        "there is no echo without a microphone"
    );
    browser.click("#allow").await;
    browser.wait_for("#microphone .state.works").await;
    browser.wait_for(".level .lit").await;

    browser.click("#play").await;
    browser.click("#heard").await;
    browser.wait_for(".verdict.good").await;
    // The verdict comes above it, and it stays the same button.
    browser.wait_for("#heard:focus").await;
    let good = text("link/en", "verdict.devices_good");
    assert_eq!(browser.text("#heading").await, good);

    browser.click("#begin-echo").await;
    browser.wait_for("#echo .time").await;
    browser.click("#heard-yourself").await;
    browser.wait_for("#echo .state.works").await;
    browser.wait_for("h1:focus").await;

    browser.click("#save").await;
    let outcome = browser.outcome(&program).await;
    outcome.expect("good", "good", "nobody");
    let devices = &outcome.report["facts"]["devices"];
    let speaker = json!({ "played": "yes", "heard": "yes", "heard_yourself": "yes" });
    assert_eq!(devices["speaker"], speaker, "{}", outcome.story());
    assert_eq!(outcome.report["facts"]["targets"], json!([]));
    let report = format!("{}r/{}", program.url(), outcome.id);
    browser.open(&report).await;
    assert_eq!(browser.text(".verdict h1").await, good);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_said_after_a_while_and_no_sooner() {
    let program = Settings::new().start();
    let Some(browser) = with(Devices::Silent).await else {
        return;
    };
    browser.open(&format!("{}devices", program.url())).await;
    browser.note("#microphone .level", "data-at-level").await;
    browser.click("#allow").await;
    browser.wait_for("html[data-at-level]").await;
    assert_eq!(
        browser.html_attribute("data-at-level").await,
        Some(text("link/en", "devices.title")),
        "the person had no time to speak"
    );
    browser.wait_for(".verdict.broken").await;
    let likely = browser.text("#heading").await.to_lowercase();
    assert!(
        likely.ends_with(&said("microphone-silent").to_lowercase()),
        "{likely}"
    );
    browser.wait_for("#microphone .state.fails").await;
}

/// Nobody clicks; the person has said no for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_named_with_the_way_to_undo_it() {
    let program = Settings::new().start();
    let Some(browser) = with(Devices::Denied).await else {
        return;
    };
    browser
        .open(&format!("{}devices?auto", program.url()))
        .await;
    let outcome = browser.outcome(&program).await;
    outcome.expect("broken", "microphone-denied", "you");
    assert_eq!(browser.text("#heading").await, said("microphone-denied"));
    let steps = text("link/en", "devices.page.chrome");
    let shown = browser.text("#microphone ol").await;
    let shown: Vec<&str> = shown.lines().collect();
    assert_eq!(shown, steps.split('|').collect::<Vec<_>>());
    assert_eq!(
        outcome.report["facts"]["devices"]["microphone"]["listened_ms"],
        Value::Null,
        "what was not measured is not silent"
    );
}

/// Nobody answers, and what nobody said is not known.
#[tokio::test(flavor = "multi_thread")]
async fn by_itself_it_goes_through_everything() {
    let program = Settings::new().start();
    let Some(browser) = with(Devices::Talking).await else {
        return;
    };
    browser
        .open(&format!("{}devices?auto", program.url()))
        .await;
    let outcome = browser.outcome(&program).await;
    outcome.expect("unknown", "unknown", "nobody");
    let devices = &outcome.report["facts"]["devices"];
    assert_eq!(devices["microphone"]["opened"], "yes");
    let speaker =
        json!({ "played": "yes", "heard": "not-measured", "heard_yourself": "not-measured" });
    assert_eq!(devices["speaker"], speaker, "{}", outcome.story());
    browser.wait_for("#did-you-hear-yourself").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_relay_the_echo_says_so_and_leads_to_the_test() {
    let program = Settings::new()
        .without_relay()
        .set(
            "ICE_SERVERS",
            r#"[{"urls":"turn:127.0.0.1:9?transport=tcp","username":"u","credential":"p"}]"#,
        )
        .start();
    let Some(browser) = with(Devices::Talking).await else {
        return;
    };
    browser.open(&format!("{}devices", program.url())).await;
    browser.click("#allow").await;
    browser.click("#begin-echo").await;
    browser.wait_for("#echo .state.fails").await;
    assert!(
        browser
            .text("#echo")
            .await
            .contains(&text("link/en", "devices.echo_no_way"))
    );
    browser.click("#echo a[href='/']").await;
    browser.wait_for("#test").await;
}
