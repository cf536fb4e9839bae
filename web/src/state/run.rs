//! One run: its facts as they come in, and what they mean so far.

use crate::update::Update;
use earshot_report::{
    Facts, Finding, Report, Status,
    facts::{NativeProbe, TargetFacts},
    findings::Certainty,
    plan::Plan,
    verdict::{Judgement, judge},
};

/// One run, live or saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Where it comes from.
    pub origin: Origin,
    /// How far it is.
    pub phase: Phase,
    /// The plan is known.
    pub planned: bool,
    /// The person stopped it.
    pub stopped: bool,
    /// What was measured so far.
    pub facts: Facts,
    /// What follows from it so far; when saved, what the program judged with all it knows.
    pub judgement: Judgement,
    /// The loudest level just now from the person and to the person, 0 to 1.
    pub levels: [f32; 2],
    /// Milliseconds from click to the end, when ended.
    pub duration_ms: Option<u64>,
    /// Where the report is, when saved.
    pub saved: Option<Saved>,
    /// Why it was not saved.
    pub not_saved: Option<String>,
    /// Its report is read by few, so its address is given to nobody.
    pub is_private: bool,
}

/// Where a run comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This page tests the configured servers.
    Configured,
    /// This page tests a server that the person typed.
    AdHoc,
    /// A saved report was opened.
    Loaded,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Facts come in.
    Measuring,
    /// Everything is measured; the report is being saved.
    Saving,
    /// Nothing more will change.
    Over,
}

/// A saved report's name and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// `/r/<id>` shows it.
    pub id: String,
    /// RFC 3339, UTC.
    pub started: String,
}

impl Run {
    /// A run that has measured nothing yet.
    pub fn new(origin: Origin) -> Self {
        let facts = Facts::default();
        Self {
            origin,
            phase: Phase::Measuring,
            planned: false,
            stopped: false,
            judgement: judge(&facts),
            facts,
            levels: [0.0; 2],
            duration_ms: None,
            saved: None,
            not_saved: None,
            is_private: false,
        }
    }

    /// A run on another page, as far as it has come; `over`: it has ended, after so many milliseconds.
    pub fn watched(facts: Facts, over: Option<u64>) -> Self {
        Self {
            planned: !facts.targets.is_empty(),
            judgement: judge(&facts),
            facts,
            phase: match over {
                Some(_) => Phase::Saving,
                None => Phase::Measuring,
            },
            duration_ms: over,
            ..Self::new(Origin::Configured)
        }
    }

    /// A saved run.
    pub fn loaded(report: Report) -> Self {
        let mut run = Self::new(Origin::Loaded);
        run.planned = true;
        run.take_report(report);
        run
    }

    /// Takes news in. What comes after the end is refused, but for the fate of the report.
    pub fn apply(&mut self, update: Update) {
        match update {
            Update::Planned(ticket) => {
                self.planned = true;
                self.take_plan(&ticket.plan);
            }
            Update::Environment(environment) => self.facts.environment = *environment,
            Update::Target(index, target) => put(&mut self.facts.targets, index, *target),
            Update::Leg(index, leg) => put(&mut self.facts.legs, index, *leg),
            Update::Sightings(sightings) => self.facts.sightings = Some(*sightings),
            Update::NativeProbe(probe) => put_probe(&mut self.facts.native_probes, *probe),
            Update::Levels { from_you, to_you } => {
                self.levels = [from_you, to_you];
                return;
            }
            Update::Finished { duration_ms } => {
                self.duration_ms = Some(duration_ms);
                if self.phase == Phase::Measuring {
                    self.phase = Phase::Saving;
                }
            }
            Update::Saved(report) => {
                self.take_report(*report);
                return;
            }
            Update::NotSaved(why) => {
                self.not_saved = Some(why);
                self.phase = Phase::Over;
                self.facts.await_no_more();
            }
        }
        if self.saved.is_none() {
            self.judgement = judge(&self.facts);
        }
    }

    /// The person has had enough: what is known stays, nothing is awaited.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.phase = Phase::Over;
    }

    /// The finding that the headline names.
    pub fn headline(&self) -> Option<&Finding> {
        let cause = self.judgement.verdict.cause;
        let findings = &self.judgement.findings;
        findings.iter().find(|finding| finding.code == cause)
    }

    /// The headline is proved, not only the likeliest explanation.
    pub fn is_sure(&self) -> bool {
        self.headline()
            .is_none_or(|finding| finding.certainty == Certainty::Sure)
    }

    /// The headline can be told: all is measured, or nothing that comes will take it back.
    pub fn has_verdict(&self) -> bool {
        let verdict = &self.judgement.verdict;
        let is_whole = self.phase != Phase::Measuring && !self.stopped;
        is_whole || (verdict.status != Status::Unknown && verdict.cause.is_lasting())
    }

    /// The run is stopped and tells nothing: the sentence is that it was stopped.
    pub fn is_stopped_without_verdict(&self) -> bool {
        self.stopped && !self.has_verdict()
    }

    /// The URL of a target, by its number in the plan.
    pub fn target(&self, id: u16) -> Option<&TargetFacts> {
        self.facts
            .targets
            .iter()
            .find(|facts| facts.target.id == id)
    }

    fn take_plan(&mut self, plan: &Plan) {
        let planned = match self.origin {
            Origin::AdHoc => Facts::planned_ad_hoc(plan),
            Origin::Configured | Origin::Loaded => Facts::planned(plan),
        };
        let environment = std::mem::take(&mut self.facts.environment);
        self.facts = Facts {
            environment,
            ..planned
        };
    }

    fn take_report(&mut self, report: Report) {
        self.saved = Some(Saved {
            id: report.id,
            started: report.started,
        });
        self.duration_ms = Some(report.duration_ms);
        self.facts = report.facts;
        self.judgement = Judgement {
            verdict: report.verdict,
            findings: report.findings,
            servers: report.servers,
        };
        self.phase = Phase::Over;
    }
}

/// Puts `item` in its place; a place that the plan does not have is nobody's.
fn put<T>(items: &mut [T], index: usize, item: T) {
    if let Some(place) = items.get_mut(index) {
        *place = item;
    }
}

fn put_probe(probes: &mut Vec<NativeProbe>, probe: NativeProbe) {
    match probes.iter_mut().find(|known| known.url == probe.url) {
        Some(place) => *place = probe,
        None => probes.push(probe),
    }
}
