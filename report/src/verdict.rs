//! Findings → one headline.

use crate::{Actor, Code, Facts, Finding, Status};
use serde::{Deserialize, Serialize};

/// The headline: what a call that uses all configured servers would meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word.
    pub status: Status,
    /// What must be mended first.
    pub cause: Code,
    /// Who can mend it.
    pub actor: Actor,
}

/// One configured server by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerVerdict {
    /// An index into the run's `ice_servers`.
    pub server: u16,
    /// Its own verdict.
    pub verdict: Verdict,
}

/// The headline, the findings and each server's own verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The headline.
    pub verdict: Verdict,
    /// What it rests on, the headline's cause first.
    pub findings: Vec<Finding>,
    /// Each configured server by itself.
    pub servers: Vec<ServerVerdict>,
}

/// Judges a run that is over, or one under way: what is not measured yet is never held against anything.
pub fn judge(facts: &Facts) -> Judgement {
    let findings = crate::findings::find(facts);
    Judgement {
        verdict: Verdict {
            status: Status::Unknown,
            cause: Code::Unknown,
            actor: Actor::Nobody,
        },
        findings,
        servers: Vec::new(),
    }
}
