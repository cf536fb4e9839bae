//! What a person sees.

use earshot_tests::{browser::Browser, program::Settings};
use serde_json::Value;

/// Every transport, both kinds of legs, both directions: nothing else is `good`.
#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_relay_is_good_within_three_seconds_with_sound_over_every_transport() {
    let program = Settings::new().with_usual_ports().with_tls().start();
    let Some(browser) = Browser::trusting(&program.own_authority()).await else {
        return;
    };
    // The first start of a browser's audio and network is no part of what is measured.
    browser.test(&program).await;

    let (outcome, took_ms) = browser.timed_test(&program).await;
    outcome.expect("good", "good", "nobody");
    assert!(took_ms <= 3_000, "{took_ms} ms\n{}", outcome.story());

    let mut heard = heard_legs(&outcome.report["facts"]);
    heard.sort();
    let expected = ["tcp", "tls", "udp"].into_iter().flat_map(|transport| {
        ["relay-to-direct", "relay-to-relay"].map(|kind| format!("{kind} {transport}"))
    });
    let mut expected: Vec<String> = expected.collect();
    expected.sort();
    assert_eq!(heard, expected, "{}", outcome.story());
}

/// The legs whose sound was recognised at both ends, by kind and transport.
fn heard_legs(facts: &Value) -> Vec<String> {
    let legs = facts["legs"].as_array().expect("legs");
    let heard = legs
        .iter()
        .filter(|leg| leg["from_you"]["sound"] == "yes" && leg["to_you"]["sound"] == "yes");
    heard
        .map(|leg| {
            let target = leg["probe"]["target"].as_u64().expect("a target") as usize;
            let url = facts["targets"][target]["target"]["url"]
                .as_str()
                .expect("a URL");
            let transport = match url {
                url if url.starts_with("turns:") => "tls",
                url if url.ends_with("tcp") => "tcp",
                _ => "udp",
            };
            format!(
                "{} {transport}",
                leg["probe"]["kind"].as_str().expect("a kind")
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_needs_no_click_and_the_report_can_be_opened_later() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    browser.open(&format!("{}?auto", program.url())).await;
    let outcome = browser.outcome(&program).await;
    outcome.expect("good", "good", "nobody");
    assert!(
        browser
            .address()
            .await
            .ends_with(&format!("/r/{}", outcome.id)),
        "the address bar shows the report"
    );
    let verdict = browser.text(".verdict h1").await;

    let program = program.restart();
    browser
        .open(&format!("{}r/{}", program.url(), outcome.id))
        .await;
    assert_eq!(
        browser.text(".verdict h1").await,
        verdict,
        "the saved report says the same"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_works_at_once() {
    let program = Settings::new()
        .without_relay()
        .set(
            "ICE_SERVERS",
            r#"[{"urls":"turn:192.0.2.77:3478","username":"u","credential":"p"}]"#,
        )
        .start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    browser.open(&program.url()).await;
    browser.click("#test").await;
    browser.click("#stop").await;
    browser.wait_for(".verdict #again").await;
}

/// Plain HTTP from another host: the browser hides the microphone there, whatever the relay does.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_a_secure_context_is_named() {
    let settings = Settings::new();
    let address = format!(
        "{}:{}",
        earshot_tests::net::host_address(),
        settings.http.port()
    );
    let mut settings = settings.set("HTTP_LISTEN", &address);
    settings.http = address.parse().expect("an address");
    let program = settings.start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    let outcome = browser.test(&program).await;
    assert_eq!(outcome.cause, "insecure-page", "{}", outcome.story());
}

/// In the person's language, with the sentence that they have just read, and in the looks of the page.
#[tokio::test(flavor = "multi_thread")]
async fn the_verdict_leads_to_the_page_about_its_cause() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    let outcome = browser.test(&program).await;
    outcome.expect("good", "good", "nobody");
    for (language, again) in [("ru", "Все причины"), ("en", "All causes")] {
        let report = format!("{}r/{}", program.url(), outcome.id);
        browser.open(&report).await;
        browser
            .click(&format!(".languages [lang={language}]"))
            .await;
        browser.wait_for(&format!("html[lang={language}]")).await;
        let verdict = browser.text(".verdict h1").await;
        let link = browser
            .script("const it = document.querySelector('#more'); return [it.href, it.target]")
            .await;
        let address = earshot::site::help::address(&program.url(), earshot_report::Code::Good);
        assert_eq!(link[0], format!("{address}?lang={language}"));
        assert_eq!(link[1], "_blank", "the report stays");

        browser.open(link[0].as_str().expect("an address")).await;
        assert_eq!(browser.text("h1").await, verdict);
        assert_eq!(browser.text(".button.quiet").await, again);
        let width = browser
            .script("return getComputedStyle(document.querySelector('main')).maxWidth")
            .await;
        assert_ne!(width, "none", "the style sheet is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_loaded_from_elsewhere() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    browser.test(&program).await;
    let loaded = browser
        .script("return performance.getEntriesByType('resource').map(entry => entry.name)")
        .await;
    let loaded = loaded.as_array().expect("a list");
    assert!(!loaded.is_empty());
    for name in loaded {
        assert!(
            name.as_str().expect("a name").starts_with(&program.url()),
            "{name}"
        );
    }
}

/// On paper nothing can be unfolded or pressed.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_printed_whole_and_without_buttons() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    let outcome = browser.test(&program).await;
    browser
        .open(&format!("{}r/{}", program.url(), outcome.id))
        .await;
    browser.wait_for("#details:not([open])").await;
    browser
        .script(
            "window.printed = []; const paper = matchMedia('print'); \
             const shown = css => [...document.querySelectorAll(css)].filter(it => it.checkVisibility()).length; \
             const look = () => printed.push([paper.matches, shown('.verdict h1'), shown('#details table'), \
               shown('button, a.button, .raw')]); \
             paper.addEventListener('change', look)",
        )
        .await;
    assert!(!browser.printed().await.is_empty());
    browser.wait_for("#details:not([open])").await;
    let printed = browser.script("return printed[0]").await;
    assert_eq!(printed[0], true);
    assert_eq!(printed[1], 1, "the verdict is printed: {printed}");
    assert!(
        printed[2].as_u64() > Some(0),
        "the details are printed: {printed}"
    );
    assert_eq!(printed[3], 0, "nobody presses paper: {printed}");
}

/// Nobody is told that nothing was kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_saved_is_found_though_the_answer_was_lost() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    let lose = "const ask = window.fetch; let lost = false; window.fetch = async (url, ...rest) => { \
        const answer = await ask(url, ...rest); \
        if (lost || !String(url).endsWith('/report')) return answer; \
        lost = true; \
        throw new TypeError('lost'); \
    };";
    browser.prepare(lose).await;
    let outcome = browser.test(&program).await;
    outcome.expect("good", "good", "nobody");
}
