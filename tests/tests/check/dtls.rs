//! TURN over DTLS, against coturn: what is healthy, and each fault of its own.

use crate::program::{assert_talked, earshot, run};
use earshot_tests::{
    coturn::Coturn,
    lab::authority::{Authority, Flaw},
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tempfile::TempDir;

const LOGIN: [&str; 3] = [
    "--lt-cred-mech",
    "--realm=voicechat",
    "--user=user:password",
];
/// What a check may take (docs/check.md).
const DEADLINE_MS: u64 = 5_000;

/// A coturn with a certificate for its address, and whoever is to trust it.
struct Secure {
    coturn: Coturn,
    authority: Authority,
    _folder: TempDir,
}

impl Secure {
    /// `None`: there is no coturn here.
    fn start(flaw: Flaw, options: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let authority = Authority::make(folder.path()).expect("a certificate can be made");
        let host = earshot_tests::net::host_address().to_string();
        let files = authority
            .issue(&host, flaw)
            .expect("a certificate can be made");
        let coturn = Coturn::with_certificate(&files, &[&LOGIN, options].concat())?;
        Some(Self {
            coturn,
            authority,
            _folder: folder,
        })
    }

    fn by_dtls(&self) -> String {
        by_dtls(self.coturn.secure)
    }

    /// The exit code, and the document.
    fn check(&self, uris: &[&str], password: &str) -> (Option<i32>, Value) {
        let (code, out) = self.run(&[uris, &["--json"]].concat(), password);
        let document: Value = serde_json::from_str(&out).expect("JSON");
        // As the program itself says: how long it takes to be started is the machine's matter.
        let took = document["duration_ms"].as_u64();
        assert!(took < Some(DEADLINE_MS), "{document:#}");
        (code, document)
    }

    fn run(&self, arguments: &[&str], password: &str) -> (Option<i32>, String) {
        let mut command = earshot(&[arguments, &["--username=user"]].concat());
        command
            .env("TURN_PASSWORD", password)
            .env("SSL_CERT_FILE", self.authority.certificate());
        let (code, out, err) = run(&mut command);
        // The library that speaks DTLS has nothing to say to people.
        assert_eq!(err, "", "{out}");
        (code, out)
    }
}

fn by_dtls(address: SocketAddr) -> String {
    format!("turns:{address}?transport=udp")
}

/// What is said of one check of the URI at this place: its state, its cause, and the words.
fn told(document: &Value, place: usize, check: &str) -> (String, String, String) {
    let checks = document["uris"][place]["checks"]
        .as_array()
        .expect("checks");
    let one = checks.iter().find(|it| it["check"] == check);
    let word = |name: &str| {
        let text = one.map(|one| one[name].as_str().unwrap_or_default());
        text.unwrap_or("absent").to_owned()
    };
    (word("state"), word("cause"), word("says"))
}

fn state(document: &Value, place: usize, check: &str) -> String {
    told(document, place, check).0
}

/// The certificate is read and judged as in TLS, by the same server's TLS.
#[test]
fn a_healthy_server_is_called_through_over_dtls() {
    let Some(server) = Secure::start(Flaw::None, &[]) else {
        return;
    };
    let by_tls = format!("turns:{}", server.coturn.secure);
    let (code, document) = server.check(&[&server.by_dtls(), &by_tls], "password");
    assert_eq!(code, Some(0), "{document:#}");
    for check in [
        "reach",
        "dtls",
        "certificate",
        "stun",
        "anonymous",
        "wrong-password",
        "login",
        "relay-to-relay",
        "relay-to-direct",
        "refresh",
        "expiry",
    ] {
        assert_eq!(
            state(&document, 0, check),
            "passed",
            "{check}: {document:#}"
        );
    }
    assert_eq!(state(&document, 1, "dtls"), "absent", "{document:#}");
    let [by_dtls, by_tls] = [0, 1].map(|place| &document["uris"][place]["certificate"]);
    assert_eq!(by_dtls, by_tls);
    assert_eq!(by_dtls["error"], Value::Null, "{document:#}");
    assert_eq!(document["uris"][0]["uri"], server.by_dtls());
    assert_talked(&document["facts"]["legs"][0], 3);
}

#[test]
fn what_is_wrong_with_a_certificate_has_the_cause_that_it_has_in_tls() {
    for (flaw, cause) in [
        (Flaw::Expired, "tls-certificate-expired"),
        (Flaw::WrongName, "tls-certificate-wrong-name"),
        (Flaw::SelfSigned, "tls-certificate-untrusted"),
    ] {
        let Some(server) = Secure::start(flaw, &[]) else {
            return;
        };
        let (code, document) = server.check(&[&server.by_dtls()], "password");
        assert_eq!(code, Some(1), "{document:#}");
        assert_eq!(document["verdict"]["cause"], cause, "{document:#}");
        let (state, named, _) = told(&document, 0, "certificate");
        assert_eq!((state.as_str(), named.as_str()), ("failed", cause));
        // Nothing else is wrong with it.
        for check in ["dtls", "login"] {
            let (state, ..) = told(&document, 0, check);
            assert_eq!(state, "passed", "{check}: {document:#}");
        }
        let days = document["uris"][0]["certificate"]["days_left"].as_i64();
        let is_over = days.is_some_and(|days| days < 0);
        assert_eq!(is_over, flaw == Flaw::Expired, "{document:#}");
    }
}

#[test]
fn a_wrong_password_is_refused_over_dtls() {
    let Some(server) = Secure::start(Flaw::None, &[]) else {
        return;
    };
    let (code, document) = server.check(&[&server.by_dtls()], "another");
    assert_eq!(code, Some(1), "{document:#}");
    assert_eq!(document["verdict"]["cause"], "credentials-wrong");
    let passed = ["dtls", "certificate", "anonymous"].map(|it| state(&document, 0, it));
    assert_eq!(passed, ["passed"; 3], "{document:#}");
    assert_eq!(state(&document, 0, "login"), "failed", "{document:#}");
}

/// Coturn without DTLS answers STUN at its usual port and nothing at that of TLS.
#[test]
fn a_server_without_dtls_is_told_by_what_it_answers() {
    let Some(server) = Secure::start(Flaw::None, &["--no-dtls"]) else {
        return;
    };
    let (code, document) = server.check(&[&server.by_dtls()], "password");
    assert_eq!(code, Some(1), "{document:#}");
    assert_eq!(document["verdict"]["cause"], "server-unreachable");
    let (dtls, _, says) = told(&document, 0, "dtls");
    assert_eq!(dtls, "not-measured", "{document:#}");
    assert!(says.contains("neither DTLS nor STUN"), "{says}");
    for check in ["certificate", "login", "relay-to-relay"] {
        let state = state(&document, 0, check);
        assert_eq!(state, "not-measured", "{check}: {document:#}");
    }

    let by_udp = format!("turn:{}?transport=udp", server.coturn.address);
    let uris = [&by_dtls(server.coturn.address), by_udp.as_str()];
    let (code, document) = server.check(&uris, "password");
    assert_eq!(code, Some(1), "{document:#}");
    // Calls have another way.
    let verdict = &document["verdict"];
    let found = json!([verdict["status"], verdict["cause"]]);
    assert_eq!(found, json!(["degraded", "not-a-turn-server"]));
    let (dtls, _, says) = told(&document, 0, "dtls");
    assert_eq!(dtls, "failed", "{document:#}");
    assert!(says.contains("STUN is answered at this port"), "{says}");
    assert_eq!(state(&document, 0, "login"), "not-measured");
    assert_eq!(state(&document, 1, "login"), "passed", "{document:#}");
}

/// What this program has not the means for is no fault of the server.
#[test]
fn a_server_with_other_ciphers_is_not_measured() {
    let ciphers = "--cipher-list=ECDHE-ECDSA-AES256-GCM-SHA384";
    let Some(server) = Secure::start(Flaw::None, &[ciphers]) else {
        return;
    };
    let (code, document) = server.check(&[&server.by_dtls()], "password");
    assert_eq!(code, Some(2), "{document:#}");
    assert_eq!(document["verdict"]["status"], "unknown", "{document:#}");
    let (dtls, _, says) = told(&document, 0, "dtls");
    assert_eq!(dtls, "not-measured", "{document:#}");
    assert!(says.contains("handshake_failure"), "{says}");
    let (_, table) = server.run(&[&server.by_dtls()], "password");
    assert!(table.contains("·  turns:"), "neither good nor bad: {table}");
    assert!(
        table.contains("dtls: not measured, the server takes none"),
        "{table}"
    );
}
