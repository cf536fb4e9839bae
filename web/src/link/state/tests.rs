use super::*;
use crate::probe::pair::{PairEnd, PairUpdate};
use crate::state::Light;
use earshot_report::{
    Code, Facts, Status,
    api::{
        Refusal,
        link::{FromLink, LinkEvent, LinkReport, Progress, Signal, Taken, Who},
    },
    facts::{
        DirectionFacts, Fact, LegOutcome, MicrophoneOpened, PairFacts, PairLegFacts, PairRoute,
    },
};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn page(path: &str) -> Option<String> {
    match Page::at(path, |_| true) {
        Page::Devices(_) => None,
        Page::Link(link) => Some(link.token.as_str().to_owned()),
    }
}

#[test]
fn the_path_names_the_link() {
    assert_eq!(page("/s/abc").as_deref(), Some("abc"));
    assert_eq!(page("/s/abc/").as_deref(), Some("abc"));
    for devices in ["/devices", "/devices/", "/s/", "/s/a/b", "/"] {
        assert_eq!(page(devices), None, "{devices}");
    }
}

#[test]
fn a_link_refused_can_be_asked_for_again() {
    let state = State::new(Page::at("/s/abc", |_| false));
    let no = Failure::Unreachable("no".to_owned());
    let refused = reduce(state.clone(), Msg::NotOpened(no.clone()));
    let Page::Link(link) = &refused.page else {
        panic!("it is a link");
    };
    assert_eq!(link.word, Word::Refused(no));
    assert_eq!(reduce(refused, Msg::Opening), state);
}

#[test]
fn what_is_printed_of_a_state_does_not_open_its_link() {
    let state = State::new(Page::at("/s/sesame", |_| true));
    assert!(!format!("{state:?}").contains("sesame"));
}

const FIRST: Who = Who::Guest(1);
const SECOND: Who = Who::Guest(2);

fn link(is_owner: bool) -> State {
    let mut state = State::new(Page::at("/s/abc", |_| is_owner));
    let info = LinkInfo {
        label: None,
        expires: "2030-01-01T00:00:00Z".to_owned(),
        open: true,
        reports: Vec::new(),
    };
    state = reduce(state, Msg::Opened(info));
    let you = if is_owner { Who::Owner } else { FIRST };
    welcome(state, you)
}

fn welcome(state: State, you: Who) -> State {
    let expires = "2030-01-01T00:00:00Z".to_owned();
    let taken = Taken::default();
    tell(
        state,
        FromLink::Welcome {
            you,
            expires,
            taken,
        },
    )
}

fn tell(state: State, told: FromLink) -> State {
    news(state, RoomNews::Told(Box::new(told)))
}

fn news(state: State, news: RoomNews) -> State {
    reduce(state, Msg::Room(news))
}

fn event(state: State, number: u64, event: LinkEvent) -> State {
    tell(state, FromLink::Event { number, event })
}

fn here(who: Who) -> LinkEvent {
    LinkEvent::Presence { who, here: true }
}

fn gone(who: Who) -> LinkEvent {
    LinkEvent::Presence { who, here: false }
}

/// So many milliseconds after its beginning; over at a thousand.
fn progress(who: Who, elapsed_ms: u64) -> LinkEvent {
    let progress = Progress {
        facts: Facts::default(),
        elapsed_ms,
        over: elapsed_ms >= 1_000,
    };
    let progress = Box::new(progress);
    LinkEvent::Progress { who, progress }
}

fn report(who: Who, id: &str) -> LinkEvent {
    LinkEvent::Report(LinkReport {
        id: id.to_owned(),
        who,
        started: format!("2030-01-01T00:00:0{}Z", id.len()),
        status: Status::Good,
        cause: Code::Good,
    })
}

fn room(state: &State) -> &Room {
    match &state.page {
        Page::Link(link) => &link.room,
        Page::Devices(_) => panic!("it is a link"),
    }
}

fn watched(state: &State) -> Option<(Who, Phase)> {
    let watched = room(state).watched.as_ref()?;
    Some((watched.who, watched.run.phase))
}

