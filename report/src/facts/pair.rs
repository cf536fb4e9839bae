//! What a call between two people of a link showed, as one end sees it with what the other end told it.

use crate::{
    Transport,
    facts::{CandidateFacts, DirectionFacts, Fact, LegOutcome, MicrophoneOpened, Sample},
};
use serde::{Deserialize, Serialize};

/// A call between the two ends of a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PairFacts {
    /// What worked at this end before the call.
    pub own: PairReady,
    /// What worked at the other end before the call.
    pub partner: PairReady,
    /// The ways that were tried.
    pub legs: Vec<PairLegFacts>,
    /// This end's microphone, and what it hears of the other end's.
    pub you: VoiceEnd,
    /// The same as the other end tells it.
    pub them: VoiceEnd,
    /// The other end went away before the call was over: what had not succeeded by then tells nothing.
    pub partner_left: Fact,
}

/// What works at one end, told to the other before a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PairReady {
    /// The targets, by id and transport, that gave a relay and let sound through in this end's own test.
    pub relays: Vec<(u16, Transport)>,
    /// The cause of this end's own verdict; `None`: it made no test.
    pub cause: Option<crate::Code>,
}

/// One way between the two ends, with a sound in each direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairLegFacts {
    /// Which way.
    pub route: PairRoute,
    /// How it ended, so far.
    #[serde(default)]
    pub outcome: LegOutcome,
    /// ICE found a working pair.
    #[serde(default)]
    pub ice_connected: Fact,
    /// DTLS completed.
    #[serde(default)]
    pub dtls_connected: Fact,
    /// This end's selected candidate.
    #[serde(default)]
    pub local: Option<CandidateFacts>,
    /// The other end's selected candidate.
    #[serde(default)]
    pub remote: Option<CandidateFacts>,
    /// Round-trip time of the selected pair, milliseconds.
    #[serde(default)]
    pub rtt_ms: Option<f64>,
    /// From this end to the other, as the other end tells it.
    #[serde(default)]
    pub from_you: DirectionFacts,
    /// From the other end to this one.
    #[serde(default)]
    pub to_you: DirectionFacts,
    /// The course of the leg, for the plots.
    #[serde(default)]
    pub samples: Vec<Sample>,
}

/// A way between the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum PairRoute {
    /// Without a relay.
    Direct,
    /// Each end through a relay candidate of this target.
    Relay {
        /// The caller's target.
        caller: u16,
        /// The target of who is called.
        called: u16,
    },
}

/// One end of a conversation by voice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VoiceEnd {
    /// How `getUserMedia` ended at this end.
    pub microphone: MicrophoneOpened,
    /// Milliseconds since the voices began at this end; where its microphone is open, since it opened.
    pub voice_ms: Option<u32>,
    /// The loudest moment of this end's microphone, in dBFS.
    pub sent_dbfs: Option<f64>,
    /// The loudest moment of what arrived here from the other end, in dBFS.
    pub arrived_dbfs: Option<f64>,
    /// Packets of the other end's voice that arrived here.
    pub packets_received: Option<u64>,
    /// This end's browser plays what arrives: it did not block it.
    pub played: Fact,
    /// The person at this end says that they hear the other.
    pub heard: Fact,
}
