//! The short list of what is being done, read off the facts.

use super::{Origin, Phase, Run};
use earshot_report::{
    Probe, Scheme,
    facts::{CandidateType, GatheringOutcome, LegFacts, LegOutcome, NativeProbe, TargetFacts},
};

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// How far it is, all its parts together.
    pub mark: Mark,
    /// Its parts: a short name (`UDP`, `TCP`, `TLS`, or the whole URL) and how far each is.
    pub parts: Vec<(String, Mark)>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The program is asked what to test.
    Plan,
    /// Relay addresses are asked for.
    Reach,
    /// A sound goes through the relay and back.
    Talk,
    /// A sound comes to the relay from outside.
    Outside,
    /// The way out of the relay.
    WayOut,
    /// The program looks at the servers itself.
    Look,
    /// The report is saved.
    Save,
}

/// How far something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It will be done.
    Waiting,
    /// It is being done.
    Running,
    /// It works.
    Works,
    /// It does not work.
    Fails,
    /// It was not measured, and nothing follows.
    NotTested,
}

type IsKind = fn(&Probe) -> bool;

/// The list for `run`, in the order of doing.
pub fn steps(run: &Run) -> Vec<Step> {
    let measuring = run.phase == Phase::Measuring;
    let mut steps = vec![Step {
        kind: StepKind::Plan,
        mark: match (run.planned, measuring) {
            (true, _) => Mark::Works,
            (false, true) => Mark::Running,
            (false, false) => Mark::Fails,
        },
        parts: Vec::new(),
    }];
    let reach = run.facts.targets.iter().map(|facts| {
        let name = part_name(run, facts.target.id);
        (name, over(target_mark(facts), measuring))
    });
    steps.extend(step(StepKind::Reach, reach.collect()));
    let kinds: [(StepKind, IsKind); 3] = [
        (StepKind::Talk, |probe| {
            matches!(probe, Probe::RelayToRelay { .. })
        }),
        (StepKind::Outside, |probe| {
            matches!(probe, Probe::RelayToDirect { .. })
        }),
        (StepKind::WayOut, |probe| {
            matches!(probe, Probe::Witness { .. })
        }),
    ];
    for (kind, is_kind) in kinds {
        let legs = run.facts.legs.iter().filter(|leg| is_kind(&leg.probe));
        let parts = legs.map(|leg| {
            let name = leg.probe.target().map(|id| part_name(run, id));
            (name.unwrap_or_default(), over(leg_mark(leg), measuring))
        });
        steps.extend(step(kind, parts.collect()));
    }
    if run.origin != Origin::AdHoc {
        let probes = run.facts.native_probes.iter().map(|probe| {
            let name = probe.url.transport.to_string();
            (name, over(probe_mark(probe), measuring))
        });
        steps.extend(step(StepKind::Look, probes.collect()));
    }
    if run.phase == Phase::Saving {
        steps.push(Step {
            kind: StepKind::Save,
            mark: Mark::Running,
            parts: Vec::new(),
        });
    }
    steps
}

/// What gathering from one URL shows so far.
pub fn target_mark(facts: &TargetFacts) -> Mark {
    let wanted = match facts.target.url.scheme {
        Scheme::Turn => CandidateType::Relay,
        Scheme::Stun => CandidateType::Srflx,
    };
    let candidates = &facts.gathering.candidates;
    if candidates.iter().any(|c| c.candidate_type == wanted) {
        return Mark::Works;
    }
    match facts.gathering.outcome {
        GatheringOutcome::NotStarted => Mark::Waiting,
        GatheringOutcome::Running => Mark::Running,
        GatheringOutcome::Stopped => Mark::NotTested,
        GatheringOutcome::Complete | GatheringOutcome::TimedOut | GatheringOutcome::Refused(_) => {
            Mark::Fails
        }
    }
}

/// What one leg shows so far.
pub fn leg_mark(leg: &LegFacts) -> Mark {
    match leg.outcome {
        LegOutcome::NotStarted => Mark::Waiting,
        LegOutcome::Running => Mark::Running,
        LegOutcome::Stopped => Mark::NotTested,
        LegOutcome::Failed | LegOutcome::TimedOut => Mark::Fails,
        LegOutcome::Done if matches!(leg.probe, Probe::Witness { .. }) => {
            if leg.ice_connected.is_yes() {
                Mark::Works
            } else if leg.ice_connected.is_no() {
                Mark::Fails
            } else {
                Mark::NotTested
            }
        }
        LegOutcome::Done => {
            let sounds = [leg.from_you.sound, leg.to_you.sound];
            if sounds.iter().any(|sound| sound.is_no()) {
                Mark::Fails
            } else if sounds.iter().all(|sound| sound.is_yes()) {
                Mark::Works
            } else {
                Mark::NotTested
            }
        }
    }
}

fn probe_mark(probe: &NativeProbe) -> Mark {
    if probe.answers.is_yes() {
        Mark::Works
    } else if !probe.finished {
        Mark::Running
    } else if probe.answers.is_no() || probe.resolves.is_no() {
        Mark::Fails
    } else {
        Mark::NotTested
    }
}

/// What has not come to an end when the run has was not tested.
fn over(mark: Mark, measuring: bool) -> Mark {
    match mark {
        Mark::Waiting | Mark::Running if !measuring => Mark::NotTested,
        mark => mark,
    }
}

fn step(kind: StepKind, parts: Vec<(String, Mark)>) -> Option<Step> {
    let has = |mark| parts.iter().any(|part| part.1 == mark);
    let mark = if parts.is_empty() {
        return None;
    } else if has(Mark::Running) {
        Mark::Running
    } else if has(Mark::Waiting) {
        if has(Mark::Works) || has(Mark::Fails) {
            Mark::Running
        } else {
            Mark::Waiting
        }
    } else if has(Mark::Fails) {
        Mark::Fails
    } else if has(Mark::Works) {
        Mark::Works
    } else {
        Mark::NotTested
    };
    Some(Step { kind, mark, parts })
}

/// `UDP`, `TCP` or `TLS` where that tells the URLs apart, else the URL.
fn part_name(run: &Run, id: u16) -> String {
    let targets = &run.facts.targets;
    let Some(facts) = run.target(id) else {
        return String::new();
    };
    let url = &facts.target.url;
    let twins = targets
        .iter()
        .filter(|other| other.target.url.transport == url.transport);
    if twins.count() == 1 {
        url.transport.to_string()
    } else {
        format!("{} {}", url.host, url.transport)
    }
}