#[test]
fn who_helps_sees_the_guest_come_test_and_go() {
    let mut state = link(true);
    assert_eq!(state.screen(), Screen::Help);
    assert_eq!(room(&state).other, None);
    state = event(state, 1, here(FIRST));
    assert!(room(&state).is_other_here());
    state = event(state, 2, progress(FIRST, 500));
    assert_eq!(watched(&state), Some((FIRST, Phase::Measuring)));
    state = event(state, 5, progress(FIRST, 1_000));
    assert_eq!(watched(&state), Some((FIRST, Phase::Saving)));
    state = event(state, 6, report(FIRST, "a"));
    state = event(state, 7, gone(FIRST));
    assert!(!room(&state).is_other_here());
    assert_eq!(watched(&state), Some((FIRST, Phase::Saving)));
    assert_eq!(room(&state).reports.len(), 1);
}

#[test]
fn what_comes_twice_or_late_changes_nothing() {
    let mut state = link(true);
    state = event(state, 3, here(FIRST));
    state = event(state, 9, progress(FIRST, 1_000));
    state = event(state, 10, report(FIRST, "a"));
    // The line was lost, and comes back with what is kept.
    state = news(state, RoomNews::Lost);
    assert_eq!(room(&state).line, LineState::Lost);
    assert_eq!(state.screen(), Screen::Help, "what is known stays");
    state = welcome(state, Who::Owner);
    let before = state.clone();
    for (number, again) in [
        (3, gone(FIRST)),
        (9, progress(FIRST, 100)),
        (10, report(FIRST, "b")),
    ] {
        state = event(state, number, again);
    }
    assert_eq!(state, before);
    // Numbers in between are never used.
    state = event(state, 40, gone(FIRST));
    assert!(!room(&state).is_other_here());
}

#[test]
fn of_three_guests_in_a_row_the_latest_is_seen_and_all_reports_are_kept() {
    let mut state = link(true);
    let mut number = 0;
    let mut next = |state, it| {
        number += 1;
        event(state, number, it)
    };
    for (place, who) in [FIRST, SECOND, Who::Guest(3)].into_iter().enumerate() {
        state = next(state, here(who));
        assert_eq!(watched(&state), None, "nothing of the one before");
        state = next(state, progress(who, 1_000));
        state = next(state, report(who, &"x".repeat(place + 1)));
    }
    // An older one closes the page at last, and speaks once more.
    state = next(state, gone(FIRST));
    state = next(state, progress(SECOND, 100));
    assert_eq!(room(&state).other, Some((Who::Guest(3), true)));
    assert_eq!(watched(&state), Some((Who::Guest(3), Phase::Saving)));
    let ids = room(&state).reports.iter().map(|it| it.id.as_str());
    assert_eq!(ids.collect::<Vec<_>>(), ["xxx", "xx", "x"]);
}

#[test]
fn a_guest_sees_who_helps_and_nothing_of_other_guests() {
    let mut state = link(false);
    assert_eq!(state.screen(), Screen::Invitation);
    state = event(state, 1, here(Who::Owner));
    state = event(state, 2, here(SECOND));
    state = event(state, 3, progress(SECOND, 100));
    assert_eq!(room(&state).other, Some((Who::Owner, true)));
    assert_eq!(watched(&state), None);
    state = news(state, RoomNews::Start);
    assert_eq!(state.screen(), Screen::Running);
    state = news(state, RoomNews::Stop);
    assert_eq!(state.screen(), Screen::Verdict);
}

#[test]
fn a_line_that_is_refused_stays_refused() {
    let error = "somebody else is using this link".to_owned();
    let reason = Refusal::LinkTaken;
    let refused = LineState::Refused(Failure::Refused(error.clone(), Some(reason)));
    let mut state = tell(link(false), FromLink::Refused { error, reason });
    state = news(state, RoomNews::Lost);
    assert_eq!(room(&state).line, refused);
    assert_eq!(state.screen(), Screen::Words, "there is nothing to begin");
}

fn call(state: State, it: CallNews) -> State {
    news(state, RoomNews::Call(it))
}

fn phase(state: State, phase: PairPhase) -> State {
    let id = "call".to_owned();
    call(state, CallNews::Pair(id, PairUpdate::Phase(phase)))
}

