//! Builds answers. No SOFTWARE anywhere: it helps nobody but those who look for old versions.

use crate::{
    auth::{Authenticator, Signer},
    integrity,
    request::unknown_attributes,
    types::{Client, Now},
};
use std::net::SocketAddr;
use stun_types::{
    attribute::{
        AttributeType, ErrorCode, Fingerprint, Nonce, Realm, UnknownAttributes, XorMappedAddress,
    },
    message::{Message, MessageClass, MessageHeader, MessageType, MessageWriteVec, TransactionId},
    prelude::{AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt},
};

/// What of a request its answer needs: so an answer can be built when the request is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    kind: MessageType,
    transaction: u128,
    fingerprint: bool,
}

impl Head {
    pub(crate) fn of(request: &Message) -> Self {
        Self {
            kind: request.get_type(),
            transaction: request.transaction_id().into(),
            fingerprint: request.has_attribute(Fingerprint::TYPE),
        }
    }

    /// The transaction id of the request.
    pub(crate) fn transaction(&self) -> TransactionId {
        self.transaction.into()
    }
}

/// A success answer, signed.
pub(crate) fn success(head: Head, attributes: &[&dyn AttributeWrite], signer: &Signer) -> Vec<u8> {
    let message = build(head, MessageClass::Success, attributes);
    finish(message, head, Some(signer))
}

/// An error answer, signed, with the standard's reason phrase.
pub(crate) fn error(head: Head, code: u16, unknown: &[AttributeType], signer: &Signer) -> Vec<u8> {
    let message = failure(
        head,
        code,
        ErrorCode::default_reason_for_code(code),
        unknown,
        &[],
    );
    finish(message, head, Some(signer))
}

/// An error answer to who has not shown credentials: as short as can be, so that forged requests gain little.
pub(crate) fn bare_error(head: Head, code: u16) -> Vec<u8> {
    finish(failure(head, code, "", &[], &[]), head, None)
}

/// 401 or 438 with all that is needed to try again (RFC 8489 section 9.2.4).
pub(crate) fn challenge(
    head: Head,
    code: u16,
    auth: &Authenticator,
    now: Now,
    client: Client,
) -> Vec<u8> {
    let realm = Realm::new(auth.realm());
    let nonce = Nonce::new(&auth.nonce(now, client));
    let algorithms = auth.algorithms();
    let mut attributes: Vec<&dyn AttributeWrite> = Vec::with_capacity(3);
    // Neither can be too long: the nonce is ours, the settings bound the realm.
    attributes.extend(
        realm
            .as_ref()
            .ok()
            .map(|realm| realm as &dyn AttributeWrite),
    );
    attributes.extend(
        nonce
            .as_ref()
            .ok()
            .map(|nonce| nonce as &dyn AttributeWrite),
    );
    attributes.push(&algorithms);
    finish(failure(head, code, "", &[], &attributes), head, None)
}

/// The answer to a Binding request, not signed (RFC 8489 section 12).
pub(crate) fn binding(request: &Message, source: SocketAddr) -> Vec<u8> {
    let mapped = XorMappedAddress::new(canonical(source), request.transaction_id());
    let class = MessageClass::Success;
    build(Head::of(request), class, &[&mapped])
}

/// The whole answer to a Binding request: success, or 420.
pub(crate) fn binding_answer(request: &Message, source: SocketAddr) -> Vec<u8> {
    let head = Head::of(request);
    let unknown = unknown_attributes(request);
    let message = match unknown.is_empty() {
        true => binding(request, source),
        false => failure(head, ErrorCode::UNKNOWN_ATTRIBUTE, "", &unknown, &[]),
    };
    finish(message, head, None)
}

/// Adds what the answer to this request ends with.
fn finish(mut message: Vec<u8>, head: Head, signer: Option<&Signer>) -> Vec<u8> {
    if let Some(signer) = signer {
        integrity::append(&mut message, &signer.key, signer.integrity);
    }
    if head.fingerprint {
        integrity::append_fingerprint(&mut message);
    }
    message
}

/// An IPv4 address seen through a dual-stack socket is an IPv4 address.
pub(crate) fn canonical(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}

fn failure(
    head: Head,
    code: u16,
    reason: &str,
    unknown: &[AttributeType],
    attributes: &[&dyn AttributeWrite],
) -> Vec<u8> {
    let error = ErrorCode::new(code, reason).expect("all codes of ours are between 300 and 699");
    let unknown = (!unknown.is_empty()).then(|| UnknownAttributes::new(unknown));
    let mut all: Vec<&dyn AttributeWrite> = vec![&error];
    all.extend(
        unknown
            .as_ref()
            .map(|unknown| unknown as &dyn AttributeWrite),
    );
    all.extend(attributes);
    build(head, MessageClass::Error, &all)
}

fn build(head: Head, class: MessageClass, attributes: &[&dyn AttributeWrite]) -> Vec<u8> {
    let kind = MessageType::from_class_method(class, head.kind.method());
    let room = MessageHeader::LENGTH + 128;
    let writer = MessageWriteVec::with_capacity(room);
    let mut builder = Message::builder(kind, head.transaction(), writer);
    for attribute in attributes {
        builder
            .add_attribute(*attribute)
            .expect("answers are short, and their integrity is added last");
    }
    builder.finish()
}
