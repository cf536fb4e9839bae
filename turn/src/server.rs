//! The server.

use crate::{
    config::Config,
    event::Event,
    types::{Client, Now, PeerAddr, RelayedAddr},
};
use std::{
    net::{IpAddr, SocketAddr},
    ops::Range,
    time::Duration,
};

/// Free bytes that must lie before a packet's payload in the buffer, so that a header fits in front of it without
/// moving it: a Data indication's 20-byte header, an IPv6 XOR-PEER-ADDRESS (24) and the DATA header (4).
pub const HEADROOM: usize = 48;

/// What to do with a packet that was just handed in: `payload` is a range of the buffer it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forward {
    /// Nothing to forward. Look at [`Server::poll_action`].
    Nothing,
    /// Send the range from the relayed socket to the peer.
    ToPeer {
        from: RelayedAddr,
        to: PeerAddr,
        payload: Range<usize>,
    },
    /// Send the range to the client (from `Client::local` where it is UDP).
    ToClient {
        client: Client,
        payload: Range<usize>,
    },
    /// The peer is a relayed address of another server of this host: hand the range over to the one that owns the
    /// port, which takes it by [`Server::handle_peer`].
    ToSibling {
        from: RelayedAddr,
        to: RelayedAddr,
        payload: Range<usize>,
    },
}

/// What the owner of the sockets has to do, apart from forwarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a message to a client.
    Send { client: Client, message: Vec<u8> },
    /// Open a socket for this relayed address and report by [`Server::relay_opened`].
    OpenRelay { relayed: RelayedAddr },
    /// Close the socket of this relayed address.
    CloseRelay { relayed: RelayedAddr },
    /// Close the client's connection (streams only).
    Disconnect { client: Client },
}

/// One TURN server.
pub struct Server {
    _config: Config,
}

#[allow(unused_variables, missing_docs)]
impl Server {
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        Self { _config: config }
    }
    /// One datagram, or one framed message of a stream, from a client. It lies in `buffer[packet]`.
    pub fn handle_client(
        &mut self,
        now: Now,
        client: Client,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) -> Forward {
        Forward::Nothing
    }
    /// One datagram from a peer that arrived at a relayed address (or was handed over by a sibling).
    pub fn handle_peer(
        &mut self,
        now: Now,
        relayed: RelayedAddr,
        peer: PeerAddr,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) -> Forward {
        Forward::Nothing
    }
    pub fn relay_opened(&mut self, now: Now, relayed: RelayedAddr, opened: bool) {}
    pub fn client_disconnected(&mut self, now: Now, client: Client) {}
    /// Addresses at which one test's scoped credentials may reach peers: where the same test comes from, its partner.
    pub fn allow_in_scope(&mut self, scope: &str, addresses: &[IpAddr]) {}
    pub fn set_relay_addresses(
        &mut self,
        v4: Option<std::net::Ipv4Addr>,
        v6: Option<std::net::Ipv6Addr>,
    ) {
    }
    pub fn set_witness(&mut self, witness: Vec<SocketAddr>) {}
    pub fn handle_timeout(&mut self, now: Now) {}
    pub fn poll_timeout(&self) -> Option<Duration> {
        None
    }
    pub fn poll_action(&mut self) -> Option<Action> {
        None
    }
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }
    pub fn shutdown(&mut self, now: Now) {}
}
