//! Voices that the path loses.

use super::{
    Found,
    path::{put_media_blocked, way_in, way_out},
};
use crate::{
    Code, Severity,
    facts::{MicrophoneOpened, PairFacts, VoiceEnd},
    findings::{
        Certainty, Evidence, Finding,
        devices::{is_long, is_loud},
    },
    limits,
};

/// A microphone is open, and nothing of it comes to the other end.
pub(super) fn lost(pair: &PairFacts, found: &mut Found) {
    let out = is_lost(&pair.you, &pair.them);
    let back = is_lost(&pair.them, &pair.you);
    let came = |name, end: &VoiceEnd| Evidence::new(name, end.packets_received.unwrap_or_default());
    let came_to_you = came("pair.you.packets_received", &pair.you);
    let came_to_them = came("pair.them.packets_received", &pair.them);
    let mut put = |(code, certainty): (Code, Certainty), evidence| {
        let mut finding = Finding::new(code, Severity::Broken);
        finding.certainty = certainty;
        found.put(finding, evidence);
    };
    match (out, back) {
        (true, false) => put(way_out(pair, None), came_to_them),
        (false, true) => put(way_in(pair, None), came_to_you),
        (true, true) => put_media_blocked(pair, Severity::Broken, came_to_you, found),
        (false, false) => {}
    }
}

/// Both had time, and what came is less than half a second.
fn is_lost(sender: &VoiceEnd, receiver: &VoiceEnd) -> bool {
    let nothing = |received| received < limits::TELLING_PACKETS;
    sender.microphone == MicrophoneOpened::Yes
        && is_long(sender.voice_ms)
        && is_long(receiver.voice_ms)
        && receiver.packets_received.is_some_and(nothing)
}

/// Nobody says that they do not hear, and each voice that was tried came to the other end.
pub(crate) fn are_heard(pair: &PairFacts) -> bool {
    let heard = |sender: &VoiceEnd, receiver: &VoiceEnd| {
        let untried = sender.microphone == MicrophoneOpened::NotAsked;
        !receiver.heard.is_no()
            && (untried || receiver.heard.is_yes() || is_loud(receiver.arrived_dbfs))
    };
    heard(&pair.you, &pair.them) && heard(&pair.them, &pair.you)
}
