//! What page and program say to each other about a link: somebody who helps made it, somebody who cannot hear opens it.
//!
//! Whatever happens under a link is an event with a number. A socket that was lost comes back and says which number it
//! had last, so that nothing is lost and nothing comes twice.

use super::Refusal;
use crate::{Code, Facts, Status, facts::PairReady};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest label, in characters.
pub const LONGEST_LABEL: usize = 80;
/// The longest [`Signal::body`], in bytes: a description of a call with one stream of sound takes some three thousand.
pub const LONGEST_SIGNAL: usize = 16 * 1024;
/// The longest message of a page on the link's socket, in bytes: the facts of a test with forty legs, without plots.
pub const LONGEST_MESSAGE: usize = 128 * 1024;

/// The shortest key that a guest's page makes for itself ([`Hello::key`]): 128 random bits in letters of base64url
/// (RFC 4648 section 5), six in each.
pub const SHORTEST_KEY: usize = 22;
/// The longest.
pub const LONGEST_KEY: usize = 128;
/// The longest [`Signal::call`], in bytes.
pub const LONGEST_CALL: usize = 64;

/// The body of `POST /api/links`. An empty object is a whole request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkRequest {
    /// What its maker calls it, at most [`LONGEST_LABEL`] characters; shown to who opens it.
    pub label: Option<String>,
}

/// The answer to `POST /api/links`. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTicket {
    /// Opens the link: 128 random bits or more.
    pub token: String,
    /// The address to send to somebody, `…/s/<token>`.
    pub url: String,
    /// When the link closes, RFC 3339.
    pub expires: String,
    /// Shows that one has made the link. Who has it sees every test that is made by it.
    pub owner: String,
}

impl fmt::Debug for LinkTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkTicket")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// The answer to `GET /api/links/<token>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkInfo {
    /// What its maker calls it.
    #[serde(default)]
    pub label: Option<String>,
    /// When the link closes, RFC 3339.
    pub expires: String,
    /// A test may begin by it.
    pub open: bool,
    /// The tests that were made by it, the newest first; for its owner alone, empty for everybody else.
    #[serde(default)]
    pub reports: Vec<LinkReport>,
}

/// A saved report under a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkReport {
    /// Its id, for `GET /api/reports/<id>` and `/r/<id>`.
    pub id: String,
    /// Who was tested.
    pub who: Who,
    /// When the test was begun, RFC 3339.
    pub started: String,
    /// How it ended.
    pub status: Status,
    /// Its cause.
    pub cause: Code,
}

/// Somebody at a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Who made it.
    Owner,
    /// Who opened it: the first is 1, and somebody else after that is 2.
    Guest(u32),
}

/// In [`super::RunRequest`]: the test is made by a link, and its report is kept there. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkPass {
    /// The link's token.
    pub token: String,
    /// [`LinkTicket::owner`], or the key that the guest's page made for itself ([`Hello::key`]).
    pub key: String,
}

impl fmt::Debug for LinkPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkPass(kept secret)")
    }
}

/// What a page says on the socket of a link, `GET /api/links/<token>/live`. The first message is a `Hello`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "data")]
pub enum ToLink {
    /// Who this is and what it knows already.
    Hello(Hello),
    /// What the test on this page has measured so far; only the latest is kept. Its addresses are masked on the way.
    Progress(Box<Progress>),
    /// Something for the page at the other side.
    Signal(Signal),
    /// This page goes away for good: its place is free at once. Without it the place is kept for a while, because
    /// somebody may only reload the page.
    Leave,
}

/// The first message on the socket of a link. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`LinkTicket::owner`]; or, of a guest, 128 random bits or more that the page made for itself and keeps while
    /// its tab is open, so that the program knows it again: [`SHORTEST_KEY`] letters of base64url or more.
    pub key: String,
    /// The number of the last event that this page has seen; 0: none. Events after it follow.
    #[serde(default)]
    pub after: u64,
}

impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// How far a test is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Everything measured so far, without the samples of its legs.
    pub facts: Facts,
    /// Milliseconds from click to now.
    pub elapsed_ms: u64,
    /// Nothing more will be measured.
    pub over: bool,
}

/// A message from page to page. The program carries it and does not read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// The call it belongs to; who calls makes it up, at most [`LONGEST_CALL`] bytes. The first message of a new call
    /// ends the older one: the program forgets its messages, and drops those that still come.
    pub call: String,
    /// A [`CallMessage`] in JSON, at most [`LONGEST_SIGNAL`] bytes.
    pub body: String,
    /// Grows with each message of this page, by which the program knows one that it has already; 0: it is not counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nth: u64,
}

fn is_zero(nth: &u64) -> bool {
    *nth == 0
}

/// What the program has of the messages that one side has sent in the newest call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Taken {
    /// [`Signal::call`]; empty: there was none.
    pub call: String,
    /// The highest [`Signal::nth`] of it.
    pub nth: u64,
}

/// What two pages say to each other about a call: the [`Signal::body`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "data")]
pub enum CallMessage {
    /// Let us call: what works at this end.
    Ring(PairReady),
    /// Yes, and what works at this end. The caller decides by both which legs there are.
    Accept(PairReady),
    /// No, not now; or an end to it.
    HangUp,
    /// An end to it, because the way that carried the voices is broken at the sender of this message. The receiver may not
    /// have noticed yet, and both are to read the same.
    WayLost,
    /// An SDP offer or answer for one leg of the call, an index into the caller's list of legs.
    Description {
        /// The leg.
        leg: u16,
        /// The W3C RTCSdpType: `offer` or `answer`.
        sdp_type: String,
        /// The description.
        sdp: String,
    },
    /// A candidate of the sender for one leg; `None`: that was the last.
    Candidate {
        /// The leg.
        leg: u16,
        /// The candidate attribute and its mid.
        candidate: Option<(String, String)>,
    },
    /// What the sender of this message has measured of one leg: its own half, in its own words.
    Measured {
        /// The leg.
        leg: u16,
        /// What arrived at the sender of this message, of what the receiver sent.
        arrived: crate::facts::DirectionFacts,
        /// RTP packets that the sender of this message has sent.
        sent: Option<u64>,
    },
    /// The two use this leg for their voices now.
    Speak {
        /// The leg.
        leg: u16,
    },
    /// What the sender of this message knows of the voices: its own microphone, and what it hears.
    Voice(crate::facts::VoiceEnd),
}

/// What the program says on the socket of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "data")]
pub enum FromLink {
    /// The first message: who this page is, and when the link closes (RFC 3339).
    Welcome {
        /// This page.
        you: Who,
        /// When the link closes, RFC 3339.
        expires: String,
        /// What has come of this side's messages: what came after it was lost with the socket, and is to be sent again.
        #[serde(default)]
        taken: Taken,
    },
    /// Something happened. Numbers grow; some are never used.
    Event {
        /// Its number under this link.
        number: u64,
        /// What it is.
        event: LinkEvent,
    },
    /// Why this socket is closed now, in a sentence; it need not be tried again. A socket that closes without it was
    /// lost.
    Refused {
        /// The sentence.
        error: String,
        /// The reason, for the person's own language.
        reason: Refusal,
    },
}

/// What happens under a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "data")]
pub enum LinkEvent {
    /// Somebody is there, or gone. The latest of each side counts.
    Presence {
        /// Who.
        who: Who,
        /// They have the page open.
        here: bool,
    },
    /// How far somebody's test is; the latest counts. Of a guest for the owner, never the other way round.
    Progress {
        /// Who is tested.
        who: Who,
        /// How far.
        progress: Box<Progress>,
    },
    /// A test was saved. Of a guest for the owner and that guest, of the owner for the owner.
    Report(LinkReport),
    /// From the page at the other side.
    Signal(Signal),
}
