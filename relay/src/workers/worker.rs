//! One worker: the server, its sockets, and what goes between them. Everything here runs on one thread.

use super::{
    clock::Clock,
    counters::Counters,
    shares::Shares,
    sockets,
    stream::Outbox,
    udp::{self, Buffers, Listener},
};
use crate::events::{Happening, RelayEvent};
use earshot_turn::{
    Action, Client, Event, Forward, HEADROOM, Now, OtherRelay, PeerAddr, RelayedAddr, Server,
    SessionId,
};
use std::{
    cell::RefCell,
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    ops::Range,
    rc::{Rc, Weak},
    sync::Arc,
    time::SystemTime,
};
use tokio::{net::UdpSocket, sync::mpsc, task::AbortHandle};

/// The rest of the event queue is for what must not be missed: the beginnings and ends of sessions.
pub(super) const EVENT_QUEUE: usize = 16_384;
const KEPT_FOR_SESSIONS: usize = EVENT_QUEUE / 2;

/// Free bytes behind a packet, so that ChannelData can be padded in place for clients on streams.
const PADDING: usize = 3;

/// A packet for a relayed address of another worker, with [`HEADROOM`] free bytes before it and [`PADDING`] behind.
pub(super) struct Handover {
    pub(super) from: RelayedAddr,
    pub(super) to: RelayedAddr,
    pub(super) buffer: Vec<u8>,
}

/// What a worker reaches of the rest of the program.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) index: usize,
    pub(super) clock: Clock,
    pub(super) shares: Shares,
    pub(super) siblings: Vec<mpsc::Sender<Handover>>,
    pub(super) events: mpsc::Sender<RelayEvent>,
    pub(super) counters: Arc<Counters>,
    /// Where relayed sockets are bound, by family.
    pub(super) relay_bind: RelayBind,
}

/// The local addresses of relayed sockets.
#[derive(Clone, Copy, Debug)]
pub struct RelayBind {
    /// For relayed IPv4 addresses.
    pub v4: std::net::Ipv4Addr,
    /// For relayed IPv6 addresses.
    pub v6: std::net::Ipv6Addr,
}

struct Relay {
    socket: Rc<UdpSocket>,
    reader: AbortHandle,
}

/// The state of one worker.
pub(super) struct Worker {
    me: Weak<RefCell<Self>>,
    server: Server,
    around: Surroundings,
    buffers: Rc<RefCell<Buffers>>,
    listeners_by_local: HashMap<SocketAddr, Rc<Listener>>,
    relays_by_address: HashMap<RelayedAddr, Relay>,
    streams_by_client: HashMap<Client, Rc<Outbox>>,
    stream_sessions: HashMap<SessionId, Client>,
}

impl Worker {
    pub(super) fn new(server: Server, around: Surroundings) -> Rc<RefCell<Self>> {
        Rc::new_cyclic(|me| {
            RefCell::new(Self {
                me: me.clone(),
                server,
                around,
                buffers: Rc::default(),
                listeners_by_local: HashMap::new(),
                relays_by_address: HashMap::new(),
                streams_by_client: HashMap::new(),
                stream_sessions: HashMap::new(),
            })
        })
    }

    pub(super) fn now(&self) -> Now {
        self.around.clock.now()
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.around.counters
    }

    pub(super) fn buffers(&self) -> Rc<RefCell<Buffers>> {
        self.buffers.clone()
    }

    pub(super) fn add_listener(&mut self, listener: Rc<Listener>) {
        self.listeners_by_local.insert(listener.local, listener);
    }

    /// A datagram or a framed message of a client. Call [`Worker::settle`] after the last one of a batch.
    pub(super) fn take_from_client(
        &mut self,
        now: Now,
        client: Client,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) {
        let forward = self.server.handle_client(now, client, buffer, packet);
        self.forward(&forward, buffer);
    }

    /// A datagram of a peer. Call [`Worker::settle`] after the last one of a batch.
    pub(super) fn take_from_peer(
        &mut self,
        now: Now,
        relayed: RelayedAddr,
        peer: PeerAddr,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) {
        let forward = self.server.handle_peer(now, relayed, peer, buffer, packet);
        self.forward(&forward, buffer);
    }

    pub(super) fn take_from_sibling(&mut self, mut handover: Handover) {
        let packet = HEADROOM..handover.buffer.len() - PADDING;
        let (now, peer) = (self.now(), PeerAddr(handover.from.0));
        self.take_from_peer(now, handover.to, peer, &mut handover.buffer, packet);
    }

    fn forward(&mut self, forward: &Forward, buffer: &[u8]) {
        match forward {
            Forward::Nothing => {}
            Forward::ToPeer { from, to, payload } => {
                let relay = self.relays_by_address.get(from);
                let sent = relay
                    .map(|relay| sockets::send_to(&relay.socket, &buffer[payload.clone()], to.0));
                if !matches!(sent, Some(Ok(_))) {
                    Counters::count(&self.around.counters.unsent);
                }
            }
            Forward::ToClient { client, payload } => {
                self.to_client(*client, &buffer[payload.clone()]);
            }
            Forward::ToSibling { from, to, payload } => {
                self.to_sibling(*from, *to, &buffer[payload.clone()]);
            }
        }
    }

    fn to_client(&self, client: Client, packet: &[u8]) {
        if client.transport.is_stream() {
            if let Some(outbox) = self.streams_by_client.get(&client)
                && !outbox.push_media(packet)
            {
                Counters::count(&self.around.counters.stream_full);
            }
            return;
        }
        let sent = self
            .listener(client.local)
            .is_some_and(|listener| listener.send(packet, client));
        if !sent {
            Counters::count(&self.around.counters.unsent);
        }
    }

