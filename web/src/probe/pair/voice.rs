//! The voices: microphone and loudspeaker on the leg that was chosen for them.

use super::{PairEnd, PairPhase, PairUpdate, call::Shared, leg::PairLeg};
use crate::probe::{
    devices::microphone::{Asked, Loudness, Microphone},
    js::{elapsed_ms, now_ms},
    sound::{Ear, Sound, stream_of},
    stats,
    tone::dbfs,
    wait::{Events, Timer},
};
use earshot_report::{
    api::link::CallMessage,
    facts::{Fact, MicrophoneOpened, VoiceEnd},
    limits,
};
use std::{future::poll_fn, task::Poll};

enum News {
    /// The person wants to speak.
    Click(Asked),
    /// The microphone opened, or did not.
    Answer(Result<Microphone, MicrophoneOpened>),
    /// The device is gone.
    Ended,
    /// The browser plays what comes, or blocks it.
    Played(Fact),
    /// Time for a look.
    Look,
}

/// An open microphone, and what watches it.
struct Open {
    _microphone: Microphone,
    loudness: Option<Loudness>,
    ended: Events,
}

struct Voice<'a> {
    call: &'a Shared,
    sound: Option<&'a Sound>,
    leg: PairLeg,
    asked: Option<Asked>,
    open: Option<Open>,
    /// The loudest since the meters moved: sent, arrived.
    peaks: [Option<f64>; 2],
    /// The packets that had arrived when the other end's microphone opened: tones until then.
    tones: Option<u64>,
    /// When the voices began at this end; where its microphone is open, when it opened.
    since: f64,
    /// When the other end's microphone was first known to be open.
    they_since: Option<f64>,
    /// When the way was first seen broken; `None`: it is not.
    broken_at: Option<f64>,
    moved_at: f64,
    told_at: f64,
    told: VoiceEnd,
}

/// Carries the voices until the call is over.
pub(super) async fn run(call: &Shared, sound: Option<&Sound>, place: usize, mut leg: PairLeg) {
    leg.end.fall_silent();
    let incoming = leg.incoming.as_ref().and_then(|it| stream_of(it).ok());
    call.incoming.replace(incoming);
    call.tell(PairUpdate::Phase(PairPhase::CanSpeak(place)));
    let voice = Voice {
        call,
        sound,
        leg,
        asked: None,
        open: None,
        peaks: [None; 2],
        tones: None,
        since: now_ms(),
        they_since: None,
        broken_at: None,
        moved_at: now_ms(),
        told_at: now_ms(),
        told: VoiceEnd::default(),
    };
    voice.run().await;
}

