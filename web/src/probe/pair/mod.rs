//! One end of a call between two pages: the legs between them with a sound each way, then the voices.
//!
//! What the two say to each other is carried by whoever makes the call; see [`PairCall::new`] and [`PairCall::hear`].

mod call;
mod facts;
mod leg;
mod legs;
mod voice;

use super::sound::Sound;
use call::{Shared, run};
use earshot_report::{
    api::{RunTicket, link::CallMessage},
    facts::{Fact, PairFacts, PairReady},
};
pub use legs::{MAX_LEGS, pair_legs};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Which end of a call this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairRole {
    /// It calls: it makes the offers, and chooses the leg for the voices.
    Caller,
    /// It is called.
    Called,
}

/// What a call tells its page.
#[derive(Clone, Debug, PartialEq)]
pub enum PairUpdate {
    /// How far it is.
    Phase(PairPhase),
    /// Everything measured so far.
    Facts(Box<PairFacts>),
    /// Both levels just now, in dB of full scale, for the moving picture; not a fact. `None`: there is none to measure.
    Meters {
        /// Of this end's microphone.
        sent_dbfs: Option<f64>,
        /// Of what arrives from the other end.
        arrived_dbfs: Option<f64>,
    },
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairPhase {
    /// The other end has not agreed yet.
    Ringing,
    /// Both have agreed, the legs are measured.
    Testing,
    /// All legs are measured at this end.
    Tested,
    /// The leg at this place can carry the voices: see [`PairCall::speak`].
    CanSpeak(usize),
    /// Nothing more will come.
    Over(PairEnd),
}

/// Why a call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairEnd {
    /// This end hung up.
    HungUp,
    /// The other end hung up, or did not want to.
    TheyHungUp,
    /// The other end went away.
    TheyLeft,
    /// The way that carried the voices broke.
    WayLost,
}

/// A call under way. Dropping it hangs up. When it is over it holds nothing of the browser any more.
pub struct PairCall {
    shared: Rc<Shared>,
}

impl PairCall {
    /// Begins a call, or gets ready to answer one: then its first message is to be heard at once, and it is accepted.
    ///
    /// `sound` comes from the call stack of the person's click ([`Sound::new`]), `ticket` from a run of this page's own
    /// (`POST /api/runs`); `ready` is what worked at this end. `send` carries a message to the other end. Both
    /// callbacks may call back into the call.
    pub fn new(
        role: PairRole,
        sound: Option<Sound>,
        ticket: Rc<RunTicket>,
        ready: PairReady,
        send: impl Fn(CallMessage) + 'static,
        emit: impl Fn(PairUpdate) + 'static,
    ) -> Self {
        let shared = Shared::new(role, ticket, ready, Box::new(send), Box::new(emit));
        let shared = Rc::new(shared);
        spawn_local(run(shared.clone(), sound));
        if role == PairRole::Caller {
            shared.ring();
        }
        Self { shared }
    }

    /// Takes in what the other end says.
    pub fn hear(&self, message: CallMessage) {
        self.shared.hear(message);
    }

    /// The person wants to speak: asks for the microphone, and plays what comes. To be called in the call stack of their
    /// click, from [`PairPhase::CanSpeak`] on. May be called again where the microphone did not open.
    pub fn speak(&self) {
        self.shared.speak();
    }

    /// Plays again what the browser has blocked. To be called in the call stack of a click.
    pub fn resume(&self) {
        self.shared.play();
    }

    /// The person says whether they hear the other.
    pub fn answer_heard(&self, heard: bool) {
        self.shared.answer_heard(Fact::from(heard));
    }

    /// Ends the call, and tells the other end.
    pub fn hang_up(&self) {
        self.shared.end(PairEnd::HungUp);
    }

    /// The other end's page is gone, as the program says. Ends the call.
    pub fn partner_left(&self) {
        self.shared.end(PairEnd::TheyLeft);
    }

    /// What carries the messages is there, or lost for now.
    pub fn note_line(&self, is_open: bool) {
        self.shared.has_line.set(is_open);
    }

    /// Everything measured so far.
    pub fn facts(&self) -> PairFacts {
        self.shared.facts()
    }
}

impl Drop for PairCall {
    fn drop(&mut self) {
        self.hang_up();
    }
}
