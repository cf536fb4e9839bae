//! What is written about the causes, and its parts.

use super::language::Language;

include!(concat!(env!("OUT_DIR"), "/help.rs"));

/// The name of the list of all causes.
pub(super) const INDEX: &str = "README";

/// A text: a title, what stands before the first part, and the parts.
pub(super) struct Text {
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) parts: Vec<Part>,
}

/// A heading of the second level, and what stands under it in Markdown.
pub(super) struct Part {
    pub(super) heading: &'static str,
    pub(super) body: &'static str,
}

impl Text {
    /// The text of this name in `language`.
    pub(super) fn find(language: Language, name: &str) -> Option<Self> {
        let mut texts = TEXTS.iter();
        let (.., text) = texts.find(|(tag, it, _)| *tag == language.tag() && *it == name)?;
        Some(Self::read(text))
    }

    fn read(text: &'static str) -> Self {
        let mut parts = text.split("\n## ");
        let head = parts.next().unwrap_or_default();
        let (title, lead) = head.split_once('\n').unwrap_or((head, ""));
        let part = |part: &'static str| {
            let (heading, body) = part.split_once('\n').unwrap_or((part, ""));
            Part { heading, body }
        };
        Self {
            title: title.trim_start_matches("# "),
            lead,
            parts: parts.map(part).collect(),
        }
    }
}
