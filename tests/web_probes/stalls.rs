//! A page that is kept from listening: who could not listen has not heard that nothing comes.

use super::{
    clock::now_ms,
    run::{say, watched_run},
    support::{Stub, program},
};
use earshot_report::{
    Facts, Probe,
    facts::{LegFacts, LegOutcome},
    limits,
};
use earshot_web::{runner::RunRequestKind, update::Update};
use js_sys::Function;
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_test::wasm_bindgen_test;

/// Nothing else happens in this page for so long.
fn stand_still(ms: u32) {
    let end = now_ms() + f64::from(ms);
    while now_ms() < end {}
}

fn calls(facts: &Facts) -> impl Iterator<Item = &LegFacts> {
    let legs = facts.legs.iter();
    legs.filter(|leg| !matches!(leg.probe, Probe::Witness { .. }))
}

/// A whole run of a page that stands still for so long once `is_time` for it.
async fn stood_still(base: &str, ms: u32, is_time: impl Fn(&Update) -> bool) -> Facts {
    let mut is_over = false;
    let outcome = watched_run(base, RunRequestKind::Configured, |update| {
        if !is_over && is_time(update) {
            stand_still(ms);
            is_over = true;
        }
    })
    .await;
    say(&outcome.facts);
    assert!(is_over, "it never stood still");
    outcome.facts
}

fn all_is_heard(facts: &Facts) {
    for leg in calls(facts) {
        assert_eq!(leg.outcome, LegOutcome::Done, "{:?}", leg.probe);
        for direction in [&leg.from_you, &leg.to_you] {
            assert!(direction.sound.is_yes(), "{:?}", leg.probe);
        }
    }
}

#[wasm_bindgen_test]
async fn a_page_that_stood_still_listens_afterwards() {
    let Some(base) = program("a page that stands still") else {
        return;
    };
    // As long as a run usually measures, and longer than a sound is waited for.
    let is_time =
        |update: &Update| matches!(update, Update::Leg(_, leg) if leg.dtls_connected.is_yes());
    all_is_heard(&stood_still(base, limits::RUN_MS, is_time).await);
}

#[wasm_bindgen_test]
async fn a_page_that_stood_still_takes_in_what_happened_before_it_gives_a_call_up() {
    let Some(base) = program("a page that stands still") else {
        return;
    };
    // The first call is connected, and the others are about to be: as long as that is usually waited for.
    let is_time = |update: &Update| {
        matches!(update, Update::Leg(_, leg)
            if !matches!(leg.probe, Probe::Witness { .. }) && leg.ice_connected.is_yes())
    };
    all_is_heard(&stood_still(base, limits::LEG_CONNECT_MS, is_time).await);
}

#[wasm_bindgen_test]
async fn a_page_that_stood_still_has_not_waited_in_vain_for_a_server() {
    let Some(base) = program("a page that stands still") else {
        return;
    };
    // Nothing was heard of any server, and longer than any is waited for.
    let is_time = |update: &Update| matches!(update, Update::Target(..));
    all_is_heard(&stood_still(base, limits::TCP_SILENT_MS, is_time).await);
}

#[wasm_bindgen_test]
async fn audio_that_wakes_up_late_has_denied_nothing() {
    let Some(base) = program("audio that wakes up late") else {
        return;
    };
    let mut sleep = Some(Stub::new(
        &["AudioContext", "prototype"],
        "resume",
        "function () { (window.asleep ??= []).push(this); return this.suspend(); }",
    ));
    let wake = Function::new_with_args(
        "then",
        "for (const it of window.asleep.splice(0)) { \
           it.addEventListener('statechange', then, { once: true }); \
           it.resume(); }",
    );
    let outcome = watched_run(base, RunRequestKind::Configured, |update| {
        let Update::Leg(_, leg) = update else { return };
        if sleep.is_none() {
            return;
        }
        assert!(
            !leg.from_you.sound.is_yes(),
            "audio that sleeps hears nothing"
        );
        let ends = leg.samples.first().zip(leg.samples.last());
        if ends.is_some_and(|(first, last)| last.at_ms - first.at_ms >= limits::SOUND_MS / 2) {
            sleep = None;
            // The page has looked often by now, in vain. When it looks at audio that runs for the first time, a sound
            // has been waited for as long as usual.
            let then = Closure::once_into_js(|| stand_still(limits::SOUND_MS));
            wake.call1(&JsValue::NULL, &then).unwrap();
        }
    })
    .await;
    say(&outcome.facts);
    for leg in calls(&outcome.facts) {
        for direction in [&leg.from_you, &leg.to_you] {
            assert!(!direction.sound.is_no(), "{:?}", leg.probe);
        }
    }
}
