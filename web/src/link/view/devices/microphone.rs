//! The microphone: what is done, the question for it, why it did not open, and how loud it is.

use super::{
    MICROPHONES, card, choice,
    help::{self, Platform},
};
use crate::{
    link::{
        DeviceAction,
        state::devices::{Asked, Devices, LEVELS},
        view::LinkScene,
    },
    locale::{Key, keys::link as keys},
    state::Mark,
    view::element::{Element, element},
};
use earshot_report::{Code, facts::MicrophoneOpened};

/// Its card.
pub(super) fn card_of(devices: &Devices, scene: &LinkScene) -> Element {
    let (mark, word) = state(devices);
    let card = card(keys::DEVICES_MICROPHONE, mark, word, scene).set("id", "microphone");
    if devices.asked == Asked::Waiting {
        return card.with(scene.plain("p", keys::DEVICES_ASKING));
    }
    match devices.opened() {
        MicrophoneOpened::Yes => open(card, devices, scene),
        MicrophoneOpened::DeniedBySystem => card.with(steps(
            keys::DEVICES_ALLOW_IN_SYSTEM,
            help::by_system,
            devices,
            scene,
        )),
        _ if devices.is_denied() => {
            let card = card.with(steps(
                keys::DEVICES_ALLOW_IN_BROWSER,
                help::by_page,
                devices,
                scene,
            ));
            // Where it was asked for the verdict has the button.
            card.each((devices.opened() == MicrophoneOpened::NotAsked).then(|| allow(scene)))
        }
        _ if devices.is_allowed_since() => card.with(scene.plain("p", keys::DEVICES_ALLOWED_SINCE)),
        MicrophoneOpened::NotAsked => card
            .with(scene.plain("p", keys::DEVICES_PROMISE))
            .with(allow(scene)),
        // The verdict says what to do.
        _ => card.with(scene.plain("p", keys::DEVICES_SEE_ABOVE)),
    }
}

fn allow(scene: &LinkScene) -> Element {
    let button = scene.device_button("primary", "allow", keys::DEVICES_ALLOW, || {
        DeviceAction::OpenMicrophone(None)
    });
    element("p").class("actions").with(button)
}

/// Its sign and the word beside it.
fn state(devices: &Devices) -> (Mark, Option<Key>) {
    let (mark, word) = match devices.opened() {
        _ if devices.asked == Asked::Waiting => (Mark::Running, keys::DEVICES_STATE_ASKING),
        MicrophoneOpened::NotAsked if devices.is_denied() => {
            (Mark::Fails, keys::DEVICES_STATE_DENIED)
        }
        MicrophoneOpened::NotAsked => return (Mark::Waiting, None),
        MicrophoneOpened::Denied | MicrophoneOpened::DeniedBySystem => {
            (Mark::Fails, keys::DEVICES_STATE_DENIED)
        }
        MicrophoneOpened::Missing => (Mark::Fails, keys::DEVICES_STATE_MISSING),
        MicrophoneOpened::Busy => (Mark::Fails, keys::DEVICES_STATE_BUSY),
        MicrophoneOpened::Yes if devices.is_because_of(Code::MicrophoneSilent) => {
            (Mark::Fails, keys::DEVICES_STATE_SILENT)
        }
        MicrophoneOpened::Yes if devices.is_heard() => (Mark::Works, keys::DEVICES_STATE_HEARD),
        MicrophoneOpened::Yes => (Mark::Running, keys::DEVICES_STATE_OPEN),
    };
    (mark, Some(word))
}

fn open(card: Element, devices: &Devices, scene: &LinkScene) -> Element {
    let is_unmeasured = devices.run.facts.environment.audio_context_running.is_no();
    let words = match is_unmeasured {
        true => keys::DEVICES_NO_LEVEL,
        false if devices.is_heard() => keys::DEVICES_ARRIVES,
        false => keys::DEVICES_SPEAK,
    };
    card.with(scene.plain("p", words))
        .each((!is_unmeasured).then(|| meter(devices, scene)))
        .each(choice(
            MICROPHONES,
            keys::DEVICES_CHOOSE_MICROPHONE,
            &devices.list.microphones,
            devices.list.microphone.as_deref(),
            |id| DeviceAction::OpenMicrophone(Some(id)),
            scene,
        ))
}

/// The level just now, and, for those who want nothing to move, the loudest so far. What it shows is told in words beside
/// it, so nobody is read numbers ten times a second.
fn meter(devices: &Devices, scene: &LinkScene) -> Element {
    let loudest = devices.loudest();
    let step = |step: u8| {
        let mut class = String::new();
        for (word, is_so) in [("lit ", step < devices.level), ("reached", step < loudest)] {
            if is_so {
                class.push_str(word);
            }
        }
        element("i").class(class)
    };
    element("div")
        .class("level")
        .set("role", "img")
        .set("aria-label", scene.text(keys::DEVICES_LEVEL))
        .each((0..LEVELS).map(step))
}

fn steps(title: Key, which: fn(Platform) -> Key, devices: &Devices, scene: &LinkScene) -> Element {
    let agent = devices.run.facts.environment.user_agent.as_deref();
    let platform = Platform::of(agent.unwrap_or_default(), devices.has_touch);
    let steps = scene.text(which(platform)).split('|');
    element("div")
        .class("how")
        .with(scene.plain("h3", title))
        .with(element("ol").each(steps.map(|step| element("li").text(step))))
}
