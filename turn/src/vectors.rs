//! The test vectors of RFC 5769 and of RFC 8489 appendix B.1 (with erratum 6268), through our own code.

use crate::integrity::{self, Integrity, Key};
use stun_types::{
    attribute::{MessageIntegritySha256, PasswordAlgorithmValue, Userhash, XorMappedAddress},
    message::{IntegrityAlgorithm, LongTermKeyCredentials, Message},
};

/// The user name of the long-term vectors: "Matrix" in Katakana.
const USERNAME: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
/// Their password after preparation, which is the client's and the operator's part.
const PASSWORD: &str = "TheMatrIX";
const REALM: &str = "example.org";
/// The password of the short-term vectors.
const SHORT_TERM: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// RFC 5769 section 2.1: short-term, with FINGERPRINT.
const REQUEST: &str = "\
    000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff\
    80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249\
    c1b571a280280004e57a3bcf";

/// RFC 5769 section 2.2.
const RESPONSE_V4: &str = "\
    0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643\
    000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";

/// RFC 5769 section 2.3.
const RESPONSE_V6: &str = "\
    010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9fa\
    a5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";

/// RFC 5769 section 2.4.
const LONG_TERM: &str = "\
    000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b900000015001c\
    662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f72670000080014\
    f67024656dd64a3e02b8e0712e85c9a28ca89666";

/// RFC 8489 appendix B.1: USERHASH and MESSAGE-INTEGRITY-SHA256.
const SHA256: &str = "\
    000100902112a44278ad3433c6ad72c029da412e001e00204a3cf38fef6992bda952c6780417da0f24819415569e60b2\
    05c46e41407f1704001500296f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c3946535476\
    79363473410000000014000b6578616d706c652e6f726700001d000400020000001c0020b5c7bf005b6c52a21c51c5e8\
    92f81924136296cb927c43149309278cc6518e65";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn long_term(algorithm: PasswordAlgorithmValue) -> Key {
    Key::long_term(algorithm, USERNAME, REALM, PASSWORD)
}

#[test]
fn the_vectors_are_authentic() {
    let short_term = Key::short_term(SHORT_TERM);
    let md5 = long_term(PasswordAlgorithmValue::MD5);
    let sha256 = long_term(PasswordAlgorithmValue::SHA256);
    for (vector, key, integrity) in [
        (REQUEST, &short_term, Integrity::Sha1),
        (RESPONSE_V4, &short_term, Integrity::Sha1),
        (RESPONSE_V6, &short_term, Integrity::Sha1),
        (LONG_TERM, &md5, Integrity::Sha1),
        (SHA256, &sha256, Integrity::Sha256),
    ] {
        let bytes = bytes(vector);
        let message = Message::from_bytes(&bytes).unwrap();
        assert_eq!(integrity::of(&message), Some(integrity));
        assert!(integrity::verify(&message, key), "{vector}");
        assert!(!integrity::verify(&message, &Key::short_term("other")));
    }
}

#[test]
fn every_byte_under_the_integrity_counts() {
    for (vector, key, tail) in [
        (RESPONSE_V6, Key::short_term(SHORT_TERM), 8),
        (SHA256, long_term(PasswordAlgorithmValue::SHA256), 0),
    ] {
        let original = bytes(vector);
        // The length field is not covered as it stands, FINGERPRINT not at all.
        for place in (0..2).chain(4..original.len() - tail) {
            let mut changed = original.clone();
            changed[place] ^= 1;
            let authentic = Message::from_bytes(&changed)
                .is_ok_and(|message| integrity::verify(&message, &key));
            assert!(!authentic, "{place}");
        }
    }
}

#[test]
fn what_we_append_is_what_the_vectors_end_with() {
    for vector in [RESPONSE_V4, RESPONSE_V6] {
        let expected = bytes(vector);
        let mut message = expected[..expected.len() - 8 - 24].to_vec();
        integrity::append(&mut message, &Key::short_term(SHORT_TERM), Integrity::Sha1);
        integrity::append_fingerprint(&mut message);
        assert_eq!(message, expected);
    }
    let expected = bytes(SHA256);
    let mut message = expected[..expected.len() - 36].to_vec();
    let key = long_term(PasswordAlgorithmValue::SHA256);
    integrity::append(&mut message, &key, Integrity::Sha256);
    assert_eq!(message, expected);
}

#[test]
fn a_truncated_sha256_is_refused() {
    let original = bytes(SHA256);
    let attribute = original.len() - 36;
    // As RFC 8489 section 14.6 would have it, if TURN allowed for it: the length field covers the shorter attribute.
    let mut message = original[..attribute].to_vec();
    let length = (attribute + 20 - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let credentials = LongTermKeyCredentials::new(USERNAME.into(), PASSWORD.into(), REALM.into());
    let key = credentials.make_key(IntegrityAlgorithm::Sha256);
    let full = MessageIntegritySha256::compute(&[&message], &key).unwrap();
    message.extend([0x00, 0x1C, 0, 16]);
    message.extend(&full[..16]);

    let message = Message::from_bytes(&message).unwrap();
    assert!(message.validate_integrity(&credentials.into()).is_ok());
    let ours = long_term(PasswordAlgorithmValue::SHA256);
    assert!(!integrity::verify(&message, &ours));
}

#[test]
fn the_attributes_read_as_the_vectors_say() {
    for (vector, address) in [
        (RESPONSE_V4, "192.0.2.1:32853"),
        (RESPONSE_V6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
    ] {
        let bytes = bytes(vector);
        let message = Message::from_bytes(&bytes).unwrap();
        let mapped = message.attribute::<XorMappedAddress>().unwrap();
        let expected = address.parse().unwrap();
        assert_eq!(mapped.addr(message.transaction_id()), expected);
    }
    let bytes = bytes(SHA256);
    let message = Message::from_bytes(&bytes).unwrap();
    let hash = message.attribute::<Userhash>().unwrap();
    assert_eq!(hash.hash(), &Userhash::compute(USERNAME, REALM));
}
