//! The saved report: what scripts read from `GET /api/reports/<id>`.

use crate::{Facts, Finding, Verdict, verdict::ServerVerdict};
use serde::{Deserialize, Serialize};

/// The version of the report's form. It grows when a field changes its meaning, not when one is added.
pub const VERSION: u32 = 1;

/// One run, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// The report's id: `/r/<id>` shows it.
    pub id: String,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// Milliseconds from click to the end.
    pub duration_ms: u64,
    /// The headline.
    pub verdict: Verdict,
    /// Everything that was found, the headline's cause first.
    pub findings: Vec<Finding>,
    /// Each configured server by itself.
    pub servers: Vec<ServerVerdict>,
    /// What it all rests on.
    pub facts: Facts,
}

impl Report {
    /// The same report with every address masked, for eyes other than the tested person's and the operator's.
    pub fn masked(mut self) -> Self {
        self.facts.mask_addresses();
        for finding in &mut self.findings {
            finding.mask_addresses();
        }
        self
    }
}
