//! Questions that several rules ask of the facts.

use crate::{
    Address, Facts, Finding, Scheme, Severity, Transport,
    facts::{
        CandidateFacts, CandidateType, GatheringOutcome, LegFacts, LegOutcome, NativeProbe,
        Sightings, TargetFacts,
    },
    findings::{Certainty, Evidence},
    limits,
};
use crate::{Code, Probe};
use std::net::IpAddr;

/// What gathering says of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Not begun, under way, stopped, or a result that says nothing.
    NotKnown,
    /// It gave what it is there for: a relay candidate, or for STUN a reflexive one.
    Served,
    /// Gathering ended without.
    Failed,
}

/// Why a rule holds for one target.
pub(crate) struct Ground {
    pub(crate) certainty: Certainty,
    pub(crate) evidence: Vec<Evidence>,
}

impl Ground {
    pub(crate) fn sure(evidence: Vec<Evidence>) -> Option<Self> {
        Self::of(Certainty::Sure, evidence)
    }

    pub(crate) fn likely(evidence: Vec<Evidence>) -> Option<Self> {
        Self::of(Certainty::Likely, evidence)
    }

    pub(crate) fn of(certainty: Certainty, evidence: Vec<Evidence>) -> Option<Self> {
        Some(Self {
            certainty,
            evidence,
        })
    }
}

/// The facts with questions.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) facts: &'a Facts,
}

impl<'a> View<'a> {
    pub(crate) fn new(facts: &'a Facts) -> Self {
        Self { facts }
    }

    /// The configured servers, each once, in order.
    pub(crate) fn servers(self) -> Vec<u16> {
        let mut servers = Vec::new();
        for target in &self.facts.targets {
            if !servers.contains(&target.target.server) {
                servers.push(target.target.server);
            }
        }
        servers
    }

