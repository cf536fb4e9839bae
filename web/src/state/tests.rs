use super::*;
use crate::update::Update;
use earshot_report::{
    Code, IceUrl, Plan, Status,
    api::RunTicket,
    facts::{CandidateFacts, CandidateType, GatheringOutcome, LegFacts, LegOutcome, Sightings},
    plan::Circumstances,
    verdict::Judgement,
};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn url(text: &str) -> IceUrl {
    text.parse().unwrap()
}

fn ticket() -> RunTicket {
    RunTicket {
        run: "a".repeat(26),
        plan: Plan::new(&Circumstances {
            servers: vec![vec![
                url("turn:relay.example.org:3478"),
                url("turn:relay.example.org:3478?transport=tcp"),
            ]],
            own: Some(0),
            stun_pair: None,
            witness: true,
        }),
        ice_servers: Vec::new(),
        stun_pair: None,
        witness: None,
        client_address: None,
        server_time_ms: 0,
        live: String::new(),
    }
}

fn tell(state: State, update: Update) -> State {
    let serial = state.serial();
    reduce(state, Msg::Update(serial, update))
}

/// A run of two transports that has just been planned.
fn planned() -> State {
    let state = reduce(State::default(), Msg::Start);
    tell(state, Update::Planned(ticket().into()))
}

fn run(state: &State) -> &Run {
    state.run.as_ref().unwrap()
}

fn relay_candidate() -> CandidateFacts {
    let text =
        "candidate:1 1 udp 41885439 203.0.113.9 50000 typ relay raddr 198.51.100.4 rport 40000";
    let candidate: CandidateFacts = earshot_report::candidate::parse_candidate(text).unwrap();
    assert_eq!(candidate.candidate_type, CandidateType::Relay);
    candidate
}

fn with_relay(state: State, index: usize) -> State {
    let mut target = run(&state).facts.targets[index].clone();
    target.gathering.outcome = GatheringOutcome::Running;
    target.gathering.candidates = vec![relay_candidate()];
    tell(state, Update::Target(index, Box::new(target)))
}

fn with_leg(state: State, index: usize, change: impl Fn(&mut LegFacts)) -> State {
    let mut leg = run(&state).facts.legs[index].clone();
    change(&mut leg);
    tell(state, Update::Leg(index, Box::new(leg)))
}

fn heard(leg: &mut LegFacts) {
    leg.outcome = LegOutcome::Done;
    leg.from_you.sound = true.into();
    leg.to_you.sound = true.into();
}

fn mark_of(state: &State, kind: StepKind) -> Mark {
    let steps = steps(run(state));
    steps.iter().find(|step| step.kind == kind).unwrap().mark
}

#[test]
fn a_click_begins_a_run() {
    let state = reduce(State::default(), Msg::Start);
    assert_eq!(state.screen, Screen::Running);
    assert_eq!(run(&state).origin, Origin::Configured);
    assert_eq!(state.ad_hoc_servers(), None);
    assert_eq!(mark_of(&state, StepKind::Plan), Mark::Running);
}

#[test]
fn news_of_an_earlier_run_is_ignored() {
    let first = reduce(State::default(), Msg::Start);
    let old = first.serial();
    let second = reduce(first, Msg::Again);
    let after = reduce(
        second.clone(),
        Msg::Update(old, Update::Finished { duration_ms: 1 }),
    );
    assert_eq!(after, second);
}

#[test]
fn the_plan_lays_out_targets_and_legs() {
    let state = planned();
    let facts = &run(&state).facts;
    assert_eq!(facts.targets.len(), 2);
    // Relay to relay, relay to direct, and the witness, over two transports each.
    assert_eq!(facts.legs.len(), 6);
    let names: Vec<_> = steps(run(&state))
        .into_iter()
        .map(|step| (step.kind, step.mark))
        .collect();
    assert_eq!(
        names,
        [
            (StepKind::Plan, Mark::Works),
            (StepKind::Reach, Mark::Waiting),
            (StepKind::Talk, Mark::Waiting),
            (StepKind::Outside, Mark::Waiting),
            (StepKind::WayOut, Mark::Waiting),
            (StepKind::Look, Mark::Running),
        ]
    );
}

#[test]
fn news_of_a_place_that_the_plan_lacks_changes_nothing() {
    let state = planned();
    let target = run(&state).facts.targets[0].clone();
    let after = tell(state.clone(), Update::Target(7, Box::new(target)));
    assert_eq!(after, state);
}

