//! `earshot status`, as an operator and a container's health check run it.

use earshot_tests::{
    child::Running, http, net::host_address, program::Settings, turn_client::TurnClient,
};
use serde_json::Value;
use std::{
    net::TcpListener,
    process::Command,
    time::{Duration, Instant},
};

const USER: &str = "voicechat";
const PASSWORD: &str = "a password that is long enough";
const KEY: &str = "the key of the operator";
const END: Duration = Duration::from_secs(20);

/// What `earshot status` says with this environment, and its exit code.
fn status(settings: &Settings, arguments: &[&str]) -> (Option<i32>, String) {
    let serve = settings.command();
    let mut command = Command::new(serve.get_program());
    command.arg("status").args(arguments);
    for (name, value) in serve.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let mut running = Running::start(&mut command);
    let code = running.wait(END).code();
    (code, running.log())
}

fn json(settings: &Settings) -> Value {
    let (code, said) = status(settings, &["--json"]);
    assert_eq!(code, Some(0), "{said}");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}:\n{said}"))
}

#[test]
fn a_healthy_program_says_what_is_set_what_listens_and_that_its_address_is_its_own() {
    let program = Settings::new()
        .set("TURN_USERNAME", USER)
        .set("TURN_PASSWORD", PASSWORD)
        .start();
    let settings = &program.settings;
    let deadline = Instant::now() + END;
    while json(settings)["proofs"][0]["words"] == "still being tried" {
        assert!(Instant::now() < deadline, "its address is tried for ever");
    }
    let (code, said) = status(settings, &[]);
    assert_eq!(code, Some(0), "{said}");
    for expected in [
        ": healthy",
        &settings.http.to_string(),
        &format!("0.0.0.0:{} (UDP and TCP)", settings.turn_port),
        "TURN_PASSWORD     set from the environment",
        "OPERATOR_KEY      made by earshot, kept in ",
        "proved to be this machine's: what was sent to it came back through this relay",
        "UDP never, TCP never, TLS never",
        "nobody since the start",
    ] {
        assert!(said.contains(expected), "“{expected}” is not said:\n{said}");
    }
    let key = std::fs::read_to_string(settings.data().join("operator-key")).expect("the key");
    for secret in [PASSWORD, key.trim()] {
        assert!(!said.contains(secret), "a secret is told:\n{said}");
    }

    let told = json(settings);
    assert_eq!(told["healthy"], true);
    assert_eq!(told["listeners"]["http"], settings.http.to_string());
    assert_eq!(told["proofs"][0]["proved"], "yes", "{told}");
    assert_eq!(told["web_only_host"], "not-measured", "{told}");
    let of = |name: &str| {
        let all = told["settings"].as_array().expect("a list");
        let one = all.iter().find(|it| it["name"] == name);
        one.expect("every setting is there")["origin"].clone()
    };
    assert_eq!(
        ["TURN_PASSWORD", "TURN_SECRET", "ALLOWED_PEERS"].map(of),
        ["set", "made", "default"]
    );
    assert!(!told.to_string().contains(PASSWORD), "{told}");

    let deadline = Instant::now() + END;
    while json(settings)["uptime_s"] == 0 {
        assert!(Instant::now() < deadline, "time stands still");
    }
}

#[test]
fn sessions_and_refusals_are_told_with_their_reasons() {
    let program = Settings::new()
        .set("TURN_USERNAME", USER)
        .set("TURN_PASSWORD", PASSWORD)
        .start();
    let relay = (host_address(), program.settings.turn_port).into();
    for _ in 0..3 {
        let wrong = TurnClient::asking_once(relay, USER, "another password").allocate();
        assert_eq!(wrong, Err(401));
    }
    let mut right = TurnClient::asking_once(relay, USER, PASSWORD);
    right.allocate().expect("an allocation");
    let forbidden = right.permit("10.9.9.9:4000".parse().expect("an address"));
    assert_eq!(forbidden, 403, "RFC 8656 section 9.2");

    let told = json(&program.settings);
    assert_eq!(
        told["sessions"]["by_user"][0],
        serde_json::json!([USER, 1]),
        "{told}"
    );
    let last = |nth: usize| told["refusals"]["last"][nth].clone();
    assert_eq!(
        (last(0)["code"].clone(), last(0)["times"].clone()),
        (403.into(), 1.into())
    );
    assert_eq!(
        (last(1)["code"].clone(), last(1)["times"].clone()),
        (401.into(), 3.into())
    );
    assert_eq!(last(2), Value::Null, "{told}");
    let (_, said) = status(&program.settings, &[]);
    for expected in [
        "1 open (voicechat 1",
        "4 requests since the start",
        "user <voicechat>",
        "wrong password (401, 3 times)",
        "ALLOWED_PEERS can allow it (403)",
    ] {
        assert!(said.contains(expected), "“{expected}” is not said:\n{said}");
    }
}

