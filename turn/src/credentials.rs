//! Time-limited credentials: how a user name and its password are made. Site and server use the same functions.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use std::time::Duration;

/// What the name part of a scoped user name begins with.
const SCOPED: &str = "test.";

/// The password of a time-limited user name: base64(HMAC-SHA1(secret, user name)), as with coturn's `use-auth-secret`.
pub fn time_limited_password(secret: &str, username: &str) -> String {
    let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(secret.as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(username.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// The user name of one test's credentials: `<expiry in seconds since 1970>:test.<scope>`. The scope is the run's id.
pub fn scoped_username(expiry: Duration, scope: &str) -> String {
    format!("{}:{SCOPED}{scope}", expiry.as_secs())
}

/// When a time-limited user name ends, in time since 1970: `expiry` or `expiry:name`. `None`: it is not of that form.
pub fn expiry_of(username: &str) -> Option<Duration> {
    let digits = username.split_once(':').map_or(username, |(time, _)| time);
    // parse() alone would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(Duration::from_secs)
}

/// The scope of a time-limited user name, if it is a scoped one. Anything after `test.` is a scope: a name that looks
/// like a test's must never be good for more than a test.
pub fn scope_of(username: &str) -> Option<&str> {
    let (_, name) = username.split_once(':')?;
    expiry_of(username)?;
    name.strip_prefix(SCOPED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_that_of_other_implementations() {
        // printf '1433895918:ninefingers' | openssl dgst -sha1 -hmac ThisIsTheSecret -binary | base64
        let password = time_limited_password("ThisIsTheSecret", "1433895918:ninefingers");
        assert_eq!(password, "arlt+D3Q5xRjqs16QgeNJFuBQb8=");
    }

    #[test]
    fn user_names_tell_expiry_and_scope() {
        let expiry = Duration::from_secs(1_800_000_000);
        let username = scoped_username(expiry, "abc");
        assert_eq!(username, "1800000000:test.abc");
        for (username, expiry, scope) in [
            (&*username, Some(expiry), Some("abc")),
            ("1800000000:test.", Some(expiry), Some("")),
            ("1800000000:voice", Some(expiry), None),
            ("1800000000:a.test.abc", Some(expiry), None),
            ("1800000000", Some(expiry), None),
            ("voice:test.abc", None, None),
            ("+5:test.abc", None, None),
            (":test.abc", None, None),
            ("99999999999999999999999:x", None, None),
            ("", None, None),
        ] {
            assert_eq!(expiry_of(username), expiry, "{username}");
            assert_eq!(scope_of(username), scope, "{username}");
        }
    }
}
