//! Scopes: where each test comes from, and so what its credentials may reach.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

/// Addresses of one test: a few interfaces, both families, a partner's.
const ADDRESSES: usize = 16;
/// Tests at one time. Each costs an authenticated Allocate, and ends.
const SCOPES: usize = 16_384;

/// Addresses by test, for a time.
#[derive(Default)]
pub(crate) struct Scopes {
    scopes: HashMap<Arc<str>, Scope>,
}

struct Scope {
    addresses: Vec<IpAddr>,
    expires: Duration,
}

impl Scopes {
    /// Adds addresses to a test's and keeps them all until `expires` at least. Those beyond the bounds are left out.
    pub(crate) fn allow(
        &mut self,
        now: Duration,
        expires: Duration,
        scope: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) {
        if self.scopes.len() >= SCOPES && !self.scopes.contains_key(scope) {
            return;
        }
        let entry = self.scopes.entry(scope.into()).or_insert_with(|| Scope {
            addresses: Vec::new(),
            expires,
        });
        if entry.expires <= now {
            entry.addresses.clear();
        }
        entry.expires = entry.expires.max(expires);
        for ip in addresses {
            let ip = ip.to_canonical();
            if entry.addresses.len() < ADDRESSES && !entry.addresses.contains(&ip) {
                entry.addresses.push(ip);
            }
        }
    }

    /// Whether this address belongs to the test.
    pub(crate) fn contains(&self, now: Duration, scope: &str, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.scopes
            .get(scope)
            .is_some_and(|scope| scope.expires > now && scope.addresses.contains(&ip))
    }

    /// Forgets what is over.
    pub(crate) fn expire(&mut self, now: Duration) {
        self.scopes.retain(|_, scope| scope.expires > now);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn a_scope_ends_and_begins_anew() {
        let mut scopes = Scopes::default();
        scopes.allow(Duration::ZERO, MINUTE, "a", [ip(1)]);
        assert!(scopes.contains(MINUTE - Duration::from_nanos(1), "a", ip(1)));
        assert!(!scopes.contains(MINUTE, "a", ip(1)));
        assert!(!scopes.contains(Duration::ZERO, "b", ip(1)));
        scopes.allow(MINUTE, 2 * MINUTE, "a", [ip(2)]);
        assert!(scopes.contains(MINUTE, "a", ip(2)));
        assert!(!scopes.contains(MINUTE, "a", ip(1)));
        scopes.expire(2 * MINUTE);
        assert!(scopes.is_empty());
    }

    #[test]
    fn addresses_and_scopes_are_bounded() {
        let mut scopes = Scopes::default();
        scopes.allow(Duration::ZERO, MINUTE, "a", (0..=255).map(ip));
        assert!(scopes.contains(Duration::ZERO, "a", ip(15)));
        assert!(!scopes.contains(Duration::ZERO, "a", ip(16)));
        for number in 0..2 * SCOPES {
            scopes.allow(Duration::ZERO, MINUTE, &number.to_string(), [ip(1)]);
        }
        assert_eq!(scopes.scopes.len(), SCOPES);
        scopes.expire(MINUTE);
        scopes.allow(MINUTE, 2 * MINUTE, "new", [ip(1)]);
        assert!(scopes.contains(MINUTE, "new", ip(1)));
    }
}
