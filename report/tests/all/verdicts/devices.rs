//! Microphone and speaker of the person who is tested.

use super::*;
use earshot_report::facts::{DeviceFacts, MicrophoneOpened};

/// What a refused or missing microphone is called.
pub(super) const REFUSED: [(MicrophoneOpened, Code); 4] = [
    (MicrophoneOpened::Denied, Code::MicrophoneDenied),
    (
        MicrophoneOpened::DeniedBySystem,
        Code::MicrophoneDeniedBySystem,
    ),
    (MicrophoneOpened::Missing, Code::MicrophoneMissing),
    (MicrophoneOpened::Busy, Code::MicrophoneBusy),
];

fn with_devices(change: impl FnOnce(&mut DeviceFacts)) -> Facts {
    let mut devices = devices();
    change(&mut devices);
    Facts {
        devices: Some(devices),
        ..own_relay()
    }
}

fn device(
    name: &'static str,
    change: impl FnOnce(&mut DeviceFacts),
    verdict: (Status, Code),
    why: &'static str,
) -> Case {
    case(name, with_devices(change), |_| (), verdict, why)
}

pub(super) fn own_devices() -> Vec<Case> {
    let refused = REFUSED.map(|(opened, code)| {
        device(
            code.as_str(),
            |devices| devices.microphone.opened = opened,
            broken(code),
            "without a microphone nobody hears the person, whatever the relay does",
        )
    });
    let mut cases = Vec::from(refused);
    cases.extend([
        device("well", |_| (), GOOD, "all of it works"),
        device(
            "not looked at",
            |devices| *devices = DeviceFacts::default(),
            GOOD,
            "what is not measured takes nothing away",
        ),
        device(
            "silence",
            |devices| devices.microphone.loudest_dbfs = Some(-95.0),
            broken(Code::MicrophoneSilent),
            "five seconds, and not even the noise of a room",
        ),
        device(
            "silence so far",
            |devices| {
                devices.microphone.loudest_dbfs = Some(-95.0);
                devices.microphone.listened_ms = Some(900);
            },
            GOOD,
            "the person may not have begun to speak",
        ),
        device(
            "soft speech",
            |devices| devices.microphone.loudest_dbfs = Some(-65.0),
            GOOD,
            "55 dB at a built-in microphone",
        ),
        device(
            "a switch on the headset",
            |devices| {
                devices.microphone.muted = Fact::Yes;
                devices.microphone.loudest_dbfs = None;
            },
            broken(Code::MicrophoneSilent),
            "MediaStreamTrack.muted: the source gives no sound",
        ),
        device(
            "a microphone that wakes up",
            |devices| {
                devices.microphone.muted = Fact::Yes;
                devices.microphone.loudest_dbfs = None;
                devices.microphone.listened_ms = Some(100);
            },
            GOOD,
            "a track may be muted until its first sound comes",
        ),
        device(
            "nothing may be played",
            |devices| devices.speaker.played = Fact::No,
            broken(Code::PlaybackBlocked),
            "the browser said no",
        ),
        device(
            "played, and not heard",
            |devices| devices.speaker.heard = Fact::No,
            broken(Code::PlaybackNotHeard),
            "the person says so",
        ),
        device(
            "not heard, and not played",
            |devices| {
                devices.speaker.played = Fact::NotMeasured;
                devices.speaker.heard = Fact::No;
            },
            GOOD,
            "what was not played cannot be heard",
        ),
        device(
            "their own voice is not heard",
            |devices| {
                devices.speaker.heard = Fact::NotMeasured;
                devices.speaker.heard_yourself = Fact::No;
            },
            broken(Code::PlaybackNotHeard),
            "it went into the microphone, the relay carries sound, and it was played",
        ),
        device(
            "their own voice is not heard, a sound is",
            |devices| devices.speaker.heard_yourself = Fact::No,
            degraded(Code::Unknown),
            "microphone, relay and speaker work each by itself",
        ),
        device(
            "their own voice is not heard, for there was none",
            |devices| {
                devices.microphone.loudest_dbfs = Some(-95.0);
                devices.speaker.heard = Fact::NotMeasured;
                devices.speaker.heard_yourself = Fact::No;
            },
            broken(Code::MicrophoneSilent),
            "nothing was recorded",
        ),
    ]);
    cases
}

/// The page of microphone and speaker tests no server.
pub(super) fn devices_alone() -> Vec<Case> {
    let alone = |name, change: fn(&mut DeviceFacts), verdict, why| {
        let facts = Facts {
            devices: with_devices(change).devices,
            ..Facts::default()
        };
        case(name, facts, |_| (), verdict, why)
    };
    vec![
        alone("both", |_| (), GOOD, "heard by the page, and by the person"),
        alone(
            "nobody answered",
            |devices| {
                devices.speaker.heard = Fact::NotMeasured;
                devices.speaker.heard_yourself = Fact::NotMeasured;
            },
            UNKNOWN,
            "that something is played does not say that it is heard",
        ),
        alone(
            "nothing was asked for yet",
            |devices| *devices = DeviceFacts::default(),
            UNKNOWN,
            "nothing is measured",
        ),
        alone(
            "the level is not known",
            |devices| devices.microphone.loudest_dbfs = None,
            UNKNOWN,
            "a microphone that opens may give nothing",
        ),
        alone(
            "the voice does not come back",
            |devices| devices.speaker.heard_yourself = Fact::No,
            UNKNOWN,
            "it went through a relay that nobody tested",
        ),
        alone(
            "silent alone",
            |devices| devices.microphone.loudest_dbfs = Some(-95.0),
            broken(Code::MicrophoneSilent),
            "the same rules hold",
        ),
        alone(
            "unheard alone",
            |devices| devices.speaker.heard = Fact::No,
            broken(Code::PlaybackNotHeard),
            "the same rules hold",
        ),
    ]
}

/// A server is not to blame for a microphone.
#[test]
fn devices_say_nothing_of_servers() {
    let facts = with_devices(|devices| devices.microphone.opened = MicrophoneOpened::Busy);
    let judged = judge(&facts);
    assert_eq!(judged.verdict.status, Status::Broken);
    assert_eq!(judged.servers[0].verdict, Verdict::GOOD);
}
