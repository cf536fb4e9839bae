//! Counts that stay small whatever a log holds.

use super::stamp::Stamp;
use crate::coturn::{
    finding::{About, Seen},
    text::plain,
};
use std::collections::HashMap;

/// Whoever sends names chooses them: more than so many different ones are only counted.
const MOST_NAMES: usize = 1000;
/// So many are shown.
const SHOWN_NAMES: usize = 5;

/// How often something was seen, and when.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub(super) count: u64,
    first: Option<String>,
    last: Option<String>,
}

impl Count {
    pub(super) fn add(&mut self, at: Option<&Stamp>, count: u64) {
        self.count = self.count.saturating_add(count);
        let Some(at) = at else {
            return;
        };
        self.first.get_or_insert_with(|| at.text.clone());
        match &mut self.last {
            Some(last) => last.clone_from(&at.text),
            None => self.last = Some(at.text.clone()),
        }
    }

    pub(super) fn seen(&self) -> Seen {
        Seen {
            count: self.count,
            first: self.first.clone(),
            last: self.last.clone(),
            about: Vec::new(),
        }
    }
}

/// The same, told apart by a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) all: Count,
    names: HashMap<String, u64>,
}

impl Named {
    pub(super) fn add(&mut self, at: Option<&Stamp>, name: &str) {
        self.all.add(at, 1);
        let name = plain(name);
        if self.names.len() >= MOST_NAMES && !self.names.contains_key(&name) {
            return;
        }
        *self.names.entry(name).or_default() += 1;
    }

    /// How many different ones; at least, where there are very many.
    pub(super) fn different(&self) -> usize {
        self.names.len()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The most frequent first, and those of equal frequency by name.
    pub(super) fn seen(&self) -> Seen {
        let about = self.names.iter().map(|(name, count)| About {
            name: name.clone(),
            count: *count,
        });
        let mut about: Vec<About> = about.collect();
        about.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        about.truncate(SHOWN_NAMES);
        Seen {
            about,
            ..self.all.seen()
        }
    }
}

/// The most that came in one second.
#[derive(Clone, Debug, Default)]
pub(super) struct Rate {
    second: Option<i64>,
    now: u64,
    /// So many, in the busiest second.
    pub(super) most: u64,
}

impl Rate {
    pub(super) fn add(&mut self, at: Option<&Stamp>) {
        let Some(at) = at else {
            return;
        };
        if self.second != Some(at.seconds) {
            self.second = Some(at.seconds);
            self.now = 0;
        }
        self.now += 1;
        self.most = self.most.max(self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_names_takes_bounded_room() {
        let mut named = Named::default();
        for name in 0..10 * MOST_NAMES {
            named.add(None, &format!("{name}{}", "x".repeat(5000)));
        }
        assert_eq!(named.all.count, 10 * MOST_NAMES as u64);
        assert_eq!(named.names.len(), MOST_NAMES);
        assert!(named.names().all(|name| name.chars().count() < 200));
        assert_eq!(named.seen().about.len(), SHOWN_NAMES);
    }
}
