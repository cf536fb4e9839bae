//! A plain TURN client over UDP, made of the public message crates alone: what a stranger would write.

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};
use stun_types::{
    attribute::{ErrorCode, Nonce, Realm, Username},
    message::{
        IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWriteVec, Method,
    },
    prelude::*,
};
use turn_types::{
    attribute::{ChannelNumber, Data, RequestedTransport, XorPeerAddress, XorRelayedAddress},
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, SEND},
};

/// Everything here is on one machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// One client with one socket.
pub struct TurnClient {
    socket: UdpSocket,
    username: String,
    password: String,
    challenge: Option<(String, String)>,
}

impl TurnClient {
    /// A client of the server at this address.
    pub fn new(server: SocketAddr, username: &str, password: &str) -> Self {
        let socket =
            UdpSocket::bind((crate::net::host_address(), 0)).expect("a socket can be opened");
        socket.connect(server).expect("an address");
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a timeout can be set");
        Self {
            socket,
            username: username.to_owned(),
            password: password.to_owned(),
            challenge: None,
        }
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
        let answer = Message::from_bytes(&answer).expect("a STUN message");
        let relayed = answer
            .attribute::<XorRelayedAddress>()
            .expect("a relayed address");
        Ok(relayed.addr(answer.transaction_id()))
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
            stun_types::message::TransactionId::generate(),
            MessageWriteVec::new(),
        );
        let transaction = message.transaction_id();
        message
            .add_attribute(&XorPeerAddress::new(peer, transaction))
            .expect("it fits");
        message.add_attribute(&Data::new(data)).expect("it fits");
        self.socket.send(&message.finish()).expect("it can be sent");
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
        self.socket.send(&message.finish()).expect("it can be sent");
        let mut buffer = [0; 2048];
        let length = self.socket.recv(&mut buffer).expect("the server answers");
        let answer = Message::from_bytes(&buffer[..length]).expect("a STUN message");
        if answer.has_class(MessageClass::Success) {
            return Ok(buffer[..length].to_vec());
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
