//! The page's real probes in a real browser, against the program at `EARSHOT_TEST_URL` (given when this is built; the
//! house's own task starts it). What needs the program says so where there is none, and fails where
//! `EARSHOT_REQUIRE_REAL` is set.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "web_support/clock.rs"]
mod clock;
#[path = "web_probes/json.rs"]
mod json;
#[path = "web_probes/probing.rs"]
mod probing;
#[path = "web_probes/run.rs"]
mod run;
#[path = "web_probes/stalls.rs"]
mod stalls;
#[path = "web_support/mod.rs"]
mod support;

use earshot_report::{
    Fact, Facts, Probe, Status, Transport,
    api::{IceServer, RunRequest, RunTicket},
    facts::{CandidateType, GatheringOutcome, LegOutcome},
    limits,
    verdict::judge,
};
use earshot_web::{
    api::{self, Failure},
    probe::{
        Server, Signal, environment,
        gather::gather,
        sound::Sound,
        tone::tones_of_leg,
        wait::{Timer, sleep},
        wrong_password,
    },
    runner::RunRequestKind,
    update::Update,
};
use futures_util::{FutureExt, StreamExt};
use run::{begin, say, whole_run};
use support::program;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

async fn ticket(base: &str) -> RunTicket {
    api::begin_run(base, &RunRequest::default()).await.unwrap()
}

fn server_of(ticket: &RunTicket, transport: Transport) -> Server {
    let targets = &ticket.plan.targets;
    let target = targets
        .iter()
        .find(|it| it.url.transport == transport)
        .unwrap();
    let server = &ticket.ice_servers[usize::from(target.server)];
    Server {
        url: target.url.to_string(),
        username: server.username.clone(),
        credential: server.credential.clone(),
    }
}

#[wasm_bindgen_test]
async fn a_healthy_run_is_heard_on_every_leg() {
    let Some(base) = program("a healthy run") else {
        return;
    };
    let outcome = whole_run(base, RunRequestKind::Configured).await;
    let facts = &outcome.facts;
    say(facts);
    console_log!("finished after {} ms", outcome.duration_ms);

    assert_eq!(facts.environment.api_reachable, Fact::Yes);
    assert_eq!(facts.environment.live_link, Fact::Yes);
    assert_eq!(facts.environment.audio_context_running, Fact::Yes);
    assert!(facts.environment.nat_mapping.is_some());
    assert!(facts.sightings.is_some(), "the relay has told what it saw");
    assert!(facts.targets.len() >= 2);
    for target in &facts.targets {
        let url = &target.target.url;
        let mut candidates = target.gathering.candidates.iter();
        let relay = candidates.find(|it| it.candidate_type == CandidateType::Relay);
        assert_eq!(relay.unwrap().relay_transport, Some(url.transport), "{url}");
        assert!(
            target.username.as_ref().unwrap().contains(":test."),
            "{url}"
        );
    }
    let refused = facts
        .targets
        .iter()
        .filter(|it| it.grants_wrong_password.is_no());
    assert_eq!(
        refused.count(),
        1,
        "a wrong password is tried once, and refused"
    );
    assert!(facts.legs.len() >= 6);
    for leg in &facts.legs {
        let probe = &leg.probe;
        assert_eq!(leg.outcome, LegOutcome::Done, "{probe:?}");
        assert_eq!(leg.ice_connected, Fact::Yes, "{probe:?}");
        if matches!(probe, Probe::Witness { .. }) {
            continue;
        }
        assert!(leg.rtt_ms.is_some() && !leg.samples.is_empty(), "{probe:?}");
        for direction in [&leg.from_you, &leg.to_you] {
            assert_eq!(direction.sound, Fact::Yes, "{probe:?}");
            let received = direction.packets_received.unwrap();
            assert!(received >= limits::TELLING_PACKETS, "{probe:?}");
            assert_eq!(direction.loss, Some(0.0), "{probe:?}");
            assert!(direction.mos.unwrap() > 4.0, "{probe:?}");
        }
    }
    let Update::Saved(report) = outcome.fate else {
        panic!("not saved: {:?}", outcome.fate);
    };
    assert_eq!(report.verdict.status, Status::Good, "{:?}", report.findings);
    assert!(outcome.duration_ms < 5_000, "{} ms", outcome.duration_ms);
}

#[wasm_bindgen_test]
async fn a_typed_server_is_tested_by_the_pages_own_plan() {
    let Some(base) = program("a typed server") else {
        return;
    };
    let server = server_of(&ticket(base).await, Transport::Udp);
    let typed = IceServer {
        urls: vec![server.url, "turn:relay.invalid".to_owned()],
        username: server.username,
        credential: Some("not the password".to_owned()),
    };
    let outcome = whole_run(base, RunRequestKind::AdHoc(vec![typed])).await;
    let [reached, unnamed] = &outcome.facts.targets[..] else {
        panic!("two targets were typed");
    };
    assert!(
        reached
            .gathering
            .errors
            .iter()
            .any(|error| error.code == 401)
    );
    assert!(
        unnamed
            .gathering
            .errors
            .iter()
            .any(|error| error.is_lookup_failure())
    );
    assert!(
        outcome
            .facts
            .legs
            .iter()
            .all(|leg| leg.outcome == LegOutcome::NotStarted)
    );
    assert_ne!(judge(&outcome.facts).verdict.status, Status::Good);
    assert!(
        matches!(outcome.fate, Update::Saved(_)),
        "{:?}",
        outcome.fate
    );
}

