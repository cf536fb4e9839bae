//! How often one client may begin a run.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

/// Runs that one address may begin at once: an office behind one NAT, or a row of automatic tests.
const BURST: f64 = 30.0;
/// After that, one run in this time.
const ONE_IN: Duration = Duration::from_secs(2);
/// Addresses remembered at once.
const MOST_ADDRESSES: usize = 10_000;

/// A token bucket for each address; IPv6 by /64, because a client has all of it.
#[derive(Debug, Default)]
pub(super) struct RateLimit {
    buckets: HashMap<IpAddr, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn tokens(&self, now: Instant) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens + since / ONE_IN.as_secs_f64()).min(BURST)
    }
}

impl RateLimit {
    /// Takes one; or says after how many seconds there will be one.
    pub(super) fn take(&mut self, client: IpAddr, now: Instant) -> Result<(), u64> {
        if self.buckets.len() >= MOST_ADDRESSES {
            // A full bucket says no more than none.
            self.buckets.retain(|_, bucket| bucket.tokens(now) < BURST);
        }
        if self.buckets.len() >= MOST_ADDRESSES {
            return Err(ONE_IN.as_secs());
        }
        let bucket = self.buckets.entry(network(client)).or_insert(Bucket {
            tokens: BURST,
            at: now,
        });
        let tokens = bucket.tokens(now);
        if tokens < 1.0 {
            let missing = (1.0 - tokens) * ONE_IN.as_secs_f64();
            return Err(missing.ceil() as u64);
        }
        *bucket = Bucket {
            tokens: tokens - 1.0,
            at: now,
        };
        Ok(())
    }
}

fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_in_two_seconds() {
        let mut rate = RateLimit::default();
        let start = Instant::now();
        let ip = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        for nth in 0..30 {
            assert_eq!(rate.take(ip(nth), start), Ok(()), "{nth}");
        }
        assert_eq!(rate.take(ip(99), start), Err(2));
        assert_eq!(rate.take("2001:db8:0:2::1".parse().unwrap(), start), Ok(()));
        let later = start + Duration::from_secs(2);
        assert_eq!(rate.take(ip(1), later), Ok(()));
        assert_eq!(rate.take(ip(1), later), Err(2));
    }

    #[test]
    fn memory_is_bounded_and_a_flood_of_addresses_does_not_last() {
        let mut rate = RateLimit::default();
        let start = Instant::now();
        for nth in 0..20_000u32 {
            let _ = rate.take(IpAddr::from(nth.to_be_bytes()), start);
        }
        assert!(rate.buckets.len() <= MOST_ADDRESSES);
        let stranger = "203.0.113.1".parse().unwrap();
        assert_eq!(rate.take(stranger, start), Err(2));
        assert_eq!(rate.take(stranger, start + Duration::from_secs(2)), Ok(()));
    }
}
