//! The verdict: a sign, a sentence, who can mend it, one next step.

use super::{
    Action, Scene, details,
    element::{Element, element},
    heading, icons, path,
};
use crate::{
    locale::{Part, keys},
    state::{Copied, Msg, Origin, Phase, Run},
    summary::{Audience, headline, of_devices},
};
use earshot_report::{Actor, Code, Status};

/// Screens 3 and 4.
pub(crate) fn screen(run: &Run, copied: Option<Copied>, scene: &Scene) -> [Element; 4] {
    // No way to a server was tried: there is nothing to draw.
    let picture = match run.facts.is_of_devices() || run.facts.pair.is_some() {
        true => element("div"),
        false => path::picture(run, scene),
    };
    [
        word(run, copied, scene),
        picture,
        outlets(run, copied, scene),
        details::fold(run, scene),
    ]
}

fn word(run: &Run, copied: Option<Copied>, scene: &Scene) -> Element {
    let told = (copied == Some(Copied::ForAdministrator)).then_some(keys::VERDICT_COPIED);
    statement(run, scene)
        .with(next_step(run, scene))
        .each(told.map(|key| scene.say("p", "told", key)))
}

/// The sign, the sentence, who can mend it, and what comes next, in words.
pub(crate) fn statement(run: &Run, scene: &Scene) -> Element {
    let verdict = &run.judgement.verdict;
    let actor = scene.locale.actor(verdict.actor);
    let next = if run.is_stopped_without_verdict() {
        scene.text(keys::VERDICT_STOPPED_NEXT).into()
    } else if let Some(words) = of_devices(run) {
        scene.text(words.next).into()
    } else {
        scene.locale.cause(verdict.cause, Part::Next)
    };
    let status = scene.locale.status(verdict.status);
    element("section")
        .class(format!("verdict {}", status_class(verdict.status)))
        .with(icons::sign(verdict.status))
        .with(element("p").class("status").text(status))
        .with(heading().text(headline(run, scene.locale)))
        .each((!actor.is_empty()).then(|| element("p").class("actor").text(actor)))
        .with(element("p").class("next").text(next))
        .each(more(run, scene))
}

/// The page about the cause, in a tab of its own: what is shown here may be nowhere else. Whoever is offline has no way
/// to it.
fn more(run: &Run, scene: &Scene) -> Option<Element> {
    let cause = run.judgement.verdict.cause;
    let has_none = cause == Code::Offline || of_devices(run).is_some();
    if has_none || run.is_stopped_without_verdict() {
        return None;
    }
    let language = scene.locale.language.tag();
    let link = scene
        .say("a", "button plain", keys::VERDICT_MORE)
        .set("id", "more")
        .set("href", format!("/help/{cause}?lang={language}"))
        .set("target", "_blank");
    Some(element("p").class("more").with(link))
}

/// One button stands out: the one for whoever can act.
fn next_step(run: &Run, scene: &Scene) -> Element {
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
    let is_ad_hoc = run.origin == Origin::AdHoc;
    element("p")
        .class("actions")
        .each(for_others.then(copy))
        .with(again(if for_others { "quiet" } else { "primary" }))
        .each(is_ad_hoc.then(other))
}

/// Copy, share, download, and where the report is.
pub(crate) fn outlets(run: &Run, copied: Option<Copied>, scene: &Scene) -> Element {
    let saved = run.saved.as_ref();
    let copy = || Action::Copy(Audience::Anybody);
    let copy = scene.button("plain", "copy", keys::VERDICT_COPY, copy);
    let share = (scene.can_share && saved.is_some() && !run.is_private)
        .then(|| scene.button("plain", "share", keys::VERDICT_SHARE, || Action::Share));
    let download = || Action::Download;
    let download = scene.button("plain", "download", keys::VERDICT_DOWNLOAD, download);
    let link = saved.map(|saved| {
        scene
            .say("a", "button plain", keys::VERDICT_LINK)
            .set("id", "report-link")
            .set("href", format!("/r/{}", saved.id))
    });
    let actions = element("p")
        .class("actions")
        .with(copy)
        .each(share)
        .with(download)
        .each(link);
    element("section")
        .class("outlets")
        .with(actions)
        .each(outlet_word(run, copied, scene))
}

/// What became of a wish to take the report along.
pub(crate) fn outlet_word(run: &Run, copied: Option<Copied>, scene: &Scene) -> Option<Element> {
    let key = match (copied, &run.saved) {
        (Some(Copied::Summary), _) => keys::VERDICT_COPIED,
        (Some(Copied::Failed), _) => keys::VERDICT_COPY_FAILED,
        _ if run.phase == Phase::Saving => keys::VERDICT_SAVING,
        _ if run.not_saved.is_some() => keys::VERDICT_NOT_SAVED,
        (_, Some(saved)) if run.origin == Origin::Loaded => {
            let date = readable(&saved.started);
            let words = scene.locale.fill(keys::VERDICT_OF_DATE, &[("date", &date)]);
            return Some(element("p").class("told").text(words));
        }
        _ => return None,
    };
    Some(scene.say("p", "told", key))
}

/// `2026-01-31T12:34:56.789Z` as `2026-01-31 12:34 UTC`; anything else as it is.
pub(crate) fn readable(rfc3339: &str) -> String {
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
pub(crate) fn status_class(status: Status) -> &'static str {
    match status {
        Status::Good => "good",
        Status::Degraded => "degraded",
        Status::Broken => "broken",
        Status::Unknown => "unknown",
    }
}
