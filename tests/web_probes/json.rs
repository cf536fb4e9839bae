//! The page's thin JSON against serde_json, in a real browser: what one writes the other must read.

use earshot_report::{
    Actor, Code, Facts, Finding, IceUrl, Plan, Report, Severity, Status, Transport, Verdict,
    api::{IceServer, LiveMessage, RunTicket},
    candidate::parse_candidate,
    facts::{
        AllocateAnswer, AllocationSighting, CandidateError, GatheringOutcome, LegOutcome,
        NatMapping, NativeProbe, Refusal, RefusalReason, Sample, Sightings,
    },
    findings::{Certainty, Evidence, EvidenceValue},
    plan::Circumstances,
    verdict::ServerVerdict,
};
use earshot_web::{json, live};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use wasm_bindgen_test::wasm_bindgen_test;

fn url(text: &str) -> IceUrl {
    text.parse().unwrap()
}

fn plan() -> Plan {
    Plan::new(&Circumstances {
        servers: vec![vec![
            url("turn:relay.example.org"),
            url("turns:relay.example.org:443"),
        ]],
        own: Some(0),
        stun_pair: Some([url("stun:a.example.org"), url("stun:b.example.org")]),
        witness: true,
    })
}

fn sightings() -> Sightings {
    let mut sightings = Sightings::default();
    sightings.udp.seen = true.into();
    sightings.udp.asked_again = false.into();
    sightings.udp.last_ms = Some(u32::MAX);
    sightings.udp.requests = 9_007_199_254_740_991;
    sightings.tls.tls_alerts = vec!["unknown ca – “quoted” \\ \u{0}".to_owned()];
    sightings.tcp.refusals = vec![Refusal {
        code: 401,
        reason: RefusalReason::WrongPassword,
        count: 3,
    }];
    sightings.allocations = vec![AllocationSighting {
        transport: Transport::Udp,
        client: ("198.51.100.4".into(), 40_000),
        relayed: ("2001:db8::9".into(), 50_000),
        sent_packets: 7,
        sent_bytes: 1_200,
        received_packets: 0,
        received_bytes: 0,
        unpermitted_packets: 1,
        closed: false,
    }];
    sightings
}

fn native_probe() -> NativeProbe {
    let mut probe = NativeProbe::new(url("turn:relay.example.org"));
    probe.anonymous = AllocateAnswer::Error(401);
    probe.authenticated = AllocateAnswer::Success;
    probe.realm = Some(String::new());
    probe.relayed = Some(("203.0.113.9".into(), 50_000));
    probe
}

/// Every kind of field that a report has: numbers with and without a point, enums with and without content, what
/// was not measured, what is empty.
fn report() -> Report {
    let mut facts = Facts::planned(&plan());
    facts.environment.nat_mapping = Some(NatMapping::EndpointDependent);
    facts.environment.server_time_ms = Some(1_795_000_000_123);
    facts.environment.languages = vec!["ru".to_owned()];
    let gathering = &mut facts.targets[0].gathering;
    gathering.outcome = GatheringOutcome::Refused("no".to_owned());
    let line =
        "candidate:1 1 udp 41885439 203.0.113.9 50000 typ relay raddr 198.51.100.4 rport 40000";
    gathering.candidates = vec![parse_candidate(line).unwrap()];
    gathering.errors = vec![CandidateError {
        code: 701,
        text: String::new(),
        elapsed_ms: None,
    }];
    facts.targets[1].gathering.outcome = GatheringOutcome::TimedOut;
    let leg = &mut facts.legs[0];
    leg.outcome = LegOutcome::TimedOut;
    leg.rtt_ms = Some(23.0);
    leg.from_you.loss = Some(0.001_25);
    leg.to_you.mos = Some(-1.5);
    leg.samples = vec![Sample {
        at_ms: 50,
        level_from_you: Some(0.125),
        ..Sample::default()
    }];
    facts.sightings = Some(sightings());
    facts.native_probes[0] = native_probe();
    let verdict = Verdict {
        status: Status::Degraded,
        cause: Code::UdpBlocked,
        actor: Actor::YourNetwork,
    };
    let evidence = |value| Evidence {
        fact: "a.fact".to_owned(),
        value,
    };
    Report {
        version: 1,
        id: "abc".to_owned(),
        started: "2026-01-31T12:34:56Z".to_owned(),
        duration_ms: 2_000,
        verdict: verdict.clone(),
        findings: vec![Finding {
            code: Code::UdpBlocked,
            severity: Severity::Degraded,
            actor: Actor::YourNetwork,
            certainty: Certainty::Likely,
            targets: vec![0, 1],
            evidence: vec![
                evidence(EvidenceValue::Number(3.0)),
                evidence(EvidenceValue::Number(0.5)),
                evidence(EvidenceValue::Text("3".to_owned())),
                evidence(EvidenceValue::Address {
                    address: "203.0.113.9".into(),
                }),
            ],
            explained_by: Some(Code::ServerUnreachable),
        }],
        servers: vec![ServerVerdict { server: 0, verdict }],
        facts,
    }
}

fn both_agree<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let theirs = serde_json::to_string(value).unwrap();
    assert_eq!(&json::read::<T>(&theirs).unwrap(), value, "reading");
    for indent in [0, 2] {
        let ours = json::write(value, indent).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&ours).unwrap(), value, "writing");
        let tree: serde_json::Value = serde_json::from_str(&ours).unwrap();
        let keys = tree.as_object().unwrap().len();
        let theirs: serde_json::Value = serde_json::from_str(&theirs).unwrap();
        assert_eq!(keys, theirs.as_object().unwrap().len(), "the same fields");
    }
}

#[wasm_bindgen_test]
fn a_report_survives_both_ways() {
    both_agree(&report());
}

#[wasm_bindgen_test]
fn a_ticket_survives_both_ways() {
    both_agree(&RunTicket {
        run: "a".repeat(26),
        plan: plan(),
        ice_servers: vec![IceServer {
            urls: vec!["turn:relay.example.org".to_owned()],
            username: Some("anna".to_owned()),
            credential: None,
        }],
        stun_pair: None,
        witness: None,
        client_address: Some("198.51.100.4".into()),
        server_time_ms: 1_795_000_000_123,
        live: "/api/runs/a/live".to_owned(),
    });
}

#[wasm_bindgen_test]
fn one_url_is_as_good_as_a_list() {
    let server: IceServer = json::read(r#"{"urls": "stun:a.example.org"}"#).unwrap();
    assert_eq!(server.urls, ["stun:a.example.org"]);
}

#[wasm_bindgen_test]
fn what_the_program_tells_live_is_understood() {
    for message in [
        LiveMessage::Sightings(sightings()),
        LiveMessage::NativeProbe(native_probe()),
    ] {
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(live::read_message(&text), Some(message));
    }
    assert_eq!(live::read_message(r#"{"kind": "later", "data": {}}"#), None);
    assert_eq!(
        live::read_message(r#"{"kind": "sightings", "data": 3}"#),
        None
    );
    assert_eq!(live::read_message("no JSON"), None);
}

#[wasm_bindgen_test]
fn another_form_is_an_error_and_no_panic() {
    for text in [
        "",
        "null",
        "3",
        "[]",
        "{}",
        r#"{"version": "one"}"#,
        r#"{"facts": []}"#,
    ] {
        assert!(json::read::<Report>(text).is_err(), "{text}");
    }
    // Numbers that do not fit are not bent until they do.
    assert!(json::read::<u16>("65536").is_err());
    assert!(json::read::<u16>("-1").is_err());
    assert!(json::read::<u16>("1.5").is_err());
}
