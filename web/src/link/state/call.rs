//! A call with the other side of a link.

use crate::{
    api::Failure,
    probe::pair::{PairEnd, PairPhase, PairUpdate},
    state::Run,
};
use earshot_report::{
    Facts, Probe, Report, Scheme,
    facts::{LegFacts, MicrophoneOpened, PairFacts, PairReady},
    verdict::{Judgement, judge},
};

/// A call, wished, under way or over.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name on the line.
    pub id: String,
    /// How far it is.
    pub phase: CallPhase,
    /// What is known of it.
    pub facts: PairFacts,
    /// What follows from that.
    pub judgement: Judgement,
    /// Both levels just now, in dB of full scale: sent, arrived.
    pub meters: [Option<f64>; 2],
    /// The person wants to speak.
    pub speaks: bool,
    /// The saved report.
    pub saved: Option<Run>,
    /// Why it was not saved.
    pub not_saved: Option<Failure>,
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallPhase {
    /// The person wants it; their own test comes first.
    TestingFirst,
    /// The other side calls.
    Incoming,
    /// The program is asked for what a call needs.
    Preparing,
    /// The call itself.
    Pair(PairPhase),
    /// It could not begin; why.
    Failed(Failure),
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum CallNews {
    /// The person calls, and must test first.
    Wanted,
    /// The other side calls.
    Incoming(String),
    /// It is being prepared.
    Preparing(String),
    /// It could not begin.
    Failed(Failure),
    /// What the call of that name tells.
    Pair(String, PairUpdate),
    /// The person wants to speak.
    Speaks,
    /// The person says whether they hear the other.
    Heard(bool),
    /// Its report was saved.
    Saved(String, Box<Report>),
    /// Its report was not saved; why.
    NotSaved(Failure),
    /// Nobody wants to see it any more.
    Closed,
}

impl Call {
    fn new(id: String, phase: CallPhase) -> Self {
        Self {
            id,
            phase,
            facts: PairFacts::default(),
            judgement: judge(&Facts::default()),
            meters: [None; 2],
            speaks: false,
            saved: None,
            not_saved: None,
        }
    }

    /// It is over; `None`: it is not.
    pub fn end(&self) -> Option<PairEnd> {
        match self.phase {
            CallPhase::Pair(PairPhase::Over(end)) => Some(end),
            _ => None,
        }
    }

    /// Something was measured, so there is a report.
    pub fn has_measured(&self) -> bool {
        !self.facts.legs.is_empty()
    }

    /// It goes on, or is about to.
    pub fn is_alive(&self) -> bool {
        !matches!(
            self.phase,
            CallPhase::Failed(_) | CallPhase::Pair(PairPhase::Over(_))
        )
    }

    /// The microphone did not open, and may be tried again.
    pub fn lacks_microphone(&self) -> bool {
        !matches!(
            self.facts.you.microphone,
            MicrophoneOpened::NotAsked | MicrophoneOpened::Yes
        )
    }

    pub(super) fn apply(slot: &mut Option<Self>, news: CallNews) {
        match news {
            CallNews::Wanted => *slot = Some(Self::new(String::new(), CallPhase::TestingFirst)),
            CallNews::Incoming(id) => *slot = Some(Self::new(id, CallPhase::Incoming)),
            CallNews::Preparing(id) => *slot = Some(Self::new(id, CallPhase::Preparing)),
            CallNews::Closed => *slot = None,
            CallNews::Failed(failure) => {
                if let Some(call) = slot {
                    call.phase = CallPhase::Failed(failure);
                }
            }
            CallNews::Pair(id, update) => {
                if let Some(call) = slot.as_mut().filter(|call| call.id == id) {
                    call.hear(update);
                }
            }
            CallNews::Speaks => {
                if let Some(call) = slot {
                    call.speaks = true;
                }
            }
            CallNews::Heard(heard) => {
                if let Some(call) = slot {
                    call.facts.you.heard = heard.into();
                }
            }
            CallNews::Saved(id, report) => {
                if let Some(call) = slot.as_mut().filter(|call| call.id == id) {
                    call.saved = Some(Run {
                        is_private: true,
                        ..Run::loaded(*report)
                    });
                    call.not_saved = None;
                }
            }
            CallNews::NotSaved(failure) => {
                if let Some(call) = slot {
                    call.not_saved = Some(failure);
                }
            }
        }
    }

    fn hear(&mut self, update: PairUpdate) {
        match update {
            PairUpdate::Phase(phase) => {
                self.phase = CallPhase::Pair(phase);
                if self.end().is_some() {
                    self.meters = [None; 2];
                }
            }
            PairUpdate::Facts(facts) => {
                self.facts = *facts;
                let facts = Facts {
                    pair: Some(self.facts.clone()),
                    ..Facts::default()
                };
                self.judgement = judge(&facts);
            }
            PairUpdate::Meters {
                sent_dbfs,
                arrived_dbfs,
            } => self.meters = [sent_dbfs, arrived_dbfs],
        }
    }
}

/// What works at the end at which `run` was made.
pub fn ready(run: &Run) -> PairReady {
    let facts = &run.facts;
    let heard = |leg: &LegFacts| leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes();
    let relays = facts.targets.iter().map(|it| &it.target).filter(|target| {
        let mut legs = facts.legs.iter().filter(|leg| {
            !matches!(leg.probe, Probe::Witness { .. }) && leg.probe.target() == Some(target.id)
        });
        target.url.scheme == Scheme::Turn && legs.any(heard)
    });
    PairReady {
        relays: relays.map(|it| (it.id, it.url.transport)).collect(),
        cause: (!run.is_stopped_without_verdict()).then_some(run.judgement.verdict.cause),
    }
}
