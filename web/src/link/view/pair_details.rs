//! The ways between the two ends in numbers.

use super::LinkScene;
use crate::{
    link::state::{Call, Link},
    locale::{Key, keys as shared, keys::link as keys},
    report_file,
    state::{Mark, Run},
    view::{
        Scene,
        details::{self, cell, findings, plot, table},
        element::{Element, element},
        icons, steps,
    },
};
use earshot_report::{
    Transport,
    facts::{DirectionFacts, Fact, LegOutcome, PairLegFacts, PairRoute},
};

const HEADS: [Key; 7] = [
    keys::HEAD_WAY,
    shared::HEAD_SOUND,
    shared::HEAD_RTT,
    shared::HEAD_LOSS,
    shared::HEAD_JITTER,
    shared::HEAD_MOS,
    shared::HEAD_COURSE,
];

/// The ways, and how far each is.
pub(super) fn marks(call: &Call, link: &Link, scene: &LinkScene) -> Element {
    let one = |leg: &PairLegFacts| {
        let mark = mark(leg);
        element("li")
            .class(steps::class(mark))
            .with(icons::mark(mark))
            .with(
                element("span")
                    .class("what")
                    .text(name(leg, link, scene))
                    .with(
                        element("span")
                            .class("unseen")
                            .text(": ")
                            .text(scene.text(steps::word(mark))),
                    ),
            )
    };
    element("ul")
        .class("steps")
        .each(call.facts.legs.iter().map(one))
}

/// Every number of a saved call, folded.
pub(super) fn fold(run: &Run, link: &Link, scene: &LinkScene) -> Element {
    let legs = run.facts.pair.as_ref().map(|pair| &pair.legs);
    let legs = legs.map_or(&[][..], Vec::as_slice);
    let rows = legs.iter().map(|leg| row(leg, link, scene)).collect();
    let plotted = legs.iter().any(|leg| !leg.samples.is_empty());
    let json = element("pre")
        .set("tabindex", "0")
        .text(report_file::json(run));
    let raw = element("details")
        .class("raw")
        .with(scene.plain("summary", shared::DETAILS_RAW))
        .with(json);
    element("details")
        .class("details")
        .set("id", "details")
        .with(scene.plain("summary", shared::VERDICT_DETAILS))
        .with(findings::section(run, scene))
        .with(table(keys::DETAILS_WAYS, &HEADS, rows, scene))
        .each(plotted.then(|| scene.say("p", "hint", shared::PLOT_LEGEND)))
        .with(details::environment::section(run, scene))
        .with(raw)
}

fn row(leg: &PairLegFacts, link: &Link, scene: &LinkScene) -> Vec<Element> {
    let mark = mark(leg);
    let part = element("span")
        .class(format!("part {}", steps::class(mark)))
        .text(scene.text(steps::word(mark)));
    let both = |show: &dyn Fn(&DirectionFacts) -> Option<String>| ways(leg, show, scene);
    let rtt = match leg.rtt_ms {
        Some(ms) => cell().text(scene.ms(ms)),
        None => cell().with(scene.unmeasured(shared::VALUE_UNKNOWN)),
    };
    vec![
        cell().text(name(leg, link, scene)).text(" ").with(part),
        both(&|way| match way.sound {
            Fact::Yes => Some(scene.text(shared::VALUE_HEARD).to_owned()),
            Fact::No => Some(scene.text(shared::VALUE_NOT_HEARD).to_owned()),
            Fact::NotMeasured => None,
        }),
        rtt,
        both(&|way| way.loss.map(|loss| scene.percent(loss))),
        both(&|way| way.jitter_ms.map(|ms| scene.ms(ms))),
        both(&|way| way.mos.map(|mos| scene.locale.number(mos, 1))),
        cell().each(plot::course(&leg.samples, scene)),
    ]
}

/// A value for each direction.
fn ways(
    leg: &PairLegFacts,
    show: &dyn Fn(&DirectionFacts) -> Option<String>,
    scene: &Scene,
) -> Element {
    let ways = [
        (shared::VALUE_FROM_YOU, &leg.from_you),
        (shared::VALUE_TO_YOU, &leg.to_you),
    ];
    let ways = ways.map(|(name, way)| {
        let line = element("div")
            .class("way")
            .with(scene.plain("small", name))
            .text(" ");
        match show(way) {
            Some(value) => line.text(value),
            None => line.with(scene.unmeasured(shared::VALUE_UNKNOWN)),
        }
    });
    cell().each(ways)
}

/// Directly, or through the relay over a transport.
fn name(leg: &PairLegFacts, link: &Link, scene: &Scene) -> String {
    let PairRoute::Relay { caller, called } = leg.route else {
        return scene.text(keys::WAY_DIRECT).to_owned();
    };
    let own = link.room.own.as_ref();
    let of = |id| -> Option<Transport> { Some(own?.target(id)?.target.url.transport) };
    let both = match (of(caller), of(called)) {
        (Some(one), Some(other)) if one == other => one.to_string(),
        (Some(one), Some(other)) => format!("{one}–{other}"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => format!("{caller}–{called}"),
    };
    scene.locale.fill(keys::WAY_RELAY, &[("transport", &both)])
}

fn mark(leg: &PairLegFacts) -> Mark {
    match leg.outcome {
        LegOutcome::NotStarted => Mark::Waiting,
        LegOutcome::Running => Mark::Running,
        LegOutcome::Stopped => Mark::NotTested,
        LegOutcome::Failed | LegOutcome::TimedOut => Mark::Fails,
        LegOutcome::Done => match [leg.from_you.sound, leg.to_you.sound] {
            [Fact::Yes, Fact::Yes] => Mark::Works,
            [Fact::No, _] | [_, Fact::No] => Mark::Fails,
            _ => Mark::NotTested,
        },
    }
}
