//! The edge where time is read.

use earshot_turn::Now;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One fixed point for all workers, so that their times compare.
#[derive(Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(self) -> Now {
        Now {
            monotonic: self.0.elapsed(),
            // A clock before 1970 is wrong anyway; then every time-limited credential is still good.
            unix: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or(Duration::ZERO),
        }
    }
}
