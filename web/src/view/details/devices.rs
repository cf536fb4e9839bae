//! Microphone and speaker.

use super::{
    super::{
        Scene,
        element::{Element, element},
    },
    fact, words,
};
use crate::{locale::keys, state::Run};
use earshot_report::facts::{Fact, MicrophoneOpened};

/// What the devices showed; nothing where they were not looked at.
pub(super) fn section(run: &Run, scene: &Scene) -> Option<Element> {
    let devices = run.facts.devices()?;
    let (microphone, speaker) = (&devices.microphone, &devices.speaker);
    let opened = match microphone.opened {
        MicrophoneOpened::NotAsked => None,
        MicrophoneOpened::Yes => Some(keys::VALUE_YES),
        MicrophoneOpened::Denied => Some(keys::link::MICROPHONE_DENIED),
        MicrophoneOpened::DeniedBySystem => Some(keys::link::MICROPHONE_DENIED_BY_SYSTEM),
        MicrophoneOpened::Missing => Some(keys::link::MICROPHONE_MISSING),
        MicrophoneOpened::Busy => Some(keys::link::MICROPHONE_BUSY),
    };
    let loudest = microphone.loudest_dbfs.map(|level| {
        let level = scene.locale.number(level, 1);
        scene.locale.fill(keys::link::VALUE_DBFS, &[("n", &level)])
    });
    let listened = microphone.listened_ms.map(|ms| scene.ms(f64::from(ms)));
    let opened = opened.map(|key| scene.text(key).to_owned());
    // Here a no is what one hopes for, so it does not stand out.
    let muted = match microphone.muted {
        Fact::Yes => Some(keys::VALUE_YES),
        Fact::No => Some(keys::VALUE_NO),
        Fact::NotMeasured => None,
    };
    let muted = muted.map(|key| scene.text(key).to_owned());
    let rows = [
        words(keys::link::DEVICE_MICROPHONE, opened, scene),
        words(keys::link::DEVICE_MUTED, muted, scene),
        words(keys::link::DEVICE_LOUDEST, loudest, scene),
        words(keys::link::DEVICE_LISTENED, listened, scene),
        fact(keys::link::DEVICE_PLAYED, speaker.played, scene),
        fact(keys::link::DEVICE_HEARD, speaker.heard, scene),
        fact(
            keys::link::DEVICE_HEARD_YOURSELF,
            speaker.heard_yourself,
            scene,
        ),
    ];
    Some(
        element("section")
            .with(scene.plain("h2", keys::link::DETAILS_DEVICES))
            .with(element("dl").each(rows.into_iter().flatten())),
    )
}
