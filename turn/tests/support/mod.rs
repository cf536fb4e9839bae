//! A world around a server: time, sockets that open or do not, and clients whose messages are built and checked by
//! stun-types and turn-types alone, so that nothing is expected from the code under test.

#![allow(dead_code, reason = "each test program uses its part of this")]
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions for tests, not their helpers"
)]

use earshot_turn::{
    Action, Client, Config, Credentials, Event, Forward, HEADROOM, Limits, Now, OpenPorts,
    PeerAddr, RelayedAddr, Server, Transport,
};
use std::{
    collections::{BTreeSet, VecDeque},
    net::SocketAddr,
    time::Duration,
};
use stun_types::{
    attribute::{
        ErrorCode, Fingerprint, MessageIntegrity, MessageIntegritySha256, Nonce, PasswordAlgorithm,
        PasswordAlgorithmValue, PasswordAlgorithms, RawAttribute, Realm, Userhash, Username,
    },
    message::{
        IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType,
        MessageWriteVec, Method, TransactionId,
    },
    prelude::*,
};
use turn_types::{
    attribute::{
        ChannelNumber, Data, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress,
    },
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, DATA, REFRESH, SEND},
};

pub(crate) const REALM: &str = "earshot";
pub(crate) const USER: &str = "voicechat";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const SECRET: &str = "a shared secret";
pub(crate) const NONCE_KEY: [u8; 32] = [42; 32];
/// Wall-clock time at the beginning of every test.
pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const RELAY: &str = "192.0.2.2";
pub(crate) const RUN: &str = "abcdefghijklmnopqrstuvwx01";

pub(crate) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn peer(text: &str) -> PeerAddr {
    PeerAddr(addr(text))
}

pub(crate) fn config() -> Config {
    Config {
        realm: REALM.into(),
        credentials: Credentials {
            users: vec![
                (USER.into(), PASSWORD.into()),
                ("other".into(), "else".into()),
            ],
            secrets: vec![SECRET.into()],
            nonce_key: NONCE_KEY,
        },
        relay_v4: Some(RELAY.parse().unwrap()),
        relay_v6: Some("2001:db8::2".parse().unwrap()),
        ports: 50_000..=50_099,
        all_ports: 50_000..=50_199,
        open_ports: OpenPorts::default(),
        allowed_peers: vec![],
        witness: vec![addr("192.0.2.2:3478")],
        limits: Limits::default(),
    }
}

