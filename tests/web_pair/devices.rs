//! Microphone and speaker in a real browser. The echo test needs the program at `EARSHOT_TEST_URL`.

use super::{
    clock::now_ms,
    support::{Stub, program, window_value},
};
use earshot_report::{
    Fact, Transport,
    api::RunRequest,
    facts::{DeviceFacts, MicrophoneOpened},
};
use earshot_web::{
    api,
    probe::{
        Server,
        devices::{DeviceCheck, DeviceUpdate, EchoFailure, EchoPhase, Permission},
        sound::Sound,
        wait::sleep,
    },
};
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, select},
};
use js_sys::{Array, Function, Reflect};
use std::pin::pin;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// Longer than anything takes that is waited for here.
const PATIENCE_MS: u32 = 15_000;

async fn relay(base: &str, transport: Transport) -> Server {
    let ticket = api::begin_run(base, &RunRequest::default()).await.unwrap();
    let mut targets = ticket.plan.targets.iter();
    let target = targets.find(|it| it.url.transport == transport).unwrap();
    Server::of(target, &ticket.ice_servers)
}

struct Watched {
    check: DeviceCheck,
    updates: UnboundedReceiver<DeviceUpdate>,
    facts: DeviceFacts,
}

fn watch() -> Watched {
    let (tell, updates) = unbounded();
    let check = DeviceCheck::new(Sound::new(), move |update| {
        drop(tell.unbounded_send(update));
    });
    Watched {
        check,
        updates,
        facts: DeviceFacts::default(),
    }
}

impl Watched {
    async fn until(&mut self, wanted: impl Fn(&DeviceUpdate) -> bool) -> DeviceUpdate {
        let mut time = pin!(sleep(PATIENCE_MS));
        loop {
            let Either::Left((update, _)) = select(self.updates.next(), time.as_mut()).await else {
                panic!("what was waited for did not come: {:?}", self.facts);
            };
            let update = update.expect("the check goes on");
            if let DeviceUpdate::Facts(facts) = &update {
                self.facts = (**facts).clone();
            }
            if wanted(&update) {
                return update;
            }
        }
    }

    async fn facts(&mut self, wanted: impl Fn(&DeviceFacts) -> bool) {
        if !wanted(&self.facts) {
            self.until(|it| matches!(it, DeviceUpdate::Facts(facts) if wanted(facts)))
                .await;
        }
    }

    async fn opened(&mut self, wanted: MicrophoneOpened) {
        self.facts(|facts| facts.microphone.opened == wanted).await;
    }

    async fn echo(&mut self, wanted: EchoPhase) {
        self.until(|it| *it == DeviceUpdate::Echo(wanted)).await;
    }
}

fn microphone_says(body: &str) -> Stub {
    Stub::new(&["navigator", "mediaDevices"], "getUserMedia", body)
}

/// Keeps what is opened where a test finds it.
const KEEP: &str = "async (what) => { const it = await before.call(self, what); \
     (window.opened ??= []).push(it.getAudioTracks()[0]); return it; }";

fn last_track() -> JsValue {
    let opened: Array = window_value(&["opened"]).unchecked_into();
    opened.at(-1)
}

#[wasm_bindgen_test]
async fn a_microphone_is_heard_and_named() {
    let mut watched = watch();
    watched
        .until(|it| *it == DeviceUpdate::Permission(Permission::Granted))
        .await;
    watched.check.open_microphone(None);
    watched.opened(MicrophoneOpened::Yes).await;
    // Chromium's fake microphone beeps about once a second.
    watched
        .until(|it| matches!(it, DeviceUpdate::Level(level) if (-50.0..=0.0).contains(level)))
        .await;
    watched
        .facts(|facts| {
            let microphone = &facts.microphone;
            microphone.loudest_dbfs.is_some_and(|it| it > -50.0)
                && microphone.listened_ms.is_some_and(|it| it > 1_000)
        })
        .await;
    assert_eq!(watched.facts.microphone.muted, Fact::No);
    assert_eq!(
        watched.facts.speaker,
        Default::default(),
        "nobody asked for it"
    );

    let mut watched = watch();
    watched.check.open_microphone(None);
    let update = watched
        .until(|it| matches!(it, DeviceUpdate::Devices(it) if it.microphone.is_some()))
        .await;
    let DeviceUpdate::Devices(devices) = update else {
        panic!("those were waited for");
    };
    console_log!("{devices:?}");
    let named = |it: &&earshot_web::probe::devices::Device| !it.name.is_empty();
    assert!(devices.microphones.iter().filter(named).count() >= 2);
    assert!(
        !devices.speakers.is_empty(),
        "Chromium lets the page choose"
    );
    let id = devices.microphone.unwrap();
    let other = devices.microphones.iter().find(|it| it.id != id).unwrap();
    watched.check.open_microphone(Some(&other.id));
    watched
        .until(|it| {
            matches!(it, DeviceUpdate::Devices(devices)
                if devices.microphone.as_ref() == Some(&other.id))
        })
        .await;
}

