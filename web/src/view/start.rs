//! The start: one large button.

use super::{
    Action, Scene,
    element::{Element, element},
};
use crate::{
    locale::keys,
    state::{Help, Msg},
};

/// Screen 1.
pub(super) fn screen(help: &Help, scene: &Scene) -> Element {
    let test = scene.button("primary large", "test", keys::START_BUTTON, || {
        Action::Tell(Msg::Start)
    });
    let other = scene.button("quiet", "other-server", keys::START_OTHER, || {
        Action::Tell(Msg::OpenForm)
    });
    let make_link = scene.button("quiet", "help", keys::START_HELP, || Action::Help);
    let devices = scene
        .say("a", "button quiet", keys::START_DEVICES)
        .set("id", "devices")
        .set("href", "/devices");
    element("section")
        .class("start")
        .with(scene.heading(keys::START_TITLE))
        .with(scene.say("p", "lead", keys::START_LEAD))
        .with(element("p").with(test))
        .with(scene.say("p", "promise", keys::START_PROMISE))
        .with(
            element("p")
                .class("actions")
                .with(make_link)
                .with(devices)
                .with(other),
        )
        .each(told(help, scene))
}

/// What became of the wish to help somebody.
fn told(help: &Help, scene: &Scene) -> Option<Element> {
    let (role, words) = match help {
        Help::Idle => return None,
        Help::Asking => ("status", scene.text(keys::START_HELP_ASKING).to_owned()),
        Help::Refused(failure) => {
            let sentence = scene.locale.failure(failure);
            let values = [("sentence", &*sentence)];
            (
                "alert",
                scene.locale.fill(keys::START_HELP_REFUSED, &values),
            )
        }
        Help::Forgetful => ("alert", scene.text(keys::START_HELP_FORGETFUL).to_owned()),
    };
    let told = element("p").class("told").set("role", role);
    Some(told.text(words))
}
