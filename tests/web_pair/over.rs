//! How a call ends, and what is left of it.

use crate::{
    ends::{Carry, Ends, call, end, ticket, whole},
    support::{Stub, program, window_value},
};
use earshot_report::{
    Fact,
    api::link::CallMessage,
    facts::{LegOutcome, PairReady},
    limits,
};
use earshot_web::probe::{
    pair::{PairEnd, PairPhase, PairRole, PairUpdate},
    wait::sleep,
};
use futures_channel::mpsc::unbounded;
use futures_util::StreamExt;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn who_hangs_up_in_the_middle_has_left() {
    let Some(base) = program("hanging up") else {
        return;
    };
    // Who is not told what arrived at the other end cannot have measured it all.
    let without_measures: Box<Carry> = Box::new(|message| match message {
        CallMessage::Measured { .. } => Vec::new(),
        other => vec![other],
    });
    let mut ends = call(base, [whole(), without_measures]).await;
    ends.called.phase(PairPhase::Testing).await;
    ends.caller
        .facts(|facts| facts.legs.iter().any(|leg| leg.ice_connected.is_yes()))
        .await;
    ends.called.call.hang_up();
    ends.caller
        .phase(PairPhase::Over(PairEnd::TheyHungUp))
        .await;
    ends.called.phase(PairPhase::Over(PairEnd::HungUp)).await;
    assert_eq!(ends.caller.facts.partner_left, Fact::Yes);
    assert_eq!(ends.called.facts.partner_left, Fact::No);
    let mut legs = ends.caller.facts.legs.iter();
    assert!(legs.all(|leg| leg.outcome != LegOutcome::Running));
    // What comes after the end is nothing.
    ends.caller.call.hear(CallMessage::Speak { leg: 0 });
    ends.caller.call.speak();
    ends.caller.call.resume();
}

#[wasm_bindgen_test]
async fn a_call_may_be_declined() {
    let Some(base) = program("declining") else {
        return;
    };
    let (send, mut sent) = unbounded();
    let ready = PairReady::default();
    let mut caller = end(PairRole::Caller, ticket(base).await, ready, send);
    assert!(matches!(sent.next().await, Some(CallMessage::Ring(_))));
    caller.phase(PairPhase::Ringing).await;
    caller.call.hear(CallMessage::HangUp);
    caller.phase(PairPhase::Over(PairEnd::TheyHungUp)).await;
    assert_eq!(caller.facts.partner_left, Fact::NotMeasured);
}

#[wasm_bindgen_test]
async fn nothing_stays_open_when_a_call_is_dropped() {
    let Some(base) = program("dropping a call") else {
        return;
    };
    let mut ends = call(base, [whole(), whole()]).await;
    ends.caller
        .until(|it| matches!(it, PairUpdate::Phase(PairPhase::CanSpeak(_))))
        .await;
    // The question is answered when nobody waits for it any more.
    {
        let _kept = Stub::new(
            &["navigator", "mediaDevices"],
            "getUserMedia",
            "(what) => window.asked = before.call(self, what)",
        );
        ends.caller.call.speak();
    }
    let Ends { caller, mut called } = ends;
    drop(caller);
    called.phase(PairPhase::Over(PairEnd::TheyHungUp)).await;
    let promise: js_sys::Promise = window_value(&["asked"]).unchecked_into();
    let stream = wasm_bindgen_futures::JsFuture::from(promise).await.unwrap();
    // The task that closes it runs after the promise.
    sleep(50).await;
    let tracks: Function = Reflect::get(&stream, &"getTracks".into())
        .unwrap()
        .unchecked_into();
    let tracks: js_sys::Array = tracks.call0(&stream).unwrap().unchecked_into();
    assert_eq!(tracks.length(), 1);
    let state = Reflect::get(&tracks.get(0), &"readyState".into()).unwrap();
    assert_eq!(state.as_string().unwrap(), "ended");
}

/// The connections of who calls.
const CALLERS: &str = "window.callers";
/// And of who is called.
const CALLED: &str = "window.called";

/// Two ends that can carry voices by a direct way, their messages carried like this, and the connections of each noted.
async fn two_who_can_speak(base: &str, carry: [Box<Carry>; 2]) -> Ends {
    let note = |list: &str| {
        format!(
            "function (...what) {{ ({list} ??= []).push(this); return before.apply(this, what); }}"
        )
    };
    let connection = ["RTCPeerConnection", "prototype"];
    let _offers = Stub::new(&connection, "createOffer", &note(CALLERS));
    let _answers = Stub::new(&connection, "createAnswer", &note(CALLED));
    run_script("window.callers = []; window.called = []");
    let mut ends = call(base, carry).await;
    for end in [&mut ends.caller, &mut ends.called] {
        end.phase(PairPhase::CanSpeak(0)).await;
    }
    ends
}

/// From now on these connections look as if nothing came any more.
fn break_ways(of: &str) {
    run_script(&format!(
        "for (const it of {of}) Object.defineProperty(it, 'connectionState', {{ get: () => 'disconnected' }})"
    ));
}

fn run_script(script: &str) {
    Function::new_no_args(script).call0(&JsValue::NULL).unwrap();
}

#[wasm_bindgen_test]
async fn a_way_that_one_end_finds_lost_is_lost_for_both() {
    let Some(base) = program("a way lost at one end") else {
        return;
    };
    let mut ends = two_who_can_speak(base, [whole(), whole()]).await;
    break_ways(CALLERS);
    for end in [&mut ends.caller, &mut ends.called] {
        end.phase(PairPhase::Over(PairEnd::WayLost)).await;
        assert_eq!(end.facts.legs[0].outcome, LegOutcome::Failed);
        assert_eq!(end.facts.partner_left, Fact::No);
    }
}

#[wasm_bindgen_test]
async fn a_word_that_comes_late_breaks_no_way() {
    let Some(base) = program("hanging up late") else {
        return;
    };
    let mut ends = two_who_can_speak(base, [whole(), whole()]).await;
    break_ways(CALLED);
    // So long that the called end takes its way for broken, and goes on.
    sleep(limits::VOICE_BROKEN_MS + 1_000).await;
    ends.caller.call.hang_up();
    ends.called
        .phase(PairPhase::Over(PairEnd::TheyHungUp))
        .await;
    assert_eq!(ends.called.facts.legs[0].outcome, LegOutcome::Done);
    assert_eq!(ends.called.facts.partner_left, Fact::No);
}
