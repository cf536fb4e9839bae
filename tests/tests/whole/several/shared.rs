//! Two relays on one PostgreSQL.

use super::{OPERATOR, PATIENCE, Run, TOGETHER, settings, two};
use earshot::{
    settings::Database,
    store::{
        Store, Topic,
        runs::{Heard, News, topic_id},
    },
};
use earshot_report::facts::{Fact, Sightings};
use earshot_tests::{http, postgres::Postgres, program::Settings};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_at_one_relay_is_seen_by_a_page_at_the_other() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (one, other) = two(server);
    let run = Run::begin(&one);
    let mut page = run.watch(&one).await.unwrap();
    // Nothing came, and both relays say so.
    page.sightings(|seen| seen.udp.seen.is_no()).await;

    let session = run.session(&other);
    let seen = page.sightings(|seen| seen.allocations.len() == 1).await;
    assert_eq!(seen.udp.seen, Fact::Yes);
    assert_eq!(seen.allocations[0].client.1, session.local().port());

    // What both saw is told at both: a challenge and an allocation of each.
    let _here = run.session(&one);
    let is_both = |seen: &Sightings| seen.allocations.len() == 2 && seen.udp.requests >= 4;
    page.sightings(is_both).await;
    let mut elsewhere = run.watch(&other).await.unwrap();
    elsewhere.sightings(is_both).await;

    // The end of a session is told, too.
    session.close();
    page.sightings(|seen| seen.allocations.iter().any(|one| one.closed))
        .await;
    elsewhere
        .sightings(|seen| seen.allocations.iter().any(|one| one.closed))
        .await;

    // Another relay saves the report, with what both saw, and with what only the first one looked at.
    let (sightings, probes) = run.saved(&other);
    assert_eq!(sightings.allocations.len(), 2, "{sightings:?}");
    let nobody = probes.last().unwrap();
    assert!(nobody.finished && nobody.answers.is_no(), "{nobody:?}");
    assert!(probes.iter().all(|probe| probe.finished), "{probes:?}");
    page.close().await;
    elsewhere.close().await;
    assert_eq!(run.report(&one).status, 409);
    for relay in [one, other] {
        let log = relay.end();
        assert!(!log.contains("another TURN_SECRET"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_a_server_is_told_at_the_other_relay() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (one, other) = two(server);
    let run = Run::begin(&one);
    let mut page = run.watch(&other).await.unwrap();
    let nobody = page
        .probe(|probe| probe.finished && probe.answers.is_no())
        .await;
    assert_eq!(nobody.url.host, "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_saved_once_and_read_at_both() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (one, other) = two(server);
    let run = Run::begin(&one);
    let mut page = run.watch(&one).await.unwrap();
    let saved = run.report(&other);
    assert_eq!(saved.status, 200, "{saved:?}");
    page.close().await;
    assert_eq!(run.report(&one).status, 409);
    assert_eq!(run.report(&other).status, 409);
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    let key = format!("Bearer {OPERATOR}");
    for relay in [&one, &other] {
        let path = format!("/api/reports/{id}");
        let read = http::request(relay.http(), "GET", &path, &[("Authorization", &key)], "");
        assert_eq!(read.status, 200, "{read:?}");
    }
}

#[test]
fn relays_with_different_secrets_say_so_once() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let database = server.database();
    let mut one = settings(&database).start();
    let mut other = Settings::new().set("DATABASE_URL", &database).start();
    for relay in [&mut one, &mut other] {
        relay
            .running
            .wait_for("set TURN_SECRET to the same", PATIENCE);
    }
    for relay in [one, other] {
        let log = relay.end();
        assert_eq!(
            log.matches("set TURN_SECRET to the same").count(),
            1,
            "{log}"
        );
        assert!(!log.contains(super::SECRET), "{log}");
    }
}

/// Nobody has watched there, so what is known elsewhere is read when the report comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_what_another_relay_knows_though_nobody_watched() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (one, other) = two(server);
    let run = Run::begin(&one);
    let (database, _) = Database::read(one.settings.value("DATABASE_URL").unwrap()).unwrap();
    let store = Store::open(&database).await.unwrap().store;
    let mut told = store.subscribe(Topic::Run, &topic_id(&run.id));
    let _session = run.session(&one);
    let is_told = |heard: Heard| {
        let mut seen = heard.news.iter().filter_map(|(_, news)| match news {
            News::Sightings(seen) => Some(seen.allocations.len()),
            News::Probes(_) => None,
        });
        seen.any(|allocations| allocations == 1)
    };
    while !is_told(store.hear_of_run(&run.id, 0).await.unwrap()) {
        timeout(PATIENCE, told.woken()).await.unwrap();
    }
    let (sightings, _) = run.saved(&other);
    assert_eq!(sightings.allocations.len(), 1, "{sightings:?}");
    assert_eq!(sightings.udp.seen, Fact::Yes);
    assert!(sightings.tcp.seen.is_measured(), "both have spoken");
}

/// One name may lead to several relays: then one end of a call is at one of them, and the other end at another.
#[test]
fn the_sessions_of_one_test_may_reach_each_other() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let database = server.database();
    let at = |ip| settings(&database).set("EXTERNAL_IP", ip).start();
    let (mut one, mut other) = (at("203.0.113.1"), at("203.0.113.2"));
    for relay in [&mut one, &mut other] {
        relay.running.wait_for(TOGETHER, PATIENCE);
    }
    let run = Run::begin(&one);
    let ((mut here, relayed_here), (mut there, relayed_there)) =
        (run.relayed(&one), run.relayed(&other));
    for (client, peer) in [(&mut here, relayed_there), (&mut there, relayed_here)] {
        assert_eq!(client.permit(peer), 0, "{peer}");
        assert_eq!(client.bind(0x4000, peer), 0, "{peer}");
        // Nothing else on that machine is for a test.
        assert_eq!(client.bind(0x4001, (peer.ip(), 22).into()), 403);
    }
    assert_eq!(here.permit("203.0.113.3:50000".parse().unwrap()), 403);
}
