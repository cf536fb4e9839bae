//! RFC 8489 section 9.2.

use crate::support::*;
use earshot_turn::{Event, config::Credentials, event::Refusal, time_limited_password};
use stun_types::{
    attribute::{
        ErrorCode, MessageIntegrity, MessageIntegritySha256, PasswordAlgorithms, RawAttribute,
        Realm, Software, Username,
    },
    message::{IntegrityAlgorithm, Message, MessageClass},
    prelude::*,
};
use turn_types::{
    attribute::{Lifetime, XorRelayedAddress},
    message::{ALLOCATE, REFRESH},
};

const CLIENT: &str = "198.51.100.7:40000";

fn refusal(world: &mut World) -> (u16, Option<String>, Refusal) {
    match world.take_events().pop() {
        Some(Event::Refused {
            code,
            username,
            reason,
            ..
        }) => (code, username, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_answer_is_a_small_401_byte_for_byte() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    let request = speaker.request(ALLOCATE, &[&udp()]);
    let (code, answer) = speaker.ask(&mut world, &request);
    assert_eq!(code, 401);

    let mut expected = vec![0x01, 0x13, 0x00, 0x40, 0x21, 0x12, 0xA4, 0x42];
    expected.extend(&request[8..20]);
    expected.extend([0x00, 0x09, 0x00, 0x04, 0, 0, 4, 1]); // ERROR-CODE without a phrase
    expected.extend([0x00, 0x14, 0x00, 0x07]); // REALM
    expected.extend(b"earshot\0");
    expected.extend([0x00, 0x15, 0x00, 0x19]); // NONCE: cookie, "password algorithms", time and HMAC
    expected.extend(b"obMatJos2gAAA");
    let nonce = expected.len();
    expected.extend(&answer[nonce..nonce + 12]);
    expected.extend([0; 3]);
    expected.extend([0x80, 0x02, 0x00, 0x08]); // PASSWORD-ALGORITHMS: SHA-256, MD5
    expected.extend([0, 2, 0, 0, 0, 1, 0, 0]);
    assert_eq!(answer, expected);
    assert_eq!(answer.len(), 84);
    let client = speaker.client;
    assert_eq!(world.take_events(), [Event::Challenged { client }]);
}

#[test]
fn every_way_to_protect_a_request_is_let_in_and_answered_in_kind() {
    let mut config = config();
    config.credentials.secrets.clear();
    for protection in [
        Protection::Classic,
        Protection::Modern,
        Protection::ModernHashed,
    ] {
        let mut world = World::with(config.clone());
        let mut speaker = Speaker::udp(CLIENT);
        speaker.protection = protection;
        speaker.challenge(&mut world);
        let request = speaker.request(ALLOCATE, &[&udp()]);
        let (code, answer) = speaker.ask(&mut world, &request);
        assert_eq!(code, 0, "{protection:?}");
        let answer = Message::from_bytes(&answer).unwrap();
        let classic = protection == Protection::Classic;
        assert_eq!(answer.has_attribute(MessageIntegrity::TYPE), classic);
        assert_eq!(answer.has_attribute(MessageIntegritySha256::TYPE), !classic);
        assert!(!answer.has_attribute(Software::TYPE));
        assert!(matches!(
            &world.take_events()[..],
            [Event::Challenged { .. }, Event::Allocated { username, .. }] if username == USER
        ));
    }
}

#[test]
fn a_name_is_asked_to_be_hashed_only_where_every_name_can_be_found_by_its_hash() {
    let mut config = config();
    for (secrets, start) in [
        (vec![SECRET.into()], "obMatJos2gAAA"),
        (vec![], "obMatJos2wAAA"),
    ] {
        config.credentials.secrets = secrets;
        let mut world = World::with(config.clone());
        let mut speaker = Speaker::udp(CLIENT);
        speaker.challenge(&mut world);
        assert!(speaker.nonce.unwrap().starts_with(start));
    }
}

#[test]
fn both_integrity_attributes_count_by_the_stronger() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    speaker.protection = Protection::Both;
    // The MD5 key, for no PASSWORD-ALGORITHM is given; HMAC-SHA256 is added by hand.
    let mut message = speaker.builder(MessageClass::Request, ALLOCATE);
    message.add_attribute(&udp()).unwrap();
    speaker.protect(&mut message);
    let key = speaker.credentials().make_key(IntegrityAlgorithm::Sha256);
    message
        .add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha256)
        .unwrap();
    // That key is the SHA-256 one, which nobody agreed on: refused, though MESSAGE-INTEGRITY is right.
    let request = message.finish();
    assert_eq!(world.client_says(speaker.client, &request), Passed::Nothing);
    let answer = world.answer(speaker.client);
    let answer = Message::from_bytes(&answer).unwrap();
    assert_eq!(answer.attribute::<ErrorCode>().unwrap().code(), 401);
    assert_eq!(refusal(&mut world).2, Refusal::WrongPassword);
}

