//! What is on the screen, drawn from the state. Nothing here remembers anything.

pub(crate) mod details;
pub(crate) mod element;
mod form;
pub(crate) mod icons;
pub(crate) mod path;
pub(crate) mod running;
mod start;
pub(crate) mod steps;
pub(crate) mod text;
pub(crate) mod verdict;

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
    /// Make a link to help somebody.
    Help,
    /// Speak this language.
    Speak(Language),
    /// The texts of this language came, or not.
    Texts(Language, Option<String>),
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
    /// The texts of the language asked for could not be fetched.
    pub has_no_texts: bool,
}

impl Scene<'_> {
    /// A text.
    pub(crate) fn text(&self, key: Key) -> &'static str {
        self.locale.text(key)
    }

    /// The heading of a screen.
    pub(crate) fn heading(&self, key: Key) -> Element {
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
        clickable(self.act, action)
            .set("id", id)
            .class(class)
            .text(self.text(key))
    }
}

/// A button with nothing on it yet.
pub(crate) fn clickable<A: 'static>(act: &Callback<A>, action: fn() -> A) -> Element {
    let act = act.clone();
    element("button")
        .set("type", "button")
        .on(On::Click, move |_| act.emit(action()))
}

/// The heading of a screen, that can take the focus.
pub(crate) fn heading() -> Element {
    element("h1").set("id", HEADING).set("tabindex", "-1")
}

/// The whole page.
pub fn page(state: &State, scene: &Scene) -> Html {
    let mut status = element("p").class("unseen").set("role", "status");
    if let Some(key) = announcement(state) {
        status = status.text(scene.text(key));
    }
    Html::from_iter([header(scene), screen(state, scene), status])
}

/// The top of every page: its name and the languages.
pub(crate) fn header(scene: &Scene) -> Element {
    let brand = element("a")
        .class("brand")
        .set("href", "/")
        .set("aria-label", scene.text(keys::APP_HOME))
        .with(icons::brand())
        .with(scene.plain("span", keys::APP_NAME));
    let missing = scene.has_no_texts.then(|| {
        scene
            .say("p", "told", keys::APP_LANGUAGE_FAILED)
            .set("role", "alert")
    });
    element("header")
        .class("top")
        .with(brand)
        .with(languages(scene))
        .each(missing)
}

fn screen(state: &State, scene: &Scene) -> Element {
    let main = element("main");
    match (&state.screen, &state.run) {
        (Screen::Form, _) => main.with(form::screen(&state.form, scene)),
        (Screen::Running, Some(run)) => main.with(running::screen(run, scene)),
        (Screen::Verdict, Some(run)) => main.each(verdict::screen(run, state.copied, scene)),
        (Screen::Loading, _) => main.with(scene.heading(keys::LOAD_LOADING)),
        (Screen::LoadFailed(error), _) => main.with(load_failed(error, scene)),
        (Screen::Start | Screen::Running | Screen::Verdict, _) => {
            main.with(start::screen(&state.help, scene))
        }
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
        clickable(scene.act, speak)
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
