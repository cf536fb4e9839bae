//! A configuration of coturn, explained line by line, and what is wrong with it.
//!
//! What coturn does with a line was read in its sources and seen by starting Debian's coturn 4.6.1 with it.

pub mod options;
mod pem;
pub mod read;
mod rules;
#[cfg(test)]
mod tests;

use super::finding::{Finding, fault, note, warning};
use options::Kind;
use read::{Conf, Line};
use serde::Serialize;
use std::{net::IpAddr, path::Path};

/// What can be known beside the text.
#[derive(Default)]
pub struct Around<'a> {
    /// What lies at a path. `None`: it cannot be looked at from here.
    pub files: Option<&'a dyn Fn(&Path) -> File>,
    /// The time, in seconds since 1970. `None`: what is over by now is not asked.
    pub now: Option<i64>,
    /// The addresses of the machine, if the configuration is for this one and they can be told.
    pub addresses: Option<Vec<IpAddr>>,
}

/// What lies at a path.
pub enum File {
    /// Nothing.
    Missing,
    /// Something that cannot be read from here; what the system says.
    Unreadable(String),
    /// A file.
    Read {
        /// What is in it.
        bytes: Vec<u8>,
        /// Nobody but root may read it.
        roots_only: bool,
    },
}

/// A line with its meaning.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Its number.
    pub line: usize,
    /// What it says, without secrets.
    pub text: String,
    /// Whether coturn knows its name.
    pub known: bool,
    /// What it means.
    pub means: String,
}

/// A configuration, looked through.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Every line that says something.
    pub lines: Vec<Explained>,
    /// What was found, what matters most first.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether nothing in it is, or was meant to be, an option of coturn.
    pub fn is_something_else(&self) -> bool {
        let meant = |line: &Explained| line.known || line.means.ends_with(MEANT);
        !self.lines.is_empty() && !self.lines.iter().any(meant)
    }
}

/// How an unknown line ends that has a known one near.
const MEANT: &str = "meant?";

/// Explains a configuration and looks for what is wrong with it.
pub fn check(text: &[u8], around: &Around<'_>) -> Checked {
    let conf = Conf::read(text);
    let mut findings = Vec::new();
    for rule in rules::ALL {
        rule(&conf, around, &mut findings);
    }
    findings.sort_by_key(|finding| finding.severity);
    Checked {
        lines: conf.lines.iter().map(explained).collect(),
        findings,
    }
}

fn explained(line: &Line) -> Explained {
    Explained {
        line: line.number,
        text: line.shown(),
        known: line.option.is_some(),
        means: meaning(line),
    }
}

fn meaning(line: &Line) -> String {
    let Some(option) = line.option else {
        return match line.nearest {
            Some(nearest) => {
                format!("unknown: coturn ignores this line; is “{nearest}” {MEANT}")
            }
            None => "unknown: coturn ignores this line".to_owned(),
        };
    };
    let off = option.kind == Kind::Flag && read::boolean(&line.value) == Some(false);
    let says = option.says;
    let mut means = match off {
        true => format!("turned off: {says}"),
        false => says.to_owned(),
    };
    if !option.since.is_empty() {
        means.push_str(&format!(" (from coturn {} on)", option.since));
    }
    if !option.until.is_empty() {
        means.push_str(&format!(
            " (up to coturn {}; newer ones ignore it)",
            option.until
        ));
    }
    means
}

/// Whether coturn takes clients over TLS: without certificate and key it does not.
fn tls_is_on(conf: &Conf) -> bool {
    let named = conf.last("cert").is_some() && conf.last("pkey").is_some();
    named && conf.on("no-tls").is_none()
}