#[test]
fn a_step_is_as_far_as_its_slowest_part() {
    let state = with_relay(planned(), 0);
    assert_eq!(mark_of(&state, StepKind::Reach), Mark::Running);
    let state = with_relay(state, 1);
    assert_eq!(mark_of(&state, StepKind::Reach), Mark::Works);
    let state = with_leg(state, 0, heard);
    assert_eq!(mark_of(&state, StepKind::Talk), Mark::Running);
    let state = with_leg(state, 1, |leg| leg.outcome = LegOutcome::Failed);
    assert_eq!(mark_of(&state, StepKind::Talk), Mark::Fails);
}

#[test]
fn a_sound_that_was_not_measured_is_neither_heard_nor_missed() {
    let done = |leg: &mut LegFacts| leg.outcome = LegOutcome::Done;
    let state = with_leg(planned(), 0, done);
    assert_eq!(leg_mark(&run(&state).facts.legs[0]), Mark::NotTested);
    let one_way = |leg: &mut LegFacts| {
        heard(leg);
        leg.to_you.sound = false.into();
    };
    let state = with_leg(state, 0, one_way);
    assert_eq!(leg_mark(&run(&state).facts.legs[0]), Mark::Fails);
}

#[test]
fn stop_works_at_once_and_what_was_not_done_is_not_tested() {
    let state = reduce(with_relay(planned(), 0), Msg::Stop);
    assert_eq!(state.screen, Screen::Verdict);
    assert_eq!(run(&state).phase, Phase::Over);
    let reach = &steps(run(&state))[1];
    assert_eq!(reach.parts[0], ("UDP".to_owned(), Mark::Works));
    assert_eq!(reach.parts[1], ("TCP".to_owned(), Mark::NotTested));
    assert_eq!(mark_of(&state, StepKind::Talk), Mark::NotTested);
}

#[test]
fn a_run_stopped_before_it_told_anything_says_so() {
    let state = reduce(reduce(State::default(), Msg::Start), Msg::Stop);
    assert!(run(&state).is_stopped_without_verdict());
}

#[test]
fn a_word_before_the_end_is_one_that_stays_true() {
    let state = with_relay(planned(), 0);
    let mut run = run(&state).clone();
    let mut told = |cause: Code| {
        run.judgement.verdict.status = Status::Broken;
        run.judgement.verdict.cause = cause;
        run.has_verdict()
    };
    assert!(told(Code::ServerOpen));
    // The relay's word may still make it "the answers are lost".
    assert!(!told(Code::UdpBlocked));
    run.phase = Phase::Saving;
    assert!(run.has_verdict());
}

#[test]
fn the_verdict_comes_when_all_is_measured_and_the_report_after_it() {
    let state = tell(planned(), Update::Finished { duration_ms: 1_900 });
    assert_eq!(state.screen, Screen::Verdict);
    assert_eq!(run(&state).phase, Phase::Saving);
    assert_eq!(run(&state).duration_ms, Some(1_900));
    let state = tell(
        state,
        Update::NotSaved("the service does not answer".into()),
    );
    assert_eq!(run(&state).phase, Phase::Over);
    assert!(run(&state).saved.is_none());
}

#[test]
fn levels_are_shown_where_sound_crosses() {
    let levels = Update::Levels {
        from_you: 0.25,
        to_you: 0.0,
    };
    let state = tell(with_relay(planned(), 0), levels.clone());
    let path = Path::of(run(&state));
    assert_eq!(path.hops[1].out.level, Lane::STEPS);
    assert_eq!(path.hops[1].back.level, 0);
    assert_eq!(path.hops[2].out.level, 0, "nothing was heard there yet");
    let state = tell(with_leg(state, 0, heard), levels);
    assert_eq!(Path::of(run(&state)).hops[2].out.level, Lane::STEPS);
}

#[test]
fn each_direction_of_the_picture_has_its_own_proof() {
    let state = planned();
    let path = Path::of(run(&state));
    assert_eq!(path.hops[0].out.light, Light::Proved);
    assert_eq!(path.hops[1].out.light, Light::Trying);
    assert_eq!(path.hops[2].out.light, Light::Idle);

    let mut sightings = Sightings::default();
    sightings.udp.seen = true.into();
    let state = tell(state, Update::Sightings(Box::new(sightings)));
    let path = Path::of(run(&state));
    assert_eq!(path.hops[1].out.light, Light::Proved, "the relay saw it");
    assert_eq!(path.hops[1].back.light, Light::Trying, "no answer came");

    let state = with_leg(with_relay(state, 0), 0, |leg| {
        leg.outcome = LegOutcome::Running;
        leg.from_you.sound = true.into();
    });
    let path = Path::of(run(&state));
    assert_eq!(path.hops[1].back.light, Light::Proved);
    assert_eq!(path.hops[2].out.light, Light::Proved);
    assert_eq!(path.hops[2].back.light, Light::Trying);
}

