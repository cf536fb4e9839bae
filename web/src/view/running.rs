//! A run under way: the picture first, what is being done below.

use super::{
    Action, Scene,
    element::{Element, element},
    path, steps,
};
use crate::{
    locale::keys,
    state::{Msg, Run},
};

/// Screen 2.
pub(crate) fn screen(run: &Run, scene: &Scene) -> Element {
    let verdict = &run.judgement.verdict;
    let lead = if run.has_verdict() {
        let sentence = scene.locale.sentence(verdict.cause, run.is_sure());
        let values = [("sentence", &*sentence)];
        let words = scene.locale.fill(keys::RUNNING_SO_FAR, &values);
        element("p").class("lead").text(words)
    } else {
        scene.say("p", "lead", keys::RUNNING_LEAD)
    };
    let stop = scene.button("quiet", "stop", keys::RUNNING_STOP, || {
        Action::Tell(Msg::Stop)
    });
    element("section")
        .class("running")
        .with(scene.heading(keys::RUNNING_TITLE))
        .with(path::picture(run, scene))
        .with(lead)
        .with(element("p").class("actions").with(stop))
        .with(scene.say("h2", "unseen", keys::STEPS_TITLE))
        .with(steps::list(run, scene))
}