    fn listener(&self, local: SocketAddr) -> Option<&Rc<Listener>> {
        let anywhere: IpAddr = match local {
            SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        self.listeners_by_local
            .get(&SocketAddr::new(anywhere, local.port()))
            .or_else(|| self.listeners_by_local.get(&local))
    }

    fn to_sibling(&self, from: RelayedAddr, to: RelayedAddr, packet: &[u8]) {
        let sibling = self
            .around
            .shares
            .owner(to.0.port())
            .and_then(|owner| self.around.siblings.get(owner));
        let Some(sibling) = sibling else { return };
        let mut buffer = Vec::with_capacity(HEADROOM + packet.len() + PADDING);
        buffer.resize(HEADROOM, 0);
        buffer.extend_from_slice(packet);
        buffer.extend_from_slice(&[0; PADDING]);
        if sibling.try_send(Handover { from, to, buffer }).is_err() {
            Counters::count(&self.around.counters.sibling_full);
        }
    }

    /// Does what the server wants done and tells what it has to tell.
    pub(super) fn settle(&mut self) {
        while let Some(action) = self.server.poll_action() {
            match action {
                Action::Send { client, message } => self.answer(client, &message),
                Action::OpenRelay { relayed } => {
                    let opened = self.open_relay(relayed);
                    self.server
                        .relay_opened(self.around.clock.now(), relayed, opened);
                }
                Action::CloseRelay { relayed } => self.close_relay(relayed),
                Action::Disconnect { client } => {
                    if let Some(outbox) = self.streams_by_client.get(&client) {
                        outbox.close();
                    }
                }
            }
        }
        while let Some(event) = self.server.poll_event() {
            self.note(&event);
            self.tell(Happening::Turn(event));
        }
    }

    fn answer(&self, client: Client, message: &[u8]) {
        if !client.transport.is_stream() {
            return self.to_client(client, message);
        }
        if let Some(outbox) = self.streams_by_client.get(&client) {
            outbox.push_message(message);
        }
    }

    fn open_relay(&mut self, relayed: RelayedAddr) -> bool {
        let bind: IpAddr = match relayed.0 {
            SocketAddr::V4(_) => self.around.relay_bind.v4.into(),
            SocketAddr::V6(_) => self.around.relay_bind.v6.into(),
        };
        let opened = sockets::relayed(bind, relayed.0.port()).and_then(UdpSocket::from_std);
        let (socket, me) = match (opened, self.me.upgrade()) {
            (Ok(socket), Some(me)) => (Rc::new(socket), me),
            (Err(error), _) => {
                tracing::debug!(%relayed, %error, "a relayed port cannot be opened");
                return false;
            }
            _ => return false,
        };
        let reader = tokio::task::spawn_local(udp::read_relay(me, socket.clone(), relayed));
        let reader = reader.abort_handle();
        self.relays_by_address
            .insert(relayed, Relay { socket, reader });
        true
    }

    fn close_relay(&mut self, relayed: RelayedAddr) {
        if let Some(relay) = self.relays_by_address.remove(&relayed) {
            relay.reader.abort();
        }
    }

    /// Streams are allowed to be silent for as long as they have an allocation.
    fn note(&mut self, event: &Event) {
        match event {
            Event::Allocated {
                session, client, ..
            } if client.transport.is_stream() => {
                self.stream_sessions.insert(*session, *client);
                self.set_allocated(client, true);
            }
            Event::Closed { session, .. } => {
                if let Some(client) = self.stream_sessions.remove(session) {
                    self.set_allocated(&client, false);
                }
            }
            _ => {}
        }
    }

    fn set_allocated(&self, client: &Client, allocated: bool) {
        if let Some(outbox) = self.streams_by_client.get(client) {
            outbox.set_allocated(allocated);
        }
    }

    pub(super) fn tell(&self, what: Happening) {
        let must_be_told = matches!(
            what,
            Happening::Turn(Event::Allocated { .. } | Event::Usage { .. } | Event::Closed { .. })
        );
        let room = self.around.events.capacity() > KEPT_FOR_SESSIONS;
        let event = RelayEvent {
            at: SystemTime::now(),
            worker: self.around.index,
            what,
        };
        if !(must_be_told || room) || self.around.events.try_send(event).is_err() {
            Counters::count(&self.around.counters.untold_events);
        }
    }

    pub(super) fn stream_opened(&mut self, client: Client, outbox: Rc<Outbox>) {
        self.streams_by_client.insert(client, outbox);
    }

    pub(super) fn stream_closed(&mut self, client: Client) {
        self.streams_by_client.remove(&client);
        let now = self.now();
        self.server.client_disconnected(now, client);
        self.settle();
    }

    pub(super) fn allow_in_scope(&mut self, scope: &str, addresses: &[IpAddr]) {
        self.server.allow_in_scope(scope, addresses);
    }

    pub(super) fn set_other_relays(&mut self, others: &[OtherRelay]) {
        self.server.set_other_relays(others.to_vec());
    }

    /// Does what is due, and says how long nothing is due after it.
    pub(super) fn tick(&mut self) -> Option<std::time::Duration> {
        let now = self.now();
        self.server.handle_timeout(now);
        self.settle();
        self.server
            .poll_timeout()
            .map(|at| at.saturating_sub(now.monotonic))
    }

    pub(super) fn shut_down(&mut self) {
        let now = self.now();
        self.server.shutdown(now);
        self.settle();
    }
}
