//! Everything worth telling: logs, metrics and a run's sightings are all made from this one stream.

use crate::types::{Client, PeerAddr, RelayedAddr};
use std::{net::SocketAddr, time::Duration};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A Binding request was answered.
    Bound {
        /// Who asked.
        client: Client,
    },
    /// A request without credentials was answered with the normal first 401.
    Challenged {
        /// Who asked.
        client: Client,
    },
    /// A request was refused.
    Refused {
        /// Who asked.
        client: Client,
        /// The user name it gave, if any.
        username: Option<String>,
        /// The STUN error code.
        code: u16,
        /// Why.
        reason: Refusal,
    },
    /// An allocation began.
    Allocated {
        /// Which.
        session: SessionId,
        /// Whose.
        client: Client,
        /// By which user name.
        username: String,
        /// At which relayed address.
        relayed: RelayedAddr,
        /// For how long.
        lifetime: Duration,
    },
    /// An allocation was prolonged.
    Refreshed {
        /// Which.
        session: SessionId,
        /// For how long.
        lifetime: Duration,
    },
    /// A permission was installed for the first time, by CreatePermission or ChannelBind.
    Permitted {
        /// Which.
        session: SessionId,
        /// For which peer (the port is that of the request).
        peer: PeerAddr,
    },
    /// The first packet of an allocation in one direction.
    FirstPacket {
        /// Which.
        session: SessionId,
        /// Which way.
        direction: Direction,
        /// The other end.
        peer: PeerAddr,
    },
    /// What an allocation has carried so far; told from time to time, and once before `Closed`.
    Usage {
        /// Which.
        session: SessionId,
        /// So far.
        usage: Usage,
    },
    /// An allocation ended.
    Closed {
        /// Which.
        session: SessionId,
        /// Why.
        reason: Closed,
    },
    /// A connectivity check with the user name of a run reached the witness.
    Witnessed {
        /// The local ufrag: the run's id.
        ufrag: String,
        /// Where it came from.
        source: SocketAddr,
        /// Its MESSAGE-INTEGRITY was right, and so it was answered.
        authentic: bool,
    },
}

/// An allocation's number, unique within one server's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to a peer.
    ToPeer,
    /// From a peer to the client.
    ToClient,
}

/// What an allocation carried. `received` is counted at the server's client side as in coturn's `rp`, `rb`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Packets received from the client and sent to peers (coturn `rp`).
    pub received_packets: u64,
    /// Bytes of those (coturn `rb`).
    pub received_bytes: u64,
    /// Packets from peers sent to the client (coturn `sp`).
    pub sent_packets: u64,
    /// Bytes of those (coturn `sb`).
    pub sent_bytes: u64,
    /// Packets from peers dropped for want of a permission.
    pub unpermitted_packets: u64,
    /// Packets of either direction dropped by the bandwidth cap of a scoped credential.
    pub capped_packets: u64,
}

/// Why a request was refused. Finer than the STUN error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No such user.
    UnknownUser,
    /// The password does not fit.
    WrongPassword,
    /// The time-limited user name is over its time.
    Expired,
    /// The nonce is over its time, or was given to another address.
    StaleNonce,
    /// The allocation belongs to another user.
    WrongCredentials,
    /// The user has as many allocations as allowed.
    Quota,
    /// No relayed port is free.
    Capacity,
    /// The peer's address is denied by default and not allowed by a setting.
    PeerDenied,
    /// The peer is outside what a scoped credential may reach.
    PeerOutOfScope,
    /// Anything else: malformed, no allocation, not supported.
    BadRequest,
}

/// Why an allocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closed {
    /// The client asked (a Refresh with lifetime 0).
    ByClient,
    /// Its lifetime ran out.
    Expired,
    /// The client's connection is gone.
    Disconnected,
    /// The server is going down.
    Shutdown,
}