#[test]
fn wrong_credentials_are_told_apart_and_answered_alike() {
    let expired = format!("{}:someone", START - 1);
    let valid = format!("{}:someone", START + 60);
    let cases = [
        (USER, "wrong".to_owned(), Refusal::WrongPassword),
        ("nobody", PASSWORD.to_owned(), Refusal::UnknownUser),
        (
            &valid,
            time_limited_password("another", &valid),
            Refusal::WrongPassword,
        ),
        (
            &expired,
            time_limited_password(SECRET, &expired),
            Refusal::Expired,
        ),
        (
            &expired,
            time_limited_password("another", &expired),
            Refusal::WrongPassword,
        ),
    ];
    for (username, password, reason) in cases {
        let mut world = World::new();
        let mut speaker = Speaker::udp(CLIENT);
        speaker.username = username.into();
        speaker.password = password;
        speaker.challenge(&mut world);
        let request = speaker.request(ALLOCATE, &[&udp()]);
        let (code, answer) = speaker.ask(&mut world, &request);
        assert_eq!((code, answer.len()), (401, 84));
        assert!(
            !Message::from_bytes(&answer)
                .unwrap()
                .has_attribute(MessageIntegrity::TYPE)
        );
        assert_eq!(
            refusal(&mut world),
            (401, Some(username.to_owned()), reason)
        );
        assert!(world.open.is_empty() && world.asked.is_empty());
    }
}

#[test]
fn time_limited_credentials_end_by_the_wall_clock_alone() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.username = format!("{}:someone", START + 60);
    speaker.password = time_limited_password(SECRET, &speaker.username);
    speaker.allocate(&mut world);
    world.now.unix += std::time::Duration::from_secs(59);
    assert_eq!(speaker.refresh(&mut world, 600), Ok(600));
    world.now.unix += std::time::Duration::from_secs(1);
    assert_eq!(speaker.refresh(&mut world, 600), Err(401));
    assert_eq!(refusal(&mut world).2, Refusal::Expired);
    world.now.unix -= std::time::Duration::from_secs(1);
    assert_eq!(speaker.refresh(&mut world, 600), Ok(600));
}

#[test]
fn either_secret_is_good_while_one_is_being_replaced() {
    let mut config = config();
    config.credentials.secrets.push("the next".into());
    let mut world = World::with(config);
    for (port, secret) in [(1, SECRET), (2, "the next")] {
        let mut speaker = Speaker::udp(&format!("198.51.100.7:{port}"));
        speaker.username = format!("{}:someone", START + 60);
        speaker.password = time_limited_password(secret, &speaker.username);
        speaker.allocate(&mut world);
    }
}

#[test]
fn a_nonce_is_good_for_its_address_and_its_time() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.allocate(&mut world);

    let mut thief = Speaker::udp("198.51.100.7:40001");
    thief.nonce = speaker.nonce.clone();
    assert_eq!(thief.allocate_with(&mut world, &[&udp()]), Err(438));
    assert_eq!(
        refusal(&mut world),
        (438, Some(USER.to_owned()), Refusal::StaleNonce)
    );

    world.advance(590);
    assert_eq!(speaker.refresh(&mut world, 3600), Ok(3600));
    world.advance(3010);
    assert_eq!(
        speaker.refresh(&mut world, 3600),
        Ok(3600),
        "an hour after the nonce was given"
    );
    world.advance(240);
    let request = speaker.request(REFRESH, &[&Lifetime::new(600)]);
    let (code, answer) = speaker.ask(&mut world, &request);
    assert_eq!(code, 438);
    speaker.learn(&answer);
    assert_eq!(speaker.refresh(&mut world, 3600), Ok(3600));
}

#[test]
fn a_challenge_that_was_tampered_with_is_noticed() {
    // Each case: what the client was made to believe, against the nonce that says "password algorithms".
    type Value = Option<&'static [u8]>;
    let cases: [(Value, Value); 5] = [
        (Some(&[0, 1, 0, 0]), Some(&[0, 1, 0, 0])), // SHA-256 was taken out of the offer
        (Some(&[0, 1, 0, 0, 0, 2, 0, 0]), Some(&[0, 1, 0, 0])), // the order was changed
        (Some(&[0, 2, 0, 0, 0, 1, 0, 0]), None),
        (None, Some(&[0, 2, 0, 0])),
        (Some(&[0, 2, 0, 0, 0, 1, 0, 0]), Some(&[0, 3, 0, 0])),
    ];
    for (offered, chosen) in cases {
        let mut world = World::new();
        let mut speaker = Speaker::udp(CLIENT);
        speaker.challenge(&mut world);
        let mut message = speaker.builder(MessageClass::Request, ALLOCATE);
        message.add_attribute(&udp()).unwrap();
        if let Some(offered) = offered {
            let offered = RawAttribute::new(PasswordAlgorithms::TYPE, offered);
            message.add_attribute(&offered).unwrap();
        }
        if let Some(chosen) = chosen {
            message
                .add_attribute(&RawAttribute::new(0x1D.into(), chosen))
                .unwrap();
        }
        speaker.protect(&mut message);
        let (code, answer) = speaker.ask(&mut world, &message.finish());
        assert_eq!((code, answer.len()), (400, 28), "{offered:?} {chosen:?}");
        assert!(world.asked.is_empty());
    }
}

