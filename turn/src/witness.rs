//! The witness: an ICE-lite responder (RFC 8445 section 2.5) that knows a run by the user name of its checks. That a
//! check arrives proves the way out of a relay, whatever becomes of the answer.

use crate::{
    integrity::{self, Integrity, Key},
    reply,
    types::Client,
};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use stun_types::{attribute::Username, message::Message};

/// The ice-pwd of the witness for one run, of the letters that one may have (RFC 8839 section 5.4). Any server with the same nonce key derives the same.
pub fn witness_password(nonce_key: &[u8; 32], run: &str) -> String {
    let mut mac =
        <Hmac<Sha256> as Mac>::new_from_slice(nonce_key).expect("HMAC takes keys of any length");
    mac.update(b"witness:");
    mac.update(run.as_bytes());
    let mut password = BASE64_STANDARD_NO_PAD.encode(mac.finalize().into_bytes());
    password.truncate(32);
    password
}

/// A connectivity check for the witness.
pub(crate) struct Check {
    /// The local ufrag: the run's id.
    pub(crate) run: String,
    /// The answer, if the check knew the password.
    pub(crate) answer: Option<Vec<u8>>,
}

/// Reads a Binding request as a connectivity check. `None`: it is an ordinary one.
pub(crate) fn read(nonce_key: &[u8; 32], client: Client, message: &Message) -> Option<Check> {
    integrity::of(message)?;
    let username = message.attribute::<Username>().ok()?;
    let (run, _) = username.username().split_once(':')?;
    if !is_run_id(run) {
        return None;
    }
    let key = Key::short_term(&witness_password(nonce_key, run));
    let answer = integrity::verify(message, &key).then(|| {
        let mut answer = reply::binding(message, client.addr);
        // RFC 8445 section 7.2: short-term credentials and FINGERPRINT, always. ICE knows MESSAGE-INTEGRITY only.
        integrity::append(&mut answer, &key, Integrity::Sha1);
        integrity::append_fingerprint(&mut answer);
        answer
    });
    Some(Check {
        run: run.to_owned(),
        answer,
    })
}

/// 26 characters of a-z and 0-9.
fn is_run_id(text: &str) -> bool {
    text.len() == 26
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
