//! What was measured. Every field can say "not measured", and that is never good, bad or zero.

mod devices;
mod environment;
mod gathering;
mod leg;
mod masking;
mod native;
mod pair;
mod sightings;

pub use devices::{DeviceFacts, MicrophoneFacts, MicrophoneOpened, SpeakerFacts};
pub use environment::{Environment, NatMapping};
pub use gathering::{
    CandidateError, CandidateFacts, CandidateType, Gathering, GatheringOutcome, NO_ANSWER,
    TargetFacts, expiry_of_username,
};
pub use leg::{DirectionFacts, LegFacts, LegOutcome, Sample};
pub use native::{AllocateAnswer, NativeProbe};
pub use pair::{PairFacts, PairLegFacts, PairReady, PairRoute, VoiceEnd};
pub use sightings::{
    AllocationSighting, Refusal, RefusalReason, Sightings, TransportSightings, WitnessSighting,
};

pub(crate) use masking::mask_text;

use crate::Plan;
use serde::{Deserialize, Serialize};

/// A yes-or-no fact that may not have been measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Measured, and so.
    Yes,
    /// Measured, and not so.
    No,
    /// Not measured: nothing follows from it.
    #[default]
    NotMeasured,
}

impl Fact {
    /// Measured, and so.
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }

    /// Measured, and not so.
    pub fn is_no(self) -> bool {
        self == Self::No
    }

    /// Measured, whichever way.
    pub fn is_measured(self) -> bool {
        self != Self::NotMeasured
    }
}

impl From<bool> for Fact {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl From<Option<bool>> for Fact {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::NotMeasured, Self::from)
    }
}

/// Everything known about one run, from the page, from the relay and from the relay's own probes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The page's surroundings: browser, policies, network.
    #[serde(default)]
    pub environment: Environment,
    /// What gathering showed, one entry for each target of the plan, in the plan's order.
    #[serde(default)]
    pub targets: Vec<TargetFacts>,
    /// What each leg showed, in the plan's order.
    #[serde(default)]
    pub legs: Vec<LegFacts>,
    /// What the relay saw of this run. `None`: this program runs no relay, or its word did not arrive.
    #[serde(default)]
    pub sightings: Option<Sightings>,
    /// What this program found when it probed the configured servers itself, one entry per target. No entry: nobody
    /// looks at it but the page. An unfinished entry: its word is awaited; a report has none.
    #[serde(default)]
    pub native_probes: Vec<NativeProbe>,
    /// Microphone and speaker. `None`: they were not looked at.
    #[cfg_attr(
        feature = "call",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(not(feature = "call"), serde(skip))]
    pub devices: Option<DeviceFacts>,
    /// The call with the other end of a link. `None`: there was none.
    #[cfg_attr(
        feature = "call",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(not(feature = "call"), serde(skip))]
    pub pair: Option<PairFacts>,
}

impl Facts {
    /// Microphone and speaker, where this build judges them: the start page does not look at them, and without the
    /// feature `call` it does not carry what follows from them.
    pub fn devices(&self) -> Option<&DeviceFacts> {
        self.devices.as_ref().filter(|_| cfg!(feature = "call"))
    }

    /// The call of two, likewise.
    pub fn pair(&self) -> Option<&PairFacts> {
        self.pair.as_ref().filter(|_| cfg!(feature = "call"))
    }

    /// Microphone and speaker alone were looked at: no server, and no way to anybody.
    pub fn is_of_devices(&self) -> bool {
        self.devices().is_some() && self.targets.is_empty() && self.pair().is_none()
    }

    /// The run is over. Whose word has not come by now, because its process died or its server answers too slowly, is
    /// not awaited any longer: a look that never came to its end is no look.
    pub fn await_no_more(&mut self) {
        self.native_probes.retain(|probe| probe.finished);
    }

    /// A run of configured servers of which nothing is known yet: one entry for each target and each leg of `plan`,
    /// in its order, and an unfinished native probe for each target, because its word is still to come.
    pub fn planned(plan: &Plan) -> Self {
        Self {
            native_probes: plan
                .targets
                .iter()
                .map(|target| NativeProbe::new(target.url.clone()))
                .collect(),
            ..Self::planned_ad_hoc(plan)
        }
    }

    /// The same for servers that a person typed: nobody but the page looks at them.
    pub fn planned_ad_hoc(plan: &Plan) -> Self {
        Self {
            targets: plan
                .targets
                .iter()
                .map(|target| TargetFacts::new(target.clone(), None))
                .collect(),
            legs: plan
                .probes
                .iter()
                .filter(|probe| probe.is_leg())
                .map(|probe| LegFacts::new(probe.clone()))
                .collect(),
            ..Self::default()
        }
    }
}
