//! Two ends of a call in one page, wired to each other by hand, against the program at `EARSHOT_TEST_URL`; and what people
//! speak and listen with.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "web_support/clock.rs"]
mod clock;
#[path = "web_pair/devices.rs"]
mod devices;
#[path = "web_support/ends.rs"]
mod ends;
#[path = "web_pair/over.rs"]
mod over;
#[path = "web_support/mod.rs"]
mod support;

use earshot_report::{
    Fact, Transport,
    api::link::CallMessage,
    facts::{
        CandidateType, LegOutcome, MicrophoneOpened, PairFacts, PairLegFacts, PairReady, PairRoute,
    },
    limits,
};
use earshot_web::probe::pair::{PairEnd, PairPhase, PairRole, PairUpdate};
use ends::{Carry, End, Ends, call, deliver, end, ticket, whole};
use futures_channel::mpsc::unbounded;
use support::{Stub, program};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

async fn tested(ends: &mut Ends) {
    ends.caller.phase(PairPhase::Tested).await;
    ends.called.phase(PairPhase::Tested).await;
}

fn say(facts: &PairFacts) {
    for leg in &facts.legs {
        console_log!(
            "{:?}: {:?} ice {:?} dtls {:?} rtt {:?} samples {}\n  from {:?}\n  to {:?}\n  local {:?}\n  remote {:?}",
            leg.route,
            leg.outcome,
            leg.ice_connected,
            leg.dtls_connected,
            leg.rtt_ms,
            leg.samples.len(),
            leg.from_you,
            leg.to_you,
            leg.local,
            leg.remote
        );
    }
    console_log!("you {:?}\nthem {:?}", facts.you, facts.them);
}

fn assert_healthy(leg: &PairLegFacts) {
    let route = leg.route;
    assert_eq!(leg.outcome, LegOutcome::Done, "{route:?}");
    assert_eq!(leg.ice_connected, Fact::Yes, "{route:?}");
    assert_eq!(leg.dtls_connected, Fact::Yes, "{route:?}");
    assert!(leg.rtt_ms.is_some() && !leg.samples.is_empty(), "{route:?}");
    for direction in [&leg.from_you, &leg.to_you] {
        assert_eq!(direction.sound, Fact::Yes, "{route:?}");
        assert!(
            direction.packets_received.unwrap() >= limits::TELLING_PACKETS,
            "{route:?}"
        );
        assert!(direction.packets_sent.is_some(), "{route:?}");
        assert_eq!(direction.loss, Some(0.0), "{route:?}");
        assert!(direction.mos.unwrap() > 4.0, "{route:?}");
    }
    let is_relayed = leg.route != PairRoute::Direct;
    for candidate in [&leg.local, &leg.remote] {
        let kind = candidate.as_ref().unwrap().candidate_type;
        assert_eq!(kind == CandidateType::Relay, is_relayed, "{route:?}");
    }
}

/// What one end says of the other's sound is what the other end knows of its own.
fn assert_mirrored(one: &PairFacts, other: &PairFacts) {
    assert_eq!(one.legs.len(), other.legs.len());
    for (one, other) in one.legs.iter().zip(&other.legs) {
        assert_eq!(one.route, other.route);
        for (told, own) in [
            (&one.from_you, &other.to_you),
            (&other.from_you, &one.to_you),
        ] {
            assert_eq!(told.sound, own.sound, "{:?}", one.route);
            assert_eq!(told.sound_ms, own.sound_ms, "{:?}", one.route);
            // The last word may be older than the last count.
            assert!(told.packets_received <= own.packets_received);
        }
    }
}

