//! The start: one large button.

use super::{
    Action, Scene,
    element::{Element, element},
};
use crate::{locale::keys, state::Msg};

/// Screen 1.
pub(super) fn screen(scene: &Scene) -> Element {
    let test = scene.button("primary large", "test", keys::START_BUTTON, || {
        Action::Tell(Msg::Start)
    });
    let other = scene.button("quiet", "other-server", keys::START_OTHER, || {
        Action::Tell(Msg::OpenForm)
    });
    element("section")
        .class("start")
        .with(scene.heading(keys::START_TITLE))
        .with(scene.say("p", "lead", keys::START_LEAD))
        .with(element("p").with(test))
        .with(scene.say("p", "promise", keys::START_PROMISE))
        .with(element("p").with(other))
}
