//! The guest's side: who asks, what they will see, and then the screens of a test.

use super::LinkScene;
use crate::{
    link::{
        Deed, LinkAction,
        state::{Link, Screen},
    },
    locale::keys::link as keys,
    view::{
        element::{Element, element},
        running,
        verdict::{self, readable},
    },
};
use earshot_report::api::link::LinkInfo;

/// What a guest sees before, during and after their test.
pub(super) fn screen(link: &Link, info: &LinkInfo, screen: Screen, scene: &LinkScene) -> Element {
    let whole = element("div");
    match (&link.room.own, screen) {
        (Some(run), Screen::Running) => whole
            .with(running::screen(run, scene))
            .each(presence(link, scene)),
        (Some(run), _) => {
            whole
                .each(presence(link, scene))
                .each(verdict::screen(run, link.room.copied, scene))
        }
        (None, _) => whole.with(invitation(link, info, scene)),
    }
}

fn invitation(link: &Link, info: &LinkInfo, scene: &LinkScene) -> Element {
    let lead = match &info.label {
        Some(label) => scene.locale.fill(keys::GUEST_ASKED_BY, &[("label", label)]),
        None => scene.text(keys::GUEST_ASKED).to_owned(),
    };
    let start = scene.act_button("primary large", "start", keys::GUEST_START, || {
        LinkAction::Do(Deed::Test)
    });
    let promises = [
        keys::GUEST_THEY_SEE,
        keys::GUEST_MASKED,
        keys::GUEST_NOT_RECORDED,
        keys::GUEST_CALL,
    ];
    let promises = promises.map(|key| scene.plain("li", key));
    let date = readable(&info.expires);
    let until = scene.locale.fill(keys::LINK_OPEN, &[("date", &date)]);
    element("section")
        .class("invitation")
        .with(scene.heading(keys::LINK_TITLE))
        .with(element("p").class("lead").text(lead))
        .with(element("p").with(start))
        // Below the button, which must not move away under a finger when the other one comes.
        .each(presence(link, scene))
        .with(scene.plain("h2", keys::GUEST_WHAT))
        .with(element("ul").class("promises").each(promises))
        .with(element("p").class("promise").text(until))
}

/// Whether who helps is there.
fn presence(link: &Link, scene: &LinkScene) -> Option<Element> {
    let (key, class) = match link.room.other {
        None => return None,
        Some((_, true)) if link.room.has_tested() => (keys::PRESENCE_OWNER_SEES, "presence here"),
        Some((_, true)) => (keys::PRESENCE_OWNER_HERE, "presence here"),
        Some((_, false)) => (keys::PRESENCE_OWNER_GONE, "presence"),
    };
    Some(scene.say("p", class, key))
}
