//! Somebody helps somebody else, and their pages are at different relays; or one of two relays is killed, and what
//! stands before both leads to the other.

use super::{PATIENCE, TOGETHER, settings};
use crate::{
    help::{
        answer_call, begin_call, calls, end_call, finish_test, hold_test, reports, secret_of,
        token_of, two_browsers,
    },
    languages::prefer,
};
use earshot_tests::{browser::Browser, forward, http, postgres::Postgres, program::Program};
use serde_json::Value;

/// What a relay says when a test begins; its id follows.
const BEGINS: &str = "a test begins run=\"";
/// What it says when it lends a relayed address.
const LENT: &str = "relayed=";

/// Two relays that know of each other, and are alike.
fn two_alike(server: &Postgres) -> (Program, Program) {
    let database = server.database();
    let start = |ports| {
        let settings = settings(&database).set("EARSHOT_LOG", "debug");
        settings.set("TURN_RELAY_PORTS", ports).start()
    };
    let (mut one, mut other) = (start("61000-63000"), start("63001-65535"));
    for relay in [&mut one, &mut other] {
        relay.running.wait_for(TOGETHER, PATIENCE);
    }
    (one, other)
}

/// A link by clicks: its address, as who made it sees it.
async fn make_link(owner: &Browser, page: &str) -> String {
    owner.open(page).await;
    owner.click("#help").await;
    owner.wait_for("html[data-line=open]").await;
    owner.text("#link-address").await
}

