//! The speaker: a sound is played, and the person says whether they heard it.

use super::{SPEAKERS, card, choice};
use crate::{
    link::{DeviceAction, state::devices::Devices, view::LinkScene},
    locale::{Key, keys::link as keys},
    probe::devices::Device,
    state::Mark,
    view::element::{Element, element},
};

/// Its card.
pub(super) fn card_of(devices: &Devices, scene: &LinkScene) -> Element {
    let speaker = devices.facts().speaker;
    let (mark, word) = state(devices);
    let card = card(keys::DEVICES_SPEAKER, mark, word, scene)
        .set("id", "speaker")
        .with(scene.plain("p", keys::DEVICES_SPEAKER_LEAD))
        .each(choice(
            SPEAKERS,
            keys::DEVICES_CHOOSE_SPEAKER,
            &speakers(devices, scene),
            Some(&devices.speaker),
            DeviceAction::ChooseSpeaker,
            scene,
        ));
    let (class, words) = match devices.chime {
        true => ("quiet", keys::DEVICES_PLAY_AGAIN),
        false => ("primary", keys::DEVICES_PLAY),
    };
    let play = scene.device_button(class, "play", words, || DeviceAction::PlaySound);
    let asks = devices.chime && speaker.played.is_yes();
    let question = asks.then(|| {
        scene.question(
            "did-you-hear",
            keys::DEVICES_DID_YOU_HEAR,
            speaker.heard,
            [
                ("heard", || DeviceAction::Heard(true)),
                ("not-heard", || DeviceAction::Heard(false)),
            ],
        )
    });
    card.with(element("p").class("actions").with(play))
        .each(question)
}

/// The system's choice first, which not every browser has in its list.
fn speakers(devices: &Devices, scene: &LinkScene) -> Vec<Device> {
    let by_system = Device {
        id: String::new(),
        name: scene.text(keys::DEVICES_SPEAKER_OF_SYSTEM).to_owned(),
    };
    let known = devices.list.speakers.iter();
    let named = known.filter(|device| device.id != "default").cloned();
    std::iter::once(by_system).chain(named).collect()
}

fn state(devices: &Devices) -> (Mark, Option<Key>) {
    let speaker = devices.facts().speaker;
    let (mark, word) = if speaker.played.is_no() {
        (Mark::Fails, keys::DEVICES_STATE_BLOCKED)
    } else if speaker.heard.is_yes() {
        (Mark::Works, keys::DEVICES_STATE_HEARD)
    } else if speaker.heard.is_no() {
        (Mark::Fails, keys::DEVICES_STATE_NOT_HEARD)
    } else {
        return (Mark::Waiting, None);
    };
    (mark, Some(word))
}
