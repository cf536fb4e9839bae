//! The file of SQLite: damage, permissions, sudden ends. What holds for both databases is tested with the whole system.

use super::*;
use crate::mint;
use earshot_report::{Facts, Report, verdict};
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

/// Tells the child of the kill test where to write.
const DATABASE: &str = "EARSHOT_TEST_DATABASE";

fn report() -> Report {
    let judged = verdict::judge(&Facts::default());
    Report {
        version: 1,
        id: mint::id().unwrap(),
        started: "2026-11-21T08:00:00Z".into(),
        duration_ms: 2000,
        verdict: judged.verdict,
        findings: judged.findings,
        servers: judged.servers,
        facts: Facts::default(),
    }
}

async fn open(path: &Path) -> Store {
    let opened = opened(path).await;
    assert_eq!(opened.kept_aside, None);
    opened.store
}

async fn opened(path: &Path) -> Opened {
    Store::open(&Database::Sqlite(path.into())).await.unwrap()
}

fn pool(store: &Store) -> &sqlx::SqlitePool {
    match &store.pool {
        Pool::Sqlite(pool, _) => pool,
        Pool::Postgres(..) => panic!("no file of SQLite"),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<String> = names.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

#[tokio::test]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("earshot.db")).await;
    store
        .save(&report(), "run", SystemTime::now())
        .await
        .unwrap();
    for name in names(folder.path()) {
        let mode = fs::metadata(folder.path().join(&name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_kept_aside_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earshot.db");
    // Twice, within one second: both are kept.
    for damage in ["this is no database".repeat(300), "nor is this".repeat(300)] {
        fs::write(&path, &damage).unwrap();
        let opened = opened(&path).await;
        let aside = opened.kept_aside.expect("it was damaged");
        assert_eq!(fs::read_to_string(&aside).unwrap(), damage);
        let saved = report();
        opened
            .store
            .save(&saved, "run", SystemTime::now())
            .await
            .unwrap();
        assert!(
            opened
                .store
                .report(&saved.id, SystemTime::now())
                .await
                .unwrap()
                .is_some()
        );
        opened.store.close().await;
        let log = fs::metadata(folder.path().join("earshot.db-wal"));
        assert_eq!(log.map_or(0, |log| log.len()), 0, "all is in one file");
    }
    let aside = names(folder.path());
    let aside = aside
        .iter()
        .filter(|name| name.starts_with("earshot.db.corrupt-"));
    assert_eq!(aside.count(), 2);
}

#[tokio::test]
async fn damage_in_the_middle_of_a_real_database_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earshot.db");
    let store = open(&path).await;
    for nth in 0..50 {
        store
            .save(&report(), &nth.to_string(), SystemTime::now())
            .await
            .unwrap();
    }
    store.close().await;
    let mut bytes = fs::read(&path).unwrap();
    // The last page holds reports only: nothing that is read at the start.
    let page = bytes.len() - 4096;
    assert!(page > 8 * 4096);
    bytes[page..].fill(0x55);
    fs::write(&path, &bytes).unwrap();
    let opened = opened(&path).await;
    assert_eq!(
        fs::read(opened.kept_aside.expect("it is damaged")).unwrap(),
        bytes
    );
    opened.store.ping().await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    // A folder where the file should be: not even root can open that for writing.
    let error = Store::open(&Database::Sqlite(folder.path().into()))
        .await
        .unwrap_err()
        .to_string();
    let path = folder.path().display().to_string();
    for part in ["DATABASE_URL", path.as_str(), "sqlite:FILE"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(folder.path().is_dir());
}

#[tokio::test]
async fn the_reports_of_the_first_version_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earshot.db");
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let first = sqlx::SqlitePool::connect_with(options).await.unwrap();
    migrations::SQLITE.run_to(1, &first).await.unwrap();
    let report = report();
    sqlx::query("INSERT INTO reports VALUES (?, 'run', 1, 4000000000, 'unknown', 'unknown', ?)")
        .bind(&report.id)
        .bind(serde_json::to_string(&report).unwrap())
        .execute(&first)
        .await
        .unwrap();
    first.close().await;
    let store = open(&path).await;
    let found = store.report(&report.id, SystemTime::now()).await.unwrap();
    assert_eq!(found, Some(report));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earshot.db");
    let store = open(&path).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(pool(&store))
    .await
    .unwrap();
    store.close().await;
    let error = Store::open(&Database::Sqlite(path)).await.unwrap_err();
    assert!(matches!(error, StoreError::Schema { .. }), "{error}");
    assert!(
        names(folder.path())
            .iter()
            .all(|name| !name.contains("corrupt"))
    );
}

#[tokio::test]
async fn killed_in_the_middle_of_writing_all_that_was_promised_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earshot.db");
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "store::tests::writes_until_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(DATABASE, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let saved: Vec<String> = lines
        .map(|line| line.unwrap())
        .filter_map(|line| line.split_once("saved ").map(|(_, id)| id.to_owned()))
        .take(40)
        .collect();
    // SIGKILL, while the next one is being written.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(saved.len(), 40, "the child wrote");

    let store = open(&path).await;
    for id in &saved {
        let report = store.report(id, SystemTime::now()).await.unwrap();
        assert!(report.is_some(), "{id} was promised");
    }
    let rows: Vec<(String,)> = sqlx::query_as("SELECT json FROM reports")
        .fetch_all(pool(&store))
        .await
        .unwrap();
    assert!(rows.len() >= saved.len());
    for (json,) in rows {
        serde_json::from_str::<Report>(&json).unwrap();
    }
}

#[tokio::test]
#[ignore = "the child of the kill test; it ends by being killed"]
async fn writes_until_killed() {
    let Some(path) = env::var_os(DATABASE) else {
        return;
    };
    let store = open(Path::new(&path)).await;
    for nth in 0.. {
        let report = report();
        store
            .save(&report, &nth.to_string(), SystemTime::now())
            .await
            .unwrap();
        println!("saved {}", report.id);
    }
}
