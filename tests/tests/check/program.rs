//! The program by itself: its arguments, its outputs, and that it goes on watching.

use earshot_tests::{coturn::Coturn, net::free_loopback, program};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    process::{Command, Output},
    time::Duration,
};

/// A check of a second, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// What must be shown nowhere.
const SECRET: &str = "the-secret-that-is-shown-nowhere";

pub(crate) fn earshot(arguments: &[&str]) -> Command {
    let mut command = Command::new(program::binary());
    command.arg("check").args(arguments);
    for name in ["TURN_USERNAME", "TURN_PASSWORD", "TURN_SECRET"] {
        command.env_remove(name);
    }
    command
}

pub(super) fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program can be started");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

fn coturn_with_secret() -> Option<Coturn> {
    let secret = format!("--static-auth-secret={SECRET}");
    Coturn::start(&["--use-auth-secret", &secret, "--realm=voicechat"])
}

/// Coturn itself judges the credential that is made from the secret.
#[test]
fn a_credential_is_made_from_the_secret_and_shown_nowhere() {
    let Some(coturn) = coturn_with_secret() else {
        return;
    };
    let uri = format!("turn:{}", coturn.address);
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let junit = folder.path().join("junit.xml");
    let junit_flag = format!("--junit={}", junit.display());
    for (secret, code, cause) in [(SECRET, 0, "good"), ("another", 1, "credentials-wrong")] {
        let mut said = String::new();
        let table = [uri.as_str(), "--seconds=1", &junit_flag];
        for arguments in [table.to_vec(), [&table[..], &["--json"]].concat()] {
            let mut command = earshot(&arguments);
            command
                .env("TURN_SECRET", secret)
                .env("EARSHOT_LOG", "trace");
            let (ended, out, err) = run(&mut command);
            assert_eq!(ended, Some(code), "{out}{err}");
            assert!(out.contains(cause), "{out}");
            assert!(!out.contains('\u{1b}'), "no colours in a pipe: {out}");
            said += &(out + &err);
        }
        said += &std::fs::read_to_string(&junit).expect("JUnit's file");
        assert!(!said.contains(secret) || secret == "another", "{said}");
    }
}

#[test]
fn a_password_comes_from_a_file_or_the_environment() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let uri = format!("turn:{}?transport=tcp", coturn.address);
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let file = folder.path().join("password");
    std::fs::write(&file, "password\nanother line\n").expect("a file can be written");
    let flag = format!("--password-file={}", file.display());
    let by_file = run(&mut earshot(&[
        &uri,
        "--username=user",
        &flag,
        "--seconds=1",
    ]));
    assert_eq!(by_file.0, Some(0), "{by_file:?}");
    let mut command = earshot(&[&uri, "--seconds=1", "--json"]);
    command
        .env("TURN_USERNAME", "user")
        .env("TURN_PASSWORD", "password");
    let (code, out, err) = run(&mut command);
    assert_eq!(code, Some(0), "{out}{err}");
    let json: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json["version"], 1);
    assert_eq!(
        json["verdict"]["sentence"],
        "Everything works: sound gets through from you and to you."
    );
    let checks = json["uris"][0]["checks"].as_array().expect("checks");
    let state = |name: &str| {
        let check = checks.iter().find(|check| check["check"] == name);
        check.map(|check| check["state"].as_str().unwrap_or_default().to_owned())
    };
    for name in [
        "name",
        "reach",
        "anonymous",
        "wrong-password",
        "login",
        "relay-to-relay",
        "relay-to-direct",
        "refresh",
        "expiry",
    ] {
        assert_eq!(state(name).as_deref(), Some("passed"), "{name}: {out}");
    }
    let legs = json["facts"]["legs"].as_array().expect("legs");
    assert!(!legs.is_empty(), "{out}");
    for leg in legs {
        assert_talked(leg, 1);
    }
}

/// In a call of so many seconds each end heard the other, most of what it said, and nobody sent faster than one who
/// speaks: 50 packets a second, and less where the machine stood still.
pub(crate) fn assert_talked(leg: &Value, seconds: u64) {
    for direction in ["from_you", "to_you"] {
        let direction = &leg[direction];
        let count = |name: &str| direction[name].as_u64().unwrap_or_default();
        let (sent, received) = (count("packets_sent"), count("packets_received"));
        assert_eq!(direction["sound"], "yes", "{leg:#}");
        assert!(sent <= 50 * seconds + 5, "{leg:#}");
        assert!(2 * received > sent, "{leg:#}");
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_a_hint() {
    for (arguments, hints) in [
        (&[][..], &["nothing to check", "--help"][..]),
        (&["turn:a.example"], &["needs credentials", "TURN_PASSWORD"]),
        (
            &["turn://a", "b.example", "--seconds=0"],
            &["without them", "turn:b.example", "--seconds"],
        ),
        (
            &["--ice-servers=/nowhere/at/all"],
            &["/nowhere/at/all cannot be read"],
        ),
        (
            &["--ice-servers=http://127.0.0.1:1/ice?key=hidden"],
            &["127.0.0.1:1/ice gives no answer"],
        ),
        (&["--no-such-flag"], &["--no-such-flag"]),
    ] {
        let (code, out, err) = run(&mut earshot(arguments));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        for hint in hints {
            assert!(err.contains(hint), "{arguments:?}: {err}");
        }
        assert!(!err.contains("hidden"), "{err}");
    }
}

/// An API that answers everybody with this document.
fn api(document: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let length = document.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all((head + &document).as_bytes());
        }
    });
    address
}

#[test]
fn servers_come_from_an_api() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let servers = coturn.ice_servers("user", "password");
    let api = api(format!(r#"{{"iceServers": {servers}}}"#));
    let place = format!("--ice-servers=http://{api}/ice");
    let (code, out, err) = run(&mut earshot(&[&place, "--seconds=1"]));
    assert_eq!(code, Some(0), "{out}{err}");
    let lines = |start: &str| out.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("!  turn:"), lines("✓  turn:")), (2, 0), "{out}");
    assert!(
        out.contains("peers-"),
        "coturn relays into private networks by default: {out}"
    );
}

#[test]
fn a_stun_server_is_checked_without_credentials() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let (code, out, err) = run(&mut earshot(&[&format!("stun:{}", coturn.address)]));
    assert_eq!(code, Some(0), "{out}{err}");
    // It relays no sound, so none was tested.
    assert!(
        out.contains("was not tested") && !out.contains("Everything"),
        "{out}"
    );
    let nobody = format!("stun:{}", free_loopback());
    let (code, out, err) = run(&mut earshot(&[&nobody]));
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        out.contains("server-unreachable") && out.contains("Most likely"),
        "{out}"
    );
}
