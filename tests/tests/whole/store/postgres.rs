//! What only a server can do: be away, refuse, come back, serve several relays.

use super::{Place, report};
use earshot::store::{Store, StoreError};
use earshot_tests::{
    http,
    net::free_port,
    postgres::{PASSWORD, Postgres},
    program::Settings,
};
use futures_util::future::join_all;
use std::{fmt::Debug, net::TcpListener, time::SystemTime};

fn hides_the_password(text: &str) {
    assert!(!text.contains("hidden"), "{text}");
    assert!(!text.contains(PASSWORD), "{text}");
}

async fn refusal(url: &str) -> String {
    let error = Store::open(&Place::at(url).database).await.unwrap_err();
    let text = error.to_string();
    hides_the_password(&text);
    hides_the_password(&format!("{error:?}"));
    for part in ["DATABASE_URL", "127.0.0.1:", "sqlite:FILE"] {
        assert!(text.contains(part), "{text}");
    }
    text
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let url = format!("postgres://earshot:hidden@127.0.0.1:{}/voice", free_port());
    let text = refusal(&url).await;
    assert!(text.contains("Connection refused"), "{text}");
    assert!(text.contains("voice of PostgreSQL"), "{text}");
}

/// The clock is tokio's own, which does not make anybody wait.
#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_not_waited_for_long() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let start = tokio::time::Instant::now();
    let text = refusal(&format!("postgres://earshot:hidden@127.0.0.1:{port}/voice")).await;
    assert!(text.contains("no answer within 10 s"), "{text}");
    assert!(start.elapsed().as_secs() < 12, "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_the_server_refuses_is_told() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let wrong = url.replacen("hidden", "hidden-too", 1);
    let text = refusal(&wrong).await;
    assert!(text.contains("password authentication failed"), "{text}");
    let text = refusal(&server.url("nowhere")).await;
    assert!(text.contains("\"nowhere\" does not exist"), "{text}");
    // Its certificate cannot be seen, because it has none.
    let text = refusal(&format!("{url}?sslmode=verify-full")).await;
    assert!(text.contains("TLS"), "{text}");
}

#[tokio::test]
async fn tables_that_cannot_be_made_are_told() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let guests = server.database();
    let (_, name) = guests.rsplit_once('/').unwrap();
    server.sql(name, "CREATE ROLE guest LOGIN PASSWORD 'hidden'");
    // As it is since PostgreSQL 15.
    server.sql(name, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let (_, place) = guests.split_once('@').unwrap();
    let text = refusal(&format!("postgres://guest:hidden@{place}")).await;
    assert!(text.contains("permission denied"), "{text}");

    let anothers = server.database();
    let (_, name) = anothers.rsplit_once('/').unwrap();
    server.sql(name, "CREATE TABLE reports (of_another_program INTEGER)");
    let text = refusal(&anothers).await;
    assert!(text.contains("\"reports\" already exists"), "{text}");
}

#[tokio::test]
async fn the_certificate_of_the_server_is_checked_where_that_is_asked_for() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, certified.cert.pem()).unwrap();
    for (name, pem) in [
        ("server.crt", certified.cert.pem()),
        ("server.key", certified.signing_key.serialize_pem()),
    ] {
        let lines = pem.lines().collect::<Vec<_>>().join("|");
        let statement = format!(
            "COPY (SELECT unnest(string_to_array('{lines}', '|'))) TO PROGRAM 'umask 077; cat >{name}'"
        );
        server.sql("postgres", &statement);
    }
    server.sql("postgres", "ALTER SYSTEM SET ssl = on");
    server.stop();
    server.resume();

    let url = server.database();
    let full = format!("{url}?sslmode=verify-full");
    let trusting = format!("{full}&sslrootcert={}", file.display());
    let by_name = trusting.replacen("127.0.0.1", "localhost", 1);
    Place::at(&by_name).open().await.ping().await.unwrap();
    let text = refusal(&trusting).await;
    assert!(text.contains("not valid for name"), "{text}");
    let text = refusal(&full).await;
    assert!(text.contains("UnknownIssuer"), "{text}");
    // Nobody asked for it.
    Place::at(&url).open().await.ping().await.unwrap();
}

