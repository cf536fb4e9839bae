//! Stateless nonces: an HMAC over the client's address and a window of time. Nothing is kept per client.

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{net::SocketAddr, time::Duration};
use subtle::ConstantTimeEq;

/// What a nonce starts with that tells security features (RFC 8489 section 9.2).
const COOKIE: &str = "obMatJos2";
/// The cookie and four characters of features.
const PREFIX: usize = COOKIE.len() + 4;
/// A lifetime is divided into so many windows. A nonce lives for the whole lifetime and at most one window more.
const WINDOWS: u64 = 16;
/// So many bytes of HMAC are in a nonce: enough against guessing over the network, and it keeps the 401 small.
const MAC: usize = 8;

/// The security features of RFC 8489 section 18.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Features {
    /// Bit 1, Username anonymity: the client shall send USERHASH in place of USERNAME.
    pub(crate) username_anonymity: bool,
}

impl Features {
    /// Bit 0, Password algorithms, is always set.
    fn bits(self) -> [u8; 3] {
        [
            if self.username_anonymity {
                0b1100_0000
            } else {
                0b1000_0000
            },
            0,
            0,
        ]
    }
}

/// Whether the nonce says "Password algorithms" (bit 0), so that the request is to be checked against a bid-down.
pub(crate) fn tells_password_algorithms(nonce: &str) -> bool {
    let Some(features) = nonce
        .strip_prefix(COOKIE)
        .and_then(|rest| rest.as_bytes().get(..4))
    else {
        return false;
    };
    BASE64_STANDARD
        .decode(features)
        .is_ok_and(|bits| bits.first().is_some_and(|first| first & 0x80 != 0))
}

/// Gives nonces out and knows them again.
pub(crate) struct Nonces {
    mac: Hmac<Sha256>,
    features: Features,
    window: Duration,
}

impl Nonces {
    pub(crate) fn new(key: &[u8; 32], features: Features, lifetime: Duration) -> Self {
        Self {
            mac: <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length"),
            features,
            window: (lifetime / WINDOWS as u32).max(Duration::from_millis(1)),
        }
    }

    /// The nonce of this address for now.
    pub(crate) fn issue(&self, now: Duration, client: SocketAddr) -> String {
        let window = self.window(now);
        let mut value = [0; 1 + MAC];
        value[0] = window as u8;
        value[1..].copy_from_slice(&self.mac(window, client));
        let mut nonce = String::with_capacity(PREFIX + 12);
        nonce.push_str(COOKIE);
        BASE64_STANDARD.encode_string(self.features.bits(), &mut nonce);
        BASE64_URL_SAFE_NO_PAD.encode_string(value, &mut nonce);
        nonce
    }

    /// Whether the nonce was given to this address and is not over its time.
    pub(crate) fn is_fresh(&self, now: Duration, client: SocketAddr, nonce: &str) -> bool {
        let Some(value) = nonce
            .as_bytes()
            .get(PREFIX..)
            .and_then(|value| BASE64_URL_SAFE_NO_PAD.decode(value).ok())
        else {
            return false;
        };
        let Some((low, mac)) = value.split_first().filter(|(_, mac)| mac.len() == MAC) else {
            return false;
        };
        let current = self.window(now);
        let age = u64::from((current as u8).wrapping_sub(*low));
        let Some(window) = current.checked_sub(age).filter(|_| age <= WINDOWS) else {
            return false;
        };
        self.mac(window, client).ct_eq(mac).into()
    }

    fn window(&self, now: Duration) -> u64 {
        (now.as_nanos() / self.window.as_nanos()) as u64
    }

    fn mac(&self, window: u64, client: SocketAddr) -> [u8; MAC] {
        let mut mac = self.mac.clone();
        mac.update(b"nonce:");
        mac.update(&self.features.bits());
        mac.update(&window.to_be_bytes());
        match client.ip() {
            std::net::IpAddr::V4(ip) => mac.update(&ip.to_ipv6_mapped().octets()),
            std::net::IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&client.port().to_be_bytes());
        let full = mac.finalize().into_bytes();
        let mut short = [0; MAC];
        short.copy_from_slice(&full[..MAC]);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces() -> Nonces {
        let features = Features {
            username_anonymity: false,
        };
        Nonces::new(&[7; 32], features, Duration::from_secs(1600))
    }

    #[test]
    fn a_nonce_lives_for_its_lifetime_and_no_longer_than_a_window_more() {
        let (nonces, client) = (nonces(), "192.0.2.9:5000".parse().unwrap());
        for start in [0, 99, 12_345, 400_000] {
            let nonce = nonces.issue(Duration::from_secs(start), client);
            let fresh = |age| nonces.is_fresh(Duration::from_secs(start + age), client, &nonce);
            assert!(fresh(0) && fresh(1600), "issued at {start}");
            assert!(!fresh(1701) && !fresh(25_600), "issued at {start}");
        }
    }

    #[test]
    fn a_nonce_is_bound_to_address_and_port_and_unforgeable() {
        let (nonces, client) = (nonces(), "192.0.2.9:5000".parse().unwrap());
        let now = Duration::from_secs(5);
        let nonce = nonces.issue(now, client);
        for other in ["192.0.2.9:5001", "192.0.2.8:5000", "[2001:db8::1]:5000"] {
            assert!(!nonces.is_fresh(now, other.parse().unwrap(), &nonce));
        }
        for place in 0..nonce.len() {
            let mut forged = nonce.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // The features are under the MAC, the prefix is not read again.
            if place >= PREFIX {
                assert!(!nonces.is_fresh(now, client, &forged), "{place}");
            }
        }
        for odd in [
            "",
            "obMatJos2",
            "obMatJos2gAAA",
            "ü",
            "obMatJos2gAAAüüüüüüüüüüüü",
        ] {
            assert!(!nonces.is_fresh(now, client, odd));
        }
    }

    #[test]
    fn the_cookie_tells_the_features() {
        let nonce = nonces().issue(Duration::ZERO, "192.0.2.9:5000".parse().unwrap());
        assert!(nonce.starts_with("obMatJos2gAAA"), "{nonce}");
        assert!(tells_password_algorithms(&nonce));
        assert!(tells_password_algorithms("obMatJos2wAAAx"));
        assert!(!tells_password_algorithms("obMatJos2QAAAx"));
        assert!(!tells_password_algorithms("obMatJos2gA"));
        assert!(!tells_password_algorithms("another"));
    }
}
