//! Somebody helps somebody else by a link: two real browsers, from the link to the reports of their call.

use crate::languages::{prefer, text};
use earshot_tests::{
    browser::Browser,
    http,
    program::{Program, Settings},
};
use serde_json::Value;

/// A link that was made by a script.
struct Link {
    token: String,
    owner: String,
}

impl Link {
    fn make(program: &Program, label: &str) -> Self {
        let json = ("Content-Type", "application/json");
        let body = format!(r#"{{"label":{label:?}}}"#);
        let ticket = http::request(program.http(), "POST", "/api/links", &[json], &body);
        let text = |name: &str| ticket.json()[name].as_str().map(str::to_owned);
        let known = text("token").zip(text("owner"));
        let (token, owner) = known.unwrap_or_else(|| panic!("no ticket: {ticket:?}"));
        Self { token, owner }
    }

    fn url(&self, program: &Program) -> String {
        format!("{}s/{}", program.url(), self.token)
    }

    /// The reports under the link, as its owner is told.
    fn reports(&self, program: &Program) -> Vec<Value> {
        reports(program, &self.token, &self.owner)
    }
}

/// The reports under a link, as who has its secret is told by that program.
pub(crate) fn reports(program: &Program, token: &str, owner: &str) -> Vec<Value> {
    let bearer = format!("Bearer {owner}");
    let header = [("Authorization", bearer.as_str())];
    let read = |path: String| http::request(program.http(), "GET", &path, &header, "").json();
    let listed = read(format!("/api/links/{token}"))["reports"].clone();
    let listed = listed.as_array().expect("the owner is told of reports");
    let with_report = |listed: &Value| {
        let id = listed["id"].as_str().expect("an id");
        let mut listed = listed.clone();
        listed["report"] = read(format!("/api/reports/{id}"));
        listed
    };
    listed.iter().map(with_report).collect()
}

/// The reports of the call alone, of each end one.
pub(crate) fn calls(reports: &[Value]) -> Vec<&Value> {
    let calls = reports
        .iter()
        .filter(|it| !it["report"]["facts"]["pair"].is_null());
    let calls: Vec<&Value> = calls.collect();
    assert_eq!(calls.len(), 2, "{reports:#?}");
    assert_ne!(calls[0]["who"], calls[1]["who"]);
    calls
}

/// Of who helps, and of who is helped.
pub(crate) async fn two_browsers() -> Option<(Browser, Browser)> {
    let (owner, guest) = (Browser::start().await?, Browser::start().await?);
    prefer(&owner, &["en"]).await;
    prefer(&guest, &["en"]).await;
    Some((owner, guest))
}

/// What the other person said to *Can you hear me?*
pub(crate) const THEIR_ANSWER: &str = ".question [role=status]:not(:empty)";

/// Keeps the end of a page's test back: who helps sees how far it is for as long as is wished, and no limit of the test
/// runs out meanwhile.
const HOLD: &str = "const finished = new Promise(finish => { window.finishTest = finish; }); \
    const [ask, send] = [window.fetch, WebSocket.prototype.send]; \
    window.fetch = async (url, ...rest) => { \
        if (String(url).endsWith('/report')) await finished; \
        return ask.call(window, url, ...rest); \
    }; \
    WebSocket.prototype.send = function (text) { \
        if (!String(text).includes('\"over\":true')) return send.call(this, text); \
        finished.then(() => send.call(this, text)); \
    };";

/// Lets no test of the page that is open end before [`finish_test`].
pub(crate) async fn hold_test(browser: &Browser) {
    browser.script(HOLD).await;
}

/// Lets the test end that was held.
pub(crate) async fn finish_test(browser: &Browser) {
    browser.script("finishTest()").await;
}

/// By clicks, until each hears the other.
pub(crate) async fn begin_call(owner: &Browser, guest: &Browser) {
    owner.click("#call").await;
    answer_call(owner, guest).await;
}

/// The same from the ringing on. What was loudest so far stays; how loud it is just now is soon another sight.
pub(crate) async fn answer_call(owner: &Browser, guest: &Browser) {
    guest.click("#answer").await;
    for browser in [owner, guest] {
        browser.click("#speak").await;
    }
    for browser in [owner, guest] {
        browser.wait_for(".voices > :first-child .reached").await;
        browser.wait_for(".voices > :last-child .reached").await;
    }
}

/// By clicks, from the answer to *Can you hear me?* to the verdict on both screens.
pub(crate) async fn end_call(owner: &Browser, guest: &Browser) {
    for browser in [owner, guest] {
        browser.click("#heard-yes").await;
    }
    for browser in [owner, guest] {
        browser.wait_for(THEIR_ANSWER).await;
    }
    guest.click("#hang-up").await;
    for browser in [owner, guest] {
        browser.wait_for("html[data-call=saved]").await;
        browser.wait_for(".verdict #heading:focus").await;
    }
}

/// The token in the address of a link.
pub(crate) fn token_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

/// The secret that the page of who made a link keeps.
pub(crate) async fn secret_of(owner: &Browser, url: &str) -> String {
    let place = format!("earshot.owner.{}", token_of(url));
    let kept = owner
        .script(&format!("return sessionStorage.getItem('{place}')"))
        .await;
    kept.as_str().expect("the page keeps it").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pages_without_a_person_test_call_and_keep_what_each_found() {
    let program = Settings::new().start();
    let Some((owner, guest)) = two_browsers().await else {
        return;
    };
    let link = Link::make(&program, "Ann");
    let url = link.url(&program);
    owner
        .open(&format!("{url}?auto#owner={}", link.owner))
        .await;
    owner.wait_for("html[data-line=open]").await;
    assert!(
        !owner.address().await.contains(&link.owner),
        "the secret stays in no address"
    );
    guest.open(&format!("{url}?auto")).await;
    owner.wait_for("html[data-call=saved]").await;
    guest.wait_for("html[data-call=saved]").await;

    let reports = link.reports(&program);
    assert_eq!(reports.len(), 4, "{reports:#?}");
    for call in calls(&reports) {
        let facts = &call["report"]["facts"]["pair"];
        assert_eq!(call["cause"], "good", "{call:#}");
        for end in ["you", "them"] {
            assert_eq!(facts[end]["microphone"], "yes", "{facts:#}");
            assert!(
                facts[end]["arrived_dbfs"].as_f64() > Some(-70.0),
                "{facts:#}"
            );
        }
        for ready in ["own", "partner"] {
            assert_eq!(facts[ready]["cause"], "good", "{facts:#}");
        }
    }
}

/// Of what the page says next on its link, this much is lost, and then its socket.
const LOSE: &str = "const send = WebSocket.prototype.send; let lost = 0; \
    WebSocket.prototype.send = function (text) { \
        if (!window.loses || !String(text).includes('\"signal\"')) return send.call(this, text); \
        lost += 1; \
        if (lost == window.loses) { window.loses = 0; this.close(); } \
    };";

/// What is under way when a socket is lost is said again: the offers and candidates of every way, which are said once.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_loses_nothing_with_a_socket() {
    let program = Settings::new().start();
    let Some((owner, guest)) = two_browsers().await else {
        return;
    };
    let link = Link::make(&program, "Ann");
    let url = link.url(&program);
    for browser in [&owner, &guest] {
        browser.prepare(LOSE).await;
    }
    owner.open(&format!("{url}#owner={}", link.owner)).await;
    guest.open(&url).await;
    guest.click("#start").await;
    owner.click("#call").await;
    guest.wait_for("#answer").await;
    // The consent is one message; offers and candidates follow.
    guest.script("window.loses = 1").await;
    owner.script("window.loses = 8").await;
    guest.click("#answer").await;
    for browser in [&owner, &guest] {
        browser.wait_for("#speak").await;
    }
    guest.click("#hang-up").await;
    for browser in [&owner, &guest] {
        browser.wait_for("html[data-call=saved]").await;
    }
    for call in calls(&link.reports(&program)) {
        for leg in call["report"]["facts"]["pair"]["legs"]
            .as_array()
            .expect("legs")
        {
            for way in ["from_you", "to_you"] {
                assert_eq!(leg[way]["sound"], "yes", "{leg:#}");
            }
        }
    }
}

/// As two persons do it, with a reload at either side and a program that is started again in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_seen_live_and_a_call_proves_who_hears_whom() {
    let program = Settings::new().start();
    let Some((owner, guest)) = two_browsers().await else {
        return;
    };
    owner.open(&program.url()).await;
    owner.click("#help").await;
    owner.wait_for("html[data-line=open]").await;
    let url = owner.text("#link-address").await;
    assert_eq!(url, owner.address().await);
    let presence = |browser: &'static str| text("link/en", &format!("presence.{browser}"));
    assert_eq!(owner.text("#presence").await, presence("nobody"));