impl Voice<'_> {
    async fn run(mut self) {
        let mut look = Timer::new(limits::LOOK_MS);
        loop {
            match self.next(&look).await {
                News::Click(asked) => {
                    // A second click while the first waits is the same wish.
                    if self.open.is_none() {
                        self.asked.get_or_insert(asked);
                    }
                }
                News::Answer(answer) => {
                    self.asked = None;
                    self.take(answer);
                }
                News::Ended => {
                    self.open = None;
                    // Another device may do; the person has agreed already.
                    self.asked = Some(Asked::new(None));
                }
                News::Played(played) => self.call.voices(|you, _| you.played = played),
                News::Look => {
                    look = Timer::new(limits::LOOK_MS);
                    self.look().await;
                }
            }
        }
    }

    async fn next(&self, look: &Timer) -> News {
        let player = self.call.player.borrow().clone();
        poll_fn(|cx| {
            if let Poll::Ready(asked) = self.call.asked.poll(cx) {
                return Poll::Ready(News::Click(asked));
            }
            if let Some(Poll::Ready(answer)) = self.asked.as_ref().map(|it| it.poll(cx)) {
                return Poll::Ready(News::Answer(answer));
            }
            if let Some(Poll::Ready(_)) = self.open.as_ref().map(|it| it.ended.poll(cx)) {
                return Poll::Ready(News::Ended);
            }
            if let Some(Poll::Ready(played)) = player.as_deref().map(|it| it.poll(cx)) {
                return Poll::Ready(News::Played(played));
            }
            // States are looked at; nothing else that happens to the connection matters now.
            while self.leg.end.connection.poll_next(cx).is_ready() {}
            look.over.poll(cx).map(|_| News::Look)
        })
        .await
    }

    fn take(&mut self, answer: Result<Microphone, MicrophoneOpened>) {
        let opened = match answer {
            Ok(microphone) => {
                let connection = &self.leg.end.connection;
                connection.replace_audio(Some(microphone.track()));
                self.open = Some(Open {
                    loudness: self.sound.and_then(|it| microphone.loudness(it)),
                    ended: Events::of(microphone.track(), &["ended"]),
                    _microphone: microphone,
                });
                self.since = now_ms();
                MicrophoneOpened::Yes
            }
            Err(why) => why,
        };
        self.call.voices(|you, _| you.microphone = opened);
        self.tell();
    }

    async fn look(&mut self) {
        let they_speak = self.call.voices(|_, them| them.microphone) == MicrophoneOpened::Yes;
        if they_speak && self.call.player.borrow().is_none() {
            self.call.play();
        }
        self.look_at_way();
        self.measure(they_speak);
        let now = now_ms();
        if now - self.moved_at >= f64::from(limits::METER_MS) {
            self.moved_at = now;
            let [sent_dbfs, arrived_dbfs] = std::mem::take(&mut self.peaks);
            self.call.tell(PairUpdate::Meters {
                sent_dbfs,
                arrived_dbfs,
            });
        }
        if now - self.told_at >= f64::from(limits::PAIR_TELL_MS) {
            self.count(they_speak).await;
            self.tell();
        }
    }

    /// Whether the way still is one. Nothing is lost by what a browser finds again in time.
    fn look_at_way(&mut self) {
        if self.leg.is_connected() {
            self.broken_at = None;
            return self.call.is_broken.set(false);
        }
        let broken_ms = elapsed_ms(*self.broken_at.get_or_insert_with(now_ms));
        let is_broken = broken_ms >= limits::VOICE_BROKEN_MS;
        self.call.is_broken.set(is_broken);
        let has_failed = is_broken && self.leg.end.has_failed();
        let end = match (self.call.they_talk(), self.call.has_line.get()) {
            // Only the way is gone.
            (true, _) if has_failed || broken_ms >= limits::VOICE_LOST_MS => PairEnd::WayLost,
            // Their line is gone, too.
            (false, true) if broken_ms >= 2 * limits::VOICE_LOST_MS => PairEnd::TheyLeft,
            // And so is ours: until it is back nothing is known of them.
            (false, false) if broken_ms >= 3 * limits::VOICE_LOST_MS => PairEnd::WayLost,
            _ => return,
        };
        self.call.end(end);
    }

    /// Levels are measured by WebAudio alone: where it sleeps, nothing is known of them.
    fn measure(&mut self, they_speak: bool) {
        if !self.sound.is_some_and(Sound::is_running) {
            return;
        }
        let open = self.open.as_ref().filter(|_| has_settled(self.since));
        let sent = open.and_then(|it| it.loudness.as_ref());
        let sent = sent.map(Loudness::dbfs);
        if they_speak {
            self.they_since.get_or_insert_with(now_ms);
        }
        let ear = self.leg.end.ear.as_ref();
        let ear = ear.filter(|_| self.they_since.is_some_and(has_settled));
        let arrived = ear.map(Ear::full_scale).map(dbfs);
        self.peaks = [
            loudest(self.peaks[0], sent),
            loudest(self.peaks[1], arrived),
        ];
        self.call.voices(|you, _| {
            you.sent_dbfs = loudest(you.sent_dbfs, sent);
            you.arrived_dbfs = loudest(you.arrived_dbfs, arrived);
        });
    }

    async fn count(&mut self, they_speak: bool) {
        let stats = stats::read(&self.leg.end.connection).await;
        let received = stats.and_then(|it| it.arrived());
        if let Some(received) = received.filter(|_| they_speak) {
            let tones = *self.tones.get_or_insert(received);
            let voice = received.saturating_sub(tones);
            self.call
                .voices(|you, _| you.packets_received = Some(voice));
        }
    }

    /// Tells the other end what is new.
    fn tell(&mut self) {
        self.told_at = now_ms();
        let voice_ms = elapsed_ms(self.since).checked_sub(limits::VOICE_SETTLE_MS);
        let you = self.call.voices(|you, _| {
            you.voice_ms = voice_ms;
            you.clone()
        });
        if you != self.told {
            self.told = you.clone();
            self.call.say(CallMessage::Voice(you));
        }
    }
}

fn has_settled(since: f64) -> bool {
    elapsed_ms(since) >= limits::VOICE_SETTLE_MS
}

fn loudest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        _ => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::loudest;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_loudest_is_of_what_was_measured() {
        assert_eq!(loudest(None, None), None);
        assert_eq!(loudest(Some(-40.0), None), Some(-40.0));
        assert_eq!(loudest(Some(-40.0), Some(-20.0)), Some(-20.0));
    }
}
