//! What gathering candidates from one server URL showed.

use crate::{Address, AddressRange, Target, Transport, facts::Fact, words::says};
use serde::{Deserialize, Serialize};

/// Everything the page learned about one server URL, apart from the legs through it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// The server URL in question.
    pub target: Target,
    /// The user name used, if any. Passwords are never facts.
    #[serde(default)]
    pub username: Option<String>,
    /// Gathering with the configured credentials.
    #[serde(default)]
    pub gathering: Gathering,
    /// A relay candidate came although the password was wrong on purpose.
    #[serde(default)]
    pub grants_wrong_password: Fact,
    /// By the server's address a relay candidate came. Tried where its name shows nothing at first.
    #[serde(default)]
    pub by_address: Fact,
    /// A relay candidate came once more, asked for when one had come before and no call through it connected. Not
    /// measured, too, where the server answered and gave none.
    #[serde(default)]
    pub grants_again: Fact,
}

impl TargetFacts {
    /// A target of which nothing is known yet.
    pub fn new(target: Target, username: Option<String>) -> Self {
        Self {
            target,
            username,
            gathering: Gathering::default(),
            grants_wrong_password: Fact::NotMeasured,
            by_address: Fact::NotMeasured,
            grants_again: Fact::NotMeasured,
        }
    }
}

/// A time-limited user name is seconds since 1970. Smaller numbers are names that happen to be digits.
const EARLIEST_EXPIRY_S: u64 = 1_000_000_000;

/// The expiry, in seconds since 1970, in a user name of the time-limited scheme: `<seconds>` or `<seconds>:<name>`.
pub fn expiry_of_username(username: &str) -> Option<u64> {
    let digits = username.split(':').next()?;
    let seconds = digits.parse().ok().filter(|_| !digits.starts_with('+'))?;
    (seconds >= EARLIEST_EXPIRY_S).then_some(seconds)
}

/// One RTCPeerConnection's gathering from one URL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gathering {
    /// How it ended, so far.
    pub outcome: GatheringOutcome,
    /// Every candidate seen, duplicates removed.
    pub candidates: Vec<CandidateFacts>,
    /// Every `icecandidateerror`, noise included; the rules decide what counts.
    pub errors: Vec<CandidateError>,
    /// Milliseconds from start to end, when ended.
    pub elapsed_ms: Option<u32>,
}

/// How a gathering ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "why")]
pub enum GatheringOutcome {
    /// Not begun: nothing follows.
    #[default]
    NotStarted,
    /// Under way.
    Running,
    /// The browser said it is complete.
    Complete,
    /// Our own limit ended it: the browser was still trying.
    TimedOut,
    /// The person, or the end of the run, stopped it before it could tell anything.
    Stopped,
    /// The browser would not even begin; its words.
    Refused(String),
}

/// The type of a candidate (RFC 8445 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CandidateType {
    /// An address of the machine itself.
    Host,
    /// The address a STUN server saw.
    Srflx,
    /// An address that only a connectivity check revealed.
    Prflx,
    /// An address at a TURN server.
    Relay,
}

/// One ICE candidate, classified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateFacts {
    /// Host, server-reflexive, peer-reflexive or relayed.
    pub candidate_type: CandidateType,
    /// The address, or the `.local` name that hides it.
    pub address: Address,
    /// The port; 9 for active TCP candidates (RFC 6544 section 4.5).
    pub port: u16,
    /// `udp` or `tcp`: the transport of the candidate itself, not of the way to the relay.
    pub protocol: String,
    /// What kind of address it is; stays when the address is masked.
    pub range: AddressRange,
    /// `raddr` and `rport`, where given and not hidden.
    #[serde(default)]
    pub related: Option<(Address, u16)>,
    /// The way to the relay, where the browser tells.
    #[serde(default)]
    pub relay_transport: Option<Transport>,
    /// Milliseconds after the start of gathering.
    #[serde(default)]
    pub elapsed_ms: Option<u32>,
}

/// What browsers report as an error of a server that did not answer.
pub const NO_ANSWER: u16 = 701;

impl CandidateError {
    /// It may mean something. Noise is code 600 (the address families do not fit), and "Address not associated with
    /// the desired network interface.", which comes beside success.
    pub fn counts(&self) -> bool {
        self.code != 600 && !self.text.starts_with("Address not associated")
    }

    /// The server itself answered with this code.
    pub fn from_server(&self) -> bool {
        (300..600).contains(&self.code)
    }

    /// The browser could not find the host's address (Chromium's words).
    pub fn is_lookup_failure(&self) -> bool {
        self.code == NO_ANSWER && says(&self.text, "host lookup")
    }
}

/// One `icecandidateerror` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateError {
    /// A STUN error code (RFC 8489 section 14.8), or 701: no answer.
    pub code: u16,
    /// The browser's words; empty in Firefox.
    #[serde(default)]
    pub text: String,
    /// Milliseconds after the start of gathering.
    #[serde(default)]
    pub elapsed_ms: Option<u32>,
}
