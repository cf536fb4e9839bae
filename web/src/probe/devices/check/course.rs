//! The course of a check of the devices.

use super::{Check, Wish};
use crate::probe::{
    connection::Server,
    devices::{
        DeviceUpdate, Devices, EchoFailure, EchoPhase, Permission,
        echo::{Recording, record},
        list::devices,
        microphone::{Asked, Loudness, Microphone, media_devices, permission},
    },
    js::{now_ms, text},
    player::has_output_choice,
    sound::Sound,
    wait::{Events, Timer, all},
};
use earshot_report::{
    facts::{Fact, MicrophoneFacts, MicrophoneOpened},
    limits,
};
use std::{future::poll_fn, pin::Pin, rc::Rc, task::Poll};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventTarget};

/// The whole check, until it is over. It owns everything that it makes in the browser.
pub(in crate::probe::devices) async fn run(check: Rc<Check>, sound: Option<Sound>) {
    let course = Course::new(&check, sound.as_ref());
    all(vec![Box::pin(course.run())], &check.over).await;
    // Questions for the microphone that nobody waits for any more.
    while check.wishes.take().is_some() {}
}

/// How the question for the microphone ended.
type Answer = Result<Microphone, MicrophoneOpened>;

enum News {
    Wish(Wish),
    Answer(Answer),
    /// The list that an answer waits for does not come.
    Late,
    /// Something happened to the open microphone.
    Track(Event),
    /// The list of devices is another.
    Changed,
    Listed(Devices),
    Permission(JsValue),
    PermissionChanged,
    Played(Fact),
    PlayedAll,
    Echo(Result<Recording, EchoFailure>),
    Look,
}

/// An open microphone, and what watches it.
struct Open {
    microphone: Microphone,
    loudness: Option<Loudness>,
    events: Events,
    /// When it was listened to last.
    looked_at: f64,
}

type Later<T> = Option<Pin<Box<dyn Future<Output = T>>>>;

struct Course<'a> {
    check: &'a Rc<Check>,
    sound: Option<&'a Sound>,
    asked: Option<Asked>,
    open: Option<Open>,
    changes: Option<Events>,
    listing: Later<Devices>,
    /// It is told together with the list of devices, whose names the browser tells once it is given: two choices that
    /// appear a moment later would push away what the person is about to press. It waits no longer than this.
    answer: Option<(Answer, Timer)>,
    /// The list is another since a microphone was asked for last.
    is_changed: bool,
    asking: Later<Option<JsValue>>,
    permission: Option<(JsValue, Events)>,
    echo: Later<Result<Recording, EchoFailure>>,
    peak: Option<f64>,
    moved_at: f64,
    listened_ms: f64,
}

impl<'a> Course<'a> {
    fn new(check: &'a Rc<Check>, sound: Option<&'a Sound>) -> Self {
        let changes = media_devices().map(|it| Events::of(&it, &["devicechange"]));
        let mut course = Self {
            check,
            sound,
            asked: None,
            open: None,
            changes,
            listing: None,
            answer: None,
            is_changed: false,
            asking: Some(Box::pin(permission())),
            permission: None,
            echo: None,
            peak: None,
            moved_at: now_ms(),
            listened_ms: 0.0,
        };
        course.list();
        course
    }

    fn list(&mut self) {
        self.listing = Some(Box::pin(devices(has_output_choice())));
    }

    async fn run(mut self) {
        let mut look = Timer::new(limits::LOOK_MS);
        loop {
            let news = self.next(&look).await;
            if matches!(news, News::Look) {
                look = Timer::new(limits::LOOK_MS);
            }
            self.take(news);
        }
    }

