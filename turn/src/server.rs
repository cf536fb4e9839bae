//! The server: what comes in, what goes out, and who sees to it.

use crate::{
    auth::Authenticator,
    challenges::Challenges,
    config::{Config, OtherRelay},
    event::{Closed, Event},
    peers::admissible_in_scope,
    reply,
    scope::Scopes,
    stun,
    tables::Tables,
    timers::{Timer, Timers},
    types::{Client, Now, PeerAddr, RelayedAddr, Transport},
    witness,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::Range,
    time::Duration,
};
use stun_types::message::{BINDING, Message, MessageClass, MessageHeader};
use turn_types::message::SEND;

/// Free bytes that must lie before a packet's payload in the buffer, so that a header fits in front of it without
/// moving it: a Data indication's 20-byte header, an IPv6 XOR-PEER-ADDRESS (24) and the DATA header (4).
pub const HEADROOM: usize = 48;

/// How often scopes that are over are forgotten: nothing waits for it, it only frees their memory.
const SCOPE_SWEEP: Duration = Duration::from_secs(30);

/// So many calls of [`Server::allow_in_scope`] are kept until the time is told.
const ALLOWED_AT_ONCE: usize = 1024;

/// What to do with a packet that was just handed in: `payload` is a range of the buffer it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forward {
    /// Nothing to forward. Look at [`Server::poll_action`].
    Nothing,
    /// Send the range from the relayed socket to the peer.
    ToPeer {
        /// The allocation's relayed address: its socket sends.
        from: RelayedAddr,
        /// Where to.
        to: PeerAddr,
        /// What.
        payload: Range<usize>,
    },
    /// Send the range to the client (from `Client::local` where it is UDP).
    ToClient {
        /// Where to.
        client: Client,
        /// What: a whole ChannelData message or Data indication, padded where the client is on a stream.
        payload: Range<usize>,
    },
    /// The peer is a relayed address of another server of this host: hand the range over to the one that owns the
    /// port, which takes it by [`Server::handle_peer`].
    ToSibling {
        /// The sender's relayed address: the peer, for the sibling.
        from: RelayedAddr,
        /// The receiver's relayed address.
        to: RelayedAddr,
        /// What: the bare payload.
        payload: Range<usize>,
    },
}

/// What the owner of the sockets has to do, apart from forwarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a message to a client.
    Send {
        /// Where to (from `Client::local` where it is UDP).
        client: Client,
        /// A whole message.
        message: Vec<u8>,
    },
    /// Open a socket for this relayed address and report by [`Server::relay_opened`].
    OpenRelay {
        /// As announced; behind a NAT only its port is the socket's.
        relayed: RelayedAddr,
    },
    /// Close the socket of this relayed address.
    CloseRelay {
        /// One that was opened.
        relayed: RelayedAddr,
    },
    /// Close the client's connection (streams only).
    Disconnect {
        /// Whose.
        client: Client,
    },
}

/// One TURN server. See the crate's documentation for how to drive it.
pub struct Server {
    pub(crate) config: Config,
    pub(crate) auth: Authenticator,
    pub(crate) challenges: Challenges,
    pub(crate) tables: Tables,
    pub(crate) scopes: Scopes,
    pub(crate) timers: Timers,
    pub(crate) random: StdRng,
    pub(crate) actions: VecDeque<Action>,
    pub(crate) events: VecDeque<Event>,
    /// What was allowed in scopes since the time was last told: how long it lasts is not known before.
    allowed: Vec<(String, Vec<IpAddr>)>,
    pub(crate) others: Vec<OtherRelay>,
}