    pub(crate) fn turn_targets(self) -> impl Iterator<Item = &'a TargetFacts> {
        self.facts
            .targets
            .iter()
            .filter(|target| target.target.url.scheme == Scheme::Turn)
    }

    /// The program's own look at this target's URL.
    pub(crate) fn native(self, target: &TargetFacts) -> Option<&'a NativeProbe> {
        self.facts
            .native_probes
            .iter()
            .find(|probe| probe.url == target.target.url)
    }

    /// The same, when it has come to its end.
    pub(crate) fn finished_native(self, target: &TargetFacts) -> Option<&'a NativeProbe> {
        self.native(target).filter(|probe| probe.finished)
    }

    /// Its word is still to come.
    pub(crate) fn native_awaited(self, target: &TargetFacts) -> bool {
        self.native(target).is_some_and(|probe| !probe.finished)
    }

    /// What this program's relay saw of the run, of a target that is this relay; of others it has nothing to say.
    pub(crate) fn testimony(self, target: &TargetFacts) -> Option<&'a Sightings> {
        self.facts.sightings.as_ref().filter(|_| target.target.own)
    }

    /// Legs of this target that are calls; the witness is none.
    pub(crate) fn calls_of(self, target: &TargetFacts) -> impl Iterator<Item = &'a LegFacts> {
        let id = target.target.id;
        self.calls()
            .filter(move |leg| leg.probe.target() == Some(id))
    }

    /// All legs that are calls.
    pub(crate) fn calls(self) -> impl Iterator<Item = &'a LegFacts> {
        self.facts.legs.iter().filter(|leg| {
            matches!(
                leg.probe,
                Probe::RelayToRelay { .. } | Probe::RelayToDirect { .. }
            )
        })
    }

    /// The target that a leg goes through.
    pub(crate) fn target_of(self, leg: &LegFacts) -> Option<&'a TargetFacts> {
        let id = leg.probe.target()?;
        self.facts
            .targets
            .iter()
            .find(|target| target.target.id == id)
    }

    /// UDP passes both ways between this page and somewhere.
    pub(crate) fn udp_works(self) -> bool {
        self.facts.environment.nat_mapping.is_some()
            || self.facts.targets.iter().any(|target| {
                target.target.url.transport.is_datagram()
                    && (has(target, CandidateType::Srflx) || has(target, CandidateType::Relay))
            })
            || self
                .calls()
                .any(|leg| is_relay_to_direct(leg) && leg.ice_connected.is_yes())
    }

    /// This relay ↔ direct leg did not connect, and that tells something about the relay: its direct end speaks UDP,
    /// so where UDP does not pass, or it is not known that the direct end has an address, it tells nothing.
    pub(crate) fn direct_leg_blames_relay(self, leg: &LegFacts) -> bool {
        is_relay_to_direct(leg)
            && did_not_connect(leg)
            && leg.direct_usable.is_yes()
            && self.udp_works()
    }

    /// Relays over TCP or TLS, to any server.
    pub(crate) fn relays_without_udp(self) -> bool {
        self.turn_targets().any(|target| {
            !target.target.url.transport.is_datagram() && reach(target) == Reach::Served
        })
    }

    /// Nothing measured speaks against a call through this target.
    pub(crate) fn may_work(self, target: &TargetFacts) -> bool {
        match reach(target) {
            Reach::NotKnown => true,
            Reach::Failed => false,
            Reach::Served => {
                let mut calls = self.calls_of(target);
                // Legs that got no relay of their own, of a user with one allocation for instance, tell nothing more.
                let over =
                    self.calls_of(target).next().is_some() && self.calls_of(target).all(has_ended);
                calls.any(is_heard) || !(over || self.calls_of(target).any(has_failed))
            }
        }
    }

    /// How bad something wrong with `targets` is: a call has other ways, or it has none. What is not known yet is no
    /// other way; the verdict waits for it.
    pub(crate) fn severity(self, targets: &[u16]) -> Severity {
        let another_way = self.turn_targets().any(|target| {
            !targets.contains(&target.target.id)
                && reach(target) == Reach::Served
                && self.may_work(target)
        });
        let only_stun = !targets.is_empty()
            && !self
                .turn_targets()
                .any(|target| targets.contains(&target.target.id));
        let heard_by_partner = || {
            let pair = self.facts.pair().into_iter();
            pair.flat_map(|pair| &pair.legs).any(super::pair::is_heard)
        };
        if another_way || only_stun || self.calls().any(is_heard) || heard_by_partner() {
            Severity::Degraded
        } else {
            Severity::Broken
        }
    }

    /// One finding for each server that has targets with a ground; sure when one of them is.
    pub(crate) fn per_server(
        self,
        code: Code,
        ground: impl Fn(&'a TargetFacts) -> Option<Ground>,
    ) -> Vec<Finding> {
        let of_server = |server| {
            let hits: Vec<(u16, Ground)> = self
                .facts
                .targets
                .iter()
                .filter(|target| target.target.server == server)
                .filter_map(|target| Some((target.target.id, ground(target)?)))
                .collect();
            self.finding(code, hits)
        };
        self.servers().into_iter().filter_map(of_server).collect()
    }

    /// One finding for all targets that have a ground.
    pub(crate) fn for_run(
        self,
        code: Code,
        ground: impl Fn(&'a TargetFacts) -> Option<Ground>,
    ) -> Vec<Finding> {
        let hits = self
            .facts
            .targets
            .iter()
            .filter_map(|target| Some((target.target.id, ground(target)?)))
            .collect();
        self.finding(code, hits).into_iter().collect()
    }

    fn finding(self, code: Code, hits: Vec<(u16, Ground)>) -> Option<Finding> {
        if hits.is_empty() {
            return None;
        }
        let targets: Vec<u16> = hits.iter().map(|(id, _)| *id).collect();
        let sure = hits
            .iter()
            .any(|(_, ground)| ground.certainty == Certainty::Sure);
        let mut finding = Finding::new(code, self.severity(&targets)).about(targets);
        if !sure {
            finding.certainty = Certainty::Likely;
        }
        for evidence in hits.into_iter().flat_map(|(_, ground)| ground.evidence) {
            if !finding.evidence.contains(&evidence) {
                finding.evidence.push(evidence);
            }
        }
        Some(finding)
    }
}

/// What gathering says of this target.
pub(crate) fn reach(target: &TargetFacts) -> Reach {
    let gathering = &target.gathering;
    let wanted = match target.target.url.scheme {
        Scheme::Turn => CandidateType::Relay,
        Scheme::Stun => CandidateType::Srflx,
    };
    if has(target, wanted) {
        return Reach::Served;
    }
    match &gathering.outcome {
        GatheringOutcome::NotStarted | GatheringOutcome::Running | GatheringOutcome::Stopped => {
            Reach::NotKnown
        }
        GatheringOutcome::TimedOut | GatheringOutcome::Refused(_) => Reach::Failed,
        GatheringOutcome::Complete if target.target.url.scheme == Scheme::Turn => Reach::Failed,
        // Where nothing translates addresses, browsers do not repeat the host candidate as a reflexive one.
        GatheringOutcome::Complete if gathering.errors.iter().any(|error| error.counts()) => {
            Reach::Failed
        }
        GatheringOutcome::Complete if gathering.candidates.is_empty() => Reach::NotKnown,
        GatheringOutcome::Complete => Reach::Served,
    }
}

/// Gathering ended and not a sign of this server came: no candidate by it and no code from it.
pub(crate) fn is_silent(target: &TargetFacts) -> bool {
    reach(target) == Reach::Failed
        && !matches!(target.gathering.outcome, GatheringOutcome::Refused(_))
        && !has(target, CandidateType::Srflx)
        && !target.gathering.errors.iter().any(|e| e.from_server())
        && !is_forbidden_by_policy(target)
}

/// Gathering by UDP ended at once, with nothing at all: the browser did not try.
pub(crate) fn is_forbidden_by_policy(target: &TargetFacts) -> bool {
    let gathering = &target.gathering;
    target.target.url.transport == Transport::Udp
        && gathering.outcome == GatheringOutcome::Complete
        && gathering.candidates.is_empty()
        && !gathering.errors.iter().any(|error| error.counts())
        && gathering
            .elapsed_ms
            .is_some_and(|elapsed| elapsed < limits::POLICY_COMPLETE_MS)
}

/// Has a candidate of this type.
pub(crate) fn has(target: &TargetFacts, kind: CandidateType) -> bool {
    target
        .gathering
        .candidates
        .iter()
        .any(|candidate| candidate.candidate_type == kind)
}

pub(crate) fn relay_candidates(target: &TargetFacts) -> impl Iterator<Item = &CandidateFacts> {
    target
        .gathering
        .candidates
        .iter()
        .filter(|candidate| candidate.candidate_type == CandidateType::Relay)
}

/// The sound of both ends was recognised at the other, and the call was not lost afterwards.
pub(crate) fn is_heard(leg: &LegFacts) -> bool {
    leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes() && !was_lost(leg)
}

/// It was connected, and then nothing came through any more.
pub(crate) fn was_lost(leg: &LegFacts) -> bool {
    has_ended(leg) && leg.ice_connected.is_yes() && leg.lost_after_ms.is_some()
}

/// It came to an end of its own or by our limit.
pub(crate) fn has_ended(leg: &LegFacts) -> bool {
    matches!(
        leg.outcome,
        LegOutcome::Done | LegOutcome::Failed | LegOutcome::TimedOut
    )
}

/// It ended, and something in it was measured to have failed.
pub(crate) fn has_failed(leg: &LegFacts) -> bool {
    let sound_missing = leg.from_you.sound.is_no() || leg.to_you.sound.is_no();
    let step_missing = leg.ice_connected.is_no() || leg.dtls_connected.is_no() || sound_missing;
    let step_missing = step_missing || was_lost(leg);
    leg.outcome == LegOutcome::Failed || (has_ended(leg) && !is_heard(leg) && step_missing)
}

/// ICE found no working pair.
pub(crate) fn did_not_connect(leg: &LegFacts) -> bool {
    has_ended(leg) && leg.ice_connected.is_no()
}

pub(crate) fn is_relay_to_direct(leg: &LegFacts) -> bool {
    matches!(leg.probe, Probe::RelayToDirect { .. })
}

/// The address at which the server itself is reached, where known.
pub(crate) fn is_address_of_server(
    target: &TargetFacts,
    native: Option<&NativeProbe>,
    ip: IpAddr,
) -> bool {
    let named = target.target.url.literal_address() == Some(ip);
    let resolved = native.is_some_and(|probe| {
        probe
            .addresses
            .iter()
            .filter_map(Address::ip)
            .any(|address| address == ip)
    });
    named || resolved
}
