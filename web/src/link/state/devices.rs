//! The check of microphone and speaker: what is known, what is under way, and what follows.

#[cfg(test)]
mod tests;

use crate::{
    api::Failure,
    probe::devices::{DeviceUpdate, Devices as List, EchoPhase, Permission},
    state::{Copied, Origin, Phase, Run},
    update::Update,
};
use earshot_report::{
    Code, Status,
    facts::{DeviceFacts, Environment, Fact, MicrophoneOpened},
    limits,
    verdict::judge,
};

/// Steps of the level meter.
pub const LEVELS: u8 = 10;
/// The first step of the meter begins here, in dBFS: above the noise of a room.
const LOWEST_DBFS: f64 = -60.0;
/// Each step: speech at arm's length lights about half of them.
const STEP_DB: f64 = 5.0;

/// Everything about the check.
#[derive(Clone, Debug, PartialEq)]
pub struct Devices {
    /// Facts and verdict, as those of any other test; saved where the person wishes it.
    pub run: Run,
    /// What the page may do with the microphone, where the browser tells.
    pub permission: Option<Permission>,
    /// Which devices there are.
    pub list: List,
    /// The person has asked for the microphone.
    pub asked: Asked,
    /// The microphone's level just now, 0 to [`LEVELS`].
    pub level: u8,
    /// The [`Device::id`](crate::probe::devices::Device::id) of the speaker that was chosen; empty: the system chooses.
    pub speaker: String,
    /// The sound was asked for.
    pub chime: bool,
    /// How far the echo test is.
    pub echo: Echo,
    /// What became of the last attempt to copy.
    pub copied: Option<Copied>,
    /// The device has a touch screen.
    pub has_touch: bool,
    /// It goes on by itself.
    pub is_auto: bool,
    /// What was said aloud last.
    pub said: Option<Said>,
}

/// The question for the microphone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// Nobody asked.
    #[default]
    No,
    /// The browser asks the person.
    Waiting,
    /// It was answered, or closed.
    Answered,
}

/// How far the echo test is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Echo {
    /// Not begun.
    #[default]
    Idle,
    /// The program is asked for a relay.
    Asking,
    /// It is under way, or over.
    At(EchoPhase),
    /// The program gave no relay; why.
    NoRelay(Failure),
}

/// A change that is said aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The browser asks for the microphone.
    Asking,
    /// The microphone is open.
    Open,
    /// Something comes from the microphone.
    Heard,
    /// The echo test is so far.
    Echo(EchoPhase),
    /// The verdict is another.
    Verdict,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// The page was opened.
    Opened {
        /// What can be said at once.
        environment: Box<Environment>,
        /// The device has a touch screen.
        has_touch: bool,
        /// It goes on by itself.
        is_auto: bool,
    },
    /// The browser lets audio run, or not.
    Audio(Fact),
    /// The program answers, or not.
    Api(Fact),
    /// The microphone is asked for.
    Asking,
    /// News of the devices.
    Update(DeviceUpdate),
    /// This speaker was chosen.
    Speaker(String),
    /// The sound is asked for.
    Chime,
    /// The echo test is asked for.
    EchoAsked,
    /// The program gave no relay; why.
    NoRelay(Failure),
    /// News of the report.
    Report(Box<Update>),
    /// Something was copied, or not.
    Copied(Copied),
}

/// What a check does that goes on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask for the microphone.
    Microphone,
    /// Play the sound.
    Sound,
    /// Make the echo test.
    Echo,
    /// Save the report.
    Save,
}

impl Default for Devices {
    fn default() -> Self {
        let mut run = Run::new(Origin::Configured);
        run.facts.devices = Some(DeviceFacts::default());
        Self {
            run,
            permission: None,
            list: List::default(),
            asked: Asked::No,
            level: 0,
            speaker: String::new(),
            chime: false,
            echo: Echo::Idle,
            copied: None,
            has_touch: false,
            is_auto: false,
            said: None,
        }
    }
}

impl Devices {
    /// What the devices showed.
    pub fn facts(&self) -> DeviceFacts {
        self.run.facts.devices.clone().unwrap_or_default()
    }

    /// How the question for the microphone ended.
    pub fn opened(&self) -> MicrophoneOpened {
        self.facts().microphone.opened
    }

    /// Something came from the microphone.
    pub fn is_heard(&self) -> bool {
        let loudest = self.facts().microphone.loudest_dbfs;
        loudest.is_some_and(|level| level >= limits::SILENT_DBFS)
    }

    /// The loudest step of the meter so far.
    pub fn loudest(&self) -> u8 {
        let loudest = self.facts().microphone.loudest_dbfs;
        loudest.map_or(0, level)
    }

    /// The page is not allowed the microphone, as far as the browser tells.
    pub fn is_denied(&self) -> bool {
        match self.opened() {
            MicrophoneOpened::Denied => !self.is_allowed_since(),
            MicrophoneOpened::NotAsked => self.permission == Some(Permission::Denied),
            _ => false,
        }
    }

