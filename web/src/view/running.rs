//! A run under way: the picture first, what is being done below.

use super::{Action, HEADING, Scene, path, steps};
use crate::{
    locale::keys,
    state::{Msg, Run},
};
use yew::prelude::*;

/// Screen 2.
pub(super) fn screen(run: &Run, scene: &Scene) -> Html {
    let verdict = &run.judgement.verdict;
    let word = if run.has_early_verdict() {
        let sentence = scene.locale.sentence(verdict.cause, run.is_sure());
        scene
            .locale
            .fill(keys::RUNNING_SO_FAR, &[("sentence", &sentence)])
    } else {
        scene.locale.text(keys::RUNNING_LEAD).to_owned()
    };
    html! {
        <section class="running">
            <h1 id={HEADING} tabindex="-1">{ scene.text(keys::RUNNING_TITLE) }</h1>
            { path::picture(run, scene) }
            <p class="lead">{ word }</p>
            <p class="actions">{ scene.button("quiet", "stop", keys::RUNNING_STOP, || Action::Tell(Msg::Stop)) }</p>
            { steps::list(run, scene) }
        </section>
    }
}
