//! The verdict: a sign, a sentence, who can mend it, one next step.

use super::{Action, HEADING, Scene, details, icons, path};
use crate::{
    locale::{Part, keys},
    state::{Copied, Msg, Origin, Phase, Run},
    summary::{Audience, headline},
};
use earshot_report::{Actor, Status};
use yew::prelude::*;

/// Screens 3 and 4.
pub(super) fn screen(run: &Run, copied: Option<Copied>, scene: &Scene) -> Html {
    html! {
        <>
            { word(run, copied, scene) }
            { path::picture(run, scene) }
            { outlets(run, copied, scene) }
            { details::fold(run, scene) }
        </>
    }
}

fn word(run: &Run, copied: Option<Copied>, scene: &Scene) -> Html {
    let verdict = &run.judgement.verdict;
    let actor = scene.locale.actor(verdict.actor);
    let next = if run.is_stopped_without_verdict() {
        scene.locale.text(keys::VERDICT_STOPPED_NEXT)
    } else {
        scene.locale.cause(verdict.cause, Part::Next)
    };
    html! {
        <section class={classes!("verdict", status_class(verdict.status))}>
            { icons::sign(verdict.status) }
            <p class="status">{ scene.locale.status(verdict.status).to_owned() }</p>
            <h1 id={HEADING} tabindex="-1">{ headline(run, scene.locale) }</h1>
            if !actor.is_empty() { <p class="actor">{ actor.to_owned() }</p> }
            <p class="next">{ next.to_owned() }</p>
            { next_step(run, scene) }
            if copied == Some(Copied::ForAdministrator) { { told(keys::VERDICT_COPIED, scene) } }
        </section>
    }
}

/// One button stands out: the one for whoever can act.
fn next_step(run: &Run, scene: &Scene) -> Html {
    let verdict = &run.judgement.verdict;
    let for_others = matches!(verdict.actor, Actor::YourNetwork | Actor::ServerAdmin);
    let again = |class| {
        scene.button(class, "again", keys::VERDICT_AGAIN, || {
            Action::Tell(Msg::Again)
        })
    };
    let copy = || {
        let action = || Action::Copy(Audience::Administrator);
        scene.button("primary", "copy-admin", keys::VERDICT_COPY_ADMIN, action)
    };
    // What was typed is still there, to be corrected.
    let other = || {
        let action = || Action::Tell(Msg::OpenForm);
        scene.button("quiet", "other-server", keys::START_OTHER, action)
    };
    html! {
        <p class="actions">
            if for_others { { copy() }{ again("quiet") } } else { { again("primary") } }
            if run.origin == Origin::AdHoc { { other() } }
        </p>
    }
}

/// Copy, share, download, and where the report is.
fn outlets(run: &Run, copied: Option<Copied>, scene: &Scene) -> Html {
    let saved = run.saved.as_ref();
    html! {
        <section class="outlets">
            <p class="actions">
                { scene.button("plain", "copy", keys::VERDICT_COPY, || Action::Copy(Audience::Anybody)) }
                if scene.can_share && saved.is_some() {
                    { scene.button("plain", "share", keys::VERDICT_SHARE, || Action::Share) }
                }
                { scene.button("plain", "download", keys::VERDICT_DOWNLOAD, || Action::Download) }
                if let Some(saved) = saved {
                    <a class="button plain" id="report-link" href={format!("/r/{}", saved.id)}>
                        { scene.text(keys::VERDICT_LINK) }
                    </a>
                }
            </p>
            { outlet_word(run, copied, scene) }
        </section>
    }
}

fn outlet_word(run: &Run, copied: Option<Copied>, scene: &Scene) -> Html {
    match (copied, &run.saved) {
        (Some(Copied::Summary), _) => told(keys::VERDICT_COPIED, scene),
        (Some(Copied::Failed), _) => told(keys::VERDICT_COPY_FAILED, scene),
        _ if run.phase == Phase::Saving => told(keys::VERDICT_SAVING, scene),
        _ if run.not_saved.is_some() => told(keys::VERDICT_NOT_SAVED, scene),
        (_, Some(saved)) if run.origin == Origin::Loaded => {
            let date = readable(&saved.started);
            let text = scene.locale.fill(keys::VERDICT_OF_DATE, &[("date", &date)]);
            html! { <p class="told">{ text }</p> }
        }
        _ => Html::default(),
    }
}

fn told(key: crate::locale::Key, scene: &Scene) -> Html {
    html! { <p class="told">{ scene.text(key) }</p> }
}

/// `2026-01-31T12:34:56.789Z` as `2026-01-31 12:34 UTC`; anything else as it is.
fn readable(rfc3339: &str) -> String {
    match (
        rfc3339.get(..10),
        rfc3339.get(11..16),
        rfc3339.ends_with('Z'),
    ) {
        (Some(date), Some(time), true) => format!("{date} {time} UTC"),
        _ => rfc3339.to_owned(),
    }
}

/// The status as a class of the style sheet.
pub(super) fn status_class(status: Status) -> &'static str {
    match status {
        Status::Good => "good",
        Status::Degraded => "degraded",
        Status::Broken => "broken",
        Status::Unknown => "unknown",
    }
}
