//! The few STUN and TURN messages that a probing client needs.

use std::net::SocketAddr;
use stun_types::{
    attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress},
    message::{
        BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWrite,
        MessageWriteExt, MessageWriteVec, Method, StunWriteError, TransactionId,
    },
};
use turn_types::{
    attribute::{Data, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress},
    message::{ALLOCATE, CREATE_PERMISSION, DATA, REFRESH, SEND},
};

/// UDP in REQUESTED-TRANSPORT (RFC 8656 section 18.7).
const PROTOCOL_UDP: u8 = 17;

/// User name and password, with the challenge they answer.
pub(super) struct LongTerm<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a str,
    pub(super) realm: &'a str,
    pub(super) nonce: &'a str,
}

/// What an answer said, as far as a probe cares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// `None`: success.
    pub(super) error: Option<u16>,
    pub(super) realm: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) relayed: Option<SocketAddr>,
    /// Our own address as the server sees it.
    pub(super) mapped: Option<SocketAddr>,
    /// For how many seconds the allocation is good.
    pub(super) lifetime_s: Option<u32>,
}

/// A request as bytes, and how its answer is known.
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    pub(super) transaction: TransactionId,
}

pub(super) fn binding() -> Result<Request, StunWriteError> {
    request(BINDING, |_| Ok(()), None)
}

pub(super) fn allocate(credentials: Option<&LongTerm<'_>>) -> Result<Request, StunWriteError> {
    let transport = RequestedTransport::new(PROTOCOL_UDP);
    request(
        ALLOCATE,
        |message| message.add_attribute(&transport),
        credentials,
    )
}

/// Lets packets from this address through to us.
pub(super) fn permit(
    peer: SocketAddr,
    credentials: &LongTerm<'_>,
) -> Result<Request, StunWriteError> {
    let fill = |message: &mut MessageWriteVec| {
        message.add_attribute(&XorPeerAddress::new(peer, message.transaction_id()))
    };
    request(CREATE_PERMISSION, fill, Some(credentials))
}

/// Has the relay send `data` to this address (RFC 8656 section 11.1). Nobody answers an indication.
pub(super) fn send(peer: SocketAddr, data: &[u8]) -> Result<Vec<u8>, StunWriteError> {
    let mut message = Message::builder_indication(SEND, MessageWriteVec::new());
    message.add_attribute(&XorPeerAddress::new(peer, message.transaction_id()))?;
    message.add_attribute(&Data::new(data))?;
    Ok(message.finish())
}

/// Lifetime 0 gives the allocation back (RFC 8656 section 8).
pub(super) fn release(credentials: Option<&LongTerm<'_>>) -> Result<Request, StunWriteError> {
    refresh(0, credentials)
}

/// Asks that the allocation be kept for so many seconds (RFC 8656 section 8).
pub(super) fn refresh(
    lifetime_s: u32,
    credentials: Option<&LongTerm<'_>>,
) -> Result<Request, StunWriteError> {
    let lifetime = Lifetime::new(lifetime_s);
    request(
        REFRESH,
        |message| message.add_attribute(&lifetime),
        credentials,
    )
}

/// What a peer sent, and who it is (RFC 8656 section 11.4); `None`: it is no Data indication.
pub(super) fn data(bytes: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
    let message = Message::from_bytes(bytes).ok()?;
    let is_data = message.class() == MessageClass::Indication && message.method() == DATA;
    is_data.then_some(())?;
    let peer = message.attribute::<XorPeerAddress>().ok()?;
    let data = message.attribute::<Data>().ok()?;
    Some((peer.addr(message.transaction_id()), data.data().to_vec()))
}

fn request(
    method: Method,
    fill: impl FnOnce(&mut MessageWriteVec) -> Result<(), StunWriteError>,
    credentials: Option<&LongTerm<'_>>,
) -> Result<Request, StunWriteError> {
    let mut message = Message::builder_request(method, MessageWriteVec::new());
    fill(&mut message)?;
    if let Some(credentials) = credentials {
        message.add_attribute(&Username::new(credentials.username)?)?;
        message.add_attribute(&Realm::new(credentials.realm)?)?;
        message.add_attribute(&Nonce::new(credentials.nonce)?)?;
        let key = LongTermKeyCredentials::new(
            credentials.username.to_owned(),
            credentials.password.to_owned(),
            credentials.realm.to_owned(),
        );
        message.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1)?;
    }
    message.add_fingerprint()?;
    Ok(Request {
        transaction: message.transaction_id(),
        bytes: message.finish(),
    })
}

/// Reads an answer to the transaction; `None`: it is none.
pub(super) fn answer(bytes: &[u8], transaction: TransactionId) -> Option<Answer> {
    let message = Message::from_bytes(bytes).ok()?;
    if message.transaction_id() != transaction {
        return None;
    }
    let error = match message.class() {
        MessageClass::Success => None,
        MessageClass::Error => Some(message.attribute::<ErrorCode>().map_or(0, |e| e.code())),
        _ => return None,
    };
    Some(Answer {
        error,
        realm: message
            .attribute::<Realm>()
            .ok()
            .map(|realm| realm.realm().to_owned()),
        nonce: message
            .attribute::<Nonce>()
            .ok()
            .map(|nonce| nonce.nonce().to_owned()),
        relayed: message
            .attribute::<XorRelayedAddress>()
            .ok()
            .map(|relayed| relayed.addr(transaction)),
        mapped: message
            .attribute::<XorMappedAddress>()
            .ok()
            .map(|mapped| mapped.addr(transaction)),
        lifetime_s: message
            .attribute::<Lifetime>()
            .ok()
            .map(|lifetime| lifetime.seconds()),
    })
}

/// Whether the bytes begin a STUN message: two zero bits and the magic cookie (RFC 8489 section 5).
pub(super) fn looks_like_stun(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && bytes[0] & 0xc0 == 0 && bytes[4..8] == [0x21, 0x12, 0xa4, 0x42]
}
