//! A name for every text but those of the causes, which are asked for by their codes: `form.title` of www/locales is
//! `FORM_TITLE`.

/// A text's place in the table of each language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(super) usize);

// The keys, and `EN` and `RU`: the texts with a zero between each two. Made by build.rs.
include!(concat!(env!("OUT_DIR"), "/locales.rs"));