#[wasm_bindgen_test]
async fn a_healthy_call_is_heard_both_ways_on_every_leg() {
    let Some(base) = program("a healthy call") else {
        return;
    };
    let mut ends = call(base, [whole(), whole()]).await;
    tested(&mut ends).await;
    say(&ends.caller.facts);
    assert_eq!(ends.caller.facts.legs[0].route, PairRoute::Direct);
    let transports = ticket(base).await.plan.targets.len();
    assert_eq!(ends.caller.facts.legs.len(), 1 + transports.min(3));
    for end in [&ends.caller, &ends.called] {
        end.facts.legs.iter().for_each(assert_healthy);
        assert_eq!(end.facts.own.cause, Some(earshot_report::Code::Good));
        assert_eq!(end.facts.partner, end.facts.own);
    }
    assert_mirrored(&ends.caller.facts, &ends.called.facts);

    ends.caller.phase(PairPhase::CanSpeak(0)).await;
    ends.called.phase(PairPhase::CanSpeak(0)).await;
    ends.called.call.hang_up();
    ends.called.phase(PairPhase::Over(PairEnd::HungUp)).await;
    ends.caller
        .phase(PairPhase::Over(PairEnd::TheyHungUp))
        .await;
    assert_eq!(ends.caller.facts.partner_left, Fact::No, "all was measured");
}

fn is_description_of(message: &CallMessage, of: u16) -> bool {
    matches!(message, CallMessage::Description { leg, .. } if *leg == of)
}

/// What no end of ours would say.
fn strange() -> Vec<CallMessage> {
    vec![
        CallMessage::Candidate {
            leg: 77,
            candidate: Some(("nonsense".to_owned(), String::new())),
        },
        CallMessage::Candidate {
            leg: 0,
            candidate: Some(("nonsense".to_owned(), String::new())),
        },
        CallMessage::Description {
            leg: 0,
            sdp_type: "rollback".to_owned(),
            sdp: "v=0".to_owned(),
        },
        CallMessage::Measured {
            leg: u16::MAX,
            arrived: Default::default(),
            sent: Some(1),
        },
        CallMessage::Speak { leg: 9 },
    ]
}

#[wasm_bindgen_test]
async fn messages_may_be_lost_doubled_and_out_of_order() {
    let Some(base) = program("a bad way for messages") else {
        return;
    };
    // All candidates of a leg overtake its description, everything comes twice, and so does what nobody asked for.
    let shuffled = || -> Box<Carry> {
        let mut held = Vec::new();
        Box::new(move |message| {
            let mut out = strange();
            match message {
                CallMessage::Description { .. } => held.push(message),
                CallMessage::Candidate {
                    leg,
                    candidate: None,
                } => out.extend(held.extract_if(.., |it| is_description_of(it, leg))),
                other => out.extend([other.clone(), other]),
            }
            out
        })
    };
    let mut ends = call(base, [shuffled(), shuffled()]).await;
    tested(&mut ends).await;
    for end in [&ends.caller, &ends.called] {
        say(&end.facts);
        for leg in &end.facts.legs {
            assert_eq!(leg.outcome, LegOutcome::Done, "{:?}", leg.route);
            assert_eq!(leg.to_you.sound, Fact::Yes);
            assert_eq!(leg.from_you.sound, Fact::Yes);
        }
    }
    assert_mirrored(&ends.caller.facts, &ends.called.facts);
}

#[wasm_bindgen_test]
async fn what_is_lost_on_one_leg_leaves_the_others_alone() {
    let Some(base) = program("a lost offer") else {
        return;
    };
    let without_first_offer: Box<Carry> = Box::new(|message| match message {
        CallMessage::Description { leg: 0, .. } => Vec::new(),
        other => vec![other],
    });
    let mut ends = call(base, [without_first_offer, whole()]).await;
    tested(&mut ends).await;
    for end in [&ends.caller, &ends.called] {
        let [lost, others @ ..] = &end.facts.legs[..] else {
            panic!("there are legs");
        };
        assert_eq!(lost.outcome, LegOutcome::TimedOut);
        assert_eq!(lost.ice_connected, Fact::NotMeasured, "nothing was tried");
        assert_eq!(lost.from_you.sound, Fact::NotMeasured);
        others.iter().for_each(assert_healthy);
    }
    ends.caller
        .until(|it| matches!(it, PairUpdate::Phase(PairPhase::CanSpeak(1..))))
        .await;
}

