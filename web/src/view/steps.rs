//! The short list of what is being done.

use super::{
    Scene,
    element::{Element, element},
    icons,
};
use crate::{
    locale::{Key, keys},
    state::{Mark, Run, Step, StepKind, steps},
};

/// The list for `run`.
pub(crate) fn list(run: &Run, scene: &Scene) -> Element {
    let steps = steps(run);
    element("ul")
        .class("steps")
        .each(steps.iter().map(|step| one(step, scene)))
}

fn one(step: &Step, scene: &Scene) -> Element {
    let text = match step.kind {
        StepKind::Plan => keys::STEP_PLAN,
        StepKind::Reach => keys::STEP_REACH,
        StepKind::Talk => keys::STEP_TALK,
        StepKind::Outside => keys::STEP_OUTSIDE,
        StepKind::WayOut => keys::STEP_WAY_OUT,
        StepKind::Look => keys::STEP_LOOK,
        StepKind::Save => keys::STEP_SAVE,
    };
    let what = scene
        .say("span", "what", text)
        .with(aside(step.mark, scene));
    let parts = step.parts.iter().map(|(name, mark)| {
        element("span")
            .class(format!("part {}", class(*mark)))
            .text(name.clone())
            .with(aside(*mark, scene))
    });
    let parts = (step.parts.len() > 1).then(|| element("span").class("parts").each(parts));
    element("li")
        .class(class(step.mark))
        .with(icons::mark(step.mark))
        .with(what)
        .each(parts)
}

/// The mark for those who do not see the sign.
fn aside(mark: Mark, scene: &Scene) -> Element {
    element("span")
        .class("unseen")
        .text(": ")
        .text(scene.text(word(mark)))
}

/// The mark as a word.
pub(crate) fn word(mark: Mark) -> Key {
    match mark {
        Mark::Waiting => keys::MARK_WAITING,
        Mark::Running => keys::MARK_RUNNING,
        Mark::Works => keys::MARK_WORKS,
        Mark::Fails => keys::MARK_FAILS,
        Mark::NotTested => keys::MARK_NOT_TESTED,
    }
}

/// The mark as a class of the style sheet.
pub(crate) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Waiting => "waiting",
        Mark::Running => "under-way",
        Mark::Works => "works",
        Mark::Fails => "fails",
        Mark::NotTested => "not-tested",
    }
}
