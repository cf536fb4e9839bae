//! The texts, in the person's language. They are no part of the WebAssembly: the boot script fetches those of one language
//! beside it, and the page those of another one when it is asked for.

mod failure;
pub mod keys;
mod speech;
#[cfg(test)]
mod tests;

pub use keys::Key;
pub use speech::Speech;

use crate::state::{FormError, MAX_URLS};
use earshot_report::{Actor, AddressRange, Code, Status, ice_url::IceUrlError};
use std::borrow::Cow;

/// The languages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, for those whose language we do not have too.
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Russian];

    /// Its tag, as in `<html lang>` (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }

    /// Its name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Russian => "Русский",
        }
    }

    /// The language of this tag. Which of them a person is given is decided by the boot script (`www/boot.js`).
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// What is said of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The sentence that names it.
    Sentence,
    /// One thing to do now.
    Next,
    /// What an operator sets, exactly.
    Operator,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Sentence, Self::Next, Self::Operator];
}

/// The texts of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    /// Which.
    pub language: Language,
    texts: Vec<&'static str>,
}

impl Locale {
    /// The texts of `language`, one in each line; `None`: they are not `count` of them, so somebody between has
    /// answered, or the answer was cut off.
    pub fn read(language: Language, texts: String, count: usize) -> Option<Self> {
        if texts.split('\n').count() != count {
            return None;
        }
        // Given back never: a language is read once, and is there as long as the page.
        let texts: &'static str = texts.leak();
        Some(Self {
            language,
            texts: texts.split('\n').collect(),
        })
    }

