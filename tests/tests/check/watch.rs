//! It goes on watching: the numbers for Prometheus, and the end.

use crate::program::{PATIENCE, earshot};
use earshot_tests::{child::Running, coturn::Coturn, http, net::free_loopback};
use serde_json::json;
use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    process::Stdio,
};

/// As in `earshot check --watch … | head -1`.
#[test]
fn watching_ends_when_nobody_reads_any_more() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let uri = format!("stun:{}", coturn.address);
    let mut command = earshot(&[&uri, "--watch=1"]);
    let mut watching = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut read = BufReader::new(watching.stdout.take().expect("a pipe"));
    read.read_line(&mut String::new()).expect("a line");
    drop(read);
    let ended = watching.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn watching_tells_prometheus_and_notices_the_end_of_a_server() {
    let Some(mut coturn) = Coturn::with_user() else {
        return;
    };
    let metrics = free_loopback();
    let uri = format!("turn:{}?transport=udp", coturn.address);
    let listen = format!("--metrics-listen={metrics}");
    let mut command = earshot(&[&uri, "--username=user", "--watch=1", "--seconds=1", &listen]);
    command.env("TURN_PASSWORD", "password");
    let mut watching = Running::start(&mut command);
    watching.wait_for("Works – good", PATIENCE);
    let numbers = || http::get(metrics, "/metrics").body;
    let good = numbers();
    for line in [
        "earshot_check_good 1".to_owned(),
        "earshot_check_cause{cause=\"good\"} 1".to_owned(),
        format!("earshot_check_failed{{server=\"0\",uri=\"{uri}\",check=\"login\"}} 0"),
        "# TYPE earshot_check_call_mos gauge".to_owned(),
    ] {
        assert!(good.lines().any(|it| it == line), "{line}:\n{good}");
    }
    coturn.running.kill();
    watching.wait_for("Does not work – server-unreachable", PATIENCE);
    let bad = numbers();
    assert!(
        bad.contains("earshot_check_good 0") && bad.contains("cause=\"server-unreachable\""),
        "{bad}"
    );
    watching.end(PATIENCE);
}

#[test]
fn ended_before_its_first_result_it_says_nothing() {
    let Some(mut coturn) = Coturn::with_user() else {
        return;
    };
    let uri = format!("turn:{}?transport=udp", coturn.address);
    let mut command = earshot(&[&uri, "--username=user", "--watch", "--seconds=60"]);
    command.env("TURN_PASSWORD", "password");
    let mut watching = Running::start(&mut command);
    coturn.running.wait_for(": new, realm=", PATIENCE);
    watching.ask_to_end();
    let ended = watching.wait(PATIENCE);
    assert_eq!(ended.code(), Some(2), "{}", watching.log());
}

/// As applications hand them out that give each of two users their own server.
#[test]
fn each_number_is_told_once() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("servers.json");
    let urls = format!("turn:{}?transport=udp", coturn.address);
    let of = |user: &str| json!({"urls": urls, "username": user, "credential": "password"});
    std::fs::write(&document, json!([of("user"), of("nobody")]).to_string()).expect("a file");
    let metrics = free_loopback();
    let servers = format!("--ice-servers={}", document.display());
    let listen = format!("--metrics-listen={metrics}");
    let mut watching = Running::start(&mut earshot(&[&servers, "--watch", "--seconds=1", &listen]));
    watching.wait_for("– credentials-wrong", PATIENCE);
    let numbers = http::get(metrics, "/metrics").body;
    let mut told = HashSet::new();
    for line in numbers.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').expect("a number");
        assert!(told.insert(series), "{series} twice:\n{numbers}");
    }
    assert!(numbers.contains("check=\"login\"} 1") && numbers.contains("check=\"login\"} 0"));
}
