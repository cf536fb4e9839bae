//! The picture of a call: You — your network — relay — their network — the other person.

use super::call::Call;
use crate::{
    probe::pair::PairPhase,
    state::{Hop, Lane, Light, place},
};
use earshot_report::{
    Status,
    facts::{DirectionFacts, LegOutcome, PairLegFacts, PairRoute},
    verdict::Verdict,
};

/// The five places, and the four ways between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairPicture {
    /// You, your network, the relay, their network, the other person.
    pub nodes: [Light; 5],
    /// Between them.
    pub hops: [Hop; 4],
}

/// The relay's place.
const RELAY: usize = 2;
/// The last place.
const OTHER: usize = 4;

impl PairPicture {
    /// What `call` shows so far.
    pub fn of(call: &Call) -> Self {
        let legs = match &call.saved {
            Some(run) => run.facts.pair.as_ref().map(|pair| &pair.legs),
            None => Some(&call.facts.legs),
        };
        let legs = legs.map_or(&[][..], Vec::as_slice);
        let out = direction(legs, |leg| &leg.from_you);
        let back = direction(legs, |leg| &leg.to_you);
        let hop = Hop {
            out: lane(out),
            back: lane(back),
        };
        let mut picture = Self {
            nodes: [either(out, back); 5],
            hops: [hop; 4],
        };
        // A direct way leaves the relay out.
        let is_relayed = |leg: &&PairLegFacts| leg.route != PairRoute::Direct;
        let relayed: Vec<&PairLegFacts> = legs.iter().filter(is_relayed).collect();
        let heard = |leg: &&&PairLegFacts| leg.to_you.sound.is_yes() || leg.from_you.sound.is_yes();
        if relayed.iter().filter(heard).count() == 0 && picture.nodes[RELAY] == Light::Proved {
            picture.nodes[RELAY] = Light::Idle;
        }
        picture.nodes[0] = match call.phase {
            super::CallPhase::Pair(PairPhase::Ringing) => Light::Trying,
            _ => picture.nodes[0],
        };
        let verdict = match &call.saved {
            Some(run) => &run.judgement.verdict,
            None => &call.judgement.verdict,
        };
        picture.mark(verdict);
        picture
    }

    /// Marks where the cause is: at this end, at the relay, or, for what the other end has, as in a mirror.
    fn mark(&mut self, verdict: &Verdict) {
        let light = match verdict.status {
            Status::Broken => Light::Broken,
            Status::Degraded => Light::Poor,
            Status::Good | Status::Unknown => return,
        };
        let there = verdict.cause.of_partner();
        let place = place(there.unwrap_or(verdict.cause));
        if let Some(node) = place.node {
            // The fourth place of one person's picture is the other side.
            let here = if node > RELAY { OTHER } else { node };
            self.nodes[if there.is_some() { OTHER - here } else { here }] = light;
        }
        if let Some((index, out, back)) = place.hop {
            let (index, out, back) = match there {
                Some(_) => (3 - index, back, out),
                None => (index, out, back),
            };
            let hop = &mut self.hops[index.min(3)];
            if out {
                hop.out.light = light;
            }
            if back {
                hop.back.light = light;
            }
        }
    }
}

fn lane(light: Light) -> Lane {
    Lane { light, level: 0 }
}

/// One direction on all ways together: proved by one, tried while one is under way.
fn direction(legs: &[PairLegFacts], of: fn(&PairLegFacts) -> &DirectionFacts) -> Light {
    if legs.iter().any(|leg| of(leg).sound.is_yes()) {
        Light::Proved
    } else if legs
        .iter()
        .any(|leg| matches!(leg.outcome, LegOutcome::Running | LegOutcome::NotStarted))
    {
        Light::Trying
    } else {
        Light::Idle
    }
}

/// What either direction shows of a place.
fn either(one: Light, other: Light) -> Light {
    match (one, other) {
        (Light::Proved, _) | (_, Light::Proved) => Light::Proved,
        (Light::Trying, _) | (_, Light::Trying) => Light::Trying,
        _ => one,
    }
}
