//! Causes in microphone and speaker, at this end and at the other.

use super::{
    Evidence, Finding,
    pair::{End, Found},
    view::{View, has_ended, is_heard},
};
use crate::{
    Code, Facts, Severity,
    facts::{DeviceFacts, Fact, MicrophoneOpened, PairFacts, VoiceEnd},
    limits,
};

/// What the two microphones and the two speakers show.
pub(super) fn devices(facts: &Facts) -> Vec<Finding> {
    let mut found = Found::default();
    playback_of_the_page(facts, &mut found);
    if let Some(devices) = facts.devices() {
        own_microphone(devices, facts.pair(), &mut found);
        own_speaker(devices, facts, &mut found);
    }
    if let Some(pair) = facts.pair() {
        voice(End::You, &pair.you, pair.them.heard, &mut found);
        voice(End::Partner, &pair.them, pair.you.heard, &mut found);
    }
    found.all
}

/// A level at which something comes from a microphone.
pub(super) fn is_loud(level: Option<f64>) -> bool {
    level.is_some_and(|level| level >= limits::SILENT_DBFS)
}

fn is_silent(level: Option<f64>, for_ms: Option<u32>) -> bool {
    level.is_some_and(|level| level < limits::SILENT_DBFS) && is_long(for_ms)
}

/// Something came from the microphone, and the person heard the speaker: both are proved. Whoever does not hear their own
/// voice come back has something else in the way.
pub(crate) fn both_work(devices: &DeviceFacts) -> bool {
    let (microphone, speaker) = (&devices.microphone, &devices.speaker);
    microphone.opened == MicrophoneOpened::Yes
        && !microphone.muted.is_yes()
        && is_loud(microphone.loudest_dbfs)
        && speaker.played.is_yes()
        && (speaker.heard.is_yes() || speaker.heard_yourself.is_yes())
        && !speaker.heard_yourself.is_no()
}

/// The person had time to speak.
pub(super) fn is_long(for_ms: Option<u32>) -> bool {
    for_ms.is_some_and(|for_ms| for_ms >= limits::VOICE_MS)
}

/// Told once a leg got as far as sound could: before that something else is in the way.
fn playback_of_the_page(facts: &Facts, found: &mut Found) {
    let mut calls = View::new(facts).calls();
    let of_pair = facts.pair().into_iter().flat_map(|pair| &pair.legs);
    let mut of_pair = of_pair.map(|leg| (leg.ice_connected, leg.dtls_connected));
    let sound_was_due = calls
        .any(|leg| leg.ice_connected.is_yes() && (leg.dtls_connected.is_yes() || has_ended(leg)))
        || of_pair.any(|(ice, dtls)| ice.is_yes() && dtls.is_yes());
    if facts.environment.audio_context_running.is_no() && sound_was_due {
        let evidence = Evidence::new("environment.audio_context_running", false);
        found.put(broken(Code::PlaybackBlocked), evidence);
    }
}

fn own_microphone(devices: &DeviceFacts, pair: Option<&PairFacts>, found: &mut Found) {
    let microphone = &devices.microphone;
    if let Some((code, word)) = refused(microphone.opened) {
        let evidence = Evidence::new("devices.microphone.opened", word);
        found.put(broken(code), evidence);
    }
    if microphone.opened != MicrophoneOpened::Yes {
        return;
    }
    if microphone.muted.is_yes() && is_long(microphone.listened_ms) {
        let evidence = Evidence::new("devices.microphone.muted", true);
        found.put(broken(Code::MicrophoneSilent), evidence);
    }
    let spoke = pair.is_some_and(|pair| is_loud(pair.you.sent_dbfs) || pair.them.heard.is_yes());
    if is_silent(microphone.loudest_dbfs, microphone.listened_ms) && !spoke {
        let level = microphone.loudest_dbfs.unwrap_or_default();
        let evidence = Evidence::new("devices.microphone.loudest_dbfs", level);
        found.put(broken(Code::MicrophoneSilent).likely(), evidence);
    }
}

fn own_speaker(devices: &DeviceFacts, facts: &Facts, found: &mut Found) {
    let speaker = &devices.speaker;
    if speaker.played.is_no() {
        let evidence = Evidence::new("devices.speaker.played", false);
        found.put(broken(Code::PlaybackBlocked), evidence);
    }
    let heard_since = facts.pair().is_some_and(|it| it.you.heard.is_yes());
    if !speaker.played.is_yes() || heard_since {
        return;
    }
    if speaker.heard.is_no() {
        let evidence = Evidence::new("devices.speaker.heard", false);
        found.put(broken(Code::PlaybackNotHeard), evidence);
    }
    if is_echo_unheard(devices, facts) && !speaker.heard.is_yes() {
        let evidence = Evidence::new("devices.speaker.heard_yourself", false);
        found.put(broken(Code::PlaybackNotHeard).likely(), evidence);
    }
}

/// The person did not hear their own voice, although it went into the microphone, and the relay carries sound.
pub(super) fn is_echo_unheard(devices: &DeviceFacts, facts: &Facts) -> bool {
    devices.speaker.heard_yourself.is_no()
        && devices.speaker.played.is_yes()
        && devices.microphone.opened == MicrophoneOpened::Yes
        && is_loud(devices.microphone.loudest_dbfs)
        && View::new(facts).calls().any(is_heard)
}

/// What one end of a conversation tells of its own devices; `heard`: the other end hears it.
fn voice(end: End, voice: &VoiceEnd, heard: Fact, found: &mut Found) {
    let [microphone, sent, played, hears] = match end {
        End::You => [
            "pair.you.microphone",
            "pair.you.sent_dbfs",
            "pair.you.played",
            "pair.you.heard",
        ],
        End::Partner => [
            "pair.them.microphone",
            "pair.them.sent_dbfs",
            "pair.them.played",
            "pair.them.heard",
        ],
    };
    if let Some((code, word)) = refused(voice.microphone) {
        found.put(broken(end.cause(code)), Evidence::new(microphone, word));
    }
    let is_open = voice.microphone == MicrophoneOpened::Yes;
    if is_open && is_silent(voice.sent_dbfs, voice.voice_ms) && !heard.is_yes() {
        let evidence = Evidence::new(sent, voice.sent_dbfs.unwrap_or_default());
        found.put(broken(end.cause(Code::MicrophoneSilent)).likely(), evidence);
    }
    if voice.played.is_no() {
        let evidence = Evidence::new(played, false);
        found.put(broken(end.cause(Code::PlaybackBlocked)), evidence);
    }
    if voice.heard.is_no() && voice.played.is_yes() && is_loud(voice.arrived_dbfs) {
        let evidence = Evidence::new(hears, false);
        found.put(broken(end.cause(Code::PlaybackNotHeard)), evidence);
    }
}

fn refused(opened: MicrophoneOpened) -> Option<(Code, &'static str)> {
    Some(match opened {
        MicrophoneOpened::Denied => (Code::MicrophoneDenied, "denied"),
        MicrophoneOpened::DeniedBySystem => (Code::MicrophoneDeniedBySystem, "denied-by-system"),
        MicrophoneOpened::Missing => (Code::MicrophoneMissing, "missing"),
        MicrophoneOpened::Busy => (Code::MicrophoneBusy, "busy"),
        MicrophoneOpened::NotAsked | MicrophoneOpened::Yes => return None,
    })
}

fn broken(code: Code) -> Finding {
    Finding::new(code, Severity::Broken)
}
