//! Nothing keeps a person from using the pages, as far as axe-core finds it: every screen in light and dark, in both
//! languages, on a narrow phone and on a wide desk.

use crate::{help::THEIR_ANSWER, languages::prefer};
use earshot_tests::{browser::Browser, devices::Devices, program::Settings, skip};
use serde_json::Value;
use std::{fmt::Write, path::PathBuf};

/// A dead server: a run that fails at once.
const DEAD: &str = r#"[{"urls":"turn:127.0.0.1:9?transport=tcp","username":"u","credential":"p"}]"#;

/// Where the pages about the causes are.
const HELP: &str = "help";

/// axe-core's script; `None`: it was not fetched, and that is said.
fn axe() -> Option<String> {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let target = test.ancestors().nth(3).map(PathBuf::from);
    let target = target.expect("target/<profile>/deps/<test>");
    let script = target.join("axe-core/package/axe.min.js");
    let script = std::fs::read_to_string(script).ok();
    if script.is_none() {
        skip("axe-core is not there: `cargo xtask test` fetches it");
    }
    script
}

/// A browser of somebody who reads English, with axe-core in every page; `None`: one of the two is missing, and that was
/// said.
async fn start(devices: Option<Devices>) -> Option<Browser> {
    let axe = axe()?;
    let browser = match devices {
        Some(devices) => Browser::with_devices(devices).await?,
        None => Browser::start().await?,
    };
    browser.prepare(&axe).await;
    prefer(&browser, &["en"]).await;
    Some(browser)
}

/// What axe-core, which is in the page, finds wrong with it as it is now, and how bad it says it is. Between light and
/// dark nothing changes but the colours.
async fn faults(browser: &Browser, scheme: &str) -> String {
    let rules = match scheme {
        "dark" => "runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }",
        _ => "",
    };
    let found = browser
        .script_later(&format!(
            "axe.run(document, {{ resultTypes: ['violations'], {rules} }}).then(it => done(it.violations.map(one => ({{ \
               id: one.id, impact: one.impact, help: one.help, \
               nodes: one.nodes.map(node => node.html + ' – ' + node.failureSummary) }}))))"
        ))
        .await;
    let mut words = String::new();
    for one in found.as_array().expect("a list") {
        if !matches!(one["impact"].as_str(), Some("serious" | "critical")) {
            println!(
                "{}: {} ({}) {}",
                one["id"], one["help"], one["impact"], one["nodes"][0]
            );
            continue;
        }
        writeln!(
            words,
            "{} ({}): {:#}",
            one["id"], one["impact"], one["nodes"]
        )
        .expect("a string");
    }
    words
}

