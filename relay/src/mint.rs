//! Credentials for one test: short-lived, and good for nothing else.

use crate::settings::Secret;
use earshot_report::api::IceServer;
use earshot_turn::{scoped_username, time_limited_password};
use rand::{TryRngCore, rngs::OsRng};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long they are good: a run takes seconds, a partner and a second look take minutes.
pub const LIFETIME: Duration = Duration::from_secs(600);

/// Letters and digits that are taken for nothing else; 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 26 times five bits are 130: nobody guesses it.
pub const ID_LENGTH: usize = 26;

/// An id that nobody can guess, of letters and digits only: it is part of a STUN user name.
///
/// # Errors
/// The system gives no randomness.
pub fn id() -> anyhow::Result<String> {
    let mut bytes = [0; ID_LENGTH];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect())
}

/// Whether the text has the form of an id.
pub fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// The server entry that a page gets for one run.
pub fn scoped(urls: Vec<String>, secret: &Secret, run: &str, now: SystemTime) -> IceServer {
    let expiry = now.duration_since(UNIX_EPOCH).unwrap_or_default() + LIFETIME;
    let username = scoped_username(expiry, run);
    let password = time_limited_password(secret.expose(), &username);
    IceServer {
        urls,
        username: Some(username),
        credential: Some(password),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_have_their_form_and_differ() {
        let ids: HashSet<String> = (0..1000).map(|_| id().unwrap()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| is_id(id)));
        for text in [
            "",
            "abc",
            "ABCDEFGHIJKMNPQRSTUVWXYZ23",
            "../../../../../etc/passwd0",
        ] {
            assert!(!is_id(text), "{text}");
        }
    }

    #[test]
    fn the_password_is_the_one_that_openssl_computes() {
        let secret = Secret::from("ThisIsTheSecret".to_owned());
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let server = scoped(vec![], &secret, "abcdefghijkmnpqrstuvwxyz23", now);
        assert_eq!(
            server.username.as_deref(),
            Some("1800000600:test.abcdefghijkmnpqrstuvwxyz23")
        );
        // printf '1800000600:test.abcdefghijkmnpqrstuvwxyz23' | openssl dgst -sha1 -hmac ThisIsTheSecret -binary | base64
        assert_eq!(
            server.credential.as_deref(),
            Some("IavPturXlfWOcTsjpZwruYZdF8k=")
        );
    }
}
