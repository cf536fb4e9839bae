//! Packets between clients and peers (RFC 8656 sections 11 and 12). Nothing here allocates or copies a payload, but
//! where a header does not fit in front of it.

use crate::{
    allocation::Allocation,
    event::{Direction, Event},
    headers,
    permission::Extent,
    reply,
    request::unknown_attributes,
    server::{Forward, HEADROOM, Server},
    stun,
    timers::{Timer, Timers},
    types::{ChannelNumber, Client, Now, PeerAddr, RelayedAddr},
};
use rand::Rng;
use std::{collections::VecDeque, net::SocketAddr, ops::Range, time::Duration};
use stun_types::{
    attribute::AttributeStaticType,
    message::{Message, MessageHeader},
};
use turn_types::attribute::{Data, XorPeerAddress};

/// How often the usage of a scoped allocation is told while it carries something. A page shows it live, and compares it
/// with what it sent in two seconds of sound: what is known of those must not be half of them old.
const USAGE_INTERVAL: Duration = Duration::from_millis(500);

impl Server {
    /// ChannelData from a client (RFC 8656 section 12.6).
    pub(crate) fn handle_channel_data(
        &mut self,
        now: Now,
        client: Client,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) -> Forward {
        let Some((number, payload)) = read_channel_data(buffer, packet) else {
            return Forward::Nothing;
        };
        let Some(allocation) = self.tables.of_client(client) else {
            return Forward::Nothing;
        };
        let Some(peer) = allocation.peer_of(now.monotonic, number) else {
            return Forward::Nothing;
        };
        let from = allocation.relayed;
        let reporter = (&mut self.events, &mut self.timers);
        if !account(
            allocation,
            reporter,
            now,
            Direction::ToPeer,
            peer,
            payload.len(),
        ) {
            return Forward::Nothing;
        }
        self.route(now, from, peer, buffer, payload)
    }

    /// A Send indication (RFC 8656 section 11.2). What is wrong with one is not answered.
    pub(crate) fn handle_send(
        &mut self,
        now: Now,
        client: Client,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) -> Forward {
        let Some((peer, payload)) = read_send(&buffer[packet.clone()]) else {
            return Forward::Nothing;
        };
        let payload = packet.start + payload.start..packet.start + payload.end;
        let Some(allocation) = self.tables.of_client(client) else {
            return Forward::Nothing;
        };
        if peer.port() == 0
            || !allocation.is_open()
            || !allocation.permits(now.monotonic, peer.ip())
        {
            return Forward::Nothing;
        }
        // The permission covers every port of the address; here the port counts.
        let scoped = allocation.scoped.as_ref();
        let scope = scoped.map(|scoped| scoped.scope.clone());
        let checked = self.check_peer(now, scope.as_deref(), peer, Extent::Port);
        if checked.is_err() {
            return Forward::Nothing;
        }
        let peer = PeerAddr(peer);
        let Some(allocation) = self.tables.of_client(client) else {
            return Forward::Nothing;
        };
        let from = allocation.relayed;
        let reporter = (&mut self.events, &mut self.timers);
        if !account(
            allocation,
            reporter,
            now,
            Direction::ToPeer,
            peer,
            payload.len(),
        ) {
            return Forward::Nothing;
        }
        self.route(now, from, peer, buffer, payload)
    }

    /// To the peer, or straight to the allocation that the peer is.
    fn route(
        &mut self,
        now: Now,
        from: RelayedAddr,
        peer: PeerAddr,
        buffer: &mut [u8],
        payload: Range<usize>,
    ) -> Forward {
        let mut others = self.others.iter();
        let is_witness = others.any(|other| other.is_witness && other.is_at(peer.0));
        if is_witness && !stun::is_binding_request(&buffer[payload.clone()]) {
            return Forward::Nothing;
        }
        if !self.is_relay(peer.0.ip()) {
            return Forward::ToPeer {
                from,
                to: peer,
                payload,
            };
        }
        let port = peer.0.port();
        if !self.config.open_ports.contains(peer.0) {
            return match self.may_leave_for_own_host(now, from, peer, &buffer[payload.clone()]) {
                true => Forward::ToPeer {
                    from,
                    to: peer,
                    payload,
                },
                false => Forward::Nothing,
            };
        }
        // Both ends are on this relay. The kernel is left out of it.
        let to = RelayedAddr(peer.0);
        if self.config.ports.contains(&port) {
            return self.forward_to_client(now, to, PeerAddr(from.0), buffer, payload);
        }
        Forward::ToSibling { from, to, payload }
    }