impl Server {
    /// A server without allocations. `seed` must be secret and different for every server: ports are chosen by it.
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut random = StdRng::from_seed(seed);
        let key = [random.random(), random.random()];
        Self {
            auth: Authenticator::new(&config),
            challenges: Challenges::new(config.limits.challenges_per_second, key),
            tables: Tables::default(),
            scopes: Scopes::default(),
            timers: Timers::default(),
            random,
            actions: VecDeque::new(),
            events: VecDeque::new(),
            allowed: Vec::new(),
            others: Vec::new(),
            config,
        }
    }

    /// One datagram, or one framed message of a stream, from a client. It lies in `buffer[packet]`.
    ///
    /// Bytes of `buffer` outside `packet` may be overwritten: up to [`HEADROOM`] before the payload and three behind
    /// it. Where something lies there that is still needed, pass a slice without it; then a message that does not fit
    /// is copied into an [`Action::Send`].
    pub fn handle_client(
        &mut self,
        now: Now,
        client: Client,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) -> Forward {
        self.handle_timeout(now);
        let Some(&first) = buffer.get(packet.clone()).and_then(<[u8]>::first) else {
            return Forward::Nothing;
        };
        match first {
            0x00..=0x3F => self.handle_stun(now, client, buffer, packet),
            0x40..=0x7F => self.handle_channel_data(now, client, buffer, packet),
            // Reserved, or another protocol (RFC 8656 section 12, RFC 7983).
            _ => Forward::Nothing,
        }
    }

    /// One datagram from a peer that arrived at a relayed address (or was handed over by a sibling).
    ///
    /// As with [`Self::handle_client`], bytes outside `packet` may be overwritten.
    pub fn handle_peer(
        &mut self,
        now: Now,
        relayed: RelayedAddr,
        peer: PeerAddr,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) -> Forward {
        self.handle_timeout(now);
        if buffer.get(packet.clone()).is_none() {
            return Forward::Nothing;
        }
        self.forward_to_client(now, relayed, peer, buffer, packet)
    }

    /// What became of an [`Action::OpenRelay`]. If it was not opened, another port is tried, a bounded number of times.
    pub fn relay_opened(&mut self, now: Now, relayed: RelayedAddr, opened: bool) {
        self.handle_timeout(now);
        self.opened(now, relayed, opened);
    }

    /// A client's stream is closed: its allocation ends.
    pub fn client_disconnected(&mut self, now: Now, client: Client) {
        self.handle_timeout(now);
        if let Some(session) = self.tables.of_client(client).map(|it| it.session) {
            self.close(session, Closed::Disconnected);
        }
    }

    /// Addresses at which one test's scoped credentials may reach peers: where the same test comes from, its partner.
    ///
    /// They are taken as seen over UDP; those that [`admissible_in_scope`] denies even then are left out, and
    /// so are those beyond 16 for one test. What was seen over a stream is to be filtered by that function before.
    pub fn allow_in_scope(&mut self, scope: &str, addresses: &[IpAddr]) {
        let allowed = &self.config.allowed_peers;
        let admissible = addresses
            .iter()
            .copied()
            .filter(|ip| admissible_in_scope(*ip, Transport::Udp, allowed));
        let admissible: Vec<IpAddr> = admissible.collect();
        if self.allowed.len() < ALLOWED_AT_ONCE {
            self.allowed.push((scope.to_owned(), admissible));
        }
    }

    /// The addresses to announce have changed. Allocations that are there keep theirs.
    pub fn set_relay_addresses(&mut self, v4: Option<Ipv4Addr>, v6: Option<Ipv6Addr>) {
        self.config.relay_v4 = v4;
        self.config.relay_v6 = v6;
    }

    /// Scoped credentials may reach these from now on: other relays serve the same tests.
    pub fn set_other_relays(&mut self, others: Vec<OtherRelay>) {
        self.others = others;
    }

    /// The witness is reached by peers at these addresses from now on.
    pub fn set_witness(&mut self, witness: Vec<SocketAddr>) {
        self.config.witness = witness;
    }

    /// Does what is due. Every other `handle_…` does this first, so it is needed only where nothing arrives.
    pub fn handle_timeout(&mut self, now: Now) {
        for (scope, addresses) in std::mem::take(&mut self.allowed) {
            self.allow_scope(now.monotonic, &scope, addresses);
        }
        while let Some((at, timer)) = self.timers.pop(now.monotonic) {
            match timer {
                Timer::Expiry(session) => {
                    let Some(allocation) = self.tables.get_mut(session) else {
                        continue;
                    };
                    if allocation.timer != at {
                        continue;
                    }
                    if allocation.expires <= now.monotonic {
                        self.close(session, Closed::Expired);
                        continue;
                    }
                    allocation.timer = allocation.expires;
                    self.timers.set(allocation.expires, timer);
                }
                Timer::Usage(session) => {
                    let Some(allocation) = self.tables.get_mut(session) else {
                        continue;
                    };
                    let usage = allocation.usage;
                    if let Some(scoped) = &mut allocation.scoped {
                        scoped.reporting = false;
                    }
                    self.events.push_back(Event::Usage { session, usage });
                }
                Timer::Scopes => {
                    self.scopes.expire(now.monotonic);
                    if !self.scopes.is_empty() {
                        self.sweep_scopes_later(now.monotonic);
                    }
                }
            }
        }
    }

    /// When [`Self::handle_timeout`] is due, in monotonic time. It may turn out that nothing had to be done yet.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// The next thing to do. To be asked until there is none after every call.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next thing that happened. To be asked until there is none after every call.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Ends every allocation.
    pub fn shutdown(&mut self, now: Now) {
        self.handle_timeout(now);
        for session in self.tables.sessions() {
            self.close(session, Closed::Shutdown);
        }
    }

    pub(crate) fn allow_scope(
        &mut self,
        now: Duration,
        scope: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) {
        if self.scopes.is_empty() {
            self.sweep_scopes_later(now);
        }
        let expires = now + self.config.limits.scoped_lifetime;
        self.scopes.allow(now, expires, scope, addresses);
    }

    fn sweep_scopes_later(&mut self, now: Duration) {
        self.timers.set(now + SCOPE_SWEEP, Timer::Scopes);
    }

    fn handle_stun(
        &mut self,
        now: Now,
        client: Client,
        buffer: &mut [u8],
        packet: Range<usize>,
    ) -> Forward {
        let Some(packet) = stun::whole_message(buffer, packet) else {
            return Forward::Nothing;
        };
        let Ok(header) = MessageHeader::from_bytes(&buffer[packet.clone()]) else {
            return Forward::Nothing;
        };
        let kind = header.get_type();
        if kind.has_class(MessageClass::Indication) {
            // A Binding indication only keeps a NAT's mapping alive.
            return match kind.has_method(SEND) {
                true => self.handle_send(now, client, buffer, packet),
                false => Forward::Nothing,
            };
        }
        if kind.has_class(MessageClass::Request)
            && packet.len() <= stun::LONGEST_REQUEST
            && let Ok(message) = Message::from_bytes(&buffer[packet])
        {
            match message.method() {
                BINDING => self.handle_binding(now, client, &message),
                method if Self::serves(method) => self.handle_request(now, client, &message),
                _ => {}
            }
        }
        Forward::Nothing
    }

    fn handle_binding(&mut self, now: Now, client: Client, message: &Message) {
        let nonce_key = &self.config.credentials.nonce_key;
        let check = match client.transport {
            Transport::Udp => witness::read(nonce_key, client, message),
            Transport::Tcp | Transport::Tls => None,
        };
        if let Some(check) = check {
            let authentic = check.answer.is_some();
            if !authentic && !self.challenges.allow(now.monotonic, client.addr.ip()) {
                return;
            }
            if let Some(answer) = check.answer {
                self.send(client, answer);
            }
            return self.events.push_back(Event::Witnessed {
                ufrag: check.run,
                source: reply::canonical(client.addr),
                authentic,
            });
        }
        self.send(client, reply::binding_answer(message, client.addr));
        self.events.push_back(Event::Bound { client });
    }
}
