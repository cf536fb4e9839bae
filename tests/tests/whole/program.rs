//! The program as an operator meets it: starting, refusing, ending, coming back.

use earshot_tests::{child::Running, http, program::Settings};
use std::{fs, net::TcpListener, time::Duration};

const END: Duration = Duration::from_secs(20);

/// Starts what must not start, and returns what it said.
fn refusal(settings: &Settings) -> String {
    let mut running = Running::start(&mut settings.command());
    let status = running.wait(END);
    assert!(!status.success(), "it started:\n{}", running.log());
    running.log()
}

#[test]
fn a_port_that_is_taken_is_named_with_the_way_out() {
    let settings = Settings::new();
    let _holder = TcpListener::bind(settings.http).expect("the port is free");
    let said = refusal(&settings);
    assert!(
        said.contains("HTTP_LISTEN") && said.contains(&settings.http.port().to_string()),
        "{said}"
    );
}

#[test]
fn all_wrong_settings_are_told_at_once() {
    let settings = Settings::new()
        .set("TURN_RELAY_PORTS", "70000-1")
        .set("ALLOWED_PEERS", "not-a-network")
        .set("HTTP_LISTEN", "nowhere")
        .set("ICE_SERVERS", "{")
        .set("TURN_PASSWORD", "");
    let said = refusal(&settings);
    for name in [
        "TURN_RELAY_PORTS",
        "ALLOWED_PEERS",
        "HTTP_LISTEN",
        "ICE_SERVERS",
    ] {
        assert!(said.contains(name), "{name} is not named:\n{said}");
    }
}

#[test]
fn an_invalid_external_address_is_ignored_with_one_clear_line() {
    let program = Settings::new().set("EXTERNAL_IP", "not.an.address").start();
    let log = program.end();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("not.an.address"))
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(
        lines[0].contains("EXTERNAL_IP") && lines[0].contains("ignored"),
        "{log}"
    );
}

#[test]
fn secrets_are_not_told() {
    let program = Settings::new()
        .set("TURN_PASSWORD", "sesame-sesame")
        .set("OPERATOR_KEY", "operator-operator")
        .start();
    let ticket = http::post(program.http(), "/api/runs", "{}");
    assert_eq!(ticket.status, 200);
    assert!(
        !ticket.body.contains("sesame") && !ticket.body.contains("operator-operator"),
        "{ticket:?}"
    );
    let log = program.end();
    assert!(
        !log.contains("sesame") && !log.contains("operator-operator"),
        "{log}"
    );
}

#[test]
fn saved_reports_are_whole_after_a_kill() {
    let mut program = Settings::new().start();
    let mut saved = Vec::new();
    for _ in 0..20 {
        let run = http::post(program.http(), "/api/runs", "{}").json()["run"]
            .as_str()
            .expect("a run")
            .to_owned();
        let answer = http::post(
            program.http(),
            &format!("/api/runs/{run}/report"),
            r#"{"duration_ms": 1, "facts": {}}"#,
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        saved.push(answer.json()["id"].as_str().expect("an id").to_owned());
    }
    program = program.restart();
    for id in &saved {
        assert_eq!(program.report(id)["id"].as_str(), Some(id.as_str()));
    }
}

#[test]
fn a_damaged_database_is_kept_aside() {
    let program = Settings::new().start();
    let data = program.settings.data().to_owned();
    let database = fs::read_dir(&data)
        .expect("the data directory")
        .map_while(Result::ok)
        .map(|entry| entry.path())
        .find(
            |path| matches!(path.extension(), Some(ending) if ending == "db" || ending == "sqlite"),
        )
        .expect("a database");
    let mut program = program;
    program.running.kill();
    let damage = b"this is no database, but somebody may want it back".repeat(200);
    fs::write(&database, &damage).expect("it can be written");
    let program = program.restart();
    let kept = fs::read_dir(&data)
        .expect("the data directory")
        .map_while(Result::ok)
        .any(|entry| fs::read(entry.path()).is_ok_and(|bytes| bytes == damage));
    assert!(kept, "what was there is gone:\n{}", program.running.log());
}

#[test]
fn api_bodies_of_the_wrong_shape_or_size_are_refused_clearly() {
    let program = Settings::new().start();
    for (body, statuses) in [
        ("{", &[400][..]),
        (r#"{"ad_hoc": "yes"}"#, &[400, 422]),
        (r#"{"surprise": 1}"#, &[400, 422]),
        (
            &format!(r#"{{"ad_hoc": "{}"}}"#, "x".repeat(1 << 20)),
            &[413],
        ),
    ] {
        let answer = http::post(program.http(), "/api/runs", body);
        assert!(statuses.contains(&answer.status), "{answer:?}");
        assert!(
            answer.json()["error"]
                .as_str()
                .is_some_and(|sentence| sentence.len() > 10),
            "{answer:?}"
        );
    }
}
