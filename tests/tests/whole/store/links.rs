//! Links and their reports, on both databases.

use super::{Place, on_both, report};
use earshot::{
    mint,
    settings::Database,
    store::{Store, StoreError, link_events::LinkId},
};
use earshot_report::{Report, api::link::Who};
use earshot_tests::postgres::Postgres;
use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

on_both!(
    a_link_is_found_by_its_token_alone,
    a_link_is_open_until_it_expires,
    a_link_lists_its_own_reports,
    a_link_is_deleted_with_its_reports,
    a_report_is_deleted_alone,
    a_link_is_kept_as_long_as_its_reports,
);

fn second() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// Keeps a link, and returns its token.
async fn made(store: &Store, now: SystemTime) -> String {
    let token = mint::id().unwrap();
    let owner = mint::id().unwrap();
    store
        .make_link(&token, &owner, None, now, now + DAY)
        .await
        .unwrap();
    token
}

/// Saves a report of that link.
async fn saved(store: &Store, token: &str, now: SystemTime) -> Report {
    let report = report();
    let run = mint::id().unwrap();
    store
        .save_of_link(&report, &run, now, &LinkId::of(token), Who::Guest(1))
        .await
        .unwrap();
    report
}

async fn ids(store: &Store, token: &str, now: SystemTime) -> Vec<String> {
    let listed = store.reports_of_link(token, 9, now).await.unwrap();
    listed.into_iter().map(|listed| listed.id).collect()
}

async fn a_link_is_found_by_its_token_alone(place: Place) {
    let now = second();
    let store = place.open().await;
    let label = "Олин ноутбук, 2nd try; DROP TABLE links --'\"";
    store
        .make_link("the token", "the secret", Some(label), now, now + DAY)
        .await
        .unwrap();
    made(&store, now).await;
    let link = store.link("the token").await.unwrap().unwrap();
    assert_eq!(link.label.as_deref(), Some(label));
    assert_eq!((link.created, link.expires), (now, now + DAY));
    assert!(link.is_owned_by("the secret"));
    for other in ["the token", "the secret ", ""] {
        assert!(!link.is_owned_by(other), "{other}");
    }
    for other in ["the secret", "the token ", ""] {
        assert!(store.link(other).await.unwrap().is_none(), "{other}");
    }
    let again = store
        .make_link("the token", "another", None, now, now + DAY)
        .await;
    assert!(again.is_err(), "nobody takes over a link by its token");
}

async fn a_link_is_open_until_it_expires(place: Place) {
    let now = second();
    let store = place.open().await;
    let token = made(&store, now).await;
    let link = store.link(&token).await.unwrap().unwrap();
    assert!(link.is_open(now) && link.is_open(now + DAY - HOUR));
    assert!(!link.is_open(now + DAY));
    assert_eq!(link.label, None);
}

async fn a_link_lists_its_own_reports(place: Place) {
    let now = second();
    let store = place.open().await;
    let (one, other) = (made(&store, now).await, made(&store, now).await);
    let first = saved(&store, &one, now).await;
    saved(&store, &other, now).await;
    let second = saved(&store, &one, now + HOUR).await;
    store.save(&report(), "of no link", now).await.unwrap();
    assert_eq!(ids(&store, &one, now).await, [second.id.clone(), first.id]);
    let newest = store.reports_of_link(&one, 1, now).await.unwrap();
    assert_eq!(newest[0].id, second.id);
    assert!(ids(&store, &one, now + 31 * DAY).await.is_empty());
    assert_eq!(store.latest(9, now).await.unwrap().len(), 4);
}

async fn a_link_is_deleted_with_its_reports(place: Place) {
    let now = second();
    let store = place.open().await;
    let (one, other) = (made(&store, now).await, made(&store, now).await);
    let gone = saved(&store, &one, now).await;
    let stays = saved(&store, &other, now).await;
    let unlinked = report();
    store.save(&unlinked, "of no link", now).await.unwrap();
    assert!(store.delete_link(&one).await.unwrap());
    assert!(!store.delete_link(&one).await.unwrap());
    assert!(store.link(&one).await.unwrap().is_none());
    assert_eq!(store.report(&gone.id, now).await.unwrap(), None);
    for report in [&stays, &unlinked] {
        let found = store.report(&report.id, now).await.unwrap();
        assert_eq!(found.as_ref(), Some(report));
    }
    // A test that was under way meanwhile leaves nothing behind.
    let late = store
        .save_of_link(&report(), "late", now, &LinkId::of(&one), Who::Owner)
        .await;
    assert!(matches!(late, Err(StoreError::NoLink)), "{late:?}");
}

async fn a_report_is_deleted_alone(place: Place) {
    let now = second();
    let store = place.open().await;
    let token = made(&store, now).await;
    let gone = saved(&store, &token, now).await;
    let stays = saved(&store, &token, now).await;
    assert!(store.delete(&gone.id).await.unwrap());
    assert!(!store.delete(&gone.id).await.unwrap());
    assert_eq!(store.report(&gone.id, now).await.unwrap(), None);
    assert_eq!(ids(&store, &token, now).await, [stays.id]);
}

async fn a_link_is_kept_as_long_as_its_reports(place: Place) {
    let now = second();
    let store = place.open().await;
    let (unused, used) = (made(&store, now).await, made(&store, now).await);
    saved(&store, &used, now + DAY - HOUR).await;
    let found = async |token| store.link(token).await.unwrap().is_some();

    // A test that began in its last minute may still be saved.
    store.purge(now + DAY).await.unwrap();
    assert!(found(&unused).await && found(&used).await);
    store.purge(now + DAY + HOUR).await.unwrap();
    assert!(!found(&unused).await);
    assert_eq!(ids(&store, &used, now + DAY + HOUR).await.len(), 1);

    assert_eq!(store.purge(now + 32 * DAY).await.unwrap(), 1);
    assert!(!found(&used).await);
}

/// `printf 'abcdefghijkmnpqrstuvwxyz23' | sha256sum`
const TOKEN: &str = "abcdefghijkmnpqrstuvwxyz23";
const SHA_256: &str = "2b100a6e85e58f4bf28d00b86fbee5e25e66fa04e2c623ffefdc03c0264e3dce";

#[tokio::test]
async fn a_file_of_sqlite_opens_no_link() {
    let place = Place::sqlite();
    let store = place.open().await;
    let now = SystemTime::now();
    store
        .make_link(TOKEN, "owner", None, now, now + DAY)
        .await
        .unwrap();
    store.close().await;
    let Database::Sqlite(file) = &place.database else {
        panic!("{:?}", place.database);
    };
    let stored = fs::read(file).unwrap();
    let contains = |bytes: &[u8]| stored.windows(bytes.len()).any(|window| window == bytes);
    let hash: Vec<u8> = (0..SHA_256.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&SHA_256[at..at + 2], 16).unwrap())
        .collect();
    assert!(contains(&hash));
    assert!(!contains(TOKEN.as_bytes()));
}

#[tokio::test]
async fn the_tables_of_postgresql_open_no_link() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = Place::at(&url).open().await;
    let now = SystemTime::now();
    store
        .make_link(TOKEN, "owner", None, now, now + DAY)
        .await
        .unwrap();
    let (_, name) = url.rsplit_once('/').unwrap();
    let asserted = format!(
        "DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM links WHERE token = '\\x{SHA_256}' \
         AND position('{TOKEN}'::bytea IN owner) = 0 AND links::text NOT LIKE '%{TOKEN}%'); END $$"
    );
    server.sql(name, &asserted);
}
