//! The picture: You — your network — relay — the other side, and what is known of each hop in each direction.

use super::{Mark, Phase, Run, leg_mark, target_mark};
use earshot_report::{
    Actor, Code, Probe, Status,
    facts::{CandidateType, Fact, LegOutcome},
};
use std::f32::consts::SQRT_2;

/// What a part of the picture shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Light {
    /// Nothing is known.
    #[default]
    Idle,
    /// It is being tried.
    Trying,
    /// Something was seen to cross it.
    Proved,
    /// The verdict's cause is here, and calls work in spite of it.
    Poor,
    /// The verdict's cause is here.
    Broken,
}

/// One direction of a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// What is known.
    pub light: Light,
    /// The sound that crosses it just now, 0 to [`Lane::STEPS`].
    pub level: u8,
}

impl Lane {
    /// The loudest level.
    pub const STEPS: u8 = 5;
}

/// The way between two places of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// Away from the person.
    pub out: Lane,
    /// Towards the person.
    pub back: Lane,
}

/// The whole picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// You, your network, the relay, the other side.
    pub nodes: [Light; 4],
    /// The three ways between them.
    pub hops: [Hop; 3],
}

/// Where in the picture a cause is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A place: an index into [`Path::nodes`].
    pub node: Option<usize>,
    /// A hop, an index into [`Path::hops`], and whether it is hurt (out, back).
    pub hop: Option<(usize, bool, bool)>,
}

impl Path {
    /// What `run` shows so far.
    pub fn of(run: &Run) -> Self {
        let mut path = Self::default();
        for (hop, [out, back]) in path.hops.iter_mut().zip(proofs(run)) {
            hop.out.light = out;
            hop.back.light = back;
        }
        path.light_nodes();
        let light = match run.judgement.verdict.status {
            Status::Broken if run.has_verdict() => Some(Light::Broken),
            Status::Degraded if run.has_verdict() => Some(Light::Poor),
            _ => None,
        };
        if let Some(light) = light {
            path.mark(place(run.judgement.verdict.cause), light);
        }
        if run.phase == Phase::Measuring {
            path.set_levels(run.levels);
        }
        path
    }

    /// A place is lit when something came to it.
    fn light_nodes(&mut self) {
        self.nodes[0] = match self.hops[0].out.light {
            Light::Idle => Light::Idle,
            _ => Light::Proved,
        };
        for (node, hop) in self.nodes[1..].iter_mut().zip(&self.hops) {
            *node = hop.out.light;
        }
    }

    fn mark(&mut self, place: Place, light: Light) {
        if let Some(node) = place.node.and_then(|index| self.nodes.get_mut(index)) {
            *node = light;
        }
        let Some((index, out, back)) = place.hop else {
            return;
        };
        if let Some(hop) = self.hops.get_mut(index) {
            if out {
                hop.out.light = light;
            }
            if back {
                hop.back.light = light;
            }
        }
    }

    /// Sound is shown where it crosses: a hop that is not proved carries none.
    fn set_levels(&mut self, [from_you, to_you]: [f32; 2]) {
        for hop in &mut self.hops {
            for (lane, level) in [(&mut hop.out, from_you), (&mut hop.back, to_you)] {
                if lane.light == Light::Proved {
                    lane.level = level_step(level);
                }
            }
        }
    }
}

/// A level between 0 and 1 in [`Lane::STEPS`] steps. Ears are logarithmic: each step is 6 dB, and the last is
/// reached at a quarter of full scale, for the test's sounds are soft.
fn level_step(level: f32) -> u8 {
    const LOUDEST: f32 = 0.25;
    const QUIETEST: f32 = 0.002;
    if level < QUIETEST {
        return 0;
    }
    let mut step = Lane::STEPS;
    let mut least = LOUDEST / SQRT_2;
    while level < least && step > 1 {
        least /= 2.0;
        step -= 1;
    }
    step
}

/// For each hop, what the facts say of the way out and the way back.
fn proofs(run: &Run) -> [[Light; 2]; 3] {
    let measuring = run.phase == Phase::Measuring;
    let facts = &run.facts;
    let trying = |under_way: bool| {
        if measuring && under_way {
            Light::Trying
        } else {
            Light::Idle
        }
    };
    let proved = |is_proved: bool, under_way: bool| {
        if is_proved {
            Light::Proved
        } else {
            trying(under_way)
        }
    };

    let gathered = |wanted: &[CandidateType]| {
        let mut candidates = facts.targets.iter().flat_map(|t| &t.gathering.candidates);
        candidates.any(|c| wanted.contains(&c.candidate_type))
    };
    let answered = gathered(&[CandidateType::Relay, CandidateType::Srflx]);
    let seen = facts.sightings.as_ref().is_some_and(|sightings| {
        let all = sightings.transports();
        all.iter().any(|transport| transport.seen == Fact::Yes)
    });
    let online = facts.environment.api_reachable.is_yes() || run.planned;
    let reaching = run.planned
        && facts
            .targets
            .iter()
            .any(|t| matches!(target_mark(t), Mark::Waiting | Mark::Running));

    let legs = &facts.legs;
    let calling = legs.iter().any(|leg| leg.outcome == LegOutcome::Running);
    let witness = |leg: &&earshot_report::facts::LegFacts| {
        matches!(leg.probe, Probe::Witness { .. }) && leg_mark(leg) == Mark::Works
    };
    let has_witness = legs.iter().find(witness).is_some();
    let heard_there = has_witness || legs.iter().any(|leg| leg.from_you.sound.is_yes());
    let heard_here = has_witness || legs.iter().any(|leg| leg.to_you.sound.is_yes());

    let network = proved(online || answered || seen, true);
    [
        [network, network],
        [
            proved(seen || answered, reaching),
            proved(answered, reaching),
        ],
        [proved(heard_there, calling), proved(heard_here, calling)],
    ]
}

/// Where in the picture `cause` is. A cause without a place of its own is with whoever can mend it.
pub fn place(cause: Code) -> Place {
    let node = |index| Place {
        node: Some(index),
        hop: None,
    };
    let hop = |index, out, back| Place {
        node: None,
        hop: Some((index, out, back)),
    };
    let both = |index, way| Place {
        node: Some(index),
        hop: Some((way, true, true)),
    };
    match cause.as_str() {
        "insecure-page" => node(0),
        "offline" => hop(0, true, true),
        "udp-blocked" | "web-only-network" | "tls-intercepted" => both(1, 1),
        "udp-answers-lost" | "one-way-to-you" => hop(1, false, true),
        "one-way-from-you" => hop(1, true, false),
        "media-blocked" | "heavy-loss" | "high-delay" | "high-jitter" => hop(1, true, true),
        "server-unreachable"
        | "server-udp-closed"
        | "server-name-unresolved"
        | "not-a-turn-server"
        | "web-only-host" => both(2, 1),
        "relay-address-private" | "relay-address-wrong" | "relay-ports-closed" => Place {
            node: Some(2),
            hop: Some((2, false, true)),
        },
        "peer-forbidden" => Place {
            node: Some(2),
            hop: Some((2, true, false)),
        },
        _ => match cause.actor() {
            Actor::You => node(0),
            Actor::YourNetwork => node(1),
            Actor::ServerAdmin => node(2),
            Actor::Partner => node(3),
            Actor::Nobody => Place::default(),
        },
    }
}