fn direction(sound: Fact) -> DirectionFacts {
    DirectionFacts {
        sound,
        packets_received: Some(50),
        packets_sent: Some(50),
        ..DirectionFacts::default()
    }
}

fn direct(to_you: Fact) -> PairFacts {
    let leg = PairLegFacts {
        route: PairRoute::Direct,
        outcome: LegOutcome::Running,
        ice_connected: Fact::Yes,
        dtls_connected: Fact::Yes,
        local: None,
        remote: None,
        rtt_ms: None,
        from_you: direction(Fact::Yes),
        to_you: direction(to_you),
        samples: Vec::new(),
    };
    PairFacts {
        legs: vec![leg],
        ..PairFacts::default()
    }
}

fn facts(state: State, facts: PairFacts) -> State {
    let update = PairUpdate::Facts(Box::new(facts));
    call(state, CallNews::Pair("call".to_owned(), update))
}

#[test]
fn a_call_goes_from_the_ring_to_the_voices_to_its_end() {
    let mut state = link(false);
    state = call(state, CallNews::Incoming("call".to_owned()));
    assert_eq!(state.screen(), Screen::Ringing);
    state = call(state, CallNews::Preparing("call".to_owned()));
    state = phase(state, PairPhase::Testing);
    assert_eq!(state.screen(), Screen::Call);
    state = facts(state, direct(Fact::NotMeasured));
    let picture = |state: &State| PairPicture::of(room(state).call.as_ref().unwrap());
    assert_eq!(picture(&state).hops[0].out.light, Light::Proved);
    assert_eq!(picture(&state).hops[3].back.light, Light::Trying);
    state = facts(state, direct(Fact::Yes));
    assert_eq!(picture(&state).hops[3].back.light, Light::Proved);
    assert_eq!(picture(&state).nodes[2], Light::Idle, "no relay took part");
    state = phase(state, PairPhase::CanSpeak(0));
    assert_eq!(state.words().call, Some("speaking"));
    state = call(state, CallNews::Speaks);
    let mut denied = direct(Fact::Yes);
    denied.you.microphone = MicrophoneOpened::Denied;
    state = facts(state, denied);
    assert!(room(&state).call.as_ref().unwrap().lacks_microphone());
    state = phase(state, PairPhase::Over(PairEnd::TheyHungUp));
    assert_eq!(state.screen(), Screen::CallOver);
    assert_eq!(state.words().call, Some("over"));
    state = call(state, CallNews::Closed);
    assert_eq!(state.screen(), Screen::Invitation);
}

#[test]
fn a_call_that_is_not_wanted_or_left_measures_nothing() {
    for end in [PairEnd::TheyHungUp, PairEnd::TheyLeft] {
        let mut state = call(link(true), CallNews::Preparing("call".to_owned()));
        state = phase(state, PairPhase::Ringing);
        state = phase(state, PairPhase::Over(end));
        let over = room(&state).call.as_ref().unwrap();
        assert_eq!(over.end(), Some(end));
        assert!(!over.has_measured() && !over.is_alive());
    }
}

#[test]
fn what_an_older_call_tells_is_nothing() {
    let state = call(link(true), CallNews::Preparing("newer".to_owned()));
    let after = phase(state.clone(), PairPhase::Over(PairEnd::HungUp));
    assert_eq!(after, state);
    let signal = Signal {
        call: "call".to_owned(),
        body: "nonsense".to_owned(),
        nth: 0,
    };
    assert_eq!(
        room(&event(state.clone(), 1, LinkEvent::Signal(signal))).call,
        room(&state).call
    );
}

#[test]
fn the_picture_shows_at_whose_end_it_breaks() {
    let mut state = call(link(true), CallNews::Preparing("call".to_owned()));
    let mut silent = direct(Fact::Yes);
    silent.legs[0].outcome = LegOutcome::Done;
    silent.them.microphone = MicrophoneOpened::Denied;
    state = facts(state, silent.clone());
    let lights = |state: &State| PairPicture::of(room(state).call.as_ref().unwrap()).nodes;
    assert_eq!(lights(&state)[4], Light::Broken, "the other's microphone");
    std::mem::swap(&mut silent.you, &mut silent.them);
    state = facts(state, silent);
    assert_eq!(lights(&state)[0], Light::Broken, "this one");
}
