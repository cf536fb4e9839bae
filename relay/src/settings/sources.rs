//! Where settings come from: a TOML file, overridden by the environment, overridden by flags.

use super::{
    errors::{Problem, Problems},
    names::{Key, TABLE},
};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// Everything that was given, unread.
#[derive(Clone, Default)]
pub struct Sources {
    /// The settings file and its text.
    pub file: Option<(PathBuf, String)>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The flags.
    pub flags: BTreeMap<Key, String>,
}

/// Where one value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The settings file.
    File(PathBuf),
    /// The environment.
    Environment,
    /// A flag on the command line.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Environment => f.write_str("from the environment"),
            Self::Flag => f.write_str("from a flag"),
        }
    }
}

/// One value as text, and its source.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) source: Source,
}

/// The value that counts for each setting that was given.
pub(super) fn merge(sources: &Sources, problems: &mut Problems) -> BTreeMap<Key, Given> {
    let mut values = BTreeMap::new();
    if let Some((path, text)) = &sources.file {
        values = read_file(path, text, problems);
    }
    for entry in &TABLE {
        // Deployment tools set variables to nothing where a person left a field blank: that is “not set”.
        let variable = sources
            .environment
            .get(entry.env)
            .filter(|text| !text.trim().is_empty());
        if let Some(text) = variable {
            let (text, source) = (text.clone(), Source::Environment);
            values.insert(entry.key, Given { text, source });
        }
        if let Some(text) = sources.flags.get(&entry.key) {
            let (text, source) = (text.clone(), Source::Flag);
            values.insert(entry.key, Given { text, source });
        }
    }
    values
}

fn read_file(path: &Path, text: &str, problems: &mut Problems) -> BTreeMap<Key, Given> {
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            // The parser's own message quotes the line, and the line may hold a password.
            let line = error.span().map_or(1, |span| {
                text.as_bytes()[..span.start.min(text.len())]
                    .iter()
                    .filter(|&&byte| byte == b'\n')
                    .count()
                    + 1
            });
            problems.push(Problem::Toml {
                path: path.to_owned(),
                line,
                message: error.message().to_owned(),
            });
            return BTreeMap::new();
        }
    };
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let Some(entry) = TABLE
            .iter()
            .find(|entry| !entry.toml.is_empty() && entry.toml == name)
        else {
            problems.push(Problem::UnknownKey {
                path: path.to_owned(),
                nearest: nearest(&name),
                name,
            });
            continue;
        };
        let source = Source::File(path.to_owned());
        match as_text(entry.key, &value) {
            Some(text) => {
                values.insert(entry.key, Given { text, source });
            }
            None => problems.push(Problem::Type {
                key: entry.key,
                source,
                found: value.type_str(),
            }),
        }
    }
    values
}

/// The same text as would stand in the environment: lists joined by commas, tables as JSON.
fn as_text(key: Key, value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(is) if key == Key::LinksNeedKey => Some(is.to_string()),
        toml::Value::Array(_) if key == Key::IceServers => serde_json::to_string(value).ok(),
        toml::Value::Array(items) => items
            .iter()
            .map(toml::Value::as_str)
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(",")),
        _ => None,
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    TABLE
        .iter()
        .filter(|entry| !entry.toml.is_empty())
        .map(|entry| (strsim::damerau_levenshtein(&name, entry.toml), entry.toml))
        .min()
        .filter(|(distance, known)| *distance <= known.len().div_ceil(2))
        .map(|(_, known)| known)
}
