//! One row for each test call.

use super::{
    super::{
        Scene,
        element::{Element, element},
        steps,
    },
    cell, plot, table, url,
};
use crate::{
    locale::{Key, keys},
    state::{Mark, Run, leg_mark, target_mark},
};
use earshot_report::{
    Probe,
    facts::{DirectionFacts, Fact, LegFacts, LegOutcome},
};

const HEADS: [Key; 9] = [
    keys::HEAD_SERVER,
    keys::HEAD_LEG,
    keys::HEAD_SOUND,
    keys::HEAD_CONNECTED,
    keys::HEAD_RTT,
    keys::HEAD_LOSS,
    keys::HEAD_JITTER,
    keys::HEAD_MOS,
    keys::HEAD_COURSE,
];

/// The test calls of `run`.
pub(super) fn section(run: &Run, scene: &Scene) -> Element {
    let rows = run.facts.legs.iter().map(|leg| row(leg, run, scene));
    table(keys::DETAILS_LEGS, &HEADS, rows.collect(), scene)
}

/// What the lines of a course mean, where there is one.
pub(super) fn legend(run: &Run, scene: &Scene) -> Option<Element> {
    let plotted = run.facts.legs.iter().any(|leg| !leg.samples.is_empty());
    plotted.then(|| scene.say("p", "hint", keys::PLOT_LEGEND))
}

fn row(leg: &LegFacts, run: &Run, scene: &Scene) -> Vec<Element> {
    let kind = match leg.probe {
        Probe::RelayToDirect { .. } => keys::LEG_RELAY_DIRECT,
        Probe::Witness { .. } => keys::LEG_WITNESS,
        _ => keys::LEG_RELAY_RELAY,
    };
    let why = why_not(leg, run);
    // A call that told nothing says why once, in the cell of the sound.
    let measured = leg.connected_ms.is_some() || leg.rtt_ms.is_some();
    let is_witness = matches!(leg.probe, Probe::Witness { .. });
    let number = |value: Option<f64>, show: &dyn Fn(f64) -> String| match value {
        Some(value) => cell().text(show(value)),
        None if measured => cell().with(scene.unmeasured(why)),
        None => dash(),
    };
    let both = |show: &dyn Fn(&DirectionFacts) -> Option<String>| {
        both_ways(leg, show, scene).unwrap_or_else(|| {
            if measured && !is_witness {
                cell().with(scene.unmeasured(why))
            } else {
                dash()
            }
        })
    };
    let sound = |direction: &DirectionFacts| match direction.sound {
        Fact::Yes => Some(scene.locale.text(keys::VALUE_HEARD).to_owned()),
        Fact::No => Some(scene.locale.text(keys::VALUE_NOT_HEARD).to_owned()),
        Fact::NotMeasured => None,
    };
    let mark = match leg_mark(leg) {
        Mark::Waiting | Mark::Running => Mark::NotTested,
        mark => mark,
    };
    let target = leg.probe.target().and_then(|id| run.target(id));
    let part = element("span")
        .class(format!("part {}", steps::class(mark)))
        .text(scene.text(steps::word(mark)));
    vec![
        cell().each(target.map(|facts| url(&facts.target.url))),
        cell().text(scene.text(kind)).text(" ").with(part),
        both_ways(leg, &sound, scene).unwrap_or_else(|| cell().with(scene.unmeasured(why))),
        number(leg.connected_ms.map(f64::from), &|ms| scene.ms(ms)),
        number(leg.rtt_ms, &|ms| scene.ms(ms)),
        both(&|direction| direction.loss.map(|loss| scene.percent(loss))),
        both(&|direction| direction.jitter_ms.map(|ms| scene.ms(ms))),
        both(&|direction| direction.mos.map(|mos| scene.locale.number(mos, 1))),
        cell().each(plot::course(&leg.samples, scene)),
    ]
}

fn dash() -> Element {
    cell().with(element("span").class("unmeasured").text("–"))
}

/// A value for each direction; none when neither is known.
fn both_ways(
    leg: &LegFacts,
    show: &dyn Fn(&DirectionFacts) -> Option<String>,
    scene: &Scene,
) -> Option<Element> {
    let values = [
        (keys::VALUE_FROM_YOU, show(&leg.from_you)),
        (keys::VALUE_TO_YOU, show(&leg.to_you)),
    ];
    if values.iter().all(|(_, value)| value.is_none()) {
        return None;
    }
    let ways = values.into_iter().map(|(way, value)| {
        let line = element("div")
            .class("way")
            .with(scene.plain("small", way))
            .text(" ");
        match value {
            Some(value) => line.text(value),
            None => line.with(scene.unmeasured(keys::VALUE_UNKNOWN)),
        }
    });
    Some(cell().each(ways))
}

/// Why a leg's numbers are missing.
fn why_not(leg: &LegFacts, run: &Run) -> Key {
    let target = leg.probe.target().and_then(|id| run.target(id));
    let has_relay = target.is_some_and(|facts| target_mark(facts) == Mark::Works);
    match leg.outcome {
        LegOutcome::Stopped => keys::WHY_STOPPED,
        LegOutcome::NotStarted if run.stopped => keys::WHY_STOPPED,
        LegOutcome::NotStarted if !has_relay => keys::WHY_NO_RELAY,
        LegOutcome::NotStarted | LegOutcome::Running => keys::WHY_NOT_REACHED,
        _ if matches!(leg.probe, Probe::Witness { .. }) => keys::WHY_SILENT_WITNESS,
        LegOutcome::Failed | LegOutcome::TimedOut => keys::WHY_NOT_FAR,
        LegOutcome::Done if run.facts.environment.audio_context_running.is_no() => {
            keys::WHY_NO_SOUND_HERE
        }
        LegOutcome::Done => keys::WHY_NOT_TOLD,
    }
}
