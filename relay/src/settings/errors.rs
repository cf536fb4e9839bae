//! What is wrong with the settings: everything at once, each with its name and the way out.

use super::{
    names::Key,
    sources::{Given, Source},
};
use std::{fmt, path::PathBuf};

/// One thing that is wrong.
#[derive(Debug)]
pub enum Problem {
    /// A value that cannot be used.
    Value {
        /// Of which setting.
        key: Key,
        /// Where it came from.
        source: Source,
        /// The value; `None`: a secret.
        value: Option<String>,
        /// What is wrong with it, and what to write instead.
        advice: String,
    },
    /// A value of the settings file that is no text, number or list.
    Type {
        /// Of which setting.
        key: Key,
        /// Where it came from.
        source: Source,
        /// What TOML calls it.
        found: &'static str,
    },
    /// A name in the settings file that is no setting.
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The setting that is written most alike.
        nearest: Option<&'static str>,
    },
    /// The settings file is not TOML.
    Toml {
        /// The file.
        path: PathBuf,
        /// On which line.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// The settings file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Anything that concerns more than one setting, or a thing beside the settings.
    Other(String),
}

impl Problem {
    pub(super) fn value(key: Key, given: &Given, advice: impl Into<String>) -> Self {
        let value = (!key.entry().secret).then(|| given.text.chars().take(120).collect());
        let (source, advice) = (given.source.clone(), advice.into());
        Self::Value {
            key,
            source,
            value,
            advice,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value {
                key,
                source,
                value,
                advice,
            } => {
                write!(f, "{} ({source})", key.entry().env)?;
                match value {
                    Some(value) => write!(f, " is “{value}”: {advice}"),
                    None => write!(f, ": {advice}"),
                }
            }
            Self::Type { key, source, found } => write!(
                f,
                "{} ({source}) is of the type {found}: write a text, or a list of texts",
                key.entry().env
            ),
            Self::UnknownKey {
                path,
                name,
                nearest,
            } => {
                write!(
                    f,
                    "“{}” in {} is no setting",
                    name.escape_debug(),
                    path.display()
                )?;
                match nearest {
                    Some(nearest) => write!(f, ": did you mean “{nearest}”?"),
                    None => f.write_str(": `earshot serve --help` names them all"),
                }
            }
            Self::Toml {
                path,
                line,
                message,
            } => write!(
                f,
                "{} is not TOML: line {line}: {}",
                path.display(),
                message.trim_end()
            ),
            Self::File { path, error } => write!(
                f,
                "the settings file {} cannot be read ({error}): check --config or EARSHOT_CONFIG",
                path.display()
            ),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Everything that is wrong.
#[derive(Debug, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "a setting is wrong, so nothing was started:")?,
            n => writeln!(f, "{n} settings are wrong, so nothing was started:")?,
        }
        for problem in &self.0 {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
