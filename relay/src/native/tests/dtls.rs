//! TURN over DTLS: Debian's coturn, and sockets that are something else.

use super::*;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};

/// An RSA key of nobody, made for this test (`openssl genpkey -algorithm RSA`): ring makes none itself.
const RSA: &str = include_str!("rsa.pem");

async fn look_beside(url: &str, password: &str) -> (NativeProbe, Beside) {
    let credentials = Credentials {
        username: "voice",
        password,
    };
    let beside = Beside::default();
    let facts = look_noting(url, credentials, Reach::Everywhere, &beside).await;
    (facts, beside)
}

/// A socket that answers every datagram with this; silent where it is empty.
async fn answering(answer: &'static [u8]) -> String {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((_, client)) = socket.recv_from(&mut buffer).await {
            if !answer.is_empty() {
                let _ = socket.send_to(answer, client).await;
            }
        }
    });
    format!("turns:127.0.0.1:{port}?transport=udp")
}

/// A way to this port of ours on which are lost the first flight, a part of a flight of the server, and the first request
/// in DTLS. `all_large`: every datagram that the network would have to cut.
async fn lossy(port: u16, all_large: bool) -> u16 {
    const HANDSHAKE: u8 = 22;
    const DATA: u8 = 23;
    let bound = || tokio::net::UdpSocket::bind("127.0.0.1:0");
    let near = std::sync::Arc::new(bound().await.unwrap());
    let way = near.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut fars = std::collections::HashMap::new();
        let (mut flights, mut requests) = (0, 0);
        let answers = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut buffer = [0; 2000];
        while let Ok((length, client)) = near.recv_from(&mut buffer).await {
            if let std::collections::hash_map::Entry::Vacant(vacant) = fars.entry(client) {
                let far = std::sync::Arc::new(bound().await.unwrap());
                far.connect(("127.0.0.1", port)).await.unwrap();
                vacant.insert(far.clone());
                let (near, answers) = (near.clone(), answers.clone());
                tokio::spawn(async move {
                    let mut buffer = [0; 2000];
                    while let Ok(length) = far.recv(&mut buffer).await {
                        let is_flight = buffer[0] == HANDSHAKE;
                        let nth = answers
                            .fetch_add(is_flight.into(), std::sync::atomic::Ordering::SeqCst);
                        let is_lost = (is_flight && nth == 1) || (all_large && length > 150);
                        if !is_lost {
                            near.send_to(&buffer[..length], client).await.unwrap();
                        }
                    }
                });
            }
            let seen = match buffer[0] {
                HANDSHAKE => &mut flights,
                DATA => &mut requests,
                _ => &mut 7,
            };
            *seen += 1;
            if *seen > 1 {
                fars[&client].send(&buffer[..length]).await.unwrap();
            }
        }
    });
    way
}

#[tokio::test]
async fn what_is_lost_is_sent_again() {
    let Some(coturn) = Coturn::with_key(&KeyPair::generate().unwrap(), &LT).await else {
        return;
    };
    let by = |way| format!("turns:127.0.0.1:{way}?transport=udp");
    let (facts, beside) = look_beside(&by(lossy(coturn.tls_port, false).await), "right").await;
    assert!(
        matches!(beside.dtls.get(), Some(DtlsSeen::Spoken(_))),
        "{beside:?}"
    );
    assert_eq!(facts.authenticated, Success, "{facts:?} {beside:?}");

    // What comes of a handshake of which the network loses the certificate says nothing of TURN.
    let (facts, beside) = look_beside(&by(lossy(coturn.tls_port, true).await), "right").await;
    assert_eq!(beside.dtls.get(), Some(&DtlsSeen::Stalled), "{facts:?}");
    assert!(facts.answers.is_yes() && !facts.speaks_turn.is_measured());
}

#[tokio::test]
async fn each_usual_kind_of_key_is_taken_and_the_allocation_given_back() {
    for key in [
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
        KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(),
        KeyPair::from_pem(RSA).unwrap(),
    ] {
        let Some(coturn) = Coturn::with_key(&key, &LT).await else {
            return;
        };
        let url = format!("turns:localhost:{}?transport=udp", coturn.tls_port);
        let (facts, beside) = look_beside(&url, "right").await;
        let seen = format!("{:?}: {facts:?} {beside:?}", key.algorithm());
        assert!(
            matches!(beside.dtls.get(), Some(DtlsSeen::Spoken(_))),
            "{seen}"
        );
        assert_eq!(
            (facts.anonymous, facts.wrong_password, facts.authenticated),
            (Error(401), Error(401), Success),
            "{seen}"
        );
        assert!(facts.speaks_turn.is_yes() && facts.relayed.is_some());
        let certificate = beside.certificate.get().expect("seen");
        assert_eq!(certificate.names, ["localhost"], "{seen}");
        assert!(facts.certificate_error.is_some(), "signed by itself");
        let given_back = coturn.logged(["new, realm=<voicechat>", "lifetime=0"]);
        assert_eq!(given_back.await, 1, "{seen}");
    }
}

/// Through an allocation over DTLS packets go both ways.
#[tokio::test]
async fn packets_pass_a_relay_over_dtls() {
    let open = [&LT[..], &["--allow-loopback-peers"]].concat();
    let Some(coturn) = Coturn::with_key(&KeyPair::generate().unwrap(), &open).await else {
        return;
    };
    // The port without TLS takes DTLS too.
    for port in [coturn.tls_port, coturn.port] {
        let url = format!("turns:localhost:{port}?transport=udp");
        let (facts, _) = look_beside(&url, "right").await;
        assert!(facts.relay_reached.is_yes(), "{facts:?}");
        let sent_from = facts.sent_from.as_ref().map(|address| address.as_str());
        assert_eq!(sent_from, Some("127.0.0.1"), "{facts:?}");
    }
}

#[tokio::test]
async fn who_answers_something_else_speaks_no_dtls() {
    // Fatal, protocol_version (RFC 5246 section 7.2).
    const OLD: &[u8] = b"\x15\xfe\xff\0\0\0\0\0\0\0\0\0\x02\x02\x46";
    let (facts, beside) = look_beside(&answering(OLD).await, "right").await;
    let words = "the server breaks it off with protocol_version".to_owned();
    assert_eq!(beside.dtls.get(), Some(&DtlsSeen::Broken(words)));
    assert!(facts.answers.is_yes() && facts.speaks_turn.is_no());
    assert!(facts.certificate_error.is_none() && beside.certificate.get().is_none());

    let (facts, beside) = look_beside(&answering(b"go away\n").await, "right").await;
    assert!(
        facts.answers.is_yes() && facts.speaks_turn.is_no(),
        "{facts:?}"
    );
    assert_eq!(facts.other_answer.as_deref(), Some("go away"));
    assert_eq!(beside.dtls.get(), None);

    let (facts, beside) = look_beside(&answering(b"").await, "right").await;
    assert!(facts.answers.is_no(), "{facts:?}");
    assert!(!facts.speaks_turn.is_measured() && facts.anonymous == NotAsked);
    assert_eq!((facts.elapsed_ms, beside.dtls.get()), (None, None));
}
