//! One end of a call: what it sends, what it hears, and what it has shown of itself.

use crate::probe::{
    connection::{Connection, Policy, Server},
    js::{elapsed_ms, now_ms},
    sound::{Ear, Sound, Tone},
    tone::Recogniser,
};
use earshot_report::{
    candidate::parse_candidate,
    facts::{CandidateFacts, DirectionFacts, Fact},
};
use wasm_bindgen::JsValue;
use web_sys::{MediaStreamTrack, RtcPeerConnectionState};

/// No browser has so many candidates for one server.
const MAX_SHOWN: usize = 64;

/// One end. Dropping it ends it.
pub(in crate::probe) struct End {
    pub(in crate::probe) connection: Connection,
    /// What it sends; `None`: this browser makes no sound.
    tone: Option<Tone>,
    /// What it listens with.
    pub(in crate::probe) ear: Option<Ear>,
    recogniser: Recogniser,
    /// What it has shown of itself: the statistics hide the addresses that a `.local` name stands for.
    pub(in crate::probe) shown: Vec<CandidateFacts>,
    pub(in crate::probe) gathered: bool,
}

impl End {
    /// An end that sends a tone of so many hertz.
    pub(in crate::probe) fn new(
        servers: &[Server],
        policy: Policy,
        sound: Option<&Sound>,
        frequency: f32,
    ) -> Result<Self, JsValue> {
        let connection = Connection::new(servers, policy)?;
        let tone = sound.map(|sound| sound.tone(frequency)).transpose()?;
        connection.send_audio(tone.as_ref().map(Tone::track));
        Ok(Self {
            connection,
            tone,
            ear: None,
            recogniser: Recogniser::default(),
            shown: Vec::new(),
            gathered: false,
        })
    }

    /// Listens to what comes from the other end for a tone of so many hertz. Where that fails there is no ear, and the
    /// sound stays unmeasured.
    pub(in crate::probe) fn listen(
        &mut self,
        sound: &Sound,
        track: &MediaStreamTrack,
        frequency: f32,
    ) {
        self.ear = sound.listen(track, frequency).ok();
    }

    /// Sends nothing any more. The call stays.
    pub(in crate::probe) fn fall_silent(&mut self) {
        self.connection.replace_audio(None);
        self.tone = None;
    }

    /// One look at the sound of a call that was connected then; its level. Audio that does not run hears nothing, which
    /// says nothing.
    pub(in crate::probe) fn look(
        &mut self,
        sound: Option<&Sound>,
        connected_at: f64,
        direction: &mut DirectionFacts,
    ) -> f32 {
        let Some(ear) = &self.ear else { return 0.0 };
        let is_running = sound.is_some_and(Sound::is_running);
        let stands_out = is_running.then(|| ear.hears());
        if self.recogniser.look(now_ms(), stands_out) && !direction.sound.is_yes() {
            direction.sound = Fact::Yes;
            direction.sound_ms = Some(elapsed_ms(connected_at));
        }
        ear.level()
    }

    /// A sound was not heard, and not looked for long enough to say that it is not there.
    pub(in crate::probe) fn is_unsure(&self, direction: &DirectionFacts) -> bool {
        !direction.sound.is_yes() && !self.recogniser.can_deny(now_ms())
    }

    /// No more looks will follow: a sound that was looked for long enough is not there.
    pub(in crate::probe) fn deny(&self, direction: &mut DirectionFacts) {
        if !direction.sound.is_yes() && self.recogniser.can_deny(now_ms()) {
            direction.sound = Fact::No;
        }
    }

    /// It has shown this candidate.
    pub(in crate::probe) fn note_shown(&mut self, line: &str) {
        if let Ok(shown) = parse_candidate(line)
            && self.shown.len() < MAX_SHOWN
        {
            self.shown.push(shown);
        }
    }

    /// No way was found, or the way was lost.
    pub(in crate::probe) fn has_failed(&self) -> bool {
        self.connection.state() == RtcPeerConnectionState::Failed
    }
}