#[test]
fn the_key_is_shown_to_whoever_may_read_it_and_opens_the_status_to_nobody_else() {
    let settings = Settings::new();
    let (code, said) = status(&settings, &["--show-key"]);
    assert_eq!(code, Some(2), "none was made yet: {said}");
    assert!(
        said.contains("first start") && said.contains("EARSHOT_DATA"),
        "{said}"
    );
    assert!(
        !settings.data().join("operator-key").exists(),
        "asking makes none"
    );

    let program = settings.start();
    let (code, key) = status(&program.settings, &["--show-key"]);
    assert_eq!(code, Some(0), "{key}");
    let ask = |key: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str())];
        http::request(program.http(), "GET", "/api/status", &headers, "").status
    };
    assert_eq!([ask(key.trim()), ask("nonsense"), ask("")], [200, 401, 401]);
    let without = http::get(program.http(), "/api/status");
    assert_eq!(without.status, 401);
    assert!(without.body.contains("--show-key"), "{without:?}");
}

#[test]
fn what_cannot_be_asked_is_said_with_the_way_out() {
    let down = Settings::new().set("OPERATOR_KEY", KEY);
    let (code, said) = status(&down, &[]);
    assert_eq!(code, Some(1), "{said}");
    let at = down.http.to_string();
    for expected in ["does not run", at.as_str(), "earshot serve", "HTTP_LISTEN"] {
        assert!(said.contains(expected), "“{expected}” is not said:\n{said}");
    }
    let (code, said) = status(&down, &["--json"]);
    let told: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(
        (code, &told["healthy"]),
        (Some(1), &Value::Bool(false)),
        "{told}"
    );

    // Something else has the port.
    let other = Settings::new().set("OPERATOR_KEY", KEY);
    http::serve_nothing(other.http);
    let (code, said) = status(&other, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("not this version of earshot (HTTP 404"),
        "{said}"
    );

    // It listens and says nothing.
    let silent = Settings::new().set("OPERATOR_KEY", KEY);
    let _listener = TcpListener::bind(silent.http).expect("the port is free");
    let (code, said) = status(&silent, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("does not answer"), "{said}");

    // The settings are wrong: all that is wrong at once, as at the start.
    let wrong = Settings::new()
        .set("EXTERNAL_IP", "")
        .set("PUBLIC_URL", "nowhere")
        .set("ALLOWED_PEERS", "x");
    let (code, said) = status(&wrong, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("PUBLIC_URL") && said.contains("ALLOWED_PEERS"),
        "{said}"
    );

    // Another program's key.
    let program = Settings::new()
        .set("OPERATOR_KEY", "the key of another one")
        .start();
    let http = program.http().to_string();
    let stranger = Settings::new()
        .set("OPERATOR_KEY", KEY)
        .set("HTTP_LISTEN", &http);
    let (code, said) = status(&stranger, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("another operator's key") && !said.contains(KEY),
        "{said}"
    );
}

#[test]
fn a_platform_for_the_web_is_told_of_at_the_start_and_in_the_status() {
    let settings = Settings::new();
    let port = settings.http.port().to_string();
    let program = settings.set("HTTP_LISTEN", "").set("PORT", &port).start();
    let (code, said) = status(&program.settings, &[]);
    assert_eq!(code, Some(0), "a restart would mend nothing: {said}");
    assert!(
        said.contains("web-only-host") && said.contains("PORT is set"),
        "{said}"
    );
    assert_eq!(json(&program.settings)["web_only_host"], "yes");
    let banner = program.end();
    assert!(banner.contains("web-only-host"), "{banner}");
}

