//! One line that says what goes on, for a person who waits at a terminal.

use super::servers::Server;
use std::{
    io::{IsTerminal, Write, stderr},
    sync::{Mutex, PoisonError},
};

/// Back to the beginning of the line, and nothing left of it.
const AGAIN: &str = "\r\x1b[2K";

/// The line. Where no terminal is, there is none.
pub(super) struct Progress {
    is_shown: bool,
    doing: Mutex<Vec<&'static str>>,
}

impl Progress {
    /// For all URLs of these servers.
    pub(super) fn new(servers: &[Server]) -> Self {
        let count = servers.iter().map(|server| server.urls.len()).sum();
        Self {
            is_shown: stderr().is_terminal(),
            doing: Mutex::new(vec!["waiting"; count]),
        }
    }

    /// This is being done with that target.
    pub(super) fn tell(&self, target: u16, doing: &'static str) {
        let mut all = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = all.get_mut(usize::from(target)) {
            *place = doing;
        }
        if self.is_shown {
            let told = ["looking", "calling", "done"].map(|word| {
                let count = all.iter().filter(|doing| **doing == word).count();
                format!("{count} {word}")
            });
            // Whoever does not see it misses nothing.
            let _ = write!(
                stderr(),
                "{AGAIN}checking {} URIs: {}",
                all.len(),
                told.join(", ")
            );
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.is_shown {
            let _ = write!(stderr(), "{AGAIN}");
        }
    }
}
