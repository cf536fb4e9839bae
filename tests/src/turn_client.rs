//! A plain TURN client over UDP, made of the public message crates alone: what a stranger would write.

use crate::again::uninterrupted;
use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};
use stun_types::{
    attribute::{ErrorCode, Nonce, Realm, Username},
    message::{
        IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWriteVec, Method,
        TransactionId,
    },
    prelude::*,
};
use turn_types::{
    attribute::{
        ChannelNumber, Data, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress,
    },
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND},
};

/// RFC 8489 section 6.2.1: a request is sent again while no answer comes. Everything here is on one machine, and coturn
/// loses some that come while it hands a new client from one thread to the other. All tries together are patience with a
/// busy machine.
const AGAIN: Duration = Duration::from_millis(500);
const TRIES: u32 = 40;

/// One client with one socket.
pub struct TurnClient {
    socket: UdpSocket,
    username: String,
    password: String,
    challenge: Option<(String, String)>,
    tries: u32,
}

impl TurnClient {
    /// A client of the server at this address.
    pub fn new(server: SocketAddr, username: &str, password: &str) -> Self {
        let socket =
            UdpSocket::bind((crate::net::host_address(), 0)).expect("a socket can be opened");
        socket.connect(server).expect("an address");
        socket
            .set_read_timeout(Some(AGAIN))
            .expect("a timeout can be set");
        Self {
            socket,
            username: username.to_owned(),
            password: password.to_owned(),
            challenge: None,
            tries: TRIES,
        }
    }

    /// The same for a server that loses nothing and counts what it is asked: each request is sent once, and its answer
    /// awaited as long as all tries together.
    pub fn asking_once(server: SocketAddr, username: &str, password: &str) -> Self {
        let client = Self::new(server, username, password);
        client
            .socket
            .set_read_timeout(Some(AGAIN * TRIES))
            .expect("a timeout can be set");
        Self { tries: 1, ..client }
    }

    /// Allocates; the relayed address, or the error code.
    pub fn allocate(&mut self) -> Result<SocketAddr, u16> {
        let first = self.ask(
            ALLOCATE,
            &[&RequestedTransport::new(RequestedTransport::UDP)],
        );
        assert_eq!(
            first.as_ref().err(),
            Some(&401),
            "the first request is challenged: {first:?}"
        );
        let answer = self.ask(
            ALLOCATE,
            &[&RequestedTransport::new(RequestedTransport::UDP)],
        )?;
        Ok(relayed(&answer))
    }

    /// Asks for an allocation without a password, as every first request does: the relayed address of a server that lets
    /// anybody in, or the error code.
    pub fn allocate_unasked(&mut self) -> Result<SocketAddr, u16> {
        self.challenge = None;
        let wanted = RequestedTransport::new(RequestedTransport::UDP);
        self.ask(ALLOCATE, &[&wanted])
            .map(|answer| relayed(&answer))
    }

    /// CreatePermission; the error code, or 0.
    pub fn permit(&mut self, peer: SocketAddr) -> u16 {
        let (method, peer) = (CREATE_PERMISSION, peer);
        self.ask_about(method, peer, None)
    }

    /// ChannelBind; the error code, or 0.
    pub fn bind(&mut self, channel: u16, peer: SocketAddr) -> u16 {
        self.ask_about(CHANNEL_BIND, peer, Some(channel))
    }

    /// A Send indication, which is never answered.
    pub fn send(&self, peer: SocketAddr, data: &[u8]) {
        let mut message = Message::builder(
            stun_types::message::MessageType::from_class_method(MessageClass::Indication, SEND),
            TransactionId::generate(),
            MessageWriteVec::new(),
        );
        let transaction = message.transaction_id();
        message
            .add_attribute(&XorPeerAddress::new(peer, transaction))
            .expect("it fits");
        message.add_attribute(&Data::new(data)).expect("it fits");
        self.socket.send(&message.finish()).expect("it can be sent");
    }

    /// The client's own address.
    pub fn local(&self) -> SocketAddr {
        self.socket.local_addr().expect("it is bound")
    }

    /// Ends the allocation (RFC 8656 section 7: a Refresh with lifetime 0).
    pub fn close(mut self) {
        self.ask(REFRESH, &[&Lifetime::new(0)])
            .expect("an allocation ends when its client asks");
    }

    fn ask_about(&mut self, method: Method, peer: SocketAddr, channel: Option<u16>) -> u16 {
        let mut message = Message::builder_request(method, MessageWriteVec::new());
        let transaction = message.transaction_id();
        message
            .add_attribute(&XorPeerAddress::new(peer, transaction))
            .expect("it fits");
        if let Some(channel) = channel {
            message
                .add_attribute(&ChannelNumber::new(channel))
                .expect("it fits");
        }
        self.exchange(message).err().unwrap_or(0)
    }

    fn ask(&mut self, method: Method, attributes: &[&dyn AttributeWrite]) -> Result<Vec<u8>, u16> {
        let mut message = Message::builder_request(method, MessageWriteVec::new());
        for attribute in attributes {
            message.add_attribute(*attribute).expect("it fits");
        }
        self.exchange(message)
    }

    /// The answer to this request, if it comes soon; one to an earlier request that was sent twice is passed over.
    fn answer_to(&self, transaction: TransactionId) -> Option<Vec<u8>> {
        let mut buffer = [0; 2048];
        loop {
            let length = uninterrupted(|| self.socket.recv(&mut buffer)).ok()?;
            let answer = Message::from_bytes(&buffer[..length]).expect("a STUN message");
            if answer.transaction_id() == transaction {
                return Some(buffer[..length].to_vec());
            }
        }
    }

    /// Adds what the challenge asks for, sends, and reads the answer: whole, or its error code.
    fn exchange(&mut self, mut message: MessageWriteVec) -> Result<Vec<u8>, u16> {
        if let Some((realm, nonce)) = &self.challenge {
            message
                .add_attribute(&Username::new(&self.username).expect("a user name"))
                .expect("it fits");
            message
                .add_attribute(&Realm::new(realm).expect("a realm"))
                .expect("it fits");
            message
                .add_attribute(&Nonce::new(nonce).expect("a nonce"))
                .expect("it fits");
            let key = LongTermKeyCredentials::new(
                self.username.clone(),
                self.password.clone(),
                realm.clone(),
            );
            message
                .add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1)
                .expect("it fits");
        }
        let transaction = message.transaction_id();
        let request = message.finish();
        let answer = (0..self.tries).find_map(|_| {
            self.socket.send(&request).expect("it can be sent");
            self.answer_to(transaction)
        });
        let bytes = answer.expect("the server answers");
        let answer = Message::from_bytes(&bytes).expect("a STUN message");
        if answer.has_class(MessageClass::Success) {
            return Ok(bytes);
        }
        if let (Ok(realm), Ok(nonce)) = (answer.attribute::<Realm>(), answer.attribute::<Nonce>()) {
            self.challenge = Some((realm.realm().to_owned(), nonce.nonce().to_owned()));
        }
        Err(answer
            .attribute::<ErrorCode>()
            .expect("an error code")
            .code())
    }
}

fn relayed(answer: &[u8]) -> SocketAddr {
    let answer = Message::from_bytes(answer).expect("a STUN message");
    let relayed = answer
        .attribute::<XorRelayedAddress>()
        .expect("a relayed address");
    relayed.addr(answer.transaction_id())
}