#[test]
fn a_page_without_any_relay_on_a_platform_for_the_web_says_so_in_the_verdict() {
    let settings = Settings::new().without_relay();
    let port = settings.http.port().to_string();
    let program = settings.set("HTTP_LISTEN", "").set("PORT", &port).start();
    let run = http::post(program.http(), "/api/runs", "{}").json();
    let run = run["run"].as_str().expect("a run");
    let path = format!("/api/runs/{run}/report");
    let report = http::post(program.http(), &path, r#"{"duration_ms": 1, "facts": {}}"#).json();
    assert_eq!(report["verdict"]["cause"], "web-only-host", "{report}");
}

/// As `GET /api/status` answers it: the document of the API.
fn not_healthy(problem: &str) -> Value {
    serde_json::json!({
        "healthy": false,
        "problems": [problem],
        "uptime_s": 7 * 3600 + 120,
        "version": "0.1.0",
        "process": 7,
        "listeners": { "http": "127.0.0.1:8080", "tls": [], "turn": ["0.0.0.0:3478"], "stun": [] },
        "certificate": null,
        "relay": { "realm": "r", "username": "u", "ports": [49152, 65535] },
        "external": [{ "address": "192.0.2.1", "how": "EXTERNAL_IP" }],
        "data_directory": "/nowhere",
        "database": "SQLite",
        "settings": [],
        "warnings": ["\u{9b}2Jwarned"],
        "proofs": [{ "address": "192.0.2.1", "proved": "no", "words": "another relay answers", "ago_s": 61 }],
        "web_only_host": "not-measured",
        "sessions": { "open": 0, "since_start": 5, "by_user": [], "bytes_from_clients": 1_500, "bytes_to_clients": 999 },
        "heard": { "udp_ago_s": 200_000, "tcp_ago_s": 59, "tls_ago_s": 0 },
        "refusals": {
            "since_start": { "wrong password": u64::MAX, "no such user": 1 },
            "last": [{ "ago_s": 1, "username": "eve\u{1b}]0;x\u{7}", "from": "198.51.100.7", "code": 401,
                "reason": "wrong password", "times": 1 }]
        }
    })
}

#[test]
fn a_program_that_is_not_well_is_told_of_and_moves_no_cursor() {
    let settings = Settings::new().set("OPERATOR_KEY", KEY);
    let told = not_healthy("storage: \u{1b}[2Jthe database is gone");
    http::serve_this(settings.http, 200, told.to_string(), 1);
    let (code, said) = status(&settings, &[]);
    assert_eq!(code, Some(1), "{said}");
    for expected in [
        "up 7 h 2 min: not healthy\nproblem: storage: ",
        "the database is gone\n",
        "another relay answers (1 min ago)",
        "UDP 2 days ago, TCP 59 s ago, TLS just now",
        "0 open, 5 since the start",
        "1.5 kB from clients, 999 bytes to clients",
        "18446744073709551615 requests since the start",
        "1 s ago",
        "(401)",
        "warned",
    ] {
        assert!(said.contains(expected), "“{expected}” is not said:\n{said}");
    }
    assert!(!said.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{said:?}");
    let (code, said) = status(&settings, &["--json"]);
    assert_eq!(code, Some(1), "{said}");
    let again: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(again, told);
    assert!(!said.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{said:?}");
}

#[test]
fn an_answer_that_never_ends_or_fits_nothing_is_no_status() {
    for (body, times, words) in [
        (" ".repeat(1 << 20), 1 << 14, "not this version of earshot"),
        (
            "{\"healthy\": true}".to_owned(),
            1,
            "not this version of earshot (HTTP 200",
        ),
    ] {
        let settings = Settings::new().set("OPERATOR_KEY", KEY);
        http::serve_this(settings.http, 200, body, times);
        let (code, said) = status(&settings, &[]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