#[wasm_bindgen_test]
async fn each_refusal_has_its_reason() {
    let cases = [
        (
            "NotAllowedError",
            "Permission denied",
            "denied",
            MicrophoneOpened::Denied,
        ),
        (
            "NotAllowedError",
            "Permission denied by system",
            "prompt",
            MicrophoneOpened::DeniedBySystem,
        ),
        (
            "NotAllowedError",
            "",
            "granted",
            MicrophoneOpened::DeniedBySystem,
        ),
        (
            "NotFoundError",
            "Requested device not found",
            "prompt",
            MicrophoneOpened::Missing,
        ),
        (
            "NotReadableError",
            "Could not start audio source",
            "granted",
            MicrophoneOpened::Busy,
        ),
    ];
    for (name, message, state, expected) in cases {
        let answer = format!("() => Promise.reject(new DOMException('{message}', '{name}'))");
        let _refused = microphone_says(&answer);
        let status = format!(
            "() => Promise.resolve(Object.assign(new EventTarget(), {{ state: '{state}' }}))"
        );
        let _permission = Stub::new(&["navigator", "permissions"], "query", &status);
        let mut watched = watch();
        watched.check.open_microphone(None);
        watched.opened(expected).await;
        assert_eq!(
            watched.facts.microphone.loudest_dbfs, None,
            "not measured is not silent"
        );
        assert_eq!(watched.facts.microphone.listened_ms, None);
    }
}

#[wasm_bindgen_test]
async fn silence_is_measured() {
    let _silent = microphone_says(
        "() => { const it = new AudioContext(); \
         return Promise.resolve(it.createMediaStreamDestination().stream); }",
    );
    let mut watched = watch();
    watched.check.open_microphone(None);
    watched
        .facts(|facts| facts.microphone.listened_ms.is_some_and(|it| it > 500))
        .await;
    assert_eq!(watched.facts.microphone.opened, MicrophoneOpened::Yes);
    assert!(watched.facts.microphone.loudest_dbfs.unwrap() < -90.0);
}

#[wasm_bindgen_test]
async fn a_device_that_goes_or_falls_silent_is_noticed() {
    let _kept = microphone_says(KEEP);
    let mut watched = watch();
    watched.check.open_microphone(None);
    watched
        .facts(|facts| facts.microphone.loudest_dbfs.is_some())
        .await;
    let tell = |kind: &str| {
        let tell = Function::new_with_args("it, kind", "it.dispatchEvent(new Event(kind))");
        tell.call2(&JsValue::NULL, &last_track(), &kind.into())
            .unwrap();
    };
    tell("mute");
    watched.facts(|facts| facts.microphone.muted.is_yes()).await;
    tell("unmute");
    watched.facts(|facts| facts.microphone.muted.is_no()).await;
    let before = last_track();
    {
        // Nothing else is there.
        let _gone = microphone_says("() => Promise.reject(new DOMException('', 'NotFoundError'))");
        tell("ended");
        watched.opened(MicrophoneOpened::Missing).await;
        assert_eq!(watched.facts.microphone.loudest_dbfs, None);
        let state = Reflect::get(&before, &"readyState".into()).unwrap();
        assert_eq!(state.as_string().unwrap(), "ended");
    }
    // Another one is plugged in.
    let plug = "navigator.mediaDevices.dispatchEvent(new Event('devicechange'))";
    Function::new_no_args(plug).call0(&JsValue::NULL).unwrap();
    watched.opened(MicrophoneOpened::Yes).await;
    assert_ne!(last_track(), before);
}

