//! The side of who helps: the link, the guest's test as it happens, what to tell them, and the call.

use super::{LinkScene, share};
use crate::{
    link::{
        Deed, LinkAction,
        state::{Deletion, Link, Room, Watched},
    },
    locale::{
        Key, Part,
        keys::{self as shared, link as keys},
    },
    state::{Phase, Run},
    view::{
        details,
        element::{Element, element},
        icons, path, steps,
        verdict::{readable, status_class},
    },
};
use earshot_report::api::link::{LinkInfo, LinkReport, Who};

/// The places of the guest's picture, as its owner sees them.
const NODES: [Key; 4] = [
    keys::PATH_THEM,
    keys::PATH_THEIR_NETWORK,
    shared::PATH_RELAY,
    shared::PATH_OTHER,
];

/// What who helps sees.
pub(super) fn screen(link: &Link, info: &LinkInfo, scene: &LinkScene) -> Element {
    let label = info.label.clone();
    let date = readable(&info.expires);
    let until = match info.open {
        true => scene.locale.fill(keys::LINK_OPEN, &[("date", &date)]),
        false => scene.text(keys::LINK_CLOSED).to_owned(),
    };
    element("section")
        .class("help")
        .with(scene.heading(keys::LINK_OWNER_TITLE))
        .each(label.map(|label| element("p").class("lead").text(label)))
        .with(presence(&link.room, scene))
        .each(
            link.room
                .watched
                .as_ref()
                .map(|it| watched(it, &link.room, scene)),
        )
        .each(info.open.then(|| share::section(link, scene)))
        .with(element("p").class("promise").text(until))
        .with(reports(&link.room.reports, scene))
        .with(deletion(&link.room.deletion, scene))
}

fn presence(room: &Room, scene: &LinkScene) -> Element {
    let (key, class) = match (room.other, &room.watched) {
        (None, _) => (keys::PRESENCE_NOBODY, "presence"),
        (Some((_, false)), _) => (keys::PRESENCE_GUEST_GONE, "presence"),
        (Some((_, true)), None) => (keys::PRESENCE_GUEST_HERE, "presence here"),
        (Some((_, true)), Some(it)) if it.run.phase == Phase::Measuring => {
            (keys::PRESENCE_GUEST_TESTS, "presence here")
        }
        (Some((_, true)), Some(_)) => (keys::PRESENCE_GUEST_TESTED, "presence here"),
    };
    scene
        .say("p", class, key)
        .set("id", "presence")
        .set("role", "status")
}

/// The guest's test.
fn watched(watched: &Watched, room: &Room, scene: &LinkScene) -> Element {
    let run = &watched.run;
    let is_under_way = run.phase == Phase::Measuring;
    let word = match is_under_way && !run.has_verdict() {
        true => None,
        false => Some(word(run, scene)),
    };
    let steps = is_under_way.then(|| steps::list(run, scene));
    let details = (!is_under_way).then(|| details::fold(run, scene));
    element("section")
        .class("watched")
        .set("id", "watched")
        .with(scene.plain("h2", keys::WATCHED_TITLE))
        .each(word)
        .each(call(room, scene))
        .with(path::picture_named(run, &NODES, scene))
        .each(steps)
        .each(details)
}

/// Their verdict, and what to tell them.
fn word(run: &Run, scene: &LinkScene) -> Element {
    let verdict = &run.judgement.verdict;
    let locale = scene.locale;
    let sentence = locale.sentence(verdict.cause, run.is_sure());
    let (sentence, next) = match run.stopped {
        true => (scene.text(keys::WATCHED_STOPPED).to_owned(), None),
        false => {
            let sentence = sentence.trim_end_matches('.');
            (
                locale.fill(keys::WATCHED_READS, &[("words", sentence)]),
                Some(locale.cause(verdict.cause, Part::Next)),
            )
        }
    };
    let tell = next.map(|next| {
        element("div")
            .class("tell")
            .with(scene.plain("h4", keys::WATCHED_TELL))
            .with(element("p").class("next").text(next))
    });
    element("div")
        .class(format!("verdict {}", status_class(verdict.status)))
        .with(icons::sign(verdict.status))
        .with(
            element("p")
                .class("status")
                .text(locale.status(verdict.status)),
        )
        .with(element("h3").class("headline").text(sentence))
        .each(tell)
}

/// *Call*, as soon as the guest's test is over.
fn call(room: &Room, scene: &LinkScene) -> Option<Element> {
    let watched = room.watched.as_ref()?;
    if watched.run.phase == Phase::Measuring {
        return None;
    }
    if !room.is_other_here() {
        return Some(scene.say("p", "hint", keys::CALL_NOBODY));
    }
    let call = scene.act_button("primary large", "call", keys::CALL_BUTTON, || {
        LinkAction::Do(Deed::Call)
    });
    Some(
        element("div")
            .class("call-offer")
            .with(element("p").class("actions").with(call))
            .with(scene.say("p", "hint", keys::CALL_HINT))
            .with(scene.say("p", "hint", keys::CALL_ADDRESSES)),
    )
}

fn reports(reports: &[LinkReport], scene: &LinkScene) -> Element {
    let section = element("section").with(scene.plain("h2", keys::REPORTS_TITLE));
    if reports.is_empty() {
        return section.with(scene.say("p", "hint", keys::REPORTS_NONE));
    }
    let one = |report: &LinkReport| {
        let who = match report.who {
            Who::Owner => scene.text(keys::REPORTS_YOU).to_owned(),
            Who::Guest(number) => {
                let number = number.to_string();
                scene.locale.fill(keys::REPORTS_GUEST, &[("n", &number)])
            }
        };
        let sentence = scene.locale.cause(report.cause, Part::Sentence);
        let link = element("a")
            .set("href", format!("/r/{}", report.id))
            .text(sentence);
        element("li")
            .class(status_class(report.status))
            .with(icons::sign(report.status))
            .with(
                element("span")
                    .with(element("small").text(format!("{who}, {}", readable(&report.started))))
                    .text(" ")
                    .with(link),
            )
    };
    section.with(
        element("ul")
            .class("reports servers")
            .set("id", "reports")
            .each(reports.iter().map(one)),
    )
}

fn deletion(deletion: &Deletion, scene: &LinkScene) -> Element {
    let section = element("section").class("deletion");
    let ask = || {
        scene.act_button("plain", "delete-link", keys::DELETE_BUTTON, || {
            LinkAction::Do(Deed::AskDeletion)
        })
    };
    match deletion {
        Deletion::No | Deletion::Done => section.with(element("p").with(ask())),
        Deletion::Asked => {
            let yes = scene.act_button("quiet", "delete-yes", keys::DELETE_YES, || {
                LinkAction::Do(Deed::DeleteLink)
            });
            let no = scene.act_button("primary", "delete-no", keys::DELETE_NO, || {
                LinkAction::Do(Deed::KeepLink)
            });
            section
                .with(scene.plain("p", keys::DELETE_REALLY).set("role", "alert"))
                .with(element("p").class("actions").with(no).with(yes))
        }
        Deletion::Failed(failure) => {
            let sentence = scene.locale.failure(failure);
            let values = [("sentence", &*sentence)];
            let words = scene.locale.fill(keys::DELETE_FAILED, &values);
            section
                .with(element("p").set("role", "alert").text(words))
                .with(element("p").with(ask()))
        }
    }
}
