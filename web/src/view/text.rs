//! Numbers and facts in words; what was not measured is grey and says why.

use super::{
    Scene,
    element::{Element, element},
};
use crate::locale::{Key, keys};

impl Scene<'_> {
    /// Milliseconds.
    pub(crate) fn ms(&self, value: f64) -> String {
        let digits = if value < 10.0 { 1 } else { 0 };
        let n = self.locale.number(value, digits);
        self.locale.fill(keys::VALUE_MS, &[("n", &n)])
    }

    /// A fraction as a percentage.
    pub(crate) fn percent(&self, fraction: f64) -> String {
        let n = self.locale.number(fraction * 100.0, 1);
        self.locale.fill(keys::VALUE_PERCENT, &[("n", &n)])
    }

    /// What was not measured, and why.
    pub(crate) fn unmeasured(&self, why: Key) -> Element {
        self.say("span", "unmeasured", why)
    }
}

/// A whole number in digits.
pub(crate) fn digits(number: impl Into<u64>) -> String {
    number.into().to_string()
}

/// Adds a text in which `backquotes` mark what is to be typed as it is.
pub(crate) fn with_code(mut whole: Element, words: &'static str) -> Element {
    for (index, part) in words.split('`').enumerate() {
        whole = if index % 2 == 1 {
            whole.with(element("code").text(part))
        } else {
            whole.text(part)
        };
    }
    whole
}

/// Adds one to a list in words.
pub(crate) fn append(list: &mut String, between: &str, one: &str) {
    if !list.is_empty() {
        list.push_str(between);
    }
    list.push_str(one);
}
