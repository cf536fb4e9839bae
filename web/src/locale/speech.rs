//! The language that is spoken, and how another one comes: its texts are fetched when somebody asks for them.

use super::{Language, Locale};
use crate::browser::{self, TextSource};

/// The texts at hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Speech {
    locale: Locale,
    /// Every language fetched so far: none is fetched twice.
    known: Vec<Locale>,
    source: TextSource,
    /// How many texts a language has on this page.
    count: usize,
    /// The language asked for last: an answer for another one comes too late.
    wanted: Language,
    has_failed: bool,
}

impl Speech {
    /// Speaks the language of this tag, whose `count` texts the boot script has fetched; `None`: they are not whole.
    pub fn new(tag: &str, texts: String, count: usize, source: TextSource) -> Option<Self> {
        let locale = Locale::read(Language::from_tag(tag)?, texts, count)?;
        Some(Self {
            known: vec![locale.clone()],
            wanted: locale.language,
            locale,
            source,
            count,
            has_failed: false,
        })
    }

    /// The texts of the language that is spoken.
    pub fn locale(&self) -> &Locale {
        &self.locale
    }

    /// The texts of the language asked for last did not come.
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Speaks `language`, from now on, at once where its texts are known. Otherwise what this returns must be awaited, and given to
    /// [`Speech::take`].
    pub fn speak(
        &mut self,
        language: Language,
    ) -> Option<impl Future<Output = Option<String>> + use<>> {
        browser::remember_language(language.tag());
        self.wanted = language;
        self.has_failed = false;
        let mut known = self.known.iter();
        if let Some(locale) = known.find(|locale| locale.language == language) {
            self.locale = locale.clone();
            return None;
        }
        let source = self.source.clone();
        Some(async move { source.fetch(language.tag()).await })
    }

    /// Takes the texts of `language`; `None`: they could not be fetched.
    pub fn take(&mut self, language: Language, texts: Option<String>) {
        let is_known = self.known.iter().any(|known| known.language == language);
        let locale = texts
            .filter(|_| !is_known)
            .and_then(|texts| Locale::read(language, texts, self.count));
        self.known.extend(locale);
        if self.wanted == language {
            let mut known = self.known.iter();
            match known.find(|locale| locale.language == language) {
                Some(locale) => self.locale = locale.clone(),
                None => self.has_failed = true,
            }
        }
    }
}