    /// The person has undone their refusal: it need only be asked for again.
    pub fn is_allowed_since(&self) -> bool {
        self.opened() == MicrophoneOpened::Denied
            && matches!(
                self.permission,
                Some(Permission::Granted | Permission::Prompt)
            )
    }

    /// There is a verdict to be told.
    pub fn has_verdict(&self) -> bool {
        self.run.judgement.verdict.status != Status::Unknown || self.run.phase == Phase::Over
    }

    /// The echo test is over, one way or the other.
    pub fn is_echo_over(&self) -> bool {
        matches!(
            self.echo,
            Echo::At(EchoPhase::Played | EchoPhase::Failed(_)) | Echo::NoRelay(_)
        )
    }

    /// The echo test is under way.
    pub fn is_echo_under_way(&self) -> bool {
        matches!(
            self.echo,
            Echo::Asking | Echo::At(EchoPhase::Connecting | EchoPhase::Recording)
        )
    }

    /// The verdict names this cause.
    pub fn is_because_of(&self, cause: Code) -> bool {
        self.run.judgement.verdict.cause == cause
    }

    /// What comes next where nobody clicks.
    pub fn next_step(&self) -> Option<Step> {
        if !self.is_auto {
            return None;
        }
        let is_open = self.opened() == MicrophoneOpened::Yes;
        match (self.asked, &self.echo) {
            (Asked::No, _) => Some(Step::Microphone),
            (Asked::Waiting, _) => None,
            (Asked::Answered, _) if is_open && !self.is_measured() => None,
            _ if !self.chime => Some(Step::Sound),
            _ if !self.facts().speaker.played.is_measured() => None,
            (_, Echo::Idle) if is_open => Some(Step::Echo),
            _ if is_open && !self.is_echo_over() => None,
            _ => (self.run.phase == Phase::Measuring).then_some(Step::Save),
        }
    }

    /// The microphone was listened to for long enough, or its level cannot be known.
    fn is_measured(&self) -> bool {
        let listened = self.facts().microphone.listened_ms;
        listened.is_some_and(|it| it >= limits::VOICE_MS)
            || self.run.facts.environment.audio_context_running.is_no()
    }

    /// Takes news in.
    pub fn take(&mut self, msg: Msg) {
        match msg {
            Msg::Opened {
                environment,
                has_touch,
                is_auto,
            } => {
                self.run.facts.environment = *environment;
                self.has_touch = has_touch;
                self.is_auto = is_auto;
                self.judge();
            }
            Msg::Audio(fact) => {
                self.run.facts.environment.audio_context_running = fact;
                self.judge();
            }
            Msg::Api(fact) => {
                self.run.facts.environment.api_reachable = fact;
                self.judge();
            }
            Msg::Asking => {
                self.asked = Asked::Waiting;
                self.said = Some(Said::Asking);
            }
            Msg::Update(update) => self.take_update(update),
            Msg::Speaker(id) => self.speaker = id,
            Msg::Chime => self.chime = true,
            Msg::EchoAsked => self.echo = Echo::Asking,
            Msg::NoRelay(failure) => self.echo = Echo::NoRelay(failure),
            Msg::Report(update) => self.run.apply(*update),
            Msg::Copied(what) => self.copied = Some(what),
        }
    }

    fn take_update(&mut self, update: DeviceUpdate) {
        match update {
            DeviceUpdate::Facts(facts) => self.take_facts(*facts),
            DeviceUpdate::Answered => self.asked = Asked::Answered,
            DeviceUpdate::Permission(permission) => self.permission = Some(permission),
            DeviceUpdate::Devices(list) => self.list = list,
            DeviceUpdate::Level(dbfs) => self.level = level(dbfs),
            DeviceUpdate::Echo(phase) => {
                self.echo = Echo::At(phase);
                self.said = Some(Said::Echo(phase));
            }
        }
    }

    fn take_facts(&mut self, facts: DeviceFacts) {
        let (was_open, was_heard) = (self.opened(), self.is_heard());
        self.run.facts.devices = Some(facts);
        if self.opened() != MicrophoneOpened::Yes {
            self.level = 0;
        } else if was_open != MicrophoneOpened::Yes {
            self.said = Some(Said::Open);
        } else if self.is_heard() && !was_heard {
            self.said = Some(Said::Heard);
        }
        self.judge();
    }

    /// Judges anew. A saved report tells of another verdict no more.
    fn judge(&mut self) {
        let before = self.run.judgement.verdict.clone();
        self.run.judgement = judge(&self.run.facts);
        if self.run.judgement.verdict == before {
            return;
        }
        self.said = Some(Said::Verdict);
        self.copied = None;
        if self.run.phase == Phase::Over {
            self.run.phase = Phase::Measuring;
            self.run.saved = None;
            self.run.not_saved = None;
        }
    }
}

/// The step of the meter for a level in dBFS.
fn level(dbfs: f64) -> u8 {
    let steps = (dbfs - LOWEST_DBFS) / STEP_DB;
    steps.clamp(0.0, f64::from(LEVELS)) as u8
}