#[test]
fn the_cause_is_marked_where_it_is() {
    let state = tell(
        with_relay(planned(), 0),
        Update::Finished { duration_ms: 900 },
    );
    let mut run = run(&state).clone();
    let mut judged = |status, cause: Code| {
        run.judgement = Judgement {
            findings: Vec::new(),
            servers: Vec::new(),
            verdict: earshot_report::Verdict {
                status,
                cause,
                actor: cause.actor(),
            },
        };
        Path::of(&run)
    };
    let path = judged(Status::Broken, Code::OneWayToYou);
    assert_eq!(path.hops[1].back.light, Light::Broken);
    assert_eq!(path.hops[1].out.light, Light::Proved);
    let path = judged(Status::Degraded, Code::UdpBlocked);
    assert_eq!(path.nodes[1], Light::Poor);
    let path = judged(Status::Broken, Code::RelayPortsClosed);
    assert_eq!(path.nodes[2], Light::Broken);
    let path = judged(Status::Good, Code::Good);
    let lights = path.hops.iter().flat_map(|hop| [hop.out, hop.back]);
    assert!(
        lights
            .map(|lane| lane.light)
            .all(|light| light != Light::Broken)
    );
}

#[test]
fn every_cause_that_somebody_can_mend_has_a_place() {
    for &code in Code::ALL {
        let nobody = code.actor() == earshot_report::Actor::Nobody;
        assert_eq!(place(code) == Place::default(), nobody, "{code}");
    }
}

fn typed(urls: &str, username: &str, password: &str) -> State {
    let state = reduce(State::default(), Msg::OpenForm);
    let state = reduce(state, Msg::TypedUrls(urls.into()));
    let state = reduce(state, Msg::TypedUsername(username.into()));
    reduce(
        reduce(state, Msg::TypedPassword(password.into())),
        Msg::SubmitForm,
    )
}

#[test]
fn what_was_typed_is_tested() {
    let state = typed(
        " turn:relay.example.org turns:relay.example.org,turn:relay.example.org:3478 ",
        "anna",
        "s3cret",
    );
    assert_eq!(state.screen, Screen::Running);
    assert_eq!(run(&state).origin, Origin::AdHoc);
    let servers = state.ad_hoc_servers().unwrap();
    assert_eq!(
        servers[0].urls,
        [
            "turn:relay.example.org:3478?transport=udp",
            "turns:relay.example.org:5349?transport=tcp"
        ],
        "the same server twice is one"
    );
    assert_eq!(servers[0].credential.as_deref(), Some("s3cret"));
    let again = reduce(reduce(state, Msg::Stop), Msg::Again);
    assert_eq!(run(&again).origin, Origin::AdHoc);
    assert_eq!(again.ad_hoc_servers().unwrap(), servers);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let state = typed("turn://relay.example.org turn:relay.example.org", " ", "");
    assert_eq!(state.screen, Screen::Form);
    assert!(state.run.is_none());
    let errors = &state.form.errors;
    assert!(errors[0].is_about_urls());
    assert_eq!(errors[1..], [FormError::NoUsername, FormError::NoPassword]);
    let state = reduce(state, Msg::TypedUsername("anna".into()));
    assert!(!state.form.errors.contains(&FormError::NoUsername));
    assert!(state.form.errors.contains(&FormError::NoPassword));
}

#[test]
fn a_stun_server_needs_no_password() {
    let state = typed("stun:stun.example.org", "", "");
    assert_eq!(state.screen, Screen::Running);
    assert_eq!(state.ad_hoc_servers().unwrap()[0].credential, None);
}

#[test]
fn nothing_and_too_much_are_refused() {
    assert_eq!(typed(" ", "", "").form.errors, [FormError::NoUrl]);
    let many: Vec<String> = (1..=MAX_URLS + 1)
        .map(|n| format!("stun:s{n}.example"))
        .collect();
    let errors = typed(&many.join(" "), "", "").form.errors;
    assert_eq!(errors, [FormError::TooManyUrls]);
}

#[test]
fn a_typed_password_is_not_in_the_debug_output() {
    let state = typed("turn:relay.example.org", "anna", "s3cret");
    assert!(!format!("{state:?}").contains("s3cret"));
}

#[test]
fn a_report_that_does_not_exist_is_said_to_be_missing() {
    let state = reduce(State::default(), Msg::Load);
    assert_eq!(state.screen, Screen::Loading);
    let state = reduce(state, Msg::LoadFailed(LoadError::Missing));
    assert_eq!(state.screen, Screen::LoadFailed(LoadError::Missing));
}
