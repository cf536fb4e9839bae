//! A call between two ends in this page, with a sound in each direction.
//!
//! The first end may use only its relay candidate. The second may too, or has only direct ones. Candidates are carried
//! by hand, so that each end is given just those that the leg is about.

mod call;
pub(super) mod end;
pub(super) mod figures;

use super::{Server, sound::Sound};
use call::Call;
use earshot_report::facts::{LegFacts, LegOutcome};
use wasm_bindgen::JsValue;

/// What a leg is made of.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Whose relay candidate the first end uses.
    pub server: Server,
    /// The second end.
    pub far: Far,
    /// The tones in hertz: from the first end, from the second.
    pub tones: [f32; 2],
}

/// The second end.
#[derive(Clone, Debug)]
pub enum Far {
    /// It uses a relay candidate of the same server.
    Relay,
    /// It uses only direct candidates.
    Direct {
        /// Where it learns its outer address.
        stun: Vec<Server>,
        /// A STUN server of these is on the relay's host.
        same_machine: bool,
    },
}

/// Measures a leg. Tells `facts` after each change, and the levels from the person and to the person at each look.
pub async fn measure(
    spec: &Spec,
    sound: Option<&Sound>,
    facts: &mut LegFacts,
    tell: &dyn Fn(&LegFacts),
    tell_levels: &dyn Fn([f32; 2]),
) {
    facts.outcome = LegOutcome::Running;
    tell(facts);
    facts.outcome = match Call::begin(spec, sound).await {
        Ok(call) => call.run(facts, tell, tell_levels).await,
        Err(error) => give_up(&error),
    };
    tell_levels([0.0; 2]);
    tell(facts);
}

/// How a leg ends that the browser did not let begin: nothing follows from it for any server.
pub(super) fn give_up(error: &JsValue) -> LegOutcome {
    web_sys::console::warn_2(&"a leg could not be begun:".into(), error);
    LegOutcome::Stopped
}
