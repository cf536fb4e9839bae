//! Numbers and facts in words; what was not measured is grey and says why.

use super::Scene;
use crate::locale::{Key, keys};
use earshot_report::facts::Fact;
use yew::prelude::*;

impl Scene<'_> {
    /// Milliseconds.
    pub(super) fn ms(&self, value: f64) -> String {
        let digits = if value < 10.0 { 1 } else { 0 };
        let n = self.locale.number(value, digits);
        self.locale.fill(keys::VALUE_MS, &[("n", &n)])
    }

    /// A fraction as a percentage.
    pub(super) fn percent(&self, fraction: f64) -> String {
        let n = self.locale.number(fraction * 100.0, 1);
        self.locale.fill(keys::VALUE_PERCENT, &[("n", &n)])
    }

    /// What was not measured, and why.
    pub(super) fn unmeasured(&self, why: Key) -> Html {
        html! { <span class="unmeasured">{ self.text(why) }</span> }
    }

    /// Yes, no, or not told.
    pub(super) fn fact(&self, fact: Fact) -> Html {
        match fact {
            Fact::Yes => self.text(keys::VALUE_YES),
            Fact::No => html! { <strong>{ self.text(keys::VALUE_NO) }</strong> },
            Fact::NotMeasured => self.unmeasured(keys::VALUE_UNKNOWN),
        }
    }
}

/// A text in which `backquotes` mark what is to be typed as it is.
pub(super) fn with_code(text: &str) -> Html {
    let part = |(index, part): (usize, &str)| {
        if index % 2 == 1 {
            html! { <code>{ part.to_owned() }</code> }
        } else {
            html! { { part.to_owned() } }
        }
    };
    text.split('`').enumerate().map(part).collect()
}
