//! Waking those who wait, within a process and between processes.

use super::{Place, on_both};
use earshot::store::{Subscription, Topic};
use earshot_tests::postgres::Postgres;
use std::time::Duration;
use tokio::time::timeout;

on_both!(
    who_waits_is_woken_once_for_what_it_waits_for,
    a_wake_before_one_waits_is_not_lost,
);

async fn is_woken(waiting: &mut Subscription) -> bool {
    timeout(Duration::from_secs(10), waiting.woken())
        .await
        .is_ok()
}

/// By a wake that is there already.
async fn is_woken_now(waiting: &mut Subscription) -> bool {
    timeout(Duration::ZERO, waiting.woken()).await.is_ok()
}

async fn who_waits_is_woken_once_for_what_it_waits_for(place: Place) {
    let store = place.open().await;
    let mut one = store.subscribe(Topic::Link, "one");
    let mut same = store.subscribe(Topic::Link, "one");
    let mut other = store.subscribe(Topic::Link, "other");
    let mut run = store.subscribe(Topic::Run, "one");
    store.notify(Topic::Link, "one").await.unwrap();
    assert!(is_woken(&mut one).await && is_woken(&mut same).await);
    for waiting in [&mut one, &mut other, &mut run] {
        assert!(!is_woken_now(waiting).await, "{waiting:?}");
    }
    drop(one);
    store.notify(Topic::Link, "one").await.unwrap();
    assert!(is_woken(&mut same).await, "the other one still waits");
}

async fn a_wake_before_one_waits_is_not_lost(place: Place) {
    let store = place.open().await;
    let mut waiting = store.subscribe(Topic::Run, "one");
    store.notify(Topic::Run, "one").await.unwrap();
    assert!(is_woken(&mut waiting).await);
}

#[tokio::test]
async fn one_process_wakes_another_that_shares_the_database() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let (here, there) = (place.open().await, place.open().await);
    let mut waiting = there.subscribe(Topic::Link, "a:b");
    let mut other = there.subscribe(Topic::Run, "a:b");
    here.notify(Topic::Link, "a:b").await.unwrap();
    assert!(is_woken(&mut waiting).await);
    assert!(!is_woken_now(&mut other).await);
    // Those who wait do not keep a store from closing.
    timeout(Duration::from_secs(10), there.close())
        .await
        .unwrap();
}

/// The pool puts connections back on a thread of its own, while this one waits for the server.
#[tokio::test(flavor = "multi_thread")]
async fn after_the_server_was_away_everybody_is_woken_and_hears_again() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let place = Place::at(&server.database());
    let (here, there) = (place.open().await, place.open().await);
    let mut waiting = there.subscribe(Topic::Link, "one");
    server.stop();
    server.resume();
    assert!(
        is_woken(&mut waiting).await,
        "something may have been missed"
    );
    here.notify(Topic::Link, "one").await.unwrap();
    assert!(is_woken(&mut waiting).await);
}
