//! The bandwidth cap of scoped credentials: a token bucket.

use std::time::Duration;

/// Lets `rate` bytes per second through on average, and one second's worth at once.
pub(crate) struct Cap {
    rate: u64,
    tokens: u64,
    filled: Duration,
}

impl Cap {
    pub(crate) fn new(rate: u64, now: Duration) -> Self {
        Self {
            rate,
            tokens: rate,
            filled: now,
        }
    }

    /// Whether so many bytes may pass now. Counts them if so.
    pub(crate) fn take(&mut self, now: Duration, bytes: usize) -> bool {
        let earned = now
            .saturating_sub(self.filled)
            .as_micros()
            .saturating_mul(u128::from(self.rate))
            / 1_000_000;
        // A time too short to earn a byte is not thrown away.
        if earned > 0 {
            let earned = u64::try_from(earned).unwrap_or(u64::MAX);
            self.tokens = self.tokens.saturating_add(earned).min(self.rate);
            self.filled = now;
        }
        let Some(rest) = self.tokens.checked_sub(bytes as u64) else {
            return false;
        };
        self.tokens = rest;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_holds_over_time_whatever_the_steps() {
        for step_micros in [1, 7, 999, 20_000, 333_333] {
            let mut cap = Cap::new(1000, Duration::ZERO);
            let (mut passed, mut now) = (0, Duration::ZERO);
            for _ in 0..20_000 {
                now += Duration::from_micros(step_micros);
                if cap.take(now, 1) {
                    passed += 1;
                }
            }
            let earned = now.as_micros() as u64 * 1000 / 1_000_000;
            assert!(passed <= 1000 + earned, "{step_micros}: {passed}");
            assert!(passed >= earned.min(20_000) / 2, "{step_micros}: {passed}");
        }
    }

    #[test]
    fn one_second_may_pass_at_once() {
        let mut cap = Cap::new(1000, Duration::ZERO);
        assert!(cap.take(Duration::ZERO, 1000));
        assert!(!cap.take(Duration::ZERO, 1));
        assert!(cap.take(Duration::from_secs(100), 1000));
        assert!(!cap.take(Duration::from_secs(100), 1));
    }
}