    async fn next(&mut self, look: &Timer) -> News {
        let playing = self.check.playing.borrow().clone();
        poll_fn(|cx| {
            if let Poll::Ready(wish) = self.check.wishes.poll(cx) {
                return Poll::Ready(News::Wish(wish));
            }
            if let Some(Poll::Ready(answer)) = self.asked.as_ref().map(|it| it.poll(cx)) {
                self.asked = None;
                return Poll::Ready(News::Answer(answer));
            }
            if let Some(Poll::Ready(event)) = self.open.as_ref().map(|it| it.events.poll(cx)) {
                return Poll::Ready(News::Track(event));
            }
            if let Some(Poll::Ready(_)) = self.changes.as_ref().map(|it| it.poll(cx)) {
                return Poll::Ready(News::Changed);
            }
            if let Some(Poll::Ready(list)) = self.listing.as_mut().map(|it| it.as_mut().poll(cx)) {
                self.listing = None;
                return Poll::Ready(News::Listed(list));
            }
            if let Some((_, time)) = &self.answer
                && time.over.poll(cx).is_ready()
            {
                return Poll::Ready(News::Late);
            }
            if let Some(Poll::Ready(status)) = self.asking.as_mut().map(|it| it.as_mut().poll(cx)) {
                self.asking = None;
                if let Some(status) = status {
                    return Poll::Ready(News::Permission(status));
                }
            }
            if let Some((_, events)) = &self.permission
                && events.poll(cx).is_ready()
            {
                return Poll::Ready(News::PermissionChanged);
            }
            if let Some(playing) = &playing {
                if let Poll::Ready(played) = playing.player.poll(cx) {
                    return Poll::Ready(News::Played(played));
                }
                if playing.ended.poll(cx).is_ready() {
                    return Poll::Ready(News::PlayedAll);
                }
            }
            if let Some(Poll::Ready(result)) = self.echo.as_mut().map(|it| it.as_mut().poll(cx)) {
                self.echo = None;
                return Poll::Ready(News::Echo(result));
            }
            look.over.poll(cx).map(|_| News::Look)
        })
        .await
    }

    fn take(&mut self, news: News) {
        match news {
            // The newest wish counts: it may be for another device.
            News::Wish(Wish::Microphone(asked)) => {
                self.answer = None;
                self.asked = Some(asked);
            }
            News::Wish(Wish::Echo(server)) => self.begin_echo(server),
            News::Answer(answer) => {
                self.answer = Some((answer, Timer::new(limits::DEVICES_MS)));
                self.list();
            }
            News::Late => self.take_microphone(),
            News::Track(event) => self.take_track(&event),
            News::Changed => {
                self.is_changed = true;
                self.list();
            }
            News::Listed(list) => {
                self.take_microphone();
                self.take_list(list);
            }
            News::Permission(status) => {
                let events = Events::of(status.unchecked_ref::<EventTarget>(), &["change"]);
                self.permission = Some((status, events));
                self.tell_permission();
            }
            News::PermissionChanged => self.tell_permission(),
            News::Played(played) => {
                self.check.facts(|facts| facts.speaker.played = played);
                if self.plays_echo() {
                    self.check.tell(DeviceUpdate::Echo(match played {
                        Fact::No => EchoPhase::Failed(EchoFailure::Blocked),
                        _ => EchoPhase::Playing,
                    }));
                }
            }
            News::PlayedAll => {
                if self.plays_echo() {
                    self.check.tell(DeviceUpdate::Echo(EchoPhase::Played));
                }
            }
            News::Echo(Ok(recording)) => self.check.play(recording, true),
            News::Echo(Err(why)) => {
                self.check.tell(DeviceUpdate::Echo(EchoPhase::Failed(why)));
            }
            News::Look => self.look(),
        }
        self.check.tell_facts();
    }

    fn plays_echo(&self) -> bool {
        let playing = self.check.playing.borrow();
        playing.as_ref().is_some_and(|it| it.is_echo)
    }

    fn tell_permission(&self) {
        let Some((status, _)) = &self.permission else {
            return;
        };
        let state = match text(status, "state").as_deref() {
            Some("granted") => Permission::Granted,
            Some("denied") => Permission::Denied,
            Some("prompt") => Permission::Prompt,
            _ => return,
        };
        self.check.tell(DeviceUpdate::Permission(state));
    }

