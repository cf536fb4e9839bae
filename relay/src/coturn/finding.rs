//! What was found, in a configuration or in a log.

use earshot_report::Code;
use serde::Serialize;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Calls fail, or strangers get in.
    Fault,
    /// Calls fail for some, or will.
    Warning,
    /// Good to know, and nothing is wrong.
    Note,
}

impl Severity {
    /// The word an operator reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What to do about a line of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Remedy {
    /// A line that is missing.
    Add {
        /// The line as it has to be.
        write: String,
    },
    /// A line that must be another one.
    Replace {
        /// Its number.
        line: usize,
        /// The line as it has to be.
        write: String,
    },
    /// A line that must go.
    Delete {
        /// Its number.
        line: usize,
    },
}

/// When something was seen in a log, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// How often.
    pub count: u64,
    /// When first, as the log writes it. `None`: the log has no times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// When last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Who or what it was about, the most frequent first; not all, where there are many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<About>,
}

/// A name, and how often it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct About {
    /// Who or what; empty: nobody.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The stable name of the rule that found it.
    pub rule: &'static str,
    /// The cause that people with this server would be told, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Code>,
    /// It follows from what is usual, not from what was read alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub likely: bool,
    /// The lines of the configuration that show it, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<usize>,
    /// One sentence: what is the matter.
    pub what: String,
    /// What follows from it, and what to do.
    pub why: String,
    /// What to write in the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// When and how often a log shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

impl Finding {
    /// A finding without lines, cause and remedy.
    pub fn new(
        severity: Severity,
        rule: &'static str,
        what: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            rule,
            cause: None,
            likely: false,
            lines: Vec::new(),
            what: what.into(),
            why: why.into(),
            remedies: Vec::new(),
            seen: None,
        }
    }

    /// With its cause.
    pub fn cause(mut self, cause: Code) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Not sure.
    pub fn likely(mut self) -> Self {
        self.likely = true;
        self
    }

    /// Shown by this line.
    pub fn at(mut self, line: usize) -> Self {
        self.lines.push(line);
        self
    }

    /// Mended by adding this line.
    pub fn adding(mut self, write: impl Into<String>) -> Self {
        let write = write.into();
        self.remedies.push(Remedy::Add { write });
        self
    }

    /// Mended by writing this instead of that line.
    pub fn replace(mut self, line: usize, write: impl Into<String>) -> Self {
        let write = write.into();
        self.remedies.push(Remedy::Replace { line, write });
        self
    }

    /// Mended by deleting that line.
    pub fn delete(mut self, line: usize) -> Self {
        self.remedies.push(Remedy::Delete { line });
        self
    }

    /// Shown by a log so often.
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = Some(seen);
        self
    }
}

/// Shorthands of the rules.
pub(super) fn fault(
    rule: &'static str,
    what: impl Into<String>,
    why: impl Into<String>,
) -> Finding {
    Finding::new(Severity::Fault, rule, what, why)
}

pub(super) fn warning(
    rule: &'static str,
    what: impl Into<String>,
    why: impl Into<String>,
) -> Finding {
    Finding::new(Severity::Warning, rule, what, why)
}

pub(super) fn note(rule: &'static str, what: impl Into<String>, why: impl Into<String>) -> Finding {
    Finding::new(Severity::Note, rule, what, why)
}

/// Whether a script is to be told that something is wrong.
pub fn is_wrong(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity < Severity::Note)
}
