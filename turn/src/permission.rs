//! CreatePermission and ChannelBind (RFC 8656 sections 10 and 12), and which peers a credential may have.

use crate::{
    allocation::BindError,
    auth::Identity,
    event::{Event, Refusal, SessionId},
    peers::{is_listed, peer_denied},
    reply::{self, Head},
    request::{Answer, Failure, Outcome, required},
    server::Server,
    types::{ChannelNumber, Client, Now, PeerAddr},
};
use std::net::{IpAddr, SocketAddr};
use stun_types::{
    attribute::{AttributeStaticType, ErrorCode},
    message::Message,
};
use turn_types::attribute::XorPeerAddress;

/// How much of a peer's address counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The IP address: a permission has no port.
    Address,
    /// The port too.
    Port,
}

impl Server {
    /// All the peers of one request are permitted, or none (RFC 8656 section 10.2).
    pub(crate) fn create_permission(
        &mut self,
        now: Now,
        client: Client,
        message: &Message,
        identity: &Identity,
    ) -> Outcome {
        let (session, relayed) = self.own_allocation(client, identity)?;
        let peers = peers(message)?;
        for peer in &peers {
            self.check_peer(now, identity.scope.as_deref(), *peer, Extent::Address)?;
        }
        for peer in &peers {
            check_family(*peer, relayed.0)?;
        }
        let bound = self.config.limits.permissions;
        let allocation = self.tables.get_mut(session);
        if !allocation.is_some_and(|it| it.has_room_for(now.monotonic, &peers, bound)) {
            return Err(full());
        }
        for peer in peers {
            self.permit(now, session, peer);
        }
        Ok(empty_answer(message, identity))
    }

    /// ChannelBind (RFC 8656 section 12.2). Installs a permission too.
    pub(crate) fn channel_bind(
        &mut self,
        now: Now,
        client: Client,
        message: &Message,
        identity: &Identity,
    ) -> Outcome {
        let (session, relayed) = self.own_allocation(client, identity)?;
        let bad = || Failure::plain(ErrorCode::BAD_REQUEST);
        let number: turn_types::attribute::ChannelNumber = required(message)?;
        let number = ChannelNumber::new(number.channel()).ok_or_else(bad)?;
        let peer = required::<XorPeerAddress>(message)?.addr(message.transaction_id());
        if peer.port() == 0 {
            return Err(bad());
        }
        self.check_peer(now, identity.scope.as_deref(), peer, Extent::Port)?;
        check_family(peer, relayed.0)?;

        let limits = &self.config.limits;
        let Some(allocation) = self.tables.get_mut(session) else {
            return Err(Failure::plain(ErrorCode::ALLOCATION_MISMATCH));
        };
        if !allocation.has_room_for(now.monotonic, &[peer], limits.permissions) {
            return Err(full());
        }
        let channel = (number, PeerAddr(peer));
        allocation
            .check_bind(now.monotonic, channel.0, channel.1, limits.channels)
            .map_err(|error| match error {
                BindError::Mismatch => bad(),
                BindError::Full => full(),
            })?;
        allocation.bind(now.monotonic, channel.0, channel.1);
        self.permit(now, session, peer);
        Ok(empty_answer(message, identity))
    }

    fn permit(&mut self, now: Now, session: SessionId, peer: SocketAddr) {
        let Some(allocation) = self.tables.get_mut(session) else {
            return;
        };
        if allocation.permit(now.monotonic, peer.ip()) {
            let peer = PeerAddr(peer);
            self.events.push_back(Event::Permitted { session, peer });
        }
    }

    /// Whether a credential may have this peer: 403 (RFC 8656 sections 10.2 and 12.2).
    ///
    /// Our own relayed addresses always: both ends are on this relay. Then, for a scoped credential, the witness,
    /// other relays that serve the same tests and the addresses of its own test, and for any other all that is not denied.
    pub(crate) fn check_peer(
        &self,
        now: Now,
        scope: Option<&str>,
        peer: SocketAddr,
        extent: Extent,
    ) -> Result<(), Failure> {
        let ip = peer.ip().to_canonical();
        let any_port = extent == Extent::Address;
        if self.is_relay(ip) && (any_port || self.config.all_ports.contains(&peer.port())) {
            return Ok(());
        }
        self.check_foreign_peer(now, scope, peer, extent)
    }

    /// [`Self::check_peer`] for what is none of our own relayed addresses.
    pub(crate) fn check_foreign_peer(
        &self,
        now: Now,
        scope: Option<&str>,
        peer: SocketAddr,
        extent: Extent,
    ) -> Result<(), Failure> {
        let ip = peer.ip().to_canonical();
        let any_port = extent == Extent::Address;
        let forbidden = |reason| Err(Failure::new(ErrorCode::FORBIDDEN, reason));
        let denied = peer_denied(peer.ip()) && !is_listed(ip, &self.config.allowed_peers);
        let Some(scope) = scope else {
            return match denied {
                true => forbidden(Refusal::PeerDenied),
                false => Ok(()),
            };
        };
        let is_witness = self.config.witness.iter().any(|witness| {
            witness.ip().to_canonical() == ip && (any_port || witness.port() == peer.port())
        });
        let is_other_relay = self
            .others
            .iter()
            .any(|other| other.is_at(peer) || any_port && other.address.to_canonical() == ip);
        if is_witness || is_other_relay || self.scopes.contains(now.monotonic, scope, ip) {
            return Ok(());
        }
        match denied {
            true => forbidden(Refusal::PeerDenied),
            false => forbidden(Refusal::PeerOutOfScope),
        }
    }

    /// Whether this is the address that relayed addresses are announced with.
    pub(crate) fn is_relay(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => self.config.relay_v4 == Some(ip),
            IpAddr::V6(ip) => self.config.relay_v6 == Some(ip),
        }
    }
}

/// Every XOR-PEER-ADDRESS of a request; at least one.
fn peers(message: &Message) -> Result<Vec<SocketAddr>, Failure> {
    let bad = || Failure::plain(ErrorCode::BAD_REQUEST);
    let peers: Vec<SocketAddr> = message
        .iter_attributes()
        .filter(|(_, attribute)| attribute.header.get_type() == XorPeerAddress::TYPE)
        .map(|(_, attribute)| {
            XorPeerAddress::try_from(&attribute)
                .map(|peer| peer.addr(message.transaction_id()))
                .map_err(|_| bad())
        })
        .collect::<Result<_, _>>()?;
    match peers.is_empty() {
        true => Err(bad()),
        false => Ok(peers),
    }
}

fn check_family(peer: SocketAddr, relayed: SocketAddr) -> Result<(), Failure> {
    if peer.is_ipv4() == relayed.is_ipv4() {
        return Ok(());
    }
    Err(Failure::plain(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH))
}

/// As many permissions or channels as one allocation may have. Neither a quota of allocations nor a lack of ports.
fn full() -> Failure {
    Failure::plain(ErrorCode::INSUFFICIENT_CAPACITY)
}

fn empty_answer(message: &Message, identity: &Identity) -> Answer {
    Answer::Message(reply::success(Head::of(message), &[], &identity.signer))
}