    guest.open(&url).await;
    guest.wait_for("#start").await;
    assert_eq!(guest.text("h1").await, text("link/en", "link.title"));
    owner.wait_for("#presence.here").await;
    assert_eq!(owner.text("#presence").await, presence("guest_here"));
    hold_test(&guest).await;
    guest.click("#start").await;
    owner.wait_for("#watched .steps").await;
    finish_test(&guest).await;
    guest.wait_for("html[data-run=done]").await;
    owner.wait_for("#watched .verdict.good").await;
    owner.wait_for("#reports li").await;

    // Both load the page again, and the program is started again.
    owner.open(&url).await;
    guest.open(&url).await;
    owner.wait_for("#watched .verdict.good").await;
    guest.wait_for(".verdict.good").await;
    let program = program.restart();
    owner.wait_for("html[data-line=open]").await;
    guest.wait_for("html[data-line=open]").await;

    begin_call(&owner, &guest).await;
    end_call(&owner, &guest).await;
    owner.click("#close-call").await;
    owner.wait_for("#reports li:nth-child(4)").await;
    let reports = reports(&program, token_of(&url), &secret_of(&owner, &url).await);
    for call in calls(&reports) {
        let facts = &call["report"]["facts"]["pair"];
        assert_eq!(facts["you"]["heard"], "yes", "{facts:#}");
    }
}
