//! What this program found when it looked at a configured server itself.

use crate::{Address, IceUrl, facts::Fact};
use serde::{Deserialize, Serialize};

/// One configured server URL, probed from the relay's side with a plain client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NativeProbe {
    /// The URL that was probed.
    pub url: IceUrl,
    /// The probe has come to its end: only then is a "no" below a finding.
    #[serde(default)]
    pub finished: bool,
    /// The host name has an address. A literal address always has.
    #[serde(default)]
    pub resolves: Fact,
    /// The addresses it has.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Something answered at all: a STUN answer, an open TCP port, a TLS handshake.
    #[serde(default)]
    pub answers: Fact,
    /// What answers speaks STUN (a Binding or an Allocate was answered with a STUN message).
    #[serde(default)]
    pub speaks_stun: Fact,
    /// What answers knows TURN (an Allocate was answered with success, or with any error but 400/"unknown method").
    #[serde(default)]
    pub speaks_turn: Fact,
    /// The first bytes of an answer that is not STUN, printable, at most 40 characters.
    #[serde(default)]
    pub other_answer: Option<String>,
    /// The TLS handshake's complaint about the certificate, in rustls' words; `None`: no complaint or not TLS.
    #[serde(default)]
    pub certificate_error: Option<String>,
    /// The answer to an Allocate without credentials; anything but an error is an open relay.
    #[serde(default)]
    pub anonymous: AllocateAnswer,
    /// The REALM of the challenge. `Some("")` is a fault: browsers retry for ever.
    #[serde(default)]
    pub realm: Option<String>,
    /// The answer to an Allocate with the configured user name and a password that must be refused. Not asked of this
    /// program's own relay.
    #[serde(default)]
    pub wrong_password: AllocateAnswer,
    /// The answer to an Allocate with the configured credentials.
    #[serde(default)]
    pub authenticated: AllocateAnswer,
    /// The relayed address it granted.
    #[serde(default)]
    pub relayed: Option<(Address, u16)>,
    /// A packet sent to `relayed` from another socket came out of the allocation. For this program's own relay a
    /// "yes" proves little, because the packet need not have crossed the firewall.
    #[serde(default)]
    pub relay_reached: Fact,
    /// The address from which a packet out of the allocation came here: where the relay really sends from.
    #[serde(default)]
    pub sent_from: Option<Address>,
    /// The relay refuses (403) to let packets pass between the allocation and another relayed address of its own, or
    /// this program's address where that is a public one.
    #[serde(default)]
    pub peer_refused: Fact,
    /// Seconds by which the clock of the server's host is ahead of this program's, negative where it is behind; by
    /// the Date of a web server on that host (RFC 9110 section 6.6.1). Asked only where a time-limited user name was
    /// refused.
    #[serde(default)]
    pub clock_ahead_s: Option<i64>,
    /// Milliseconds from start to the last answer.
    #[serde(default)]
    pub elapsed_ms: Option<u32>,
}

impl NativeProbe {
    /// A probe of `url` that has measured nothing yet.
    pub fn new(url: IceUrl) -> Self {
        Self {
            url,
            finished: false,
            resolves: Fact::NotMeasured,
            addresses: Vec::new(),
            answers: Fact::NotMeasured,
            speaks_stun: Fact::NotMeasured,
            speaks_turn: Fact::NotMeasured,
            other_answer: None,
            certificate_error: None,
            anonymous: AllocateAnswer::NotAsked,
            realm: None,
            wrong_password: AllocateAnswer::NotAsked,
            authenticated: AllocateAnswer::NotAsked,
            relayed: None,
            relay_reached: Fact::NotMeasured,
            sent_from: None,
            peer_refused: Fact::NotMeasured,
            clock_ahead_s: None,
            elapsed_ms: None,
        }
    }
}

/// How a server answered an Allocate request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer", content = "code")]
pub enum AllocateAnswer {
    /// Never asked.
    #[default]
    NotAsked,
    /// Asked, and nothing came.
    Silent,
    /// Granted.
    Success,
    /// A STUN error with this code.
    Error(u16),
}