#[wasm_bindgen_test]
async fn without_the_program_a_run_still_ends_and_says_why() {
    // Nothing listens on the discard port.
    let outcome = whole_run("http://127.0.0.1:9", RunRequestKind::Configured).await;
    assert_eq!(outcome.facts.environment.api_reachable, Fact::No);
    assert_eq!(outcome.facts.environment.webrtc, Fact::Yes);
    let Update::NotSaved(sentence) = outcome.fate else {
        panic!("nobody could have saved it");
    };
    assert!(
        sentence.starts_with("The program behind this page does not answer"),
        "{sentence}"
    );
}

#[wasm_bindgen_test]
async fn what_the_program_refuses_is_its_own_sentence() {
    let Some(base) = program("a refusal") else {
        return;
    };
    let begun = ticket(base).await;
    let request = earshot_report::api::ReportRequest {
        duration_ms: 1,
        facts: Facts::default(),
    };
    let answer = api::save(base, "nosuchrun", &request).await;
    assert!(matches!(answer, Err(Failure::Refused(..))), "{answer:?}");
    // Something else than the program: the page's own static files.
    let answer = api::begin_run(&format!("{base}/r/x?"), &RunRequest::default()).await;
    assert!(matches!(answer, Err(Failure::Unreachable(_))), "{answer:?}");
    assert!(!begun.run.is_empty());
}

#[wasm_bindgen_test]
async fn a_wrong_password_is_answered_with_401() {
    let Some(base) = program("a wrong password") else {
        return;
    };
    let ticket = ticket(base).await;
    for transport in [Transport::Udp, Transport::Tcp] {
        let right = server_of(&ticket, transport);
        let granted = wrong_password::is_granted(&right, transport, &Signal::default()).await;
        assert_eq!(granted, Fact::No, "{transport}");
        let wrong = Server {
            credential: Some("wrong".to_owned()),
            ..right
        };
        let gathering = gather(&[wrong], transport, &Signal::default(), &mut |_| false).await;
        assert!(
            gathering.errors.iter().any(|error| error.code == 401),
            "{gathering:?}"
        );
        let mut candidates = gathering.candidates.iter();
        assert!(candidates.all(|it| it.candidate_type != CandidateType::Relay));
    }
}

#[wasm_bindgen_test]
async fn a_name_that_does_not_exist_is_a_lookup_failure() {
    let server = Server {
        url: "turn:relay.invalid:3478?transport=udp".to_owned(),
        username: Some("anna".to_owned()),
        credential: Some("secret".to_owned()),
    };
    let gathering = gather(&[server], Transport::Udp, &Signal::default(), &mut |_| {
        false
    })
    .await;
    console_log!("{gathering:?}");
    assert!(
        gathering
            .errors
            .iter()
            .any(|error| error.is_lookup_failure())
    );
}

#[wasm_bindgen_test]
async fn what_the_browser_does_not_accept_is_refused_in_its_words() {
    for url in ["turn:relay.example.org", "turn:relay.example.org:99999"] {
        // Without credentials, and with a port that is none.
        let gathering = gather(
            &[Server::open(url)],
            Transport::Udp,
            &Signal::default(),
            &mut |_| false,
        )
        .await;
        let GatheringOutcome::Refused(words) = gathering.outcome else {
            panic!("{url} was accepted");
        };
        assert!(!words.is_empty());
    }
}

#[wasm_bindgen_test]
async fn a_gathering_is_given_up_when_it_is_told_to() {
    // A documentation address: nothing answers, and by UDP nothing says so.
    let server = Server {
        url: "turn:203.0.113.1:3478?transport=udp".to_owned(),
        username: Some("anna".to_owned()),
        credential: Some("secret".to_owned()),
    };
    let timer = Timer::new(200);
    let gathering = gather(&[server], Transport::Udp, &timer.over, &mut |_| false).await;
    assert_eq!(gathering.outcome, GatheringOutcome::TimedOut);
    // Nothing else could have ended it before.
    assert!(gathering.elapsed_ms.unwrap() < limits::UDP_SILENT_MS);
}

#[wasm_bindgen_test]
async fn the_tone_is_recognised_and_another_is_not() {
    let sound = Sound::new().unwrap();
    assert_eq!(environment::audio_runs(Some(&sound)).await, Fact::Yes);
    let [played, other] = tones_of_leg(0);
    let tone = sound.tone(played).unwrap();
    let (track, _) = tone.track();
    let right = sound.listen(track, played).unwrap();
    let wrong = sound.listen(track, other).unwrap();
    let mut heard = 0;
    for _ in 0..100 {
        sleep(limits::LOOK_MS).await;
        assert!(!wrong.hears());
        heard += u32::from(right.hears());
        if heard == 5 {
            assert!(right.level() > 0.5);
            return;
        }
    }
    panic!("the tone was heard {heard} times in five seconds");
}

#[wasm_bindgen_test]
async fn stop_ends_everything() {
    let Some(base) = program("stopping") else {
        return;
    };
    let (handle, mut updates) = begin(base, RunRequestKind::Configured);
    // Let it get into its legs.
    loop {
        let update = updates.next().await.unwrap();
        if matches!(update, Update::Leg(_, ref leg) if leg.ice_connected.is_yes()) {
            break;
        }
    }
    handle.stop();
    while updates.next().now_or_never().flatten().is_some() {}
    // The stream ends because the run, which holds its other end, is gone.
    assert_eq!(updates.next().await, None);

    let (handle, mut updates) = begin(base, RunRequestKind::Configured);
    assert!(updates.next().await.is_some());
    drop(handle);
    while updates.next().await.is_some() {}
}