    /// Whether a packet may go to a port of this host that is no open relayed one.
    ///
    /// Our own listener takes connectivity checks from relayed addresses and nothing else: an allocation made through
    /// an allocation would come from our own address, and so would all that is sent through it. A port of the relayed
    /// range that is not open is somebody else's, and what may be had there is what may be had on the rest of the host.
    fn may_leave_for_own_host(
        &mut self,
        now: Now,
        from: RelayedAddr,
        peer: PeerAddr,
        payload: &[u8],
    ) -> bool {
        let address = reply::canonical(peer.0);
        if self.config.witness.contains(&address) {
            return stun::is_binding_request(payload);
        }
        if !self.config.all_ports.contains(&address.port()) {
            return true;
        }
        let scoped = self.tables.at(from).and_then(|it| it.scoped.as_ref());
        let scope = scoped.map(|scoped| scoped.scope.clone());
        self.check_foreign_peer(now, scope.as_deref(), address, Extent::Port)
            .is_ok()
    }

    /// A packet for a relayed address (RFC 8656 sections 11.3 and 12.7).
    pub(crate) fn forward_to_client(
        &mut self,
        now: Now,
        relayed: RelayedAddr,
        peer: PeerAddr,
        buffer: &mut [u8],
        payload: Range<usize>,
    ) -> Forward {
        let peer = PeerAddr(reply::canonical(peer.0));
        let Some(allocation) = self.tables.at(relayed).filter(|it| it.is_open()) else {
            return Forward::Nothing;
        };
        if !allocation.permits(now.monotonic, peer.0.ip()) {
            allocation.usage.unpermitted_packets += 1;
            return Forward::Nothing;
        }
        let client = allocation.client;
        let number = allocation.channel_of(now.monotonic, peer);
        let reporter = (&mut self.events, &mut self.timers);
        if !account(
            allocation,
            reporter,
            now,
            Direction::ToClient,
            peer,
            payload.len(),
        ) {
            return Forward::Nothing;
        }
        let transaction = match number {
            Some(_) => 0,
            None => self.random.random::<u128>() >> 32,
        };
        let wrap = |buffer: &mut [u8], payload| match number {
            Some(number) => {
                headers::channel_data(buffer, payload, number, client.transport.is_stream())
            }
            None => headers::data_indication(buffer, payload, peer, transaction),
        };
        if let Some(payload) = wrap(buffer, payload.clone()) {
            return Forward::ToClient { client, payload };
        }
        // Something else lies where the header would have to go: the only case in which a payload is copied.
        let mut copy = vec![0; HEADROOM + payload.len() + 3];
        let there = HEADROOM..HEADROOM + payload.len();
        copy[there.clone()].copy_from_slice(&buffer[payload]);
        if let Some(message) = wrap(&mut copy, there) {
            copy.truncate(message.end);
            copy.drain(..message.start);
            self.send(client, copy);
        }
        Forward::Nothing
    }
}

/// Counts a packet against cap and usage and tells what is to be told of it. Whether it may pass.
fn account(
    allocation: &mut Allocation,
    (events, timers): (&mut VecDeque<Event>, &mut Timers),
    now: Now,
    direction: Direction,
    peer: PeerAddr,
    bytes: usize,
) -> bool {
    let session = allocation.session;
    let passes = allocation.take(now.monotonic, direction, bytes);
    if passes && allocation.count(direction, bytes) {
        events.push_back(Event::FirstPacket {
            session,
            direction,
            peer,
        });
    }
    if let Some(scoped) = &mut allocation.scoped
        && !scoped.reporting
    {
        scoped.reporting = true;
        timers.set(now.monotonic + USAGE_INTERVAL, Timer::Usage(session));
    }
    passes
}

/// Number and data. Longer data than the packet holds is no data (RFC 8656 section 12.6).
fn read_channel_data(buffer: &[u8], packet: Range<usize>) -> Option<(ChannelNumber, Range<usize>)> {
    let bytes = buffer.get(packet.clone())?;
    let (header, data) = bytes.split_first_chunk::<4>()?;
    let number = ChannelNumber::new(u16::from_be_bytes([header[0], header[1]]))?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let start = packet.start + 4;
    (length <= data.len()).then_some((number, start..start + length))
}

/// Peer and data of a Send indication. One that is not understood wholly is dropped (RFC 8489 section 6.3.2).
fn read_send(packet: &[u8]) -> Option<(SocketAddr, Range<usize>)> {
    let message = Message::from_bytes(packet).ok()?;
    if !unknown_attributes(&message).is_empty() {
        return None;
    }
    let peer = message.attribute::<XorPeerAddress>().ok()?;
    let (offset, data) = message.raw_attribute_and_offset(Data::TYPE)?;
    let start = offset + 4;
    debug_assert!(start > MessageHeader::LENGTH);
    let peer = peer.addr(message.transaction_id());
    Some((peer, start..start + data.value.len()))
}