#[test]
fn credentials_that_are_not_whole_are_400() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    for missing in ["username", "realm", "nonce"] {
        let mut message = speaker.builder(MessageClass::Request, ALLOCATE);
        message.add_attribute(&udp()).unwrap();
        if missing != "username" {
            message
                .add_attribute(&Username::new(USER).unwrap())
                .unwrap();
        }
        if missing != "realm" {
            message.add_attribute(&Realm::new(REALM).unwrap()).unwrap();
        }
        if missing != "nonce" {
            let nonce = speaker.nonce.clone().unwrap();
            let nonce = stun_types::attribute::Nonce::new(&nonce).unwrap();
            message.add_attribute(&nonce).unwrap();
        }
        let credentials = speaker.credentials().into();
        message
            .add_message_integrity(&credentials, IntegrityAlgorithm::Sha1)
            .unwrap();
        assert_eq!(
            speaker.ask(&mut world, &message.finish()).0,
            400,
            "{missing}"
        );
    }
}

#[test]
fn what_follows_the_integrity_is_ignored() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    let mut request = speaker.request(ALLOCATE, &[&udp()]);
    // REQUESTED-ADDRESS-FAMILY IPv6, slipped in by someone on the way.
    request.extend([0x00, 0x17, 0x00, 0x04, 0x02, 0, 0, 0]);
    let length = (request.len() - 20) as u16;
    request[2..4].copy_from_slice(&length.to_be_bytes());
    let (code, answer) = speaker.ask(&mut world, &request);
    assert_eq!(code, 0);
    let answer = Message::from_bytes(&answer).unwrap();
    let relayed = answer.attribute::<XorRelayedAddress>().unwrap();
    assert!(relayed.addr(answer.transaction_id()).is_ipv4());
}

#[test]
fn a_fingerprint_is_answered_with_one_and_a_wrong_one_with_nothing() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    speaker.challenge(&mut world);
    let mut message = speaker.builder(MessageClass::Request, ALLOCATE);
    message.add_attribute(&udp()).unwrap();
    speaker.protect(&mut message);
    message.add_fingerprint().unwrap();
    let mut request = message.finish();
    assert_eq!(speaker.ask(&mut world, &request).0, 0);
    *request.last_mut().unwrap() ^= 1;
    assert_eq!(world.client_says(speaker.client, &request), Passed::Nothing);
    assert!(world.sent.is_empty());
}

#[test]
fn challenges_are_bounded_per_source() {
    let mut config = config();
    config.limits.challenges_per_second = 5;
    let mut world = World::with(config);
    let count = |world: &mut World, source: &str| {
        let mut speaker = Speaker::udp(source);
        for _ in 0..20 {
            let request = speaker.request(ALLOCATE, &[&udp()]);
            world.client_says(speaker.client, &request);
        }
        assert_eq!(world.take_events().len(), world.sent.len());
        std::mem::take(&mut world.sent).len()
    };
    assert_eq!(count(&mut world, CLIENT), 5);
    assert_eq!(count(&mut world, "198.51.100.7:40001"), 0);
    assert_eq!(count(&mut world, "198.51.100.8:40000"), 5);
    assert_eq!(count(&mut world, "[2001:db8:1:2::1]:1"), 5);
    assert_eq!(count(&mut world, "[2001:db8:1:2:ffff::1]:1"), 0);
    world.advance(1);
    assert_eq!(count(&mut world, CLIENT), 5);
}

#[test]
fn there_is_no_anonymous_mode() {
    let mut config = config();
    config.credentials = Credentials {
        users: vec![(USER.into(), "".into()), ("".into(), "".into())],
        secrets: vec!["".into()],
        nonce_key: NONCE_KEY,
    };
    let mut world = World::with(config);
    for (username, password) in [("", ""), (USER, ""), ("9999999999:x", "")] {
        let mut speaker = Speaker::udp(CLIENT);
        speaker.username = username.into();
        speaker.password = password.into();
        assert_eq!(
            speaker.allocate_with(&mut world, &[&udp()]),
            Err(401),
            "{username}"
        );
        speaker.password = time_limited_password("", username);
        assert_eq!(
            speaker.allocate_with(&mut world, &[&udp()]),
            Err(401),
            "{username}"
        );
    }
}

#[test]
fn a_request_cut_short_or_of_another_cookie_is_dropped() {
    let mut world = World::new();
    let mut speaker = Speaker::udp(CLIENT);
    let request = speaker.request(ALLOCATE, &[&udp()]);
    for length in 0..request.len() {
        world.client_says(speaker.client, &request[..length]);
    }
    let mut other = request;
    other[4] = 0;
    world.client_says(speaker.client, &other);
    assert!(world.sent.is_empty() && world.events.is_empty());
}
