//! Connectivity checks to the witness: RFC 8445 section 7.3 as an ICE-lite agent does it.

use crate::support::*;
use earshot_turn::{Event, Transport, witness_password};
use stun_types::{
    attribute::{RawAttribute, Username, XorMappedAddress},
    message::{BINDING, IntegrityAlgorithm, Message, MessageClass, ShortTermCredentials},
    prelude::*,
};

const SOURCE: &str = "192.0.2.2:50001";

fn check(speaker: &mut Speaker, username: &str, password: &str) -> Vec<u8> {
    let mut message = speaker.builder(MessageClass::Request, BINDING);
    message
        .add_attribute(&Username::new(username).unwrap())
        .unwrap();
    let priority = RawAttribute::new(0x24.into(), &[0x6E, 0, 1, 0xFF]);
    message.add_attribute(&priority).unwrap();
    message
        .add_attribute(&RawAttribute::new(0x25.into(), &[]))
        .unwrap();
    let controlling = RawAttribute::new(0x802A.into(), &[1; 8]);
    message.add_attribute(&controlling).unwrap();
    let credentials = ShortTermCredentials::new(password.into()).into();
    message
        .add_message_integrity(&credentials, IntegrityAlgorithm::Sha1)
        .unwrap();
    message.add_fingerprint().unwrap();
    message.finish()
}

#[test]
fn a_check_of_a_run_is_witnessed_and_answered() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(SOURCE);
    let password = witness_password(&NONCE_KEY, RUN);
    let request = check(&mut speaker, &format!("{RUN}:page"), &password);
    world.client_says(speaker.client, &request);
    let answer = world.answer(speaker.client);
    // The FINGERPRINT is checked by the parser.
    let answer = Message::from_bytes(&answer).unwrap();
    assert!(answer.has_class(MessageClass::Success));
    let credentials = ShortTermCredentials::new(password).into();
    answer.validate_integrity(&credentials).unwrap();
    let mapped = answer.attribute::<XorMappedAddress>().unwrap();
    assert_eq!(mapped.addr(answer.transaction_id()), addr(SOURCE));
    let expected = Event::Witnessed {
        ufrag: RUN.into(),
        source: addr(SOURCE),
        authentic: true,
    };
    assert_eq!(world.take_events(), [expected]);
}

#[test]
fn a_check_with_another_password_is_told_and_not_answered() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(SOURCE);
    let other = witness_password(&NONCE_KEY, "00000000000000000000000000");
    let request = check(&mut speaker, &format!("{RUN}:page"), &other);
    world.client_says(speaker.client, &request);
    assert!(world.sent.is_empty());
    let events = world.take_events();
    assert!(matches!(
        events[..],
        [Event::Witnessed {
            authentic: false,
            ..
        }]
    ));
}

#[test]
fn other_user_names_and_streams_are_ordinary_bindings() {
    let mut world = World::new();
    let password = witness_password(&NONCE_KEY, RUN);
    let upper = RUN.to_uppercase();
    for (transport, username) in [
        (Transport::Udp, "abcd:efgh".to_owned()),
        (Transport::Udp, RUN.to_owned()),
        (Transport::Udp, format!("{upper}:page")),
        (Transport::Tcp, format!("{RUN}:page")),
    ] {
        let mut speaker = Speaker::new(transport, SOURCE);
        let request = check(&mut speaker, &username, &password);
        world.client_says(speaker.client, &request);
        world.answer(speaker.client);
        assert!(matches!(world.take_events()[..], [Event::Bound { .. }]));
    }
}

#[test]
fn the_password_is_that_of_another_implementation() {
    // printf 'witness:abcdefghijklmnopqrstuvwx01' | openssl dgst -sha256 -mac HMAC -macopt hexkey:2a…2a -binary
    // | base64 | cut -c1-32
    assert_eq!(
        witness_password(&NONCE_KEY, RUN),
        "3Qv0t+VG/QezdfZOewHzipwyu4egt+Dt"
    );
}
