//! What one leg showed: a call between two ends, with a sound in each direction.

use crate::{
    Probe,
    facts::{CandidateFacts, Fact},
};
use serde::{Deserialize, Serialize};

/// One leg. The first end is the one that must use its relay candidate; the second is the other relay candidate,
/// the direct side, the witness or the partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegFacts {
    /// Which probe of the plan this is.
    pub probe: Probe,
    /// How it ended, so far.
    #[serde(default)]
    pub outcome: LegOutcome,
    /// Relay ↔ direct only: the direct end had a candidate that a relay can be pointed at. A `.local` name is none:
    /// no browser pairs it with a relay candidate. `No` means that the leg can tell nothing about the relay.
    #[serde(default)]
    pub direct_usable: Fact,
    /// ICE found a working pair.
    #[serde(default)]
    pub ice_connected: Fact,
    /// DTLS completed (`connectionState` reached "connected").
    #[serde(default)]
    pub dtls_connected: Fact,
    /// Milliseconds from the first connectivity check to "failed", where the browser gave up before any pair worked.
    /// One that is merely unanswered goes on for many seconds; one to which the relay permits no peer ends at once.
    #[serde(default)]
    pub refused_after_ms: Option<u32>,
    /// Milliseconds from "connected" to the moment when nothing came to either end any more of what was
    /// sent, or the browser said "failed". `None`: it was not lost while it was looked at.
    #[serde(default)]
    pub lost_after_ms: Option<u32>,
    /// Milliseconds from the start of the leg to "connected".
    #[serde(default)]
    pub connected_ms: Option<u32>,
    /// The first end's selected candidate.
    #[serde(default)]
    pub local: Option<CandidateFacts>,
    /// The second end's selected candidate.
    #[serde(default)]
    pub remote: Option<CandidateFacts>,
    /// Round-trip time of the selected pair, milliseconds, the median of the samples.
    #[serde(default)]
    pub rtt_ms: Option<f64>,
    /// From the first end to the second: what you send through the relay.
    #[serde(default)]
    pub from_you: DirectionFacts,
    /// From the second end to the first: what comes back to you through the relay.
    #[serde(default)]
    pub to_you: DirectionFacts,
    /// The course of the leg, for the plots.
    #[serde(default)]
    pub samples: Vec<Sample>,
}

impl LegFacts {
    /// A leg of which nothing is known yet.
    pub fn new(probe: Probe) -> Self {
        Self {
            probe,
            outcome: LegOutcome::NotStarted,
            direct_usable: Fact::NotMeasured,
            ice_connected: Fact::NotMeasured,
            dtls_connected: Fact::NotMeasured,
            refused_after_ms: None,
            lost_after_ms: None,
            connected_ms: None,
            local: None,
            remote: None,
            rtt_ms: None,
            from_you: DirectionFacts::default(),
            to_you: DirectionFacts::default(),
            samples: Vec::new(),
        }
    }
}

/// How a leg ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegOutcome {
    /// Not begun, or not possible to begin (no relay candidate): nothing follows from the leg itself.
    #[default]
    NotStarted,
    /// Under way.
    Running,
    /// Everything that the leg was to show has been measured.
    Done,
    /// The browser said "failed".
    Failed,
    /// Our own limit ended it.
    TimedOut,
    /// The person, or the end of the run, stopped it.
    Stopped,
}

/// One direction of a leg.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectionFacts {
    /// The known sound was recognised at the far end.
    pub sound: Fact,
    /// Milliseconds from "connected" to the sound being recognised.
    pub sound_ms: Option<u32>,
    /// RTP packets sent.
    pub packets_sent: Option<u64>,
    /// RTP packets received.
    pub packets_received: Option<u64>,
    /// Lost packets as a fraction, 0 to 1, of those expected.
    pub loss: Option<f64>,
    /// Inter-arrival jitter in milliseconds (RFC 3550 section 6.4.1).
    pub jitter_ms: Option<f64>,
    /// Mean opinion score, 1 to 4.5, by the E-model.
    pub mos: Option<f64>,
}

/// One look at a running leg.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Milliseconds after the start of the leg.
    pub at_ms: u32,
    /// Round-trip time in milliseconds.
    pub rtt_ms: Option<f64>,
    /// Level at the second end, 0 to 1.
    pub level_from_you: Option<f32>,
    /// Level at the first end, 0 to 1.
    pub level_to_you: Option<f32>,
    /// Packets received at the second end since the start.
    pub received_from_you: Option<u64>,
    /// Packets received at the first end since the start.
    pub received_to_you: Option<u64>,
}