    /// A text as it is.
    pub fn text(&self, key: Key) -> &'static str {
        self.at(key.0)
    }

    /// A text with its placeholders filled in.
    pub fn fill(&self, key: Key, values: &[(&str, &str)]) -> String {
        // Between two braces stands a name: every second part is one.
        let parts = self.text(key).split(['{', '}']).enumerate();
        let filled = parts.map(|(index, part)| {
            let value = values
                .iter()
                .find(|(name, _)| index % 2 == 1 && *name == part);
            value.map_or(part, |(_, value)| value)
        });
        filled.collect()
    }

    /// What is said of `cause`.
    pub fn cause(&self, cause: Code, part: Part) -> Cow<'static, str> {
        let said = |code| self.said(code, part);
        match (cause.of_partner(), part) {
            (_, Part::Operator) => self.operator(cause).into(),
            (None, _) => said(cause).into(),
            (Some(there), Part::Next) => self.quote(keys::PARTNER_NEXT, said(there)).into(),
            (Some(there), Part::Sentence) => self.quote(keys::PARTNER_SENTENCE, said(there)).into(),
        }
    }

    /// What an operator sets against `cause`, at whichever end of a link it is.
    pub fn operator(&self, cause: Code) -> &'static str {
        self.said(cause.of_partner().unwrap_or(cause), Part::Operator)
    }

    /// Only what one can have oneself has texts of its own; such causes come first in [`Code::ALL`].
    fn said(&self, cause: Code, part: Part) -> &'static str {
        let (first, cause) = match cause.is_of_devices_or_pair() {
            true => (
                keys::COUNT,
                cause as usize - Code::PlaybackNotHeard as usize,
            ),
            false => (0, cause as usize),
        };
        self.at(first + cause * Part::ALL.len() + part as usize)
    }

    /// What the other end of a link is told, in a sentence about it; the full stop comes after the quotation.
    fn quote(&self, key: Key, words: &str) -> String {
        self.fill(key, &[("words", words.trim_end_matches('.'))])
    }

    /// The sentence that names `cause`, and that it is only likely where it is.
    pub fn sentence(&self, cause: Code, sure: bool) -> String {
        if let Some(there) = cause.of_partner() {
            return self.quote(keys::PARTNER_SENTENCE, &self.sentence(there, sure));
        }
        let sentence = self.said(cause, Part::Sentence);
        if sure {
            return sentence.to_owned();
        }
        self.fill(
            keys::VERDICT_LIKELY,
            &[("sentence", &lower_first(sentence))],
        )
    }

    /// Who can mend it, as a sentence.
    pub fn actor(&self, actor: Actor) -> &'static str {
        self.text(match actor {
            Actor::You => keys::ACTOR_YOU,
            Actor::YourNetwork => keys::ACTOR_YOUR_NETWORK,
            Actor::ServerAdmin => keys::ACTOR_SERVER_ADMIN,
            Actor::Partner => keys::ACTOR_PARTNER,
            Actor::Nobody => keys::ACTOR_NOBODY,
        })
    }

    /// The verdict in one word.
    pub fn status(&self, status: Status) -> &'static str {
        self.text(match status {
            Status::Good => keys::STATUS_GOOD,
            Status::Degraded => keys::STATUS_DEGRADED,
            Status::Broken => keys::STATUS_BROKEN,
            Status::Unknown => keys::STATUS_UNKNOWN,
        })
    }

    /// What kind of address it is.
    pub fn range(&self, range: AddressRange) -> &'static str {
        self.text(match range {
            AddressRange::Public => keys::RANGE_PUBLIC,
            AddressRange::Private => keys::RANGE_PRIVATE,
            AddressRange::Cgnat => keys::RANGE_CGNAT,
            AddressRange::UniqueLocal => keys::RANGE_UNIQUE_LOCAL,
            AddressRange::LinkLocal => keys::RANGE_LINK_LOCAL,
            AddressRange::Loopback => keys::RANGE_LOOPBACK,
            AddressRange::Documentation => keys::RANGE_DOCUMENTATION,
            AddressRange::Nat64 => keys::RANGE_NAT64,
            AddressRange::Unspecified => keys::RANGE_UNSPECIFIED,
            AddressRange::Multicast => keys::RANGE_MULTICAST,
            AddressRange::Reserved => keys::RANGE_RESERVED,
            AddressRange::Mdns => keys::RANGE_MDNS,
            AddressRange::Unknown => keys::RANGE_UNKNOWN,
        })
    }

    /// What is wrong with what was typed, and the way out.
    pub fn form_error(&self, error: &FormError) -> String {
        let (key, url) = match error {
            FormError::NoUrl => (keys::FORM_ERROR_NO_URL, ""),
            FormError::TooManyUrls => {
                let limit = self.number(MAX_URLS as f64, 0);
                return self.fill(keys::FORM_ERROR_TOO_MANY, &[("limit", &limit)]);
            }
            FormError::NoUsername => (keys::FORM_ERROR_NO_USERNAME, ""),
            FormError::NoPassword => (keys::FORM_ERROR_NO_PASSWORD, ""),
            FormError::Url(error) => match error {
                IceUrlError::Scheme(url) => (keys::FORM_ERROR_SCHEME, url.as_str()),
                IceUrlError::Slashes(url) => (keys::FORM_ERROR_SLASHES, url.as_str()),
                IceUrlError::Host(url) => (keys::FORM_ERROR_HOST, url.as_str()),
                IceUrlError::Port(url) => (keys::FORM_ERROR_PORT, url.as_str()),
                IceUrlError::Query(url) => (keys::FORM_ERROR_QUERY, url.as_str()),
                IceUrlError::Transport(url) => (keys::FORM_ERROR_TRANSPORT, url.as_str()),
            },
        };
        self.fill(key, &[("url", url)])
    }

    /// A number with `digits` decimals, as written in this language.
    pub fn number(&self, value: f64, digits: usize) -> String {
        // Whole numbers are written: the machinery for printing floats is a tenth of the page.
        let scaled = (value * 10_u32.pow(digits as u32) as f64).round();
        let mut text = (scaled.abs() as u64).to_string();
        if digits > 0 {
            while text.len() <= digits {
                text.insert(0, '0');
            }
            let point = match self.language {
                Language::English => '.',
                Language::Russian => ',',
            };
            text.insert(text.len() - digits, point);
        }
        if scaled < 0.0 {
            text.insert(0, '-');
        }
        text
    }

    fn at(&self, place: usize) -> &'static str {
        // build.rs lets no language lack a text, and a table that is cut off is not read.
        self.texts.get(place).copied().unwrap_or_default()
    }
}

/// The sentence inside another one: its first letter is small, unless it begins with a capital word such as `UDP`.
fn lower_first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().and_then(small);
    let rest = letters.as_str();
    match (first, letters.next().and_then(small)) {
        (Some(first), None) => {
            let mut text = String::from(first);
            text.push_str(rest);
            text
        }
        _ => sentence.to_owned(),
    }
}

/// The small letter of a Latin, Greek or Cyrillic capital: Unicode's tables for all scripts would weigh more than this
/// file.
fn small(capital: char) -> Option<char> {
    match capital {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ρ' | 'Σ'..='Ϋ' | 'А'..='Я' => {
            char::from_u32(capital as u32 + 0x20)
        }
        'Ѐ'..='Џ' => char::from_u32(capital as u32 + 0x50),
        _ => None,
    }
}