/// What became of a packet, with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Nothing,
    ToPeer(RelayedAddr, PeerAddr, Vec<u8>),
    ToClient(Client, Vec<u8>),
    ToSibling(RelayedAddr, RelayedAddr, Vec<u8>),
}

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) now: Now,
    pub(crate) events: Vec<Event>,
    pub(crate) sent: VecDeque<(Client, Vec<u8>)>,
    pub(crate) disconnected: Vec<Client>,
    /// Sockets that are open.
    pub(crate) open: BTreeSet<RelayedAddr>,
    /// Every address that was asked for.
    pub(crate) asked: Vec<RelayedAddr>,
    /// So many sockets will not open.
    pub(crate) failing: usize,
    /// Free bytes in front of each packet.
    pub(crate) headroom: usize,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            server: Server::new(config, [3; 32]),
            now: Now {
                monotonic: Duration::from_secs(1000),
                unix: Duration::from_secs(START),
            },
            events: Vec::new(),
            sent: VecDeque::new(),
            disconnected: Vec::new(),
            open: BTreeSet::new(),
            asked: Vec::new(),
            failing: 0,
            headroom: HEADROOM,
        }
    }

    pub(crate) fn advance(&mut self, seconds: u64) {
        self.advance_by(Duration::from_secs(seconds));
    }

    pub(crate) fn advance_by(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.unix += time;
        self.server.handle_timeout(self.now);
        self.pump();
    }

    pub(crate) fn client_says(&mut self, client: Client, packet: &[u8]) -> Passed {
        let (mut buffer, range) = self.buffer(packet);
        let forward = self
            .server
            .handle_client(self.now, client, &mut buffer, range);
        self.pump();
        passed(forward, &buffer)
    }

    pub(crate) fn peer_says(
        &mut self,
        relayed: RelayedAddr,
        peer: PeerAddr,
        packet: &[u8],
    ) -> Passed {
        let (mut buffer, range) = self.buffer(packet);
        let forward = self
            .server
            .handle_peer(self.now, relayed, peer, &mut buffer, range);
        self.pump();
        passed(forward, &buffer)
    }

    fn buffer(&self, packet: &[u8]) -> (Vec<u8>, std::ops::Range<usize>) {
        let mut buffer = vec![0xAA; self.headroom];
        buffer.extend(packet);
        let end = buffer.len();
        // Behind the packet there is room only where there is some in front.
        buffer.resize(end + self.headroom.min(3), 0xAA);
        (buffer, self.headroom..end)
    }

    pub(crate) fn pump(&mut self) {
        while let Some(action) = self.server.poll_action() {
            match action {
                Action::Send { client, message } => self.sent.push_back((client, message)),
                Action::OpenRelay { relayed } => {
                    self.asked.push(relayed);
                    let opens = self.failing == 0;
                    self.failing = self.failing.saturating_sub(1);
                    if opens {
                        assert!(self.open.insert(relayed), "{relayed} was open");
                    }
                    self.server.relay_opened(self.now, relayed, opens);
                }
                Action::CloseRelay { relayed } => {
                    assert!(self.open.remove(&relayed), "{relayed} was not open");
                }
                Action::Disconnect { client } => self.disconnected.push(client),
            }
        }
        while let Some(event) = self.server.poll_event() {
            self.events.push(event);
        }
    }

    /// The only message that was sent since the last time, to this client.
    pub(crate) fn answer(&mut self, client: Client) -> Vec<u8> {
        let (to, message) = self.sent.pop_front().expect("an answer");
        assert_eq!(to, client);
        assert!(self.sent.is_empty(), "one answer only");
        message
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

fn passed(forward: Forward, buffer: &[u8]) -> Passed {
    match forward {
        Forward::Nothing => Passed::Nothing,
        Forward::ToPeer { from, to, payload } => Passed::ToPeer(from, to, buffer[payload].to_vec()),
        Forward::ToClient { client, payload } => Passed::ToClient(client, buffer[payload].to_vec()),
        Forward::ToSibling { from, to, payload } => {
            Passed::ToSibling(from, to, buffer[payload].to_vec())
        }
    }
}

/// How a client protects its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// As browsers do it: MESSAGE-INTEGRITY with an MD5 key, the nonce opaque.
    Classic,
    /// As RFC 8489 wants it: PASSWORD-ALGORITHM SHA-256, PASSWORD-ALGORITHMS echoed, MESSAGE-INTEGRITY-SHA256.
    Modern,
    /// The same, and USERHASH in place of USERNAME.
    ModernHashed,
    /// Both integrity attributes.
    Both,
}

/// A client: it keeps what a client keeps, and speaks when it is told to.
#[derive(Clone)]
pub(crate) struct Speaker {
    pub(crate) client: Client,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) nonce: Option<String>,
    pub(crate) realm: String,
    pub(crate) algorithms: Option<Vec<u8>>,
    pub(crate) protection: Protection,
    pub(crate) transaction: u128,
}

impl Speaker {
    pub(crate) fn new(transport: Transport, source: &str) -> Self {
        let source = addr(source);
        let local = if source.is_ipv4() {
            "192.0.2.2:3478"
        } else {
            "[2001:db8::2]:3478"
        };
        Self {
            client: Client {
                transport,
                addr: source,
                local: addr(local),
            },
            username: USER.into(),
            password: PASSWORD.into(),
            nonce: None,
            realm: REALM.into(),
            algorithms: None,
            protection: Protection::Classic,
            transaction: u128::from(source.port()) << 64,
        }
    }

    pub(crate) fn udp(source: &str) -> Self {
        Self::new(Transport::Udp, source)
    }

    /// A client with the credentials of one test.
    pub(crate) fn scoped(transport: Transport, source: &str, run: &str) -> Self {
        let mut speaker = Self::new(transport, source);
        speaker.username = format!("{}:test.{run}", START + 3000);
        speaker.password = earshot_turn::time_limited_password(SECRET, &speaker.username);
        speaker
    }

    pub(crate) fn next_transaction(&mut self) -> TransactionId {
        self.transaction += 1;
        self.transaction.into()
    }

