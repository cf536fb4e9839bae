//! How long a run may measure. A page stands still now and then – a phone call, a laptop's lid, a busy machine – and
//! what it could not measure meanwhile is no reason to stop.

use crate::probe::{Signal, now_ms, wait::sleep};
use earshot_report::limits;

/// Between two looks at the clock: a gap tells of a standstill, and must not hide one.
const LOOK_MS: f64 = 500.0;

/// Gives `over` after [`limits::RUN_MS`] in which the page was there.
pub(super) async fn pass(over: &Signal) {
    let mut allowance = Allowance::new(now_ms());
    while let Some(rest) = allowance.rest() {
        sleep(rest.min(LOOK_MS).ceil() as u32).await;
        allowance.note(now_ms());
    }
    over.give();
}

/// What is used of a run's time.
#[derive(Debug)]
struct Allowance {
    /// When the page last looked, in milliseconds.
    last: f64,
    used: f64,
    /// What it stood still and is not counted.
    spared: f64,
}

impl Allowance {
    fn new(now: f64) -> Self {
        Self {
            last: now,
            used: 0.0,
            spared: 0.0,
        }
    }

    /// The page is there now. A standstill is not counted, but all of them together only as long as the time itself:
    /// what comes after an hour is another test.
    fn note(&mut self, now: f64) {
        let passed = now - self.last;
        let stood_still = passed >= f64::from(limits::STOOD_STILL_MS);
        let spared = match stood_still {
            true => passed.min(f64::from(limits::RUN_MS) - self.spared),
            false => 0.0,
        };
        self.spared += spared;
        self.used += passed - spared;
        self.last = now;
    }

    /// What is left of it, in milliseconds; `None`: nothing.
    fn rest(&self) -> Option<f64> {
        let rest = f64::from(limits::RUN_MS) - self.used;
        (rest > 0.0).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// When the time of a page that looks at these moments is over.
    fn over(looks: impl IntoIterator<Item = f64>) -> Option<f64> {
        let mut allowance = Allowance::new(0.0);
        looks.into_iter().find(|now| {
            allowance.note(*now);
            allowance.rest().is_none()
        })
    }

    /// Looks from one moment to another.
    fn looks(from: u32, until: u32, step: usize) -> impl Iterator<Item = f64> {
        (from..=until).step_by(step).map(f64::from)
    }

    #[test]
    fn who_is_there_has_the_usual_time() {
        // Also in a hidden tab, where timers ring once a second.
        for step in [50, 500, 1_000] {
            assert_eq!(over(looks(0, 60_000, step)), Some(9_000.0), "{step}");
        }
    }

    #[test]
    fn a_standstill_is_not_counted() {
        let twice = looks(0, 1_000, 500)
            .chain(looks(5_000, 6_000, 500))
            .chain(looks(8_000, 60_000, 500));
        assert_eq!(over(twice), Some(15_000.0));
    }

    #[test]
    fn standstills_are_spared_as_long_as_the_time_itself() {
        // An hour with the lid closed.
        let asleep = looks(0, 1_000, 500).chain(looks(3_600_000, 3_660_000, 500));
        assert_eq!(over(asleep), Some(3_600_000.0));
        // Where timers ring once in two seconds, all is a standstill.
        assert_eq!(over(looks(0, 60_000, 2_000)), Some(18_000.0));
    }
}
