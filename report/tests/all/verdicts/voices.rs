//! Voices in a call of two: the sender's microphone, the path, the receiver's speaker.

use super::{devices::REFUSED, pair::pair, *};
use earshot_report::facts::{PairFacts, VoiceEnd};

pub(super) fn voices() -> Vec<Case> {
    let mut cases = Vec::new();
    for (opened, code) in REFUSED {
        let why = "the end whose microphone it is";
        let here = |pair: &mut PairFacts| pair.you.microphone = opened;
        cases.push(pair(code.as_str(), here, broken(code), why));
        let there = |pair: &mut PairFacts| pair.them.microphone = opened;
        let at_partner = code.at_partner().unwrap();
        cases.push(pair(at_partner.as_str(), there, broken(at_partner), why));
    }
    let silent = |end: &mut VoiceEnd, other: &mut VoiceEnd| {
        end.sent_dbfs = Some(-100.0);
        other.arrived_dbfs = Some(-100.0);
        other.heard = Fact::No;
    };
    let deaf = |end: &mut VoiceEnd| end.heard = Fact::No;
    let blocked = |end: &mut VoiceEnd| {
        end.played = Fact::No;
        end.heard = Fact::No;
    };
    let cut = |end: &mut VoiceEnd| {
        end.packets_received = Some(0);
        end.arrived_dbfs = None;
        end.heard = Fact::No;
    };
    cases.extend([
        pair(
            "this microphone gives nothing",
            |pair| silent(&mut pair.you, &mut pair.them),
            broken(Code::MicrophoneSilent),
            "so the other one does not hear",
        ),
        pair(
            "the other microphone gives nothing",
            |pair| silent(&mut pair.them, &mut pair.you),
            broken(Code::PartnerMicrophoneSilent),
            "so this one does not hear",
        ),
        pair(
            "the other microphone has just opened",
            |pair| {
                silent(&mut pair.them, &mut pair.you);
                pair.you.heard = Fact::NotMeasured;
                pair.them.voice_ms = Some(500);
            },
            UNKNOWN,
            "the other one may not have begun to speak",
        ),
        pair(
            "this end may not play it",
            |pair| blocked(&mut pair.you),
            broken(Code::PlaybackBlocked),
            "it arrives",
        ),
        pair(
            "the other end may not play it",
            |pair| blocked(&mut pair.them),
            broken(Code::PartnerPlaybackBlocked),
            "it arrives there",
        ),
        pair(
            "this one does not hear it",
            |pair| deaf(&mut pair.you),
            broken(Code::PlaybackNotHeard),
            "it arrives with a level, and is played",
        ),
        pair(
            "the other one does not hear it",
            |pair| deaf(&mut pair.them),
            broken(Code::PartnerPlaybackNotHeard),
            "it arrives there with a level, and is played",
        ),
        pair(
            "this voice is lost on the way",
            |pair| {
                cut(&mut pair.them);
                pair.own.cause = None;
            },
            broken(Code::OneWayFromYou),
            "it is spoken, and nothing comes to the other end",
        ),
        pair(
            "the other voice is lost on the way",
            |pair| cut(&mut pair.you),
            broken(Code::OneWayToYou),
            "it is spoken there, and nothing comes to this end",
        ),
        pair(
            "both voices are lost on the way",
            |pair| {
                cut(&mut pair.you);
                cut(&mut pair.them);
            },
            broken(Code::MediaBlocked),
            "both speak, and nothing comes to either end",
        ),
        case(
            "the check before the call was too early",
            call(),
            |facts| {
                let mut checked = devices();
                checked.microphone.loudest_dbfs = Some(-95.0);
                checked.speaker.heard = Fact::No;
                facts.devices = Some(checked);
            },
            GOOD,
            "since then the two have heard each other",
        ),
        pair(
            "the voice has just begun",
            |pair| {
                cut(&mut pair.you);
                pair.you.heard = Fact::NotMeasured;
                pair.you.voice_ms = Some(300);
            },
            UNKNOWN,
            "its first packets may be under way",
        ),
        pair(
            "the other microphone opened a moment ago",
            |pair| {
                cut(&mut pair.you);
                pair.you.heard = Fact::NotMeasured;
                pair.them.voice_ms = Some(300);
            },
            UNKNOWN,
            "its first packets may be under way",
        ),
        pair(
            "a microphone that shows no level and is heard",
            |pair| pair.them.sent_dbfs = Some(-100.0),
            GOOD,
            "who is heard is not silent",
        ),
        pair(
            "the other one says no and goes away",
            |pair| {
                cut(&mut pair.them);
                pair.partner_left = Fact::Yes;
            },
            UNKNOWN,
            "nobody knows what would have come",
        ),
        pair(
            "a voice that arrives without sound",
            |pair| {
                pair.you.arrived_dbfs = Some(-100.0);
                pair.you.heard = Fact::No;
            },
            broken(Code::Unknown),
            "spoken there, received here, and silent between: no rule of ours explains it",
        ),
    ]);
    cases
}