#[tokio::test]
async fn nothing_that_is_logged_shows_the_password() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let store = place.open().await;
    let all: [&dyn Debug; 2] = [&place.database, &store];
    hides_the_password(&format!("{all:?} {}", place.database));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn relays_that_start_together_share_one_database() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let start = |_| {
        let database = place.database.clone();
        tokio::spawn(async move { Store::open(&database).await.unwrap().store })
    };
    let started: Vec<_> = (0..6).map(start).collect();
    let stores = join_all(started).await;
    let stores: Vec<Store> = stores.into_iter().map(Result::unwrap).collect();
    let report = report();
    let now = SystemTime::now();
    stores[0].save(&report, "run", now).await.unwrap();
    for store in &stores {
        let found = store.report(&report.id, now).await.unwrap();
        assert_eq!(found.as_ref(), Some(&report));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let place = Place::at(&url);
    place.open().await.close().await;
    let (_, name) = url.rsplit_once('/').unwrap();
    server.sql(
        name,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', true, '', 0)",
    );
    let error = Store::open(&place.database).await.unwrap_err();
    assert!(matches!(error, StoreError::Schema { .. }), "{error}");
    hides_the_password(&error.to_string());
}

/// The pool puts connections back on a thread of its own, while this one waits for the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_storage_whose_server_was_away_works_again() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let store = Place::at(&server.database()).open().await;
    let now = SystemTime::now();
    let kept = report();
    store.save(&kept, "run-1", now).await.unwrap();

    // Away for a moment between two requests: the second one notices nothing.
    server.stop();
    server.resume();
    assert_eq!(
        store.report(&kept.id, now).await.unwrap().as_ref(),
        Some(&kept)
    );

    server.stop();
    let error = store.save(&report(), "run-2", now).await.unwrap_err();
    assert!(matches!(error, StoreError::Lost { .. }), "{error:?}");
    let text = error.to_string();
    hides_the_password(&text);
    for part in ["of PostgreSQL at 127.0.0.1:", "cannot be reached"] {
        assert!(text.contains(part), "{text}");
    }

    server.resume();
    store.save(&report(), "run-2", now).await.unwrap();
    assert_eq!(store.latest(9, now).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_server_that_takes_too_long_is_not_waited_for() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let (_, name) = url.rsplit_once('/').unwrap();
    let store = Place::at(&url).open().await;
    server.sql(
        name,
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql \
         AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$",
    );
    server.sql(
        name,
        "CREATE TRIGGER waits BEFORE INSERT ON reports EXECUTE FUNCTION wait()",
    );
    let error = store.save(&report(), "run", SystemTime::now()).await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("no answer within 10 s"), "{text}");
    store.ping().await.unwrap();
}

#[test]
fn the_program_stores_there_and_shows_no_password() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let program = Settings::new().set("DATABASE_URL", &url).start();
    let run = http::post(program.http(), "/api/runs", "{}").json();
    let run = run["run"].as_str().expect("a run");
    let path = format!("/api/runs/{run}/report");
    let saved = http::post(program.http(), &path, r#"{"duration_ms": 1, "facts": {}}"#);
    assert_eq!(saved.status, 200, "{saved:?}");
    let id = saved.json()["id"].as_str().expect("an id").to_owned();
    // Another relay has it too.
    let other = Settings::new().set("DATABASE_URL", &url).start();
    assert_eq!(other.report(&id)["id"].as_str(), Some(id.as_str()));
    for log in [program.end(), other.end()] {
        assert!(log.contains("of PostgreSQL at 127.0.0.1:"), "{log}");
        hides_the_password(&log);
    }
}