/// Looks at what is shown, in all its looks.
async fn look(browser: &Browser, screen: &str) -> String {
    let mut all = String::new();
    for language in ["en", "ru"] {
        browser
            .click(&format!(".languages [lang={language}]"))
            .await;
        // There it is a link, and the page before it may be in that language, too.
        if screen.starts_with(HELP) {
            browser.wait_for_address(&format!("lang={language}")).await;
        }
        browser.wait_for(&format!("html[lang={language}]")).await;
        for (width, scheme) in [
            (320, "light"),
            (320, "dark"),
            (1280, "light"),
            (1280, "dark"),
        ] {
            browser.show_at(width, scheme).await;
            let wide = browser
                .script("return document.documentElement.scrollWidth > innerWidth")
                .await;
            if wide == Value::Bool(true) {
                writeln!(all, "{screen}, {language}, {width}: wider than the window")
                    .expect("a string");
            }
            let found = faults(browser, scheme).await;
            if !found.is_empty() {
                writeln!(all, "{screen}, {language}, {width}, {scheme}: {found}")
                    .expect("a string");
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_the_start_page_and_its_reports() {
    let program = Settings::new().start();
    let Some(browser) = start(None).await else {
        return;
    };
    let mut all = String::new();
    browser.open(&program.url()).await;
    browser.wait_for("#test").await;
    all += &look(&browser, "start").await;
    browser.click("#other-server").await;
    browser.click("#test-server").await;
    browser.wait_for(".errors").await;
    all += &look(&browser, "form").await;

    let good = browser.test(&program).await;
    good.expect("good", "good", "nobody");
    browser
        .open(&format!("{}r/{}", program.url(), good.id))
        .await;
    browser.click("#details summary").await;
    browser.click(".raw summary").await;
    all += &look(&browser, "good, unfolded").await;
    drop(program);

    // Of several servers one is dead.
    let program = Settings::new().set("ICE_SERVERS", DEAD).start();
    let degraded = browser.test(&program).await;
    assert_eq!(degraded.report["verdict"]["status"], "degraded");
    all += &look(&browser, "degraded").await;
    browser.click("#details summary").await;
    all += &look(&browser, "degraded, unfolded").await;
    drop(program);

    let program = Settings::new()
        .without_relay()
        .set("ICE_SERVERS", DEAD)
        .start();
    let broken = browser.test(&program).await;
    assert_eq!(broken.report["verdict"]["status"], "broken");
    all += &look(&browser, "broken").await;
    assert!(all.is_empty(), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_read_about_the_causes() {
    let program = Settings::new().without_relay().start();
    let Some(browser) = start(None).await else {
        return;
    };
    let mut all = String::new();
    for page in [
        "",
        "/server-open",
        "/tls-certificate-expired",
        "/partner-microphone-denied-by-system",
        "/nothing",
    ] {
        let page = format!("{HELP}{page}");
        browser.open(&format!("{}{page}", program.url())).await;
        all += &look(&browser, &page).await;
    }
    assert!(all.is_empty(), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_check_their_devices() {
    let program = Settings::new().start();
    let Some(browser) = start(Some(Devices::Talking)).await else {
        return;
    };
    let mut all = String::new();
    browser.open(&format!("{}devices", program.url())).await;
    browser.wait_for("#allow").await;
    all += &look(&browser, "devices").await;
    browser.click("#allow").await;
    browser.wait_for("#microphone select").await;
    browser.wait_for("#microphone .state.works").await;
    browser.click("#play").await;
    browser.click("#heard").await;
    browser.wait_for(".verdict.good").await;
    browser.click("#begin-echo").await;
    browser.click("#heard-yourself").await;
    browser.click("#details summary").await;
    all += &look(&browser, "devices, all done").await;
    drop(browser);

    let Some(browser) = start(Some(Devices::Denied)).await else {
        return;
    };
    browser
        .open(&format!("{}devices?auto", program.url()))
        .await;
    browser.wait_for(".verdict.broken").await;
    all += &look(&browser, "devices, denied").await;
    assert!(all.is_empty(), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_a_link() {
    let program = Settings::new().start();
    let Some(owner) = start(None).await else {
        return;
    };
    owner.open(&program.url()).await;
    owner.click("#help").await;
    // Of the second page alone.
    owner.wait_for("meta[name=robots]").await;
    owner.wait_for("main #heading").await;
    let mut all = look(&owner, "link, owner").await;
    let address = owner.address().await;
    let Some(guest) = start(None).await else {
        return;
    };
    guest.open(&address).await;
    guest.wait_for("main #heading").await;
    all += &look(&guest, "link, guest").await;

    guest.click("#start").await;
    guest.wait_for("html[data-run=done]").await;
    guest.click("#details summary").await;
    all += &look(&guest, "link, guest's verdict, unfolded").await;
    owner.wait_for("#watched .verdict").await;
    owner.wait_for("#reports li").await;
    owner.click("#watched #details summary").await;
    all += &look(&owner, "link, the guest's verdict, unfolded").await;
    all += &look_at_call(&owner, &guest).await;
    assert!(all.is_empty(), "{all}");
}

/// Each screen of a call, at both its ends.
async fn look_at_call(owner: &Browser, guest: &Browser) -> String {
    let mut all = String::new();
    owner.click("#call").await;
    guest.wait_for("#answer").await;
    all += &look(owner, "call, ringing").await;
    all += &look(guest, "call, answer it?").await;
    guest.click("#answer").await;
    for browser in [owner, guest] {
        browser.wait_for("#speak").await;
    }
    all += &look(owner, "call, speak?").await;
    for browser in [owner, guest] {
        browser.click("#speak").await;
        browser.wait_for(".voices .lit").await;
        browser.click("#heard-yes").await;
    }
    for browser in [owner, guest] {
        browser.wait_for(THEIR_ANSWER).await;
    }
    all += &look(owner, "call, can you hear me?").await;
    guest.click("#hang-up").await;
    for (browser, whose) in [(owner, "owner's"), (guest, "guest's")] {
        browser.wait_for("html[data-call=saved]").await;
        browser.click("#details summary").await;
        let screen = format!("call, {whose} verdict, unfolded");
        all += &look(browser, &screen).await;
    }
    all
}
