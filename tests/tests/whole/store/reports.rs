//! Reports, on both databases.

use super::{Place, on_both, report};
use earshot::store::{Listed, StoreError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: Duration = Duration::from_secs(24 * 3600);

on_both!(
    a_report_is_kept_across_a_restart_and_for_thirty_days,
    a_run_has_one_report,
    the_newest_are_listed_first,
    a_closed_storage_says_so,
);

async fn a_report_is_kept_across_a_restart_and_for_thirty_days(place: Place) {
    let now = SystemTime::now();
    let (first, old) = (report(), report());
    let store = place.open().await;
    store.save(&first, "run-1", now).await.unwrap();
    store.save(&old, "run-2", now - 31 * DAY).await.unwrap();
    store.close().await;

    let store = place.open().await;
    let found = store.report(&first.id, now).await.unwrap();
    assert_eq!(found, Some(first.clone()));
    assert_eq!(store.report(&old.id, now).await.unwrap(), None);
    assert_eq!(store.report("nothing", now).await.unwrap(), None);
    assert_eq!(store.purge(now).await.unwrap(), 1);
    assert_eq!(store.purge(now).await.unwrap(), 0);
    assert_eq!(store.purge(now + 30 * DAY).await.unwrap(), 1);
    store.ping().await.unwrap();
}

async fn a_run_has_one_report(place: Place) {
    let now = SystemTime::now();
    let store = place.open().await;
    store.save(&report(), "run-1", now).await.unwrap();
    let again = store.save(&report(), "run-1", now).await;
    assert!(matches!(again, Err(StoreError::Duplicate)), "{again:?}");
    store.save(&report(), "run-2", now).await.unwrap();
}

async fn the_newest_are_listed_first(place: Place) {
    let start = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let store = place.open().await;
    // Three of one second: what was saved later is newer.
    let reports = [report(), report(), report(), report()];
    for (nth, report) in reports.iter().enumerate() {
        let started = if nth == 0 { start } else { start + DAY };
        let run = nth.to_string();
        store.save(report, &run, started).await.unwrap();
    }
    let listed = store.latest(3, start + DAY).await.unwrap();
    let ids: Vec<&str> = listed.iter().map(|listed| listed.id.as_str()).collect();
    assert_eq!(ids, [&reports[3].id, &reports[2].id, &reports[1].id]);
    // What nothing was measured of.
    let expected = Listed {
        id: reports[3].id.clone(),
        started: start + DAY,
        status: "unknown".into(),
        cause: "unknown".into(),
        who: None,
    };
    assert_eq!(listed[0], expected);
    assert_eq!(store.latest(9, start + 30 * DAY).await.unwrap().len(), 3);
}

async fn a_closed_storage_says_so(place: Place) {
    let store = place.open().await;
    store.close().await;
    let error = store.ping().await.unwrap_err().to_string();
    assert!(error.starts_with("the storage failed: "), "{error}");
}
