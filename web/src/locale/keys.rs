//! A name for every text but those of the causes, which are asked for by their codes: `form.title` of www/locales is
//! `FORM_TITLE`.

/// A text's place in the table of each language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(super) usize);

// The keys and their number, made by build.rs.
include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// The texts that only the second page has. Their places follow those of the first page's.
pub mod link {
    use super::Key;

    include!(concat!(env!("OUT_DIR"), "/link_keys.rs"));
}
