//! What the relay itself saw of one run.

use crate::{Address, Transport, facts::Fact};
use serde::{Deserialize, Serialize};

/// The relay's testimony about one run. Correlated by the run's name in the TURN user name, and before a user name
/// is known by source address and time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sightings {
    /// What came by UDP.
    pub udp: TransportSightings,
    /// What came by TCP.
    pub tcp: TransportSightings,
    /// What came by TLS.
    pub tls: TransportSightings,
    /// Every allocation of this run.
    pub allocations: Vec<AllocationSighting>,
    /// Checks that reached the witness.
    pub witness: Vec<WitnessSighting>,
    /// UDP from any other test reached this relay within the last day. `No` only when other tests were seen and none
    /// of them came by UDP.
    pub others_udp: Fact,
    /// This program runs on a platform that gives it one port for web traffic (`PORT`), and nothing has ever come to
    /// its relay from outside. `No`: something has. Not measured: no such platform is known of.
    pub platform_web_only: Fact,
}

impl Sightings {
    /// What came over `transport`. DTLS comes by UDP, and this relay speaks none.
    pub fn transport(&self, transport: Transport) -> &TransportSightings {
        match transport {
            Transport::Udp | Transport::Dtls => &self.udp,
            Transport::Tcp => &self.tcp,
            Transport::Tls => &self.tls,
        }
    }

    /// What came over each transport.
    pub fn transports(&self) -> [&TransportSightings; 3] {
        [&self.udp, &self.tcp, &self.tls]
    }

    /// Somebody came with more than a first request: an allocation was granted, or something refused.
    pub fn has_seen_more_than_first_requests(&self) -> bool {
        let is_refused = |it: &&TransportSightings| !it.refusals.is_empty();
        !self.allocations.is_empty() || self.transports().iter().any(is_refused)
    }

    /// Milliseconds from the first arrival of all to the last; `None`: nothing came, or it was not told.
    pub fn arrivals_ms(&self) -> Option<u32> {
        let firsts = self.transports().into_iter().filter_map(|it| it.first_ms);
        let lasts = self.transports().into_iter().filter_map(|it| it.last_ms);
        Some(lasts.max()?.saturating_sub(firsts.min()?))
    }

    /// What came over `transport`, to be added to.
    pub fn transport_mut(&mut self, transport: Transport) -> &mut TransportSightings {
        match transport {
            Transport::Udp | Transport::Dtls => &mut self.udp,
            Transport::Tcp => &mut self.tcp,
            Transport::Tls => &mut self.tls,
        }
    }
}

/// One client-to-server transport, as the relay saw it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransportSightings {
    /// The relay listens on this transport at all.
    pub listening: Fact,
    /// Something of this run arrived.
    pub seen: Fact,
    /// Milliseconds from the start of the run to the first arrival.
    pub first_ms: Option<u32>,
    /// The same to the last arrival so far.
    pub last_ms: Option<u32>,
    /// STUN requests that arrived.
    pub requests: u64,
    /// Answers that were sent.
    pub answers: u64,
    /// Requests without a credential that were answered with the normal 401 challenge.
    pub challenges: u64,
    /// A Binding request, or one without a credential, came a second time from the same address and port: the answer to
    /// the first had not been heard by then (RFC 8489 section 6.2.1). `No`: such requests came, each once. What comes in a
    /// flood, and is not answered for that, is not seen.
    pub asked_again: Fact,
    /// Requests that were refused, by reason.
    pub refusals: Vec<Refusal>,
    /// TLS alerts that the client sent when it gave up the handshake.
    pub tls_alerts: Vec<String>,
}

/// Requests refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The STUN error code that was answered.
    pub code: u16,
    /// Why.
    pub reason: RefusalReason,
    /// How often.
    pub count: u64,
}

/// Why the relay refused a request. Finer than the STUN error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalReason {
    /// No such user.
    UnknownUser,
    /// The password does not fit.
    WrongPassword,
    /// The time-limited credential is over its time.
    Expired,
    /// The nonce is over its time, or was given to another address.
    StaleNonce,
    /// The user has as many allocations as allowed.
    Quota,
    /// No relayed port is free.
    Capacity,
    /// The peer's address is not allowed.
    PeerForbidden,
    /// Anything else: malformed, or not supported.
    BadRequest,
}

impl RefusalReason {
    /// The name that it has in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown-user",
            Self::WrongPassword => "wrong-password",
            Self::Expired => "expired",
            Self::StaleNonce => "stale-nonce",
            Self::Quota => "quota",
            Self::Capacity => "capacity",
            Self::PeerForbidden => "peer-forbidden",
            Self::BadRequest => "bad-request",
        }
    }
}

/// One allocation of this run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocationSighting {
    /// The way between client and relay.
    pub transport: Transport,
    /// The client's address as the relay saw it.
    pub client: (Address, u16),
    /// The relayed address as announced.
    pub relayed: (Address, u16),
    /// Packets from the client that were sent to peers.
    pub sent_packets: u64,
    /// Bytes of those.
    pub sent_bytes: u64,
    /// Packets from peers that were sent to the client.
    pub received_packets: u64,
    /// Bytes of those.
    pub received_bytes: u64,
    /// Packets from peers dropped for want of a permission: they did reach the relayed port.
    pub unpermitted_packets: u64,
    /// It has ended.
    pub closed: bool,
}

/// A connectivity check of this run that reached the witness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WitnessSighting {
    /// Where the check came from: the address the relay really sends from.
    pub source: (Address, u16),
    /// Milliseconds after the start of the run.
    pub at_ms: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_called_as_in_json() {
        for reason in [
            RefusalReason::UnknownUser,
            RefusalReason::WrongPassword,
            RefusalReason::Expired,
            RefusalReason::StaleNonce,
            RefusalReason::Quota,
            RefusalReason::Capacity,
            RefusalReason::PeerForbidden,
            RefusalReason::BadRequest,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