    pub(crate) fn builder(&mut self, class: MessageClass, method: Method) -> MessageWriteVec {
        let kind = MessageType::from_class_method(class, method);
        Message::builder(kind, self.next_transaction(), MessageWriteVec::new())
    }

    /// A request with these attributes, protected as far as a nonce is known.
    pub(crate) fn request(
        &mut self,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> Vec<u8> {
        let mut message = self.builder(MessageClass::Request, method);
        for attribute in attributes {
            message.add_attribute(*attribute).unwrap();
        }
        if self.nonce.is_some() {
            self.protect(&mut message);
        }
        message.finish()
    }

    pub(crate) fn protect(&self, message: &mut MessageWriteVec) {
        let nonce = self.nonce.clone().unwrap_or_default();
        if self.protection == Protection::ModernHashed {
            let hash = Userhash::compute(&self.username, REALM);
            message.add_attribute(&Userhash::new(hash)).unwrap();
        } else {
            let username = Username::new(&self.username).unwrap();
            message.add_attribute(&username).unwrap();
        }
        message
            .add_attribute(&Realm::new(&self.realm).unwrap())
            .unwrap();
        message.add_attribute(&Nonce::new(&nonce).unwrap()).unwrap();
        let is_modern = matches!(
            self.protection,
            Protection::Modern | Protection::ModernHashed
        );
        if is_modern {
            let algorithms = self.algorithms.clone().unwrap();
            let algorithms = RawAttribute::new(PasswordAlgorithms::TYPE, &algorithms);
            message.add_attribute(&algorithms).unwrap();
            let algorithm = PasswordAlgorithm::new(PasswordAlgorithmValue::SHA256);
            message.add_attribute(&algorithm).unwrap();
        }
        let credentials = self.credentials().into();
        if !is_modern {
            message
                .add_message_integrity(&credentials, IntegrityAlgorithm::Sha1)
                .unwrap();
        }
        if is_modern {
            message
                .add_message_integrity(&credentials, IntegrityAlgorithm::Sha256)
                .unwrap();
        }
    }

    pub(crate) fn credentials(&self) -> LongTermKeyCredentials {
        LongTermKeyCredentials::new(
            self.username.clone(),
            self.password.clone(),
            self.realm.clone(),
        )
    }

    /// Learns realm and nonce from a 401 or 438.
    pub(crate) fn learn(&mut self, answer: &[u8]) {
        let answer = Message::from_bytes(answer).unwrap();
        self.realm = answer.attribute::<Realm>().unwrap().realm().into();
        self.nonce = Some(answer.attribute::<Nonce>().unwrap().nonce().into());
        let algorithms = answer.raw_attribute(PasswordAlgorithms::TYPE);
        self.algorithms = algorithms.map(|raw| raw.value.to_vec());
    }

    /// Sends a request and checks that the answer is one to it. Its code, 0 for success, and the answer.
    pub(crate) fn ask(&self, world: &mut World, request: &[u8]) -> (u16, Vec<u8>) {
        assert_eq!(world.client_says(self.client, request), Passed::Nothing);
        let answer = world.answer(self.client);
        (self.check(request, &answer), answer)
    }

    /// The code of an answer, 0 for success. An answer to who is authenticated must itself be authentic.
    pub(crate) fn check(&self, request: &[u8], answer: &[u8]) -> u16 {
        let request = Message::from_bytes(request).unwrap();
        let answer = Message::from_bytes(answer).unwrap();
        assert_eq!(answer.transaction_id(), request.transaction_id());
        assert_eq!(answer.method(), request.method());
        let fingerprints = [&request, &answer].map(|it| it.has_attribute(Fingerprint::TYPE));
        assert_eq!(fingerprints[0], fingerprints[1]);
        let code = match answer.class() {
            MessageClass::Success => 0,
            MessageClass::Error => answer.attribute::<ErrorCode>().unwrap().code(),
            class => panic!("{class:?}"),
        };
        let is_signed = answer.has_attribute(MessageIntegrity::TYPE)
            || answer.has_attribute(MessageIntegritySha256::TYPE);
        if is_signed {
            answer
                .validate_integrity(&self.credentials().into())
                .expect("an authentic answer");
        }
        let asked_for_trust = request.has_attribute(MessageIntegrity::TYPE)
            || request.has_attribute(MessageIntegritySha256::TYPE);
        if code == 0 && asked_for_trust {
            assert!(is_signed, "success must be signed");
        }
        code
    }

    /// Gets a nonce by a bare Allocate.
    pub(crate) fn challenge(&mut self, world: &mut World) {
        self.nonce = None;
        let request = self.request(ALLOCATE, &[&udp()]);
        let (code, answer) = self.ask(world, &request);
        assert_eq!(code, 401);
        self.learn(&answer);
    }

    pub(crate) fn allocate_with(
        &mut self,
        world: &mut World,
        attributes: &[&dyn AttributeWrite],
    ) -> Result<RelayedAddr, u16> {
        if self.nonce.is_none() {
            self.challenge(world);
        }
        let request = self.request(ALLOCATE, attributes);
        let (code, answer) = self.ask(world, &request);
        if code != 0 {
            return Err(code);
        }
        let answer = Message::from_bytes(&answer).unwrap();
        let relayed = answer.attribute::<XorRelayedAddress>().unwrap();
        Ok(RelayedAddr(relayed.addr(answer.transaction_id())))
    }

    pub(crate) fn allocate(&mut self, world: &mut World) -> RelayedAddr {
        self.allocate_with(world, &[&udp()]).unwrap()
    }

    pub(crate) fn refresh(&mut self, world: &mut World, seconds: u32) -> Result<u32, u16> {
        let request = self.request(REFRESH, &[&Lifetime::new(seconds)]);
        let (code, answer) = self.ask(world, &request);
        if code != 0 {
            return Err(code);
        }
        let answer = Message::from_bytes(&answer).unwrap();
        Ok(answer.attribute::<Lifetime>().unwrap().seconds())
    }

    pub(crate) fn permit(&mut self, world: &mut World, peers: &[&str]) -> u16 {
        let transaction = (self.transaction + 1).into();
        let peers: Vec<_> = peers
            .iter()
            .map(|peer| XorPeerAddress::new(addr(peer), transaction))
            .collect();
        let attributes: Vec<&dyn AttributeWrite> =
            peers.iter().map(|it| it as &dyn AttributeWrite).collect();
        let request = self.request(CREATE_PERMISSION, &attributes);
        self.ask(world, &request).0
    }

    pub(crate) fn bind(&mut self, world: &mut World, number: u16, peer: &str) -> u16 {
        let peer = XorPeerAddress::new(addr(peer), (self.transaction + 1).into());
        let request = self.request(CHANNEL_BIND, &[&ChannelNumber::new(number), &peer]);
        self.ask(world, &request).0
    }

    pub(crate) fn send(&mut self, world: &mut World, to: &str, data: &[u8]) -> Passed {
        let mut message = self.builder(MessageClass::Indication, SEND);
        let peer = XorPeerAddress::new(addr(to), self.transaction.into());
        message.add_attribute(&peer).unwrap();
        message.add_attribute(&Data::new(data)).unwrap();
        world.client_says(self.client, &message.finish())
    }

    pub(crate) fn send_channel(&mut self, world: &mut World, number: u16, data: &[u8]) -> Passed {
        let padded = self.client.transport.is_stream();
        world.client_says(self.client, &channel_data(number, data, padded))
    }
}

pub(crate) fn udp() -> RequestedTransport {
    RequestedTransport::new(RequestedTransport::UDP)
}

pub(crate) fn channel_data(number: u16, data: &[u8], padded: bool) -> Vec<u8> {
    let mut packet = vec![0; 4 + data.len()];
    turn_types::channel::ChannelData::new(number, data).write_into_unchecked(&mut packet);
    if padded {
        packet.resize(packet.len().next_multiple_of(4), 0);
    }
    packet
}

/// Peer and data of a Data indication.
pub(crate) fn read_data_indication(packet: &[u8]) -> (PeerAddr, Vec<u8>) {
    let message = Message::from_bytes(packet).unwrap();
    assert!(message.has_class(MessageClass::Indication) && message.has_method(DATA));
    assert_eq!(packet.len() % 4, 0);
    let peer = message.attribute::<XorPeerAddress>().unwrap();
    let data = message.raw_attribute(Data::TYPE).unwrap().value.to_vec();
    (PeerAddr(peer.addr(message.transaction_id())), data)
}