fn relayed(call: &Value) -> &Value {
    let legs = call["report"]["facts"]["pair"]["legs"].as_array();
    let mut legs = legs.expect("legs").iter();
    let relayed = legs.find(|leg| leg["route"] != "direct");
    relayed.expect("a way through a relay was tried")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_whose_pages_are_at_different_relays_hear_each_other() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (one, other) = two_alike(server);
    let Some((owner, guest)) = two_browsers().await else {
        return;
    };
    let url = make_link(&owner, &one.url()).await;
    assert!(url.starts_with(&one.url()), "{url}");
    guest
        .open(&format!("{}s/{}", other.url(), token_of(&url)))
        .await;
    owner.wait_for("#presence.here").await;
    hold_test(&guest).await;
    guest.click("#start").await;
    owner.wait_for("#watched .steps").await;
    finish_test(&guest).await;
    guest.wait_for("html[data-cause=good]").await;
    owner.wait_for("#watched .verdict.good").await;
    begin_call(&owner, &guest).await;
    end_call(&owner, &guest).await;
    for browser in [&owner, &guest] {
        let cause = browser.html_attribute("data-call-cause").await;
        assert_eq!(cause.as_deref(), Some("good"));
    }
    // A test and a call of each, kept under the link, wherever one asks.
    let secret = secret_of(&owner, &url).await;
    for relay in [&one, &other] {
        let reports = reports(relay, token_of(&url), &secret);
        assert_eq!(reports.len(), 4, "{reports:#?}");
        for call in calls(&reports) {
            assert_eq!(call["cause"], "good", "{call:#}");
            // From the one relay to the other.
            let leg = relayed(call);
            for way in ["from_you", "to_you"] {
                assert_eq!(leg[way]["sound"], "yes", "{leg:#}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_whose_relay_is_killed_says_so_and_the_next_is_made_by_the_other() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    // From now on it takes longer to recognise a sound than to kill.
    let page_has_an_address = |id: &str, log: &str| {
        let own = format!(":test.{id}>");
        log.lines()
            .any(|line| line.contains(LENT) && line.contains(&own))
    };
    let Some(bereft) = kill_under_a_test(server, page_has_an_address).await else {
        return;
    };
    let Bereft {
        owner,
        guest,
        other,
        ..
    } = &bereft;

    // With the other one all is well.
    guest.click("#again").await;
    guest.wait_for("html[data-cause=good]").await;
    owner.wait_for("#watched .verdict.good").await;
    begin_call(owner, guest).await;
    end_call(owner, guest).await;
    let reports = reports(other, &bereft.token, &bereft.secret);
    assert_eq!(reports.len(), 5, "{reports:#?}");
    for call in calls(&reports) {
        assert_eq!(call["cause"], "good", "{call:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_before_its_look_at_itself_has_ended_is_not_waited_for() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    // It looks at itself before the page has heard that it may begin.
    let it_looks = |_: &str, log: &str| log.contains(LENT);
    kill_under_a_test(server, it_looks).await;
}

/// Two people of whose two relays one was killed.
struct Bereft {
    owner: Browser,
    guest: Browser,
    other: Program,
    token: String,
    secret: String,
}

/// Kills the relay of a guest's test as soon as `is_time`, by the test's id and what was logged since it began. The
/// other relay judges what the page saw.
async fn kill_under_a_test(
    server: &Postgres,
    is_time: impl Fn(&str, &str) -> bool,
) -> Option<Bereft> {
    let (mut one, other) = two_alike(server);
    let page = forward::to_first_alive(vec![one.http(), other.http()]);
    // In one that was used before, the page has made its connections before the relay is dead.
    let (owner, guest) = (Browser::start().await?, Browser::unused().await?);
    for browser in [&owner, &guest] {
        prefer(browser, &["en"]).await;
    }
    let url = make_link(&owner, &format!("http://{page}/")).await;
    guest.open(&url).await;
    owner.wait_for("#presence.here").await;
    guest.click("#start").await;
    let has_come = one.running.says_what(
        |log| {
            let begun = log.split_once(BEGINS);
            let begun = begun.and_then(|(_, rest)| rest.split_once('"'));
            begun.is_some_and(|(id, since)| is_time(id, since))
        },
        PATIENCE,
    );
    assert!(has_come, "{}", one.running.log());
    one.running.kill();
    let log = one.running.log();
    let killed = log.split_once(BEGINS).and_then(|it| it.1.split_once('"'));
    let (killed, _) = killed.expect("it was read before");

    // It ends in time, and is saved by the other one.
    guest.wait_for("html[data-run=done][data-report]").await;
    owner.wait_for("#watched .verdict").await;
    let secret = secret_of(&owner, &url).await;
    let token = token_of(&url).to_owned();
    let report = reports(&other, &token, &secret).swap_remove(0);
    let kept = http::get(other.http(), &format!("/api/runs/{killed}/report"));
    // How far page and relay come until it is dead is chance. A page that had not heard of its test begins another one,
    // at the other relay.
    let cause = match kept.status {
        404 => "good",
        _ if has_relay_address(&report["report"]) => "relay-lost",
        _ => "server-unreachable",
    };
    assert_eq!(report["cause"], cause, "{report:#?}");
    for browser in [&owner, &guest] {
        browser.wait_for("html[data-line=open]").await;
    }
    Some(Bereft {
        owner,
        guest,
        other,
        token,
        secret,
    })
}

fn has_relay_address(report: &Value) -> bool {
    let targets = report["facts"]["targets"].as_array().expect("targets");
    let candidates = targets
        .iter()
        .filter_map(|target| target["gathering"]["candidates"].as_array());
    candidates
        .flatten()
        .any(|candidate| candidate["candidate_type"] == "relay")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_when_a_relay_is_killed_under_it() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (mut one, other) = two_alike(server);
    let page = forward::to_first_alive(vec![one.http(), other.http()]);
    let Some((owner, guest)) = two_browsers().await else {
        return;
    };
    let url = make_link(&owner, &format!("http://{page}/")).await;
    guest.open(&url).await;
    guest.click("#start").await;
    guest.wait_for("html[data-cause=good]").await;
    begin_call(&owner, &guest).await;
    for browser in [&owner, &guest] {
        browser.note("html[data-line=lost]", "data-was-lost").await;
    }
    one.running.kill();
    for browser in [&owner, &guest] {
        browser.wait_for("html[data-was-lost]").await;
    }
    // What they say to each other goes by the other one.
    for browser in [&owner, &guest] {
        browser.wait_for("html[data-line=open]").await;
        browser.wait_for("html[data-call=speaking]").await;
    }
    end_call(&owner, &guest).await;
    let secret = secret_of(&owner, &url).await;
    let reports = reports(&other, token_of(&url), &secret);
    for call in calls(&reports) {
        assert_eq!(call["cause"], "good", "{call:#}");
        let facts = &call["report"]["facts"]["pair"];
        assert_eq!(facts["you"]["heard"], "yes", "{facts:#}");
        assert_eq!(facts["them"]["heard"], "yes", "{facts:#}");
    }
}

/// Has the calls of a page find no way but a relay, as behind two routers that let nobody in.
const RELAY_ONLY: &str = "const Real = RTCPeerConnection; \
    window.RTCPeerConnection = class extends Real { \
        constructor(config) { super({ ...config, iceTransportPolicy: 'relay' }); } \
    };";

#[tokio::test(flavor = "multi_thread")]
async fn both_read_that_the_relay_under_their_voices_is_gone() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (mut one, other) = two_alike(server);
    let page = forward::to_first_alive(vec![one.http(), other.http()]);
    let Some((owner, guest)) = two_browsers().await else {
        return;
    };
    let url = make_link(&owner, &format!("http://{page}/")).await;
    guest.open(&url).await;
    guest.click("#start").await;
    guest.wait_for("html[data-cause=good]").await;
    owner.click("#call").await;
    // The owner's own test is over by then.
    guest.wait_for("#answer").await;
    for browser in [&owner, &guest] {
        browser.script(RELAY_ONLY).await;
    }
    answer_call(&owner, &guest).await;
    one.running.kill();
    for browser in [&owner, &guest] {
        browser.wait_for("html[data-call=saved]").await;
        let cause = browser.html_attribute("data-call-cause").await;
        assert_eq!(cause.as_deref(), Some("relay-lost"));
    }
    let secret = secret_of(&owner, &url).await;
    for call in calls(&reports(&other, token_of(&url), &secret)) {
        assert_eq!(call["cause"], "relay-lost", "{call:#}");
    }
    // The next call goes by the other one.
    for browser in [&owner, &guest] {
        browser.click("#close-call").await;
        browser.wait_for("html[data-line=open]").await;
    }
    begin_call(&owner, &guest).await;
    end_call(&owner, &guest).await;
}
