//! MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT (RFC 8489 sections 14.5 to 14.7).
//!
//! The key's digest (PASSWORD-ALGORITHM) and the HMAC's are chosen apart from each other in RFC 8489, which stun-types
//! does not provide for; hence the HMAC is computed here.

use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use stun_types::{
    attribute::{
        AttributeStaticType, AttributeType, Fingerprint, MessageIntegrity, MessageIntegritySha256,
        PasswordAlgorithmValue,
    },
    message::{Message, MessageHeader},
};

/// Which of the two attributes protects a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Integrity {
    Sha1,
    Sha256,
}

/// An HMAC key. Without Debug, for it is as good as the password.
#[derive(Clone)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    /// The key of the long-term credential mechanism (RFC 8489 sections 9.2.2 and 18.5.1).
    ///
    /// User name and password are taken as they are, without the OpaqueString profile: browsers apply none.
    pub(crate) fn long_term(
        algorithm: PasswordAlgorithmValue,
        username: &str,
        realm: &str,
        password: &str,
    ) -> Self {
        let text = [username, realm, password].join(":");
        Self(match algorithm {
            PasswordAlgorithmValue::MD5 => Md5::digest(text).to_vec(),
            PasswordAlgorithmValue::SHA256 => Sha256::digest(text).to_vec(),
        })
    }

    /// The key of the short-term credential mechanism (RFC 8489 section 9.1.1).
    pub(crate) fn short_term(password: &str) -> Self {
        Self(password.as_bytes().to_vec())
    }

    fn digest(&self, integrity: Integrity, parts: &[&[u8]]) -> Vec<u8> {
        match integrity {
            Integrity::Sha1 => digest::<Hmac<Sha1>>(&self.0, parts),
            Integrity::Sha256 => digest::<Hmac<Sha256>>(&self.0, parts),
        }
    }
}

fn digest<M: Mac + hmac::digest::KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Which attribute protects this message: the stronger, where both do (RFC 8489 section 9.2.4).
pub(crate) fn of(message: &Message) -> Option<Integrity> {
    if message.has_attribute(MessageIntegritySha256::TYPE) {
        return Some(Integrity::Sha256);
    }
    message
        .has_attribute(MessageIntegrity::TYPE)
        .then_some(Integrity::Sha1)
}

/// Whether the attribute that [`of`] names fits the key. Compares in constant time.
pub(crate) fn verify(message: &Message, key: &Key) -> bool {
    let Some(integrity) = of(message) else {
        return false;
    };
    let (attribute, length) = shape(integrity);
    let Some((offset, raw)) = message.raw_attribute_and_offset(attribute) else {
        return false;
    };
    // TURN defines no truncation, so a shorter MESSAGE-INTEGRITY-SHA256 is not one (RFC 8489 section 14.6).
    if raw.value.len() != length {
        return false;
    }
    let bytes = message.as_bytes();
    let mut start = [bytes[0], bytes[1], 0, 0];
    let Some(covered) = covered_length(offset, length) else {
        return false;
    };
    start[2..].copy_from_slice(&covered);
    let expected = key.digest(integrity, &[&start, &bytes[4..offset]]);
    subtle::ConstantTimeEq::ct_eq(expected.as_slice(), &*raw.value).into()
}

/// Adds the attribute to a finished message.
pub(crate) fn append(message: &mut Vec<u8>, key: &Key, integrity: Integrity) {
    let (attribute, length) = shape(integrity);
    set_length(message, length);
    let value = key.digest(integrity, &[message]);
    push(message, attribute, &value);
}

/// Adds FINGERPRINT to a finished message.
pub(crate) fn append_fingerprint(message: &mut Vec<u8>) {
    set_length(message, 4);
    let crc = Fingerprint::compute(&[message]);
    let mut value = [0; 4];
    for (value, (crc, mask)) in value.iter_mut().zip(crc.iter().zip(b"STUN")) {
        *value = crc ^ mask;
    }
    push(message, Fingerprint::TYPE, &value);
}

fn shape(integrity: Integrity) -> (AttributeType, usize) {
    match integrity {
        Integrity::Sha1 => (MessageIntegrity::TYPE, 20),
        Integrity::Sha256 => (MessageIntegritySha256::TYPE, 32),
    }
}

/// The header's length field as the HMAC sees it: up to the end of the attribute itself.
fn covered_length(offset: usize, length: usize) -> Option<[u8; 2]> {
    let covered = (offset + 4 + length).checked_sub(MessageHeader::LENGTH)?;
    Some(u16::try_from(covered).ok()?.to_be_bytes())
}

/// Makes the header's length cover one more attribute. Our own messages are far below the bound of the field.
fn set_length(message: &mut [u8], value: usize) {
    if let Some(length) = covered_length(message.len(), value) {
        message[2..4].copy_from_slice(&length);
    }
}

fn push(message: &mut Vec<u8>, attribute: AttributeType, value: &[u8]) {
    message.extend(u16::from(attribute).to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
}
