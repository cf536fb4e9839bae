//! The language that a person is spoken to in: which it is, and that no other one is fetched.

use earshot_tests::{browser::Browser, http, program::Settings};
use serde_json::Value;
use std::path::Path;

/// A text as it is written in `www/locales`.
pub(crate) fn text(language: &str, key: &str) -> String {
    let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www/locales");
    let source = std::fs::read_to_string(www.join(format!("{language}.json")));
    let texts: Value = serde_json::from_str(&source.expect("a file of texts")).expect("it is JSON");
    texts[key].as_str().expect("a text").to_owned()
}

/// Has every page opened from now on believe that the person prefers these languages.
pub(crate) async fn prefer(browser: &Browser, languages: &[&str]) {
    let script = format!(
        "Object.defineProperty(navigator, 'languages', {{ configurable: true, get: () => {languages:?} }})"
    );
    browser.prepare(&script).await;
}

/// The addresses of the texts that the page has fetched.
async fn fetched(browser: &Browser) -> Vec<String> {
    let names = browser
        .script("return performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)")
        .await;
    let names = names.as_array().expect("a list").iter();
    let names = names.filter_map(|name| name.as_str().map(str::to_owned));
    names.filter(|name| name.starts_with("/texts/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_russian_page_fetches_russian_and_english_when_it_is_asked_for() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    prefer(&browser, &["ru-RU", "en"]).await;
    browser.open(&program.url()).await;
    assert_eq!(browser.text("#heading").await, text("ru", "start.title"));
    assert_eq!(browser.html_attribute("lang").await.as_deref(), Some("ru"));
    let files = fetched(&browser).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].starts_with("/texts/ru-"), "{files:?}");
    let answer = http::get(program.http(), &files[0]);
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("immutable"), "{}", answer.head);

    browser.click(".languages [lang=en]").await;
    browser.wait_for("html[lang=en]").await;
    assert_eq!(browser.text("#heading").await, text("en", "start.title"));
    let files = fetched(&browser).await;
    assert!(files[1].starts_with("/texts/en-"), "{files:?}");
    // Back again nothing is fetched.
    browser.click(".languages [lang=ru]").await;
    browser.wait_for("html[lang=ru]").await;
    assert_eq!(fetched(&browser).await.len(), 2);

    // What was chosen counts before what the browser prefers.
    browser.click(".languages [lang=en]").await;
    browser.wait_for("html[lang=en]").await;
    browser.open(&program.url()).await;
    assert_eq!(browser.text("#heading").await, text("en", "start.title"));
    let files = fetched(&browser).await;
    assert!(
        files.len() == 1 && files[0].starts_with("/texts/en-"),
        "{files:?}"
    );
}

/// RFC 5646: the primary subtag is the language, whatever its case; RFC 4647: the first that we have is taken.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_language_we_have_is_spoken() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    let cases: [(&[&str], &str); 6] = [
        (&["de", "RU-ru"], "ru"),
        (&["EN-gb", "ru"], "en"),
        (&["de"], "en"),
        // Rusyn is not Russian.
        (&["rue"], "en"),
        (&["constructor", "ru"], "ru"),
        (&[], "en"),
    ];
    for (preferred, spoken) in cases {
        prefer(&browser, preferred).await;
        browser.open(&program.url()).await;
        let title = browser.text("#heading").await;
        assert_eq!(title, text(spoken, "start.title"), "{preferred:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_cannot_be_fetched_leave_no_blank_page() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    prefer(&browser, &["en"]).await;
    browser.open(&program.url()).await;
    browser.wait_for("#test").await;
    browser.block(&["*/texts/*"]).await;
    browser.click(".languages [lang=ru]").await;
    let said = browser.text("[role=alert]").await;
    assert_eq!(said, text("en", "app.language_failed"));
    browser.wait_for("html[lang=en] #test").await;

    browser.script("localStorage.clear()").await;
    prefer(&browser, &["ru"]).await;
    browser.open(&program.url()).await;
    browser.wait_for("#failed:not([hidden])").await;
    let said = browser.text("#failed").await;
    assert!(
        said.contains("load it again") && said.contains("загрузите её ещё раз"),
        "{said}"
    );
}