    fn take_microphone(&mut self) {
        let Some((answer, _)) = self.answer.take() else {
            return;
        };
        // What was measured was another device's, or nothing.
        self.listened_ms = 0.0;
        let mut facts = MicrophoneFacts::default();
        match answer {
            Ok(microphone) => {
                facts.opened = MicrophoneOpened::Yes;
                facts.muted = Fact::from(microphone.track().muted());
                self.open = Some(Open {
                    loudness: self.sound.and_then(|it| microphone.loudness(it)),
                    events: Events::of(microphone.track(), &["ended", "mute", "unmute"]),
                    looked_at: now_ms(),
                    microphone,
                });
            }
            Err(why) => {
                facts.opened = why;
                self.open = None;
            }
        }
        self.check.facts(|all| all.microphone = facts);
        self.check.tell_facts();
        self.check.tell(DeviceUpdate::Answered);
    }

    fn take_track(&mut self, event: &Event) {
        match event.type_().as_str() {
            // It was pulled out, or taken away. Another may do; the person has agreed already.
            "ended" => {
                self.open = None;
                self.asked = Some(Asked::new(None));
            }
            kind => {
                let muted = Fact::from(kind == "mute");
                self.check.facts(|facts| facts.microphone.muted = muted);
            }
        }
    }

    fn take_list(&mut self, list: Devices) {
        let opened = self.check.facts(|facts| facts.microphone.opened);
        let is_missing = opened == MicrophoneOpened::Missing && self.asked.is_none();
        // One was plugged in: the person has asked for it before.
        if is_missing && self.is_changed && !list.microphones.is_empty() {
            self.asked = Some(Asked::new(None));
        }
        self.is_changed = false;
        let open = self.open.as_ref();
        self.check.tell(DeviceUpdate::Devices(Devices {
            microphone: open.and_then(|it| it.microphone.device()),
            ..list
        }));
    }

    fn begin_echo(&mut self, server: Server) {
        let Some(open) = &self.open else {
            let why = EchoPhase::Failed(EchoFailure::NoMicrophone);
            return self.check.tell(DeviceUpdate::Echo(why));
        };
        let voice = open.microphone.stream().clone();
        let check = Rc::downgrade(self.check);
        self.check.playing.replace(None);
        self.check
            .facts(|facts| facts.speaker.heard_yourself = Fact::NotMeasured);
        self.check.tell(DeviceUpdate::Echo(EchoPhase::Connecting));
        self.echo = Some(Box::pin(async move {
            let tell = || {
                if let Some(check) = check.upgrade() {
                    check.tell(DeviceUpdate::Echo(EchoPhase::Recording));
                }
            };
            record(&server, &voice, tell).await
        }));
    }

    /// Levels are measured by WebAudio alone: where it sleeps, nothing is known of them.
    fn look(&mut self) {
        let now = now_ms();
        let is_running = self.sound.is_some_and(Sound::is_running);
        let Some(open) = &mut self.open else { return };
        let passed = now - open.looked_at;
        open.looked_at = now;
        let Some(loudness) = open.loudness.as_ref().filter(|_| is_running) else {
            return;
        };
        let level = loudness.dbfs();
        self.listened_ms += passed;
        let listened_ms = self.listened_ms as u32;
        self.peak = Some(self.peak.map_or(level, |peak| peak.max(level)));
        let mut facts = self.check.facts.borrow_mut();
        let microphone = &mut facts.microphone;
        let loudest = microphone.loudest_dbfs.map_or(level, |it| it.max(level));
        microphone.loudest_dbfs = Some(loudest);
        microphone.listened_ms = Some(listened_ms);
        drop(facts);
        if now - self.moved_at >= f64::from(limits::METER_MS) {
            self.moved_at = now;
            self.check.is_news.set(true);
            if let Some(peak) = self.peak.take() {
                self.check.tell(DeviceUpdate::Level(peak));
            }
        }
    }
}
