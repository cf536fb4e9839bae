//! A bound on the answers that anyone may provoke from us: 401s per source, so that forged sources gain nothing.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    time::Duration,
};

/// Sources fall into so many buckets. Those of one bucket share its rate, so the table never grows.
const BUCKETS: usize = 4096;

/// Counts answers per source address (IPv6: per /64) in a table of fixed size.
pub(crate) struct Challenges {
    per_second: u32,
    key: [u64; 2],
    buckets: Vec<Bucket>,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    second: u64,
    count: u32,
}

impl Challenges {
    /// The key keeps others from choosing sources that fall into one bucket with a victim.
    pub(crate) fn new(per_second: u32, key: [u64; 2]) -> Self {
        Self {
            per_second,
            key,
            buckets: vec![Bucket::default(); BUCKETS],
        }
    }

    /// Whether one more answer may go to this source now. Counts it.
    pub(crate) fn allow(&mut self, now: Duration, source: IpAddr) -> bool {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        prefix(source).hash(&mut hasher);
        let bucket = &mut self.buckets[hasher.finish() as usize % BUCKETS];
        if bucket.second != now.as_secs() {
            *bucket = Bucket {
                second: now.as_secs(),
                count: 0,
            };
        }
        if bucket.count >= self.per_second {
            return false;
        }
        bucket.count += 1;
        true
    }
}

/// One IPv6 subscriber has a /64 to choose from.
fn prefix(source: IpAddr) -> u64 {
    match source.to_canonical() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_its_own_rate_and_ipv6_one_per_64() {
        let mut challenges = Challenges::new(3, [1, 2]);
        let now = Duration::from_secs(10);
        let mut allowed = |now, source: &str| challenges.allow(now, source.parse().unwrap());
        for _ in 0..3 {
            assert!(allowed(now, "192.0.2.1"));
            assert!(allowed(now, "2001:db8::1"));
        }
        assert!(!allowed(now, "192.0.2.1"));
        assert!(!allowed(now, "::ffff:192.0.2.1"));
        assert!(!allowed(now, "2001:db8::ffff:1"));
        assert!(allowed(now, "192.0.2.2"));
        assert!(allowed(now, "2001:db8:0:1::1"));
        assert!(allowed(now + Duration::from_secs(1), "192.0.2.1"));
    }
}
