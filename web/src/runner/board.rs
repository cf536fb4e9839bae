//! The facts of a run as they come in, and whom they are told.

use crate::{
    probe::{gather::has_relay, now_ms, wait::sleep},
    update::Update,
};
use earshot_report::{
    Facts,
    api::RunTicket,
    facts::{Environment, GatheringOutcome, LegFacts, LegOutcome, TargetFacts},
    limits,
};
use std::{cell::RefCell, rc::Rc};

/// What is known, told with each change.
pub(super) struct Board {
    tell: Box<dyn Fn(Update)>,
    start: f64,
    facts: RefCell<Facts>,
    /// By leg: the levels from the person and to the person just now.
    levels: RefCell<Vec<[f32; 2]>>,
}

impl Board {
    /// Nothing is known; the run starts now.
    pub(super) fn new(tell: impl Fn(Update) + 'static) -> Self {
        Self {
            tell: Box::new(tell),
            start: now_ms(),
            facts: RefCell::default(),
            levels: RefCell::default(),
        }
    }

    /// Tells something that is not kept here.
    pub(super) fn tell(&self, update: Update) {
        (self.tell)(update);
    }

    /// The plan is known.
    pub(super) fn plan(&self, ticket: &Rc<RunTicket>) {
        {
            let facts = &mut *self.facts.borrow_mut();
            let environment = std::mem::take(&mut facts.environment);
            *facts = Facts {
                environment,
                ..planned(ticket)
            };
            let silence = facts.legs.iter().map(|_| [0.0; 2]);
            self.levels.replace(silence.collect());
        }
        self.tell(Update::Planned(ticket.clone()));
        // With the user names, which the plan does not hold.
        for place in 0..ticket.plan.targets.len() {
            self.tell_target(place);
        }
    }

    /// Changes the surroundings.
    pub(super) fn environment(&self, change: impl FnOnce(&mut Environment)) {
        change(&mut self.facts.borrow_mut().environment);
        self.tell_environment();
    }

    fn tell_environment(&self) {
        let environment = self.facts.borrow().environment.clone();
        self.tell(Update::Environment(Box::new(environment)));
    }

    /// Changes the target at this place.
    pub(super) fn target(&self, place: usize, change: impl FnOnce(&mut TargetFacts)) {
        if let Some(target) = self.facts.borrow_mut().targets.get_mut(place) {
            change(target);
        }
        self.tell_target(place);
    }

    fn tell_target(&self, place: usize) {
        let target = self.facts.borrow().targets.get(place).cloned();
        if let Some(target) = target {
            self.tell(Update::Target(place, Box::new(target)));
        }
    }

    /// The leg at this place as it is.
    pub(super) fn leg(&self, place: usize) -> Option<LegFacts> {
        self.facts.borrow().legs.get(place).cloned()
    }

    /// The leg at this place is now so.
    pub(super) fn put_leg(&self, place: usize, leg: &LegFacts) {
        if let Some(known) = self.facts.borrow_mut().legs.get_mut(place) {
            known.clone_from(leg);
        }
        self.tell_leg(place);
    }

    fn tell_leg(&self, place: usize) {
        if let Some(leg) = self.leg(place) {
            self.tell(Update::Leg(place, Box::new(leg)));
        }
    }

    /// The levels of the leg at this place just now.
    pub(super) fn put_levels(&self, place: usize, levels: [f32; 2]) {
        if let Some(known) = self.levels.borrow_mut().get_mut(place) {
            *known = levels;
        }
    }

    /// Tells the loudest levels, where they change, for as long as it is awaited.
    pub(super) async fn tell_levels(&self) {
        let mut told = [0.0; 2];
        loop {
            sleep(limits::SAMPLE_MS).await;
            let loudest = loudest(&self.levels.borrow());
            if loudest != told {
                told = loudest;
                self.tell_loudest(loudest);
            }
        }
    }

    fn tell_loudest(&self, [from_you, to_you]: [f32; 2]) {
        self.tell(Update::Levels { from_you, to_you });
    }

