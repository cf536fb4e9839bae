//! What is on the screen, drawn from the state. Nothing here remembers anything.

mod details;
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
use yew::prelude::*;

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
    /// A text as a node.
    fn text(&self, key: Key) -> Html {
        html! { { self.locale.text(key).to_owned() } }
    }

    /// What a click does.
    fn on(&self, action: fn() -> Action) -> Callback<MouseEvent> {
        let act = self.act.clone();
        Callback::from(move |_| act.emit(action()))
    }

    /// A button. `class` is `primary`, `quiet` or `plain`.
    fn button(
        &self,
        class: &'static str,
        id: &'static str,
        key: Key,
        action: fn() -> Action,
    ) -> Html {
        html! {
            <button type="button" {id} {class} onclick={self.on(action)}>{ self.text(key) }</button>
        }
    }
}

/// The whole page.
pub fn page(state: &State, scene: &Scene) -> Html {
    html! {
        <>
            <header class="top">
                <a class="brand" href="/" aria-label={scene.locale.text(keys::APP_HOME).to_owned()}>
                    { icons::brand() }
                    <span>{ scene.text(keys::APP_NAME) }</span>
                </a>
                { languages(scene) }
            </header>
            <main>{ screen(state, scene) }</main>
            <p class="unseen" role="status">{ announcement(state, scene) }</p>
        </>
    }
}

fn screen(state: &State, scene: &Scene) -> Html {
    match (&state.screen, &state.run) {
        (Screen::Form, _) => form::screen(&state.form, scene),
        (Screen::Running, Some(run)) => running::screen(run, scene),
        (Screen::Verdict, Some(run)) => verdict::screen(run, state.copied, scene),
        (Screen::Loading, _) => html! {
            <h1 id={HEADING} tabindex="-1">{ scene.text(keys::LOAD_LOADING) }</h1>
        },
        (Screen::LoadFailed(error), _) => load_failed(error, scene),
        (Screen::Start | Screen::Running | Screen::Verdict, _) => start::screen(scene),
    }
}

fn load_failed(error: &LoadError, scene: &Scene) -> Html {
    let (title, next) = match error {
        LoadError::Missing => (
            keys::LOAD_MISSING,
            scene.locale.text(keys::LOAD_MISSING_NEXT).to_owned(),
        ),
        LoadError::Other(words) => (keys::LOAD_FAILED, words.clone()),
    };
    html! {
        <section class="verdict unknown">
            { icons::sign(earshot_report::Status::Unknown) }
            <h1 id={HEADING} tabindex="-1">{ scene.text(title) }</h1>
            <p>{ next }</p>
            <p class="actions"><a class="button primary" href="/">{ scene.text(keys::LOAD_START) }</a></p>
        </section>
    }
}

fn languages(scene: &Scene) -> Html {
    let one = |language: Language, speak: fn() -> Action| {
        let chosen = language == scene.locale.language;
        html! {
            <button
                type="button"
                class="plain"
                lang={language.tag()}
                aria-pressed={chosen.to_string()}
                onclick={scene.on(speak)}
            >
                { language.name() }
            </button>
        }
    };
    html! {
        <div class="languages" role="group" aria-label={scene.locale.text(keys::APP_LANGUAGE).to_owned()}>
            { one(Language::English, || Action::Speak(Language::English)) }
            { one(Language::Russian, || Action::Speak(Language::Russian)) }
        </div>
    }
}

/// Said aloud when the phase changes, and only then.
fn announcement(state: &State, scene: &Scene) -> Html {
    match (&state.screen, &state.run) {
        (Screen::Running, Some(_)) => scene.text(keys::ANNOUNCE_RUNNING),
        (Screen::Verdict, Some(run)) if run.phase == Phase::Over => scene.text(keys::ANNOUNCE_OVER),
        _ => Html::default(),
    }
}
