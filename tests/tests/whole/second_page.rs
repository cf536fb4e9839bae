//! The second page, and how one comes to it: a bundle of its own for links and devices.

use crate::languages::{prefer, text};
use earshot_tests::{browser::Browser, http, program::Settings};

/// Only the second page has it.
const SECOND: &str = "meta[name=robots]";
const HTML: (&str, &str) = ("Accept", "text/html");

#[test]
fn its_html_is_kept_by_nobody_and_tells_nobody_its_address() {
    let program = Settings::new().set("EARSHOT_LOG", "trace").start();
    for path in ["/s/sesame-sesame-sesame", "/devices"] {
        let answer = http::request(program.http(), "GET", path, &[HTML], "");
        assert_eq!(answer.status, 200);
        let head = answer.head.to_lowercase();
        assert!(head.contains("referrer-policy: no-referrer"), "{head}");
        assert!(head.contains("cache-control: no-cache"), "{head}");
        let mut scripts = answer.body.split("\"/").map(|rest| rest.split('"').next());
        let script = scripts.find_map(|name| name.filter(|name| name.starts_with("link-")));
        let script = format!("/{}", script.expect("the second page's script"));
        let script = http::get(program.http(), &script);
        assert_eq!(script.status, 200);
        assert!(script.head.contains("immutable"), "{}", script.head);
    }
    let first = http::get(program.http(), "/").body;
    assert!(
        !first.contains("link-") && first.contains("start-"),
        "{first}"
    );
    let log = program.end();
    assert!(!log.contains("sesame"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_with_its_own_texts_in_both_languages() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    prefer(&browser, &["ru"]).await;
    browser.open(&program.url()).await;
    browser.click("#devices").await;
    browser.wait_for(SECOND).await;
    browser.wait_for("main h1#heading").await;
    assert_eq!(
        browser.text("#heading").await,
        text("link/ru", "devices.title"),
        "the button of the start page leads there"
    );
    browser.click(".languages [lang=en]").await;
    browser.wait_for("html[lang=en]").await;
    assert_eq!(
        browser.text("#heading").await,
        text("link/en", "devices.title")
    );
    let brand = browser.text(".brand").await;
    assert_eq!(brand, text("en", "app.name"));
}

/// Has the pages opened from now on believe that the program answers so, whatever it is asked of links.
async fn answer_links(browser: &Browser, status: u16, body: &str) {
    let script = format!(
        "const real = window.fetch; window.fetch = (url, ...rest) => String(url).startsWith('/api/links') \
         ? Promise.resolve(new Response({body:?}, {{ status: {status} }})) : real(url, ...rest);"
    );
    browser.prepare(&script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_a_link_is_known_by_a_secret_that_is_in_no_address() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    prefer(&browser, &["en"]).await;
    // A ticket and what is told of a link, in one.
    let body = r#"{"token":"the-token","url":"https://example.org/s/the-token","expires":"2030-01-01T00:00:00Z",
        "owner":"the-secret","label":"Ann","open":true}"#;
    answer_links(&browser, 200, body).await;
    browser.open(&program.url()).await;
    browser.click("#help").await;
    browser.wait_for(SECOND).await;
    browser.wait_for("main section .lead").await;
    assert_eq!(
        browser.address().await,
        format!("{}s/the-token", program.url())
    );
    assert_eq!(
        browser.text("#heading").await,
        text("link/en", "link.owner_title")
    );
    let kept = browser
        .script("return sessionStorage.getItem('earshot.owner.the-token')")
        .await;
    assert_eq!(kept, "the-secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_shown_in_the_words_of_the_program() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    prefer(&browser, &["en"]).await;
    let words = "links are made by the operator alone";
    answer_links(&browser, 403, &format!(r#"{{"error":"{words}"}}"#)).await;
    browser.open(&program.url()).await;
    browser.click("#help").await;
    let said = browser.text("[role=alert]").await;
    let expected = text("en", "start.help_refused").replace("{sentence}", words);
    assert_eq!(said, expected);
    browser.open(&format!("{}s/none", program.url())).await;
    let said = browser.text("[role=alert]").await;
    let expected = text("link/en", "link.refused").replace("{sentence}", words);
    assert_eq!(said, expected);
    assert_eq!(
        browser.text("#heading").await,
        text("link/en", "link.title")
    );
}

/// What a person meets is said in their language; the sentence of the program is for scripts and operators.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_said_in_the_persons_language() {
    let program = Settings::new().set("LINKS_NEED_KEY", "yes").start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    prefer(&browser, &["ru"]).await;
    browser.open(&program.url()).await;
    browser.click("#help").await;
    let refused = |key: &str, why: &str| text(key, why).replace("{sentence}", "");
    let said = browser.text("[role=alert]").await;
    let begins = refused("ru", "start.help_refused");
    assert_eq!(
        said,
        format!("{begins}{}", text("ru", "refusal.key_needed"))
    );
    browser.open(&format!("{}s/none", program.url())).await;
    let said = browser.text("[role=alert]").await;
    let begins = refused("link/ru", "link.refused");
    assert_eq!(said, format!("{begins}{}", text("ru", "refusal.no_link")));
    // In another language at once.
    browser.click(".languages [lang=en]").await;
    browser.wait_for("html[lang=en]").await;
    let said = browser.text("[role=alert]").await;
    assert!(said.ends_with(&text("en", "refusal.no_link")), "{said}");
}

/// Of several programs behind one address one may go away as it is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_nobody_answers_is_made_once_more() {
    let program = Settings::new().start();
    let Some(browser) = Browser::start().await else {
        return;
    };
    let lose = "const real = window.fetch; let lost = 0; window.fetch = (url, ...rest) => \
        String(url).startsWith('/api/runs') && lost++ < 1 ? Promise.reject(new TypeError('lost')) : real(url, ...rest);";
    browser.prepare(lose).await;
    let outcome = browser.test(&program).await;
    outcome.expect("good", "good", "nobody");
}
