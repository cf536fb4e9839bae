//! Which tests and users were seen last.

use std::time::{Duration, SystemTime};

/// “Lately” for other tests.
const LATELY: Duration = Duration::from_secs(24 * 3600);

/// The two runs or users that were seen last, the latest first: one of them may be the run that asks for the others.
#[derive(Debug, Default)]
pub(super) struct Latest(Vec<(String, SystemTime)>);

impl Latest {
    pub(super) fn note(&mut self, run: &str, at: SystemTime) {
        self.0.retain(|(known, _)| known != run);
        self.0.insert(0, (run.to_owned(), at));
        self.0.truncate(2);
    }

    pub(super) fn has_other(&self, run: &str, now: SystemTime) -> bool {
        let lately = |at: &SystemTime| now.duration_since(*at).unwrap_or_default() < LATELY;
        self.0.iter().any(|(known, at)| known != run && lately(at))
    }
}
