//! A server that asks for a password and takes any.

use super::*;
use std::collections::HashSet;
use stun_types::{
    attribute::{ErrorCode, Nonce, Realm, Username},
    message::{BINDING, Message, MessageWrite, MessageWriteExt, MessageWriteVec, Method},
};
use turn_types::{
    attribute::XorRelayedAddress,
    message::{ALLOCATE, CREATE_PERMISSION, REFRESH},
};

/// Where it says to relay from; no packet goes there, for it permits no peer.
const RELAYED: &str = "127.0.0.1:51000";

/// The URL of one that answers by UDP until the test ends, and tells what it was asked.
async fn server() -> (String, tokio::sync::mpsc::UnboundedReceiver<Method>) {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let url = format!("turn:{}", socket.local_addr().unwrap());
    let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        let mut known = HashSet::new();
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            let request = Message::from_bytes(&buffer[..length]).unwrap();
            // One that is sent again, for want of an answer, is the same one (RFC 8489 section 6.2.1).
            if known.insert(request.transaction_id()) {
                let _ = tell.send(request.method());
            }
            socket.send_to(&answer(&request), client).await.unwrap();
        }
    });
    (url, asked)
}

fn answer(request: &Message<'_>) -> Vec<u8> {
    let method = request.method();
    let challenged = method == ALLOCATE && request.attribute::<Username>().is_err();
    if challenged || method == CREATE_PERMISSION {
        let mut error = Message::builder_error(request, MessageWriteVec::new());
        let code = if challenged { 401 } else { 403 };
        let code = ErrorCode::builder(code).build().unwrap();
        error.add_attribute(&code).unwrap();
        error.add_attribute(&Realm::new("any").unwrap()).unwrap();
        error.add_attribute(&Nonce::new("once").unwrap()).unwrap();
        return error.finish();
    }
    let mut success = Message::builder_success(request, MessageWriteVec::new());
    if method == ALLOCATE {
        let relayed = XorRelayedAddress::new(RELAYED.parse().unwrap(), request.transaction_id());
        success.add_attribute(&relayed).unwrap();
    }
    success.finish()
}

#[tokio::test]
async fn a_server_that_takes_any_password_is_found_open() {
    let (url, mut asked) = server().await;
    let facts = look(&url, "right").await;
    assert_eq!(
        (facts.anonymous, facts.wrong_password, facts.authenticated),
        (Error(401), Success, Success)
    );
    let mut order = Vec::new();
    while let Ok(method) = asked.try_recv() {
        order.push(method);
    }
    // Both allocations are given back.
    let expected = [BINDING, ALLOCATE, ALLOCATE, REFRESH, ALLOCATE, REFRESH];
    assert_eq!(order, expected);
}

/// What our own relay says to a wrong password is known, and its log and figures are spared it.
#[tokio::test]
async fn our_own_relay_is_asked_with_the_right_password_only() {
    let (url, _asked) = server().await;
    let credentials = Credentials {
        username: "voice",
        password: "right",
    };
    let own = ["127.0.0.1".parse().unwrap()];
    let facts = look_within(&url, credentials, Reach::Only(&own)).await;
    assert_eq!(
        (facts.wrong_password, facts.authenticated),
        (NotAsked, Success)
    );
}
