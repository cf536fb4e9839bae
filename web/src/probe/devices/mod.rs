//! Microphone and speaker: whether they open, how loud, which ones, and the person's own voice through the relay and
//! back.

mod check;
mod chime;
mod echo;
mod list;
pub(crate) mod microphone;

use super::{connection::Server, sound::Sound};
use check::Check;
use earshot_report::facts::{DeviceFacts, Fact};
pub use list::{Device, Devices};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// What a check of the devices tells its page.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceUpdate {
    /// Everything known so far.
    Facts(Box<DeviceFacts>),
    /// The question for the microphone is answered, or was closed without an answer; the facts say how.
    Answered,
    /// What the page may do with the microphone, now and whenever it changes; where the browser tells.
    Permission(Permission),
    /// Which devices there are; told anew whenever that changes.
    Devices(Devices),
    /// The microphone's level just now, in dB of full scale, for the moving picture; not a fact.
    Level(f64),
    /// How far the echo test is.
    Echo(EchoPhase),
}

/// The state of a permission (W3C Permissions section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// The page may.
    Granted,
    /// The page may not, and the person is not asked.
    Denied,
    /// The person will be asked.
    Prompt,
}

/// How far the echo test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoPhase {
    /// The call through the relay is made.
    Connecting,
    /// The person should speak now, for [`earshot_report::limits::ECHO_MS`].
    Recording,
    /// What arrived is played.
    Playing,
    /// It was played to its end: *Did you hear yourself?*
    Played,
    /// It ended before.
    Failed(EchoFailure),
}

/// Why an echo test ended before it could be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoFailure {
    /// No microphone is open.
    NoMicrophone,
    /// Nothing came through the relay.
    NoWay,
    /// This browser records no sound.
    NoRecorder,
    /// The browser blocks playback: see [`DeviceCheck::resume`].
    Blocked,
}

/// A check of the devices under way. Dropping it ends it, and closes the microphone.
pub struct DeviceCheck {
    check: Rc<Check>,
}

impl DeviceCheck {
    /// Begins. Nothing is asked of the person yet. `sound` comes from the call stack of the person's click
    /// ([`Sound::new`]): without it there are no levels. `emit` may call back into the check.
    pub fn new(sound: Option<Sound>, emit: impl Fn(DeviceUpdate) + 'static) -> Self {
        let check = Rc::new(Check::new(Box::new(emit)));
        spawn_local(check::run(check.clone(), sound));
        Self { check }
    }

    /// Opens the microphone with this id ([`Device::id`]), or the one that the browser chooses. To be called in the call
    /// stack of a click.
    pub fn open_microphone(&self, id: Option<&str>) {
        self.check.ask(id);
    }

    /// Plays through this speaker from now on ([`Device::id`]).
    pub fn choose_speaker(&self, id: &str) {
        self.check.choose_speaker(id);
    }

    /// Plays a short sound. To be called in the call stack of a click.
    pub fn play_sound(&self) {
        self.check.play_chime();
    }

    /// The person says whether they heard it.
    pub fn answer_heard(&self, heard: bool) {
        self.check
            .facts(|facts| facts.speaker.heard = Fact::from(heard));
    }

    /// Begins the echo test through this server: [`Server::of`] a target of a run whose relay works. The microphone must
    /// be open.
    pub fn echo(&self, server: Server) {
        self.check.echo(server);
    }

    /// The person says whether they heard themselves.
    pub fn answer_heard_yourself(&self, heard: bool) {
        self.check
            .facts(|facts| facts.speaker.heard_yourself = Fact::from(heard));
    }

    /// Plays again what the browser has blocked. To be called in the call stack of a click.
    pub fn resume(&self) {
        self.check.resume();
    }

    /// Everything known so far.
    pub fn facts(&self) -> DeviceFacts {
        self.check.facts(|facts| facts.clone())
    }
}

impl Drop for DeviceCheck {
    fn drop(&mut self) {
        self.check.end();
    }
}
