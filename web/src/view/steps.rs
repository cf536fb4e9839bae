//! The short list of what is being done.

use super::{Scene, icons};
use crate::{
    locale::{Key, keys},
    state::{Mark, Run, Step, StepKind, steps},
};
use yew::prelude::*;

/// The list for `run`.
pub(super) fn list(run: &Run, scene: &Scene) -> Html {
    html! {
        <>
            <h2 class="unseen">{ scene.text(keys::STEPS_TITLE) }</h2>
            <ul class="steps">{ for steps(run).iter().map(|step| one(step, scene)) }</ul>
        </>
    }
}

fn one(step: &Step, scene: &Scene) -> Html {
    let text = match step.kind {
        StepKind::Plan => keys::STEP_PLAN,
        StepKind::Reach => keys::STEP_REACH,
        StepKind::Talk => keys::STEP_TALK,
        StepKind::Outside => keys::STEP_OUTSIDE,
        StepKind::WayOut => keys::STEP_WAY_OUT,
        StepKind::Look => keys::STEP_LOOK,
        StepKind::Save => keys::STEP_SAVE,
    };
    let part = |(name, mark): &(String, Mark)| {
        html! {
            <span class={classes!("part", class(*mark))}>
                { name.clone() }
                <span class="unseen">{ ": " }{ scene.text(word(*mark)) }</span>
            </span>
        }
    };
    html! {
        <li class={class(step.mark)}>
            { icons::mark(step.mark) }
            <span class="what">
                { scene.text(text) }
                <span class="unseen">{ ": " }{ scene.text(word(step.mark)) }</span>
            </span>
            if step.parts.len() > 1 {
                <span class="parts">{ for step.parts.iter().map(part) }</span>
            }
        </li>
    }
}

/// The mark as a word.
pub(super) fn word(mark: Mark) -> Key {
    match mark {
        Mark::Waiting => keys::MARK_WAITING,
        Mark::Running => keys::MARK_RUNNING,
        Mark::Works => keys::MARK_WORKS,
        Mark::Fails => keys::MARK_FAILS,
        Mark::NotTested => keys::MARK_NOT_TESTED,
    }
}

/// The mark as a class of the style sheet.
pub(super) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Waiting => "waiting",
        Mark::Running => "under-way",
        Mark::Works => "works",
        Mark::Fails => "fails",
        Mark::NotTested => "not-tested",
    }
}
