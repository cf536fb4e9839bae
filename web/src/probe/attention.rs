//! Whether the page was there to see what happened. A page stands still now and then – a phone call, a laptop's lid, a
//! busy machine – while its connections go on; what they did meanwhile is told to it only afterwards.

use earshot_report::limits;

/// A page's attention to one leg.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attention {
    /// When the page last was there, in milliseconds.
    last: f64,
    /// Since when it has been there without a gap.
    since: f64,
}

impl Attention {
    /// The page is there from now on.
    pub(super) fn new(now: f64) -> Self {
        let since = now - f64::from(limits::CATCH_UP_MS);
        Self { last: now, since }
    }

    /// The page is there now.
    pub(super) fn note(&mut self, now: f64) {
        if now - self.last >= f64::from(limits::STOOD_STILL_MS) {
            self.since = now;
        }
        self.last = now;
    }

    /// So many milliseconds have passed between `start` and the page's last look, and what happened in them has been
    /// told to it.
    pub(super) fn is_over(&self, start: f64, limit: u32) -> bool {
        let has_caught_up = self.last - self.since >= f64::from(limits::CATCH_UP_MS);
        has_caught_up && self.last - start >= f64::from(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_page_that_stood_still_first_takes_in_what_happened() {
        let mut attention = Attention::new(0.0);
        for now in [50.0, 100.0, 150.0] {
            attention.note(now);
        }
        assert!(!attention.is_over(0.0, 3_000));
        attention.note(4_000.0);
        assert!(
            !attention.is_over(0.0, 3_000),
            "what came meanwhile is still to be told"
        );
        for _ in 0..10 {
            attention.note(attention.last + 50.0);
        }
        assert!(attention.is_over(0.0, 3_000));
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
