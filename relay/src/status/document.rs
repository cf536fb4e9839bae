//! What `GET /api/status` answers, and `earshot status --json` prints.

use super::Story;
use earshot_report::Fact;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::IpAddr};

/// How the program is. No secret is in it; addresses and user names of those who were refused are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// It serves all that it is set to serve.
    pub healthy: bool,
    /// What keeps it from that.
    pub problems: Vec<String>,
    /// Seconds since its start.
    pub uptime_s: u64,
    /// What does not change while it runs.
    #[serde(flatten)]
    pub story: Story,
    /// The announced addresses, as far as this program can tell from inside whether they are its own.
    pub proofs: Vec<Proof>,
    /// It runs where a hosting platform gives it `PORT`, and nothing has come to its relay from outside. Not measured
    /// where no platform does.
    pub web_only_host: Fact,
    /// The TURN sessions.
    pub sessions: Sessions,
    /// When somebody who is not on this machine was last heard by the relay.
    pub heard: Heard,
    /// Requests that were refused.
    pub refusals: Refusals,
}

/// Whether packets to an announced address come to this relay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The announced address.
    pub address: IpAddr,
    /// It was proved by relaying to ourselves through it; or shown to be wrong; or it cannot be tried from here.
    pub proved: Fact,
    /// What was found.
    pub words: String,
    /// So many seconds ago.
    pub ago_s: u64,
}

/// The TURN sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    /// Open now.
    pub open: u64,
    /// Begun since the start.
    pub since_start: u64,
    /// Those open now by their users, the busiest first; those of tests are under `tests of the page`.
    pub by_user: Vec<(String, u64)>,
    /// Bytes from clients since the start, as far as sessions have told.
    pub bytes_from_clients: u64,
    /// Bytes to clients since the start.
    pub bytes_to_clients: u64,
}

/// Seconds since somebody was heard; `None`: never since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// By UDP.
    pub udp_ago_s: Option<u64>,
    /// By TCP.
    pub tcp_ago_s: Option<u64>,
    /// By TLS.
    pub tls_ago_s: Option<u64>,
}

/// Requests that were refused, without what is usual: a nonce grown stale, and the wrong password that each test of the
/// page tries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Refusals {
    /// How many since the start, by reason.
    pub since_start: BTreeMap<String, u64>,
    /// The last ones, the newest first.
    pub last: Vec<Refused>,
}

/// What was refused to one user at one address for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// How many seconds ago, the last time.
    pub ago_s: u64,
    /// The user name that was given.
    pub username: String,
    /// From where.
    pub from: IpAddr,
    /// The STUN error code.
    pub code: u16,
    /// Why, in words.
    pub reason: String,
    /// How often.
    pub times: u64,
}
