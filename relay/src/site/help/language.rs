//! In which language a page about a cause is written, and the few words around its text.

use axum::http::{HeaderMap, header::ACCEPT_LANGUAGE};

/// A preference has some languages, not hundreds.
const MOST_PREFERENCES: usize = 32;

/// The languages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Russian,
}

/// What stands around the text.
pub(super) struct Words {
    pub(super) home: &'static str,
    pub(super) languages: &'static str,
    pub(super) test: &'static str,
    pub(super) all_causes: &'static str,
    pub(super) missing: &'static str,
    pub(super) missing_next: &'static str,
    /// The sentence about the other end of a link, as the page says it, around the cause.
    pub(super) partner: [&'static str; 2],
    /// Who mends what is at the other end, as the page says it.
    pub(super) partner_acts: &'static str,
    /// Before the code, which follows and ends the sentence.
    pub(super) code: &'static str,
    /// Above the text that is meant for the other end.
    pub(super) for_partner: &'static str,
}

const ENGLISH: Words = Words {
    home: "Earshot, to the start",
    languages: "Language",
    test: "Test my connection",
    all_causes: "All causes",
    missing: "There is no cause of this name.",
    missing_next: "Perhaps the address was cut off, or a newer Earshot wrote it. The list of all causes has those that this one knows.",
    partner: ["The other person's page says: “", "”."],
    partner_acts: "The person at the other end can mend this.",
    code: "The code of this cause is",
    for_partner: "What follows is written for the other person: “you” means them.",
};

const RUSSIAN: Words = Words {
    home: "Earshot, в начало",
    languages: "Язык",
    test: "Проверить связь",
    all_causes: "Все причины",
    missing: "Причины с таким названием нет.",
    missing_next: "Возможно, адрес скопирован не полностью или его выдал более новый Earshot. Причины, которые знает этот, есть в общем списке.",
    partner: ["Страница собеседника сообщает: «", "»."],
    partner_acts: "Исправить может ваш собеседник.",
    code: "Код этой причины –",
    for_partner: "Дальше текст обращён к собеседнику: «вы» – это он.",
};

impl Language {
    /// Every language.
    pub(super) const ALL: [Self; 2] = [Self::English, Self::Russian];

    /// Its tag (RFC 5646), and the name of the folder with its texts.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }

    /// Its name in itself.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Russian => "Русский",
        }
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Russian => &RUSSIAN,
        }
    }

    /// By the primary subtag (RFC 5646), as the page does it: `ru` for `ru-RU`.
    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The one of ours with the greatest weight (RFC 9110 section 12.5.4), of equal ones the first; English for those
    /// whose language we do not have too.
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        let given = headers.get_all(ACCEPT_LANGUAGE).iter();
        let given = given.filter_map(|given| given.to_str().ok());
        let mut best = None;
        for one in given
            .flat_map(|given| given.split(','))
            .take(MOST_PREFERENCES)
        {
            let (tag, weight) = weighed(one);
            let better = best.is_none_or(|(_, most)| weight > most);
            if let Some(language) = Self::from_tag(tag).filter(|_| better && weight > 0.0) {
                best = Some((language, weight));
            }
        }
        best.map_or(Self::English, |(language, _)| language)
    }
}

/// `ru-RU;q=0.8` as a tag and its weight; one without a weight, or with none that can be read, weighs 1.
fn weighed(preference: &str) -> (&str, f32) {
    let mut parts = preference.split(';').map(str::trim);
    let tag = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    let weight = weight.and_then(|weight| weight.parse().ok());
    (tag, weight.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// The weights of RFC 9110 section 12.5.4, in headers as browsers send them.
    #[test]
    fn the_language_is_the_first_that_we_have_of_those_preferred() {
        for (header, expected) in [
            ("", Language::English),
            ("de-DE,de;q=0.9", Language::English),
            ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Language::Russian),
            ("en-US,en;q=0.9,ru;q=0.8", Language::English),
            ("de,ru;q=0.5,en;q=0.3", Language::Russian),
            ("en;q=0.3, ru;q=0.5", Language::Russian),
            ("ru;q=0, en;q=0.1", Language::English),
            ("ru;q=0", Language::English),
            ("ru, en", Language::Russian),
            ("en, ru", Language::English),
            ("RU", Language::Russian),
            ("rundi", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(header));
            assert_eq!(Language::preferred(&headers), expected, "{header}");
        }
        assert_eq!(Language::preferred(&HeaderMap::new()), Language::English);
    }

    /// What the page says of the other end of a link, and of who mends it, is said here in the same words.
    #[test]
    fn the_words_are_those_of_the_page() {
        for language in Language::ALL {
            let file = format!(
                "{}/../www/locales/{}.json",
                env!("CARGO_MANIFEST_DIR"),
                language.tag()
            );
            let text = std::fs::read_to_string(file).unwrap();
            let texts: serde_json::Value = serde_json::from_str(&text).unwrap();
            let words = language.words();
            let partner = words.partner.join("{words}");
            for (key, here) in [
                ("partner.sentence", partner.as_str()),
                ("actor.partner", words.partner_acts),
                ("start.button", words.test),
                ("app.home", words.home),
                ("app.language", words.languages),
            ] {
                assert_eq!(texts[key], here, "{key}");
            }
        }
    }
}
