//! What the person's microphone and speaker showed.

use crate::facts::Fact;
use serde::{Deserialize, Serialize};

/// Microphone and speaker. Names of devices are not among the facts: they may name a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceFacts {
    /// The microphone.
    pub microphone: MicrophoneFacts,
    /// The speaker.
    pub speaker: SpeakerFacts,
}

/// The microphone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MicrophoneFacts {
    /// How `getUserMedia` ended.
    pub opened: MicrophoneOpened,
    /// `MediaStreamTrack.muted`: the system or a switch on the device gives no sound.
    pub muted: Fact,
    /// The loudest moment so far, in dBFS (0 is full scale, silence far below). `None`: not measured.
    pub loudest_dbfs: Option<f64>,
    /// Milliseconds for which it was listened to.
    pub listened_ms: Option<u32>,
}

/// How `getUserMedia` ended (W3C Media Capture and Streams section 10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MicrophoneOpened {
    /// Not asked for, or the person has not answered yet.
    #[default]
    NotAsked,
    /// It is open.
    Yes,
    /// `NotAllowedError`, and the page's own permission is denied.
    Denied,
    /// `NotAllowedError` although the page itself may: the system forbids the browser.
    DeniedBySystem,
    /// `NotFoundError`: there is none.
    Missing,
    /// `NotReadableError`: another program has it, or the device fails.
    Busy,
}

/// The speaker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpeakerFacts {
    /// The browser played the sound: it did not block it.
    pub played: Fact,
    /// The person says that they heard it.
    pub heard: Fact,
    /// The person says that they heard their own recorded voice, which went through the relay and back.
    pub heard_yourself: Fact,
}
