//! What is on the screen, drawn from the state. Nothing here remembers anything.

mod details;
mod element;
mod form;
mod icons;
mod path;
mod running;
mod start;
mod steps;
mod text;
mod verdict;

/// The id of the heading that takes the focus when a screen comes up by itself.
pub const HEADING: &str = "heading";

use crate::{
    locale::{Key, Language, Locale, keys},
    state::{LoadError, Msg, Phase, Screen, State},
    summary::Audience,
};
use element::{Element, On, element};
use yew::{Callback, Html};

/// What a person can do.
#[derive(Debug)]
pub enum Action {
    /// Something the state deals with.
    Tell(Msg),
    /// Copy the run in plain text.
    Copy(Audience),
    /// Open the share sheet.
    Share,
    /// Save the report as a file.
    Download,
    /// Speak this language.
    Speak(Language),
}

/// What every part of the view is given.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The words.
    pub locale: &'a Locale,
    /// Where what the person does goes.
    pub act: &'a Callback<Action>,
    /// The browser has a share sheet.
    pub can_share: bool,
}

impl Scene<'_> {
    /// A text.
    fn text(&self, key: Key) -> &'static str {
        self.locale.text(key)
    }

    /// The heading of a screen.
    fn heading(&self, key: Key) -> Element {
        heading().text(self.text(key))
    }

    /// A button. `class` is `primary`, `quiet` or `plain`.
    fn button(
        &self,
        class: &'static str,
        id: &'static str,
        key: Key,
        action: fn() -> Action,
    ) -> Element {
        self.clickable(action)
            .set("id", id)
            .class(class)
            .text(self.text(key))
    }

    /// A button with nothing on it yet.
    fn clickable(&self, action: fn() -> Action) -> Element {
        let act = self.act.clone();
        element("button")
            .set("type", "button")
            .on(On::Click, move |_| act.emit(action()))
    }
}

/// The heading of a screen, that can take the focus.
fn heading() -> Element {
    element("h1").set("id", HEADING).set("tabindex", "-1")
}

/// The whole page.
pub fn page(state: &State, scene: &Scene) -> Html {
    let brand = element("a")
        .class("brand")
        .set("href", "/")
        .set("aria-label", scene.text(keys::APP_HOME))
        .with(icons::brand())
        .with(scene.plain("span", keys::APP_NAME));
    let header = element("header")
        .class("top")
        .with(brand)
        .with(languages(scene));
    let mut status = element("p").class("unseen").set("role", "status");
    if let Some(key) = announcement(state) {
        status = status.text(scene.text(key));
    }
    Html::from_iter([header, screen(state, scene), status])
}

fn screen(state: &State, scene: &Scene) -> Element {
    let main = element("main");
    match (&state.screen, &state.run) {
        (Screen::Form, _) => main.with(form::screen(&state.form, scene)),
        (Screen::Running, Some(run)) => main.with(running::screen(run, scene)),
        (Screen::Verdict, Some(run)) => main.each(verdict::screen(run, state.copied, scene)),
        (Screen::Loading, _) => main.with(scene.heading(keys::LOAD_LOADING)),
        (Screen::LoadFailed(error), _) => main.with(load_failed(error, scene)),
        (Screen::Start | Screen::Running | Screen::Verdict, _) => main.with(start::screen(scene)),
    }
}

fn load_failed(error: &LoadError, scene: &Scene) -> Element {
    let (title, next) = match error {
        LoadError::Missing => (
            keys::LOAD_MISSING,
            scene.text(keys::LOAD_MISSING_NEXT).to_owned(),
        ),
        LoadError::Other(words) => (keys::LOAD_FAILED, words.clone()),
    };
    let start = scene
        .say("a", "button primary", keys::LOAD_START)
        .set("href", "/");
    element("section")
        .class("verdict unknown")
        .with(icons::sign(earshot_report::Status::Unknown))
        .with(scene.heading(title))
        .with(element("p").text(next))
        .with(element("p").class("actions").with(start))
}

fn languages(scene: &Scene) -> Element {
    let one = |language: Language, speak: fn() -> Action| {
        let chosen = language == scene.locale.language;
        scene
            .clickable(speak)
            .class("plain")
            .set("lang", language.tag())
            .set("aria-pressed", chosen.to_string())
            .text(language.name())
    };
    element("div")
        .class("languages")
        .set("role", "group")
        .set("aria-label", scene.text(keys::APP_LANGUAGE))
        .with(one(Language::English, || Action::Speak(Language::English)))
        .with(one(Language::Russian, || Action::Speak(Language::Russian)))
}

/// Said aloud when the phase changes, and only then.
fn announcement(state: &State) -> Option<Key> {
    match (&state.screen, &state.run) {
        (Screen::Running, Some(_)) => Some(keys::ANNOUNCE_RUNNING),
        (Screen::Verdict, Some(run)) if run.phase == Phase::Over => Some(keys::ANNOUNCE_OVER),
        _ => None,
    }
}
