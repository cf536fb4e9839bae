//! A type for every role an address can play, so that they cannot be mixed up.

use std::{fmt, net::SocketAddr, time::Duration};

/// The time, as the caller tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Monotonic time since any fixed point: what lifetimes are measured by.
    pub monotonic: Duration,
    /// Time since 1970 by the wall clock: what the expiry of credentials is judged by, and nothing else.
    pub unix: Duration,
}

/// The way between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A byte stream.
    Tcp,
    /// A byte stream inside TLS.
    Tls,
}

impl Transport {
    /// ChannelData is padded to four bytes on streams (RFC 8656 section 12.5).
    pub fn is_stream(self) -> bool {
        self != Self::Udp
    }
}

/// A client by its 5-tuple (RFC 8656 section 2): an allocation belongs to one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// The protocol of the 5-tuple.
    pub transport: Transport,
    /// The client's end, as the server sees it.
    pub addr: SocketAddr,
    /// The server's end: answers must leave from here.
    pub local: SocketAddr,
}

/// A relayed transport address as it is announced to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayedAddr(pub SocketAddr);

/// The address of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerAddr(pub SocketAddr);

/// A channel number, 0x4000 to 0x7FFF. RFC 8656 section 12 leaves 0x4000 to 0x4FFF of these; clients that were written
/// to RFC 5766 section 11 choose from all of them, coturn's and others among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// The number, if it is one of a channel.
    pub fn new(number: u16) -> Option<Self> {
        (0x4000..=0x7FFF).contains(&number).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for RelayedAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