    /// Nothing more will be measured: what is still under way is stopped. Milliseconds from the start to now.
    pub(super) fn finish(&self) -> u64 {
        let (targets, legs) = stop(&mut self.facts.borrow_mut());
        for place in targets {
            self.tell_target(place);
        }
        for place in legs {
            self.tell_leg(place);
        }
        self.tell_loudest([0.0; 2]);
        let duration_ms = (now_ms() - self.start).max(0.0).round() as u64;
        self.tell(Update::Finished { duration_ms });
        duration_ms
    }

    /// A call lasted to its end.
    pub(super) fn has_call(&self) -> bool {
        let facts = self.facts.borrow();
        facts.legs.iter().any(|leg| leg.outcome == LegOutcome::Done)
    }

    /// The server at this place has shown a relay, calls through it were begun, and none connected.
    pub(super) fn is_mute(&self, place: usize) -> bool {
        let facts = self.facts.borrow();
        let Some(target) = facts.targets.get(place) else {
            return false;
        };
        let through = |leg: &&LegFacts| leg.probe.target() == Some(target.target.id);
        let mut begun = facts
            .legs
            .iter()
            .filter(through)
            .filter(|leg| leg.outcome != LegOutcome::NotStarted)
            .peekable();
        has_relay(&target.gathering)
            && begun.peek().is_some()
            && begun.all(|leg| !leg.ice_connected.is_yes())
    }

    /// All that is known, taken away.
    pub(super) fn take_facts(&self) -> Facts {
        self.facts.take()
    }
}

/// What the page will measure; the program joins its own part.
fn planned(ticket: &RunTicket) -> Facts {
    let mut facts = Facts::planned_ad_hoc(&ticket.plan);
    for target in &mut facts.targets {
        let server = ticket.ice_servers.get(usize::from(target.target.server));
        target.username = server.and_then(|server| server.username.clone());
    }
    facts
}

/// Stops what is under way; the places of these targets, and of these legs.
fn stop(facts: &mut Facts) -> (Vec<usize>, Vec<usize>) {
    let (mut targets, mut legs) = (Vec::new(), Vec::new());
    for (place, target) in facts.targets.iter_mut().enumerate() {
        if target.gathering.outcome == GatheringOutcome::Running {
            target.gathering.outcome = GatheringOutcome::Stopped;
            targets.push(place);
        }
    }
    for (place, leg) in facts.legs.iter_mut().enumerate() {
        if leg.outcome == LegOutcome::Running {
            leg.outcome = LegOutcome::Stopped;
            legs.push(place);
        }
    }
    (targets, legs)
}

fn loudest(levels: &[[f32; 2]]) -> [f32; 2] {
    let louder = |one: [f32; 2], other: &[f32; 2]| [one[0].max(other[0]), one[1].max(other[1])];
    levels.iter().fold([0.0; 2], louder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use earshot_report::{Probe, Target};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_under_way_at_the_end_is_stopped_and_nothing_else() {
        let url = "turn:relay.example.org".parse().unwrap();
        let target = Target {
            id: 0,
            server: 0,
            url,
            own: true,
        };
        let outcomes = [
            GatheringOutcome::NotStarted,
            GatheringOutcome::Running,
            GatheringOutcome::Complete,
        ];
        let targets = outcomes.map(|outcome| {
            let mut facts = TargetFacts::new(target.clone(), None);
            facts.gathering.outcome = outcome;
            facts
        });
        let outcomes = [
            LegOutcome::NotStarted,
            LegOutcome::Running,
            LegOutcome::Done,
        ];
        let legs = outcomes.map(|outcome| {
            let mut leg = LegFacts::new(Probe::RelayToRelay { target: 0 });
            leg.outcome = outcome;
            leg
        });
        let mut facts = Facts {
            targets: targets.into(),
            legs: legs.into(),
            ..Facts::default()
        };
        assert_eq!(stop(&mut facts), (vec![1], vec![1]));
        let stopped = &facts.targets[1].gathering.outcome;
        assert_eq!(*stopped, GatheringOutcome::Stopped);
        assert_eq!(facts.legs[1].outcome, LegOutcome::Stopped);
        assert_eq!(stop(&mut facts), (vec![], vec![]));
    }

    #[test]
    fn the_loudest_of_each_direction_counts() {
        assert_eq!(loudest(&[]), [0.0, 0.0]);
        assert_eq!(loudest(&[[0.1, 0.9], [0.5, 0.2]]), [0.5, 0.9]);
    }
}
