//! Whether the page was there to see what happened. A page stands still now and then – a phone call, a laptop's lid, a
//! busy machine – while its connections go on; what they did meanwhile is told to it only afterwards, and what they
//! wait for from it, as a candidate of the other end, comes only afterwards too. So no limit of what is waited for counts
//! that time.

use super::{js::now_ms, wait::Signal};
use earshot_report::limits;
use gloo_timers::callback::Interval;

/// A page's attention to one probe.
#[derive(Clone, Debug)]
pub(super) struct Attention {
    /// When the page last was there, in milliseconds.
    last: f64,
    /// Since when it has been there without a gap.
    since: f64,
    /// From when until when it was not, in order.
    gaps: Vec<(f64, f64)>,
}

impl Attention {
    /// The page is there from now on.
    pub(super) fn new(now: f64) -> Self {
        Self {
            last: now,
            since: now - f64::from(limits::CATCH_UP_MS),
            gaps: Vec::new(),
        }
    }

    /// The page is there now.
    pub(super) fn note(&mut self, now: f64) {
        if now - self.last >= f64::from(limits::STOOD_STILL_MS) {
            self.since = now;
            self.gaps.push((self.last, now));
        }
        self.last = now;
    }

    /// The page was there for so many milliseconds between `start` and its last look, and what happened in them has been
    /// told to it.
    pub(super) fn is_over(&self, start: f64, limit: u32) -> bool {
        let has_caught_up = self.last - self.since >= f64::from(limits::CATCH_UP_MS);
        let gaps = self.gaps.iter();
        let missed: f64 = gaps
            .map(|(from, until)| (until - from.max(start)).max(0.0))
            .sum();
        has_caught_up && self.last - start - missed >= f64::from(limit)
    }
}

/// A time in which the page is there. Dropping it stops the clock.
#[derive(Debug)]
pub(crate) struct Patience {
    /// Given when the time is over.
    pub(crate) over: Signal,
    _looks: Interval,
}

impl Patience {
    /// So many milliseconds from now, to the next look ([`limits::SAMPLE_MS`]).
    pub(crate) fn new(ms: u32) -> Self {
        let over = Signal::default();
        let ring = over.clone();
        let start = now_ms();
        let mut attention = Attention::new(start);
        let look = move || {
            attention.note(now_ms());
            if attention.is_over(start, ms) {
                ring.give();
            }
        };
        Self {
            over,
            _looks: Interval::new(limits::SAMPLE_MS.min(ms), look),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn look_on(attention: &mut Attention, ms: u32) {
        for _ in 0..ms / limits::LOOK_MS {
            attention.note(attention.last + f64::from(limits::LOOK_MS));
        }
    }

    #[test]
    fn a_page_that_stood_still_first_takes_in_what_happened() {
        let mut attention = Attention::new(0.0);
        look_on(&mut attention, 2_950);
        attention.note(9_000.0);
        look_on(&mut attention, limits::CATCH_UP_MS - limits::LOOK_MS);
        assert!(
            !attention.is_over(0.0, 3_000),
            "what came meanwhile is still to be told"
        );
        look_on(&mut attention, limits::LOOK_MS);
        assert!(attention.is_over(0.0, 3_000));
    }

    #[test]
    fn what_the_page_stood_still_is_no_time_of_its_own() {
        // Nine seconds in which it passed no candidate on.
        let mut attention = Attention::new(0.0);
        look_on(&mut attention, 500);
        attention.note(9_500.0);
        look_on(&mut attention, 2_450);
        assert!(!attention.is_over(0.0, 3_000));
        look_on(&mut attention, 50);
        assert!(attention.is_over(0.0, 3_000));
        // What began in the middle of it, and after it.
        assert!(!attention.is_over(5_000.0, 3_000));
        assert!(attention.is_over(5_000.0, 2_500));
        assert!(attention.is_over(10_000.0, 2_000));
    }

    #[test]
    fn whoever_looks_on_is_given_no_more_time() {
        // Also in a hidden tab, where timers ring once a second.
        for step in [50.0, 1_000.0] {
            let mut attention = Attention::new(0.0);
            while attention.last < 3_000.0 {
                assert!(!attention.is_over(0.0, 3_000), "{step}");
                attention.note(attention.last + step);
            }
            assert!(attention.is_over(0.0, 3_000), "{step}");
        }
    }
}
