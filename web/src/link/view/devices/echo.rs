//! The echo test: three seconds of the person's voice through the relay and back.

use super::{card, to_the_test};
use crate::{
    link::{
        DeviceAction,
        state::devices::{Devices, Echo},
        view::LinkScene,
    },
    locale::{Key, keys::link as keys},
    probe::devices::{EchoFailure, EchoPhase},
    state::Mark,
    view::element::{Element, element},
};
use earshot_report::facts::MicrophoneOpened;

/// Its card.
pub(super) fn card_of(devices: &Devices, scene: &LinkScene) -> Element {
    let (mark, word) = state(devices);
    let card = card(keys::DEVICES_ECHO, mark, word, scene).set("id", "echo");
    let is_under_way = devices.is_echo_under_way();
    let lead = (!is_under_way).then(|| scene.plain("p", keys::DEVICES_ECHO_LEAD));
    let card = card.each(lead);
    if devices.opened() != MicrophoneOpened::Yes {
        return card.with(scene.say("p", "hint", keys::DEVICES_ECHO_LATER));
    }
    let begin = (!is_under_way).then(|| {
        let (class, words) = match devices.echo {
            Echo::Idle => ("primary", keys::DEVICES_ECHO_BEGIN),
            _ => ("quiet", keys::DEVICES_ECHO_AGAIN),
        };
        let button = scene.device_button(class, "begin-echo", words, || DeviceAction::Echo);
        element("p").class("actions").with(button)
    });
    card.each(progress(devices, scene))
        .each(begin)
        .each(outcome(devices, scene))
}

/// What is being done now.
fn progress(devices: &Devices, scene: &LinkScene) -> Vec<Element> {
    let phase = match &devices.echo {
        Echo::Asking => EchoPhase::Connecting,
        Echo::At(phase) => *phase,
        Echo::NoRelay(failure) => {
            let sentence = scene.locale.failure(failure);
            let values = [("sentence", &*sentence)];
            let words = scene.locale.fill(keys::DEVICES_ECHO_NO_RELAY, &values);
            return vec![element("p").class("progress").text(words)];
        }
        Echo::Idle => return Vec::new(),
    };
    // The question says the rest.
    if phase == EchoPhase::Played {
        return Vec::new();
    }
    let words = scene.say("p", "progress", word(phase));
    let bar =
        (phase == EchoPhase::Recording).then(|| element("div").class("time").with(element("i")));
    [Some(words), bar].into_iter().flatten().collect()
}

fn outcome(devices: &Devices, scene: &LinkScene) -> Option<Element> {
    let actions = |button| element("p").class("actions").with(button);
    match &devices.echo {
        Echo::At(EchoPhase::Played) => Some(scene.question(
            "did-you-hear-yourself",
            keys::DEVICES_DID_YOU_HEAR_YOURSELF,
            devices.facts().speaker.heard_yourself,
            [
                ("heard-yourself", || DeviceAction::HeardYourself(true)),
                ("not-heard-yourself", || DeviceAction::HeardYourself(false)),
            ],
        )),
        Echo::At(EchoPhase::Failed(EchoFailure::Blocked)) => Some(actions(scene.device_button(
            "primary",
            "play-echo",
            keys::DEVICES_UNBLOCK,
            || DeviceAction::Resume,
        ))),
        Echo::At(EchoPhase::Failed(EchoFailure::NoWay)) | Echo::NoRelay(_) => {
            Some(actions(to_the_test(scene, "primary")))
        }
        _ => None,
    }
}

/// How far it is, in words.
pub(super) fn word(phase: EchoPhase) -> Key {
    match phase {
        EchoPhase::Connecting => keys::DEVICES_ECHO_CONNECTING,
        EchoPhase::Recording => keys::DEVICES_ECHO_RECORDING,
        EchoPhase::Playing => keys::DEVICES_ECHO_PLAYING,
        EchoPhase::Played => keys::DEVICES_DID_YOU_HEAR_YOURSELF,
        EchoPhase::Failed(EchoFailure::NoMicrophone) => keys::DEVICES_ECHO_LATER,
        EchoPhase::Failed(EchoFailure::NoWay) => keys::DEVICES_ECHO_NO_WAY,
        EchoPhase::Failed(EchoFailure::NoRecorder) => keys::DEVICES_ECHO_NO_RECORDER,
        EchoPhase::Failed(EchoFailure::Blocked) => keys::DEVICES_ECHO_BLOCKED,
    }
}

fn state(devices: &Devices) -> (Mark, Option<Key>) {
    let answer = devices.facts().speaker.heard_yourself;
    let (mark, word) = match &devices.echo {
        Echo::Idle => return (Mark::Waiting, None),
        Echo::NoRelay(_) | Echo::At(EchoPhase::Failed(EchoFailure::NoWay)) => {
            (Mark::Fails, keys::DEVICES_STATE_NO_WAY)
        }
        Echo::At(EchoPhase::Failed(_)) => (Mark::NotTested, keys::DEVICES_STATE_NOT_TESTED),
        Echo::At(EchoPhase::Played) if answer.is_yes() => (Mark::Works, keys::DEVICES_STATE_HEARD),
        Echo::At(EchoPhase::Played) if answer.is_no() => {
            (Mark::Fails, keys::DEVICES_STATE_NOT_HEARD)
        }
        Echo::At(EchoPhase::Played) => return (Mark::Waiting, None),
        _ => (Mark::Running, keys::DEVICES_STATE_UNDER_WAY),
    };
    (mark, Some(word))
}
