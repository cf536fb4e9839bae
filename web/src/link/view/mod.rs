//! What is on the second page, drawn from its state. Nothing here remembers anything.

mod call;
pub(super) mod devices;
mod guest;
mod owner;
mod pair_details;
mod share;

use super::{
    LinkAction,
    state::{Deletion, LineState, Link, Page, Screen, State, Word},
};
use crate::{
    locale::{Key, keys as shared, keys::link as keys},
    view::{
        Scene, clickable,
        element::{Element, element},
        header,
    },
};
use std::ops::Deref;
use yew::{Callback, Html};

/// What every part of the view is given: what the pieces of the start page are given, and where the actions of this
/// page go.
#[derive(Clone, Copy, Debug)]
pub struct LinkScene<'a> {
    /// For pieces of the start page.
    pub shared: Scene<'a>,
    /// Where what the person does goes.
    pub act: &'a Callback<LinkAction>,
}

impl<'a> Deref for LinkScene<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Scene<'a> {
        &self.shared
    }
}

impl LinkScene<'_> {
    /// A button that does something of this page. `class` is `primary`, `quiet` or `plain`.
    fn act_button(
        &self,
        class: &'static str,
        id: &'static str,
        key: Key,
        action: fn() -> LinkAction,
    ) -> Element {
        clickable(self.act, action)
            .set("id", id)
            .class(class)
            .text(self.text(key))
    }
}

/// The whole page.
pub fn page(state: &State, scene: &LinkScene) -> Html {
    let main = element("main");
    let main = match &state.page {
        Page::Devices(devices) => devices::screen(main, devices, scene),
        Page::Link(link) => main
            .each(line(link, scene))
            .with(opened(link, state, scene)),
    };
    let mut status = element("p").class("unseen").set("role", "status");
    if let Some(key) = announcement(state.screen()) {
        status = status.text(scene.text(key));
    }
    Html::from_iter([header(scene), main, status])
}

/// What the page is about: its heading and its title.
pub fn title(state: &State) -> Key {
    match &state.page {
        Page::Devices(_) => keys::DEVICES_TITLE,
        Page::Link(link) if link.is_owner => keys::LINK_OWNER_TITLE,
        Page::Link(_) => keys::LINK_TITLE,
    }
}

/// Said aloud when the phase changes, and only then.
fn announcement(screen: Screen) -> Option<Key> {
    match screen {
        Screen::Running => Some(shared::ANNOUNCE_RUNNING),
        Screen::Verdict | Screen::CallVerdict => Some(shared::ANNOUNCE_OVER),
        Screen::Call => Some(keys::ANNOUNCE_CALL),
        Screen::Devices
        | Screen::Words
        | Screen::Invitation
        | Screen::Help
        | Screen::Ringing
        | Screen::CallOver => None,
    }
}

/// How the line to the program is, where it is not as it should be.
fn line(link: &Link, scene: &LinkScene) -> Option<Element> {
    match &link.room.line {
        // Whoever deletes the link need not be told that it is gone.
        _ if link.room.deletion == Deletion::Done => None,
        LineState::Lost => Some(
            scene
                .say("p", "line-lost", keys::LINE_LOST)
                .set("id", "line-lost")
                .set("role", "status"),
        ),
        LineState::Refused(failure) => Some(
            element("p")
                .class("line-lost")
                .set("id", "line-refused")
                .set("role", "alert")
                .text(scene.locale.failure(failure).into_owned()),
        ),
        LineState::Opening | LineState::Open => None,
    }
}

fn opened(link: &Link, state: &State, scene: &LinkScene) -> Element {
    let words = || element("section").with(scene.heading(title(state)));
    let start = || {
        let start = scene
            .say("a", "button primary", shared::LOAD_START)
            .set("href", "/");
        element("p").class("actions").with(start)
    };
    // A seat that was taken may be free by now.
    let reload = || {
        let reload = scene
            .say("a", "button primary", keys::LINK_AGAIN)
            .set("href", link.url.clone());
        element("p").class("actions").with(reload)
    };
    if link.room.deletion == Deletion::Done {
        let said = scene.say("p", "lead", keys::DELETE_DONE);
        return words().with(said).with(start());
    }
    match &link.word {
        Word::Asked => words().with(scene.say("p", "lead", keys::LINK_LOADING)),
        Word::Known(info) if info.open || link.is_owner => {
            match (&link.room.call, state.screen()) {
                (_, Screen::Words) => words().with(reload()),
                (Some(call), _) => call::screen(call, link, scene),
                (None, _) if link.is_owner => owner::screen(link, info, scene),
                (None, screen) => guest::screen(link, info, screen, scene),
            }
        }
        Word::Known(_) => words().with(scene.say("p", "lead", keys::LINK_CLOSED)),
        Word::Refused(failure) => {
            let sentence = scene.locale.failure(failure);
            let values = [("sentence", &*sentence)];
            let told = scene.locale.fill(keys::LINK_REFUSED, &values);
            let again = scene.act_button("primary", "again", keys::LINK_AGAIN, || LinkAction::Open);
            words()
                .with(element("p").set("role", "alert").text(told))
                .with(element("p").class("actions").with(again))
        }
    }
}