#[wasm_bindgen_test]
async fn a_sound_that_does_not_come_is_missing_in_that_direction() {
    let Some(base) = program("a missing sound") else {
        return;
    };
    // Of the tones each second one is of who is called: those hum like the mains instead. Packets come all the same.
    let _hum = Stub::new(
        &["OscillatorNode", "prototype"],
        "start",
        "function () { \
           const hz = this.frequency; \
           if (Math.round((hz.value - 400) / 96) % 2 === 1) hz.value = 100; \
           before.call(this); }",
    );
    let mut ends = call(base, [whole(), whole()]).await;
    tested(&mut ends).await;
    for (from_caller, from_called) in std::iter::zip(
        ends.caller
            .facts
            .legs
            .iter()
            .map(|it| (&it.from_you, &it.to_you)),
        ends.called
            .facts
            .legs
            .iter()
            .map(|it| (&it.to_you, &it.from_you)),
    )
    .flat_map(|(caller, called)| [caller, called])
    {
        assert_eq!(from_caller.sound, Fact::Yes);
        assert_eq!(from_called.sound, Fact::No);
        assert_eq!(from_called.sound_ms, None);
        assert!(from_called.packets_received >= Some(limits::TELLING_PACKETS));
    }
    for leg in ends.caller.facts.legs.iter().chain(&ends.called.facts.legs) {
        assert_eq!(leg.outcome, LegOutcome::TimedOut, "{:?}", leg.route);
    }
    assert_mirrored(&ends.caller.facts, &ends.called.facts);
    // The voices are tried all the same.
    ends.called.phase(PairPhase::CanSpeak(0)).await;
}

#[wasm_bindgen_test]
async fn both_speak_and_hear_each_other() {
    let Some(base) = program("speaking") else {
        return;
    };
    let mut ends = call(base, [whole(), whole()]).await;
    for end in [&mut ends.caller, &mut ends.called] {
        end.until(|it| matches!(it, PairUpdate::Phase(PairPhase::CanSpeak(_))))
            .await;
        end.call.speak();
    }
    for end in [&mut ends.caller, &mut ends.called] {
        // Chromium's fake microphone beeps about once a second.
        end.facts(|facts| {
            let loud = |dbfs: Option<f64>| dbfs.is_some_and(|it| it > -50.0);
            let (you, them) = (&facts.you, &facts.them);
            you.microphone == MicrophoneOpened::Yes
                && them.microphone == MicrophoneOpened::Yes
                && you.played.is_yes()
                && [
                    you.sent_dbfs,
                    you.arrived_dbfs,
                    them.sent_dbfs,
                    them.arrived_dbfs,
                ]
                .into_iter()
                .all(loud)
                && you.packets_received.is_some_and(|it| it > 20)
                && [you.voice_ms, them.voice_ms]
                    .into_iter()
                    .all(|it| it > Some(500))
        })
        .await;
        say(&end.facts);
    }
    ends.caller
        .until(|it| {
            let PairUpdate::Meters {
                sent_dbfs,
                arrived_dbfs,
            } = it
            else {
                return false;
            };
            sent_dbfs.is_some() && arrived_dbfs.is_some()
        })
        .await;
    ends.caller.call.answer_heard(true);
    ends.called.facts(|facts| facts.them.heard.is_yes()).await;
    ends.called.call.answer_heard(false);
    ends.caller.facts(|facts| facts.them.heard.is_no()).await;
    ends.caller.call.hang_up();
    ends.called
        .phase(PairPhase::Over(PairEnd::TheyHungUp))
        .await;
    assert_eq!(ends.called.facts.partner_left, Fact::No);
    assert_eq!(ends.called.facts.them.heard, Fact::Yes);
}

