//! The names that scripts rely on.

use crate::build::*;
use earshot_report::{Report, report::VERSION, verdict::judge};

fn report() -> Report {
    let mut facts = other_server();
    facts.refuse(None, 401, "Unauthorized");
    let judged = judge(&facts);
    Report {
        version: VERSION,
        id: "k3j9".to_owned(),
        started: "2026-11-21T08:00:00Z".to_owned(),
        duration_ms: 812,
        verdict: judged.verdict,
        findings: judged.findings,
        servers: judged.servers,
        facts,
    }
}

#[test]
fn a_report_has_the_promised_form() {
    let json = serde_json::to_value(report()).unwrap();
    let mut names: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "duration_ms",
            "facts",
            "findings",
            "id",
            "servers",
            "started",
            "verdict",
            "version"
        ]
    );
    let mut facts: Vec<_> = json["facts"].as_object().unwrap().keys().cloned().collect();
    facts.sort();
    assert_eq!(
        facts,
        [
            "environment",
            "legs",
            "native_probes",
            "sightings",
            "targets"
        ]
    );
    let golden = serde_json::json!({
        "status": "broken", "cause": "credentials-wrong", "actor": "server-admin",
    });
    assert_eq!(json["verdict"], golden);
    assert_eq!(
        json["servers"],
        serde_json::json!([{ "server": 0, "verdict": golden }])
    );
    assert_eq!(
        json["findings"],
        serde_json::json!([{
            "code": "credentials-wrong",
            "severity": "broken",
            "actor": "server-admin",
            "certainty": "likely",
            "targets": [0, 1],
            "evidence": [{ "fact": "targets.gathering.errors.code", "value": 401.0 }],
            "explained_by": null,
        }])
    );
    assert_eq!(json["version"], 1);
    assert_eq!(json["duration_ms"], 812);
    assert_eq!(
        json["facts"]["targets"][0]["gathering"]["errors"][0]["text"],
        "Unauthorized"
    );
    assert_eq!(
        json["facts"]["targets"][0]["target"]["url"],
        "turn:other.example.net:3478?transport=udp"
    );
    assert_eq!(json["facts"]["environment"]["secure_context"], "yes");
}

#[test]
fn a_report_survives_being_saved() {
    let report = report();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

/// Reports of an older version lack what was added since: that is not measured.
#[test]
fn what_is_missing_was_not_measured() {
    let facts: earshot_report::Facts = serde_json::from_str("{}").unwrap();
    assert_eq!(facts, earshot_report::Facts::default());
}
