//! What the runner tells the state while a run is under way. Each replaces what was there for the same thing.

use earshot_report::{
    Report,
    api::RunTicket,
    facts::{Environment, LegFacts, NativeProbe, Sightings, TargetFacts},
};
use std::rc::Rc;

/// One piece of news about a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The program answered; the plan is known (for an ad-hoc run the page's own plan is filled in).
    Planned(Rc<RunTicket>),
    /// The page's surroundings, as far as known.
    Environment(Box<Environment>),
    /// The target at this place of the plan.
    Target(usize, Box<TargetFacts>),
    /// The leg at this place among the plan's legs.
    Leg(usize, Box<LegFacts>),
    /// The relay's word.
    Sightings(Box<Sightings>),
    /// The program's own look at a server.
    NativeProbe(Box<NativeProbe>),
    /// The loudest level just now in each direction, 0 to 1, for the moving picture; not a fact.
    Levels {
        /// From the person.
        from_you: f32,
        /// To the person.
        to_you: f32,
    },
    /// Nothing more will be measured.
    Finished {
        /// Milliseconds from click to the end.
        duration_ms: u64,
    },
    /// The report was saved, judged by the program with all it knows.
    Saved(Box<Report>),
    /// The report could not be saved; why, in a sentence. The facts stay on the screen.
    NotSaved(String),
}