#[wasm_bindgen_test]
async fn a_denied_microphone_is_told_to_both() {
    let Some(base) = program("a denied microphone") else {
        return;
    };
    let mut ends = call(base, [whole(), whole()]).await;
    for end in [&mut ends.caller, &mut ends.called] {
        end.until(|it| matches!(it, PairUpdate::Phase(PairPhase::CanSpeak(_))))
            .await;
    }
    {
        let _denied = Stub::new(
            &["navigator", "mediaDevices"],
            "getUserMedia",
            "() => Promise.reject(new DOMException('Permission denied by system', 'NotAllowedError'))",
        );
        ends.caller.call.speak();
        ends.called
            .facts(|facts| facts.them.microphone == MicrophoneOpened::DeniedBySystem)
            .await;
    }
    ends.caller
        .facts(|facts| facts.you.microphone == MicrophoneOpened::DeniedBySystem)
        .await;
    assert_eq!(
        ends.caller.facts.you.sent_dbfs, None,
        "not measured is not silent"
    );
    // It is allowed now, and asked for again.
    ends.caller.call.speak();
    ends.called
        .facts(|facts| facts.them.microphone == MicrophoneOpened::Yes)
        .await;
}

#[wasm_bindgen_test]
async fn blocked_playback_is_told_and_goes_on_by_a_click() {
    let Some(base) = program("blocked playback") else {
        return;
    };
    let mut ends = call(base, [whole(), whole()]).await;
    for end in [&mut ends.caller, &mut ends.called] {
        end.until(|it| matches!(it, PairUpdate::Phase(PairPhase::CanSpeak(_))))
            .await;
    }
    {
        let _blocked = Stub::new(
            &["HTMLMediaElement", "prototype"],
            "play",
            "() => Promise.reject(new DOMException('', 'NotAllowedError'))",
        );
        ends.caller.call.speak();
        ends.called.facts(|facts| facts.you.played.is_no()).await;
        ends.caller.facts(|facts| facts.them.played.is_no()).await;
    }
    ends.called.call.resume();
    ends.caller.facts(|facts| facts.them.played.is_yes()).await;
}

#[wasm_bindgen_test]
async fn an_end_without_udp_uses_what_it_has() {
    let Some(base) = program("an end without UDP") else {
        return;
    };
    let own = ticket(base).await;
    let targets = &own.plan.targets;
    let by = |transport| targets.iter().find(|it| it.url.transport == transport);
    let (udp, tcp) = (
        by(Transport::Udp).unwrap().id,
        by(Transport::Tcp).unwrap().id,
    );
    let (send_on, sent_on) = unbounded();
    let (send_back, sent_back) = unbounded();
    let caller = PairReady {
        relays: vec![(udp, Transport::Udp)],
        cause: Some(earshot_report::Code::Good),
    };
    let called = PairReady {
        relays: vec![(tcp, Transport::Tcp)],
        cause: Some(earshot_report::Code::UdpBlocked),
    };
    let other = ticket(base).await;
    let called = end(PairRole::Called, other, called, send_back);
    let caller = end(PairRole::Caller, own.clone(), caller, send_on);
    deliver(sent_on, &called, whole());
    deliver(sent_back, &caller, whole());
    let mut ends = Ends { caller, called };
    tested(&mut ends).await;
    let routes: Vec<PairRoute> = ends.caller.facts.legs.iter().map(|it| it.route).collect();
    let relay = PairRoute::Relay {
        caller: udp,
        called: tcp,
    };
    assert_eq!(routes, [PairRoute::Direct, relay]);
    ends.caller.facts.legs.iter().for_each(assert_healthy);
    let local = |end: &End| end.facts.legs[1].local.clone().unwrap().relay_transport;
    assert_eq!(local(&ends.caller), Some(Transport::Udp));
    assert_eq!(local(&ends.called), Some(Transport::Tcp));
}
