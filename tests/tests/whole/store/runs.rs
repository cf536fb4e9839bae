//! The tests under way, on both databases, and what several processes tell each other about them.

use super::{Place, on_both, report};
use earshot::{
    mint,
    store::{
        Store, StoreError, Topic,
        link_events::LinkId,
        nodes::{self, Node},
        runs::{Heard, LONGEST, News, StoredRun, topic_id},
    },
};
use earshot_report::{
    api::link::Who,
    facts::{NativeProbe, Sightings},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;

on_both!(
    a_run_is_found_as_it_was_kept,
    runs_are_read_on_from_the_newest_known,
    a_run_is_over_with_its_report,
    a_run_is_forgotten_with_its_time,
);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_800_000_000_123)
}

fn run(started: SystemTime) -> StoredRun {
    StoredRun {
        id: mint::id().unwrap(),
        node: i64::MIN + 3,
        started,
        client: "2001:db8::7".parse().unwrap(),
        homes: vec!["2001:db8::7".parse().unwrap(), "192.0.2.7".parse().unwrap()],
        targets: vec!["turns:hear.example.org:443?transport=tcp".parse().unwrap()],
        link: None,
        over: false,
    }
}

async fn ids(store: &Store, after: i64) -> (Vec<String>, i64) {
    let (runs, newest) = store.runs_after(after, now()).await.unwrap();
    (runs.into_iter().map(|run| run.id).collect(), newest)
}

async fn a_run_is_found_as_it_was_kept(place: Place) {
    let store = place.open().await;
    let of_link = StoredRun {
        link: Some((LinkId::of("a token"), Who::Guest(3))),
        ..run(now())
    };
    for kept in [run(now()), of_link] {
        assert_eq!(store.kept_run(&kept.id, now()).await.unwrap(), None);
        store.keep_run(&kept).await.unwrap();
        // Whoever does not know whether it is kept keeps it again.
        store.keep_run(&kept).await.unwrap();
        let found = store.kept_run(&kept.id, now()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&kept));
    }
    store.close().await;
    assert_eq!(ids(&place.open().await, 0).await.0.len(), 2);
}

async fn runs_are_read_on_from_the_newest_known(place: Place) {
    let store = place.open().await;
    assert_eq!(ids(&store, 0).await, (vec![], 0));
    let mut kept = Vec::new();
    for _ in 0..100 {
        let run = run(now());
        store.keep_run(&run).await.unwrap();
        kept.push(run.id);
    }
    let (all, newest) = ids(&store, 0).await;
    assert_eq!(all, kept);
    // The latest ones may be over meanwhile, and some may have been late.
    let (again, same) = ids(&store, newest).await;
    assert_eq!((again.as_slice(), same), (&kept[100 - 64..], newest));
}

async fn a_run_is_over_with_its_report(place: Place) {
    let store = place.open().await;
    let run = run(now());
    store.keep_run(&run).await.unwrap();
    store.save(&report(), &run.id, now()).await.unwrap();
    assert!(store.kept_run(&run.id, now()).await.unwrap().unwrap().over);
    assert!(store.runs_after(0, now()).await.unwrap().0[0].over);
    let expected = store.may_be_shared();
    assert_eq!(store.hear_of_run(&run.id, 1).await.unwrap().over, expected);
}

async fn a_run_is_forgotten_with_its_time(place: Place) {
    let store = place.open().await;
    let (old, young) = (
        run(now() - LONGEST),
        run(now() - LONGEST + Duration::from_millis(1)),
    );
    for run in [&old, &young] {
        store.keep_run(run).await.unwrap();
    }
    assert_eq!(ids(&store, 0).await.0, [young.id.as_str()]);
    assert_eq!(store.kept_run(&old.id, now()).await.unwrap(), None);
    store.purge_runs(now()).await.unwrap();
    let earlier = now() - LONGEST;
    assert_eq!(store.kept_run(&old.id, earlier).await.unwrap(), None);
    assert!(store.kept_run(&young.id, earlier).await.unwrap().is_some());
}

#[tokio::test]
async fn each_process_hears_what_the_others_told_last() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let (here, there) = (place.open().await, place.open().await);
    let run = run(now());
    let news = || News::Sightings(Box::default());
    let unknown = here.tell_of_run(&run.id, 1, &news()).await.unwrap_err();
    assert!(matches!(unknown, StoreError::NoRun), "{unknown}");

    let mut begun = there.subscribe(Topic::Relays, "runs");
    let mut told = there.subscribe(Topic::Run, &topic_id(&run.id));
    here.keep_run(&run).await.unwrap();
    timeout(Duration::from_secs(10), begun.woken())
        .await
        .unwrap();
    let probe = NativeProbe::new(run.targets[0].clone());
    let seen = Sightings {
        others_udp: true.into(),
        ..Sightings::default()
    };
    let latest = [News::Sightings(Box::new(seen)), News::Probes(vec![probe])];
    for news in [&news(), &latest[0], &latest[1]] {
        here.tell_of_run(&run.id, 1, news).await.unwrap();
    }
    timeout(Duration::from_secs(10), told.woken())
        .await
        .unwrap();
    let mut heard = there.hear_of_run(&run.id, 2).await.unwrap();
    heard
        .news
        .sort_by_key(|(_, news)| matches!(news, News::Probes(_)));
    assert_eq!(heard.news, latest.map(|news| (1, news)));
    assert_eq!(
        here.hear_of_run(&run.id, 1).await.unwrap(),
        Heard::default()
    );

    // What is told of a run goes with it.
    here.purge_runs(now() + LONGEST).await.unwrap();
    here.keep_run(&run).await.unwrap();
    assert_eq!(
        there.hear_of_run(&run.id, 2).await.unwrap(),
        Heard::default()
    );
}

#[tokio::test]
async fn processes_know_of_each_other_until_they_leave() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let (here, there) = (place.open().await, place.open().await);
    let node = |id, secret: &[u8]| Node {
        id,
        secret: secret.to_vec(),
        relay: vec![nodes::Place {
            address: "2001:db8::7".parse().unwrap(),
            first: 49152,
            last: 65535,
            is_witness: false,
        }],
    };
    let mut coming = here.subscribe(Topic::Relays, "nodes");
    assert_eq!(here.beat(&node(-1, b"one")).await.unwrap(), []);
    assert_eq!(
        there.beat(&node(2, b"two")).await.unwrap(),
        [node(-1, b"one")]
    );
    timeout(Duration::from_secs(10), coming.woken())
        .await
        .unwrap();
    assert_eq!(
        here.beat(&node(-1, b"one")).await.unwrap(),
        [node(2, b"two")]
    );
    there.leave(2).await.unwrap();
    timeout(Duration::from_secs(10), coming.woken())
        .await
        .unwrap();
    assert_eq!(here.beat(&node(-1, b"one")).await.unwrap(), []);
}