#[wasm_bindgen_test]
async fn the_sound_plays_or_is_blocked() {
    let mut watched = watch();
    {
        let _blocked = Stub::new(
            &["HTMLMediaElement", "prototype"],
            "play",
            "() => Promise.reject(new DOMException('', 'NotAllowedError'))",
        );
        watched.check.play_sound();
        watched.facts(|facts| facts.speaker.played.is_no()).await;
    }
    watched.check.resume();
    watched.facts(|facts| facts.speaker.played.is_yes()).await;
    assert_eq!(watched.facts.speaker.heard, Fact::NotMeasured);
    watched.check.answer_heard(true);
    watched.facts(|facts| facts.speaker.heard.is_yes()).await;
}

/// How many seconds a sound has that the browser can read, and its loudest sample.
async fn decoded(sound: &JsValue) -> (f64, f64) {
    let decode = Function::new_with_args(
        "sound",
        "return (async () => { \
           const context = new AudioContext(); \
           const read = await context.decodeAudioData(await sound.arrayBuffer()); \
           await context.close(); \
           const loudest = read.getChannelData(0).reduce((it, x) => Math.max(it, Math.abs(x)), 0); \
           return [read.duration, loudest]; })()",
    );
    let read: js_sys::Promise = decode
        .call1(&JsValue::NULL, sound)
        .unwrap()
        .unchecked_into();
    let read: Array = JsFuture::from(read).await.unwrap().unchecked_into();
    (read.get(0).as_f64().unwrap(), read.get(1).as_f64().unwrap())
}

#[wasm_bindgen_test]
async fn a_voice_goes_through_the_relay_and_comes_back() {
    let Some(base) = program("the echo test") else {
        return;
    };
    let _kept = Stub::new(
        &["URL"],
        "createObjectURL",
        "(it) => { window.recorded = it; return before.call(self, it); }",
    );
    let mut watched = watch();
    watched.check.open_microphone(None);
    watched.opened(MicrophoneOpened::Yes).await;
    watched.check.echo(relay(base, Transport::Udp).await);
    watched.echo(EchoPhase::Connecting).await;
    watched.echo(EchoPhase::Recording).await;
    let begun = now_ms();
    watched.echo(EchoPhase::Playing).await;
    let took = (now_ms() - begun) / 1_000.0;
    let (seconds, loudest) = decoded(&window_value(&["recorded"])).await;
    console_log!("recorded {seconds} s within {took} s");
    assert!((2.0..=took).contains(&seconds), "{seconds} s of {took} s");
    assert!(loudest > 0.01, "{loudest}: the fake microphone beeps");
    watched.echo(EchoPhase::Played).await;
    watched.check.answer_heard_yourself(false);
    watched
        .facts(|facts| facts.speaker.heard_yourself.is_no())
        .await;
    assert_eq!(watched.facts.speaker.played, Fact::Yes);
}

#[wasm_bindgen_test]
async fn an_echo_that_is_not_possible_says_why() {
    let Some(base) = program("an echo that fails") else {
        return;
    };
    let server = relay(base, Transport::Tcp).await;
    let mut watched = watch();
    watched.check.echo(server.clone());
    watched
        .echo(EchoPhase::Failed(EchoFailure::NoMicrophone))
        .await;
    watched.check.open_microphone(None);
    watched.opened(MicrophoneOpened::Yes).await;
    let wrong = Server {
        credential: Some("wrong".to_owned()),
        ..server
    };
    watched.check.echo(wrong);
    watched.echo(EchoPhase::Failed(EchoFailure::NoWay)).await;
}

#[wasm_bindgen_test]
async fn nothing_stays_open_when_a_check_is_dropped() {
    let _kept = microphone_says(KEEP);
    let mut watched = watch();
    watched.check.open_microphone(None);
    watched.opened(MicrophoneOpened::Yes).await;
    let open = last_track();
    watched.check.open_microphone(None);
    let Watched {
        check, mut updates, ..
    } = watched;
    drop(check);
    // The second answer comes when nobody waits for it any more.
    sleep(500).await;
    while updates.next().now_or_never().flatten().is_some() {}
    for track in [open, last_track()] {
        let state = Reflect::get(&track, &"readyState".into()).unwrap();
        assert_eq!(state.as_string().unwrap(), "ended");
    }
    assert_eq!(
        updates.next().await,
        None,
        "the check has let go of its page"
    );
}
