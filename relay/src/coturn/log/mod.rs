//! A log of coturn or of Earshot, and in plain words what it shows.

mod counted;
mod event;
mod findings;
mod lines;
mod sessions;
mod stamp;
mod tally;
#[cfg(test)]
mod tests;

use super::finding::{Finding, Seen};
use lines::Lines;
use serde::Serialize;
use std::io::{self, BufRead};
use tally::Tally;

/// What a log shows.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// What wrote it. `None`: it does not say.
    pub program: Option<&'static str>,
    /// Which version of that.
    pub version: Option<String>,
    /// How many lines, from when to when.
    pub lines: Seen,
    /// How many of them tell something that is known here.
    pub understood: u64,
    /// How many allocations were made, and by whom most.
    pub allocations: Seen,
    /// How many different users that were; at least, where there are very many.
    pub users: usize,
    /// How many sessions ended.
    pub ended: u64,
    /// How many of those relayed anything.
    pub relayed: u64,
    /// What was found, what matters most first.
    pub findings: Vec<Finding>,
}

/// Reads a log to its end. Its size does not matter: a bounded part of it is kept.
///
/// # Errors
/// It cannot be read.
pub fn explain(input: impl BufRead) -> io::Result<Explained> {
    let mut tally = Tally::default();
    let mut lines = Lines::new(input);
    while let Some(line) = lines.next_line()? {
        tally.line(&line);
    }
    let ended = tally.ended();
    let (program, version) = tally.program.clone().unzip();
    Ok(Explained {
        program,
        version,
        lines: tally.lines.seen(),
        understood: tally.understood,
        allocations: tally.allocations.seen(),
        users: tally.allocations.different(),
        ended: ended.all,
        relayed: ended.relayed,
        findings: findings::findings(&tally),
    })
}
