use super::{Language, Locale, Part, keys, small};
use earshot_report::{Code, IceUrl, ice_url::IceUrlError};
use std::collections::{BTreeMap, BTreeSet};

use crate::state::FormError;

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../www/locales/en.json"),
        Language::Russian => include_str!("../../../www/locales/ru.json"),
    }
}

fn texts(language: Language) -> BTreeMap<String, String> {
    serde_json::from_str(source(language)).expect("texts by name")
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts
        .map(|part| part.split_once('}').expect("a placeholder is closed").0)
        .collect()
}

#[test]
fn a_name_leads_to_its_text_in_every_language() {
    for language in Language::ALL {
        let locale = Locale::new(language);
        let written = texts(language);
        assert_eq!(locale.text(keys::APP_NAME), written["app.name"]);
        assert_eq!(
            locale.text(keys::FORM_ERROR_NO_URL),
            written["form.error.no_url"]
        );
        assert_eq!(locale.texts.len(), written.len(), "a text holds a zero");
        for &code in Code::ALL {
            for (part, name) in Part::ALL.into_iter().zip(["sentence", "next", "operator"]) {
                let name = format!("cause.{code}.{name}");
                assert_eq!(locale.cause(code, part), written[&name], "{name}");
            }
        }
    }
}

#[test]
fn no_text_is_written_twice() {
    // A JSON parser silently keeps the last of two.
    for language in Language::ALL {
        let lines = source(language).lines();
        let names = lines.filter_map(|line| line.trim().strip_prefix('"')?.split_once("\":"));
        assert_eq!(names.count(), texts(language).len(), "{language:?}");
    }
}

#[test]
fn every_language_fills_in_the_same_placeholders() {
    let english = texts(Language::English);
    for (key, text) in texts(Language::Russian) {
        assert_eq!(placeholders(&text), placeholders(&english[&key]), "{key}");
    }
}

#[test]
fn only_the_words_for_nobody_are_empty() {
    for language in Language::ALL {
        for (key, text) in texts(language) {
            assert_eq!(text.is_empty(), key == "actor.nobody", "{key}");
        }
    }
}

/// A worried person reads the sentence and the next step; UDP alone is allowed, for the sentence of `udp-blocked`
/// has no other word for it.
#[test]
fn a_person_reads_no_abbreviation() {
    for language in Language::ALL {
        let locale = Locale::new(language);
        for &code in Code::ALL {
            for part in [Part::Sentence, Part::Next] {
                let text = locale.cause(code, part);
                let words = text.split(|c: char| !c.is_alphanumeric());
                let shouted =
                    |word: &&str| word.chars().count() > 1 && word.chars().all(char::is_uppercase);
                let found: Vec<&str> = words
                    .filter(shouted)
                    .filter(|word| *word != "UDP")
                    .collect();
                assert!(found.is_empty(), "{language:?} {code}: {found:?}");
            }
        }
    }
}

/// What an operator is told to set must be found in the setting lists of both programs, not paraphrased: a text
/// that gives a setting gives it in backquotes, for both, or says that there is nothing to set.
#[test]
fn an_operator_reads_the_settings_of_both_programs() {
    for language in Language::ALL {
        let locale = Locale::new(language);
        for &code in Code::ALL {
            let text = locale.cause(code, Part::Operator);
            assert_eq!(
                text.matches('`').count() % 2,
                0,
                "{code}: a backquote is open"
            );
            let names_both = text.to_lowercase().contains("earshot") && text.contains("coturn");
            let about_the_page = matches!(code, Code::Good | Code::InsecurePage);
            assert!(names_both || about_the_page, "{language:?} {code}");
        }
    }
}

#[test]
fn a_likely_cause_is_said_to_be_likely() {
    let english = Locale::new(Language::English);
    assert_eq!(
        english.sentence(Code::MediaBlocked, false),
        "Most likely, your network lets the call begin, but then holds the sound back."
    );
    let russian = Locale::new(Language::Russian);
    assert_eq!(
        russian.sentence(Code::MediaBlocked, false),
        "Скорее всего, ваша сеть позволяет начать разговор, но сам звук задерживает."
    );
}

/// Unicode's own tables know the small letters; ours must agree, and must know all that our sentences begin with.
#[test]
fn a_first_letter_is_made_small_as_unicode_says() {
    for letter in '\0'..=char::MAX {
        if let Some(small) = small(letter) {
            assert_eq!(small.to_string(), letter.to_lowercase().to_string());
        }
    }
    for language in Language::ALL {
        let locale = Locale::new(language);
        for &code in Code::ALL {
            let first = locale.cause(code, Part::Sentence).chars().next();
            let first = first.expect("a sentence has letters");
            assert_eq!(small(first).is_some(), first.is_uppercase(), "{code}");
        }
    }
}

#[test]
fn the_first_language_we_have_is_taken() {
    assert_eq!(Language::preferred(["ru-RU", "en"]), Language::Russian);
    assert_eq!(Language::preferred(["de", "ru"]), Language::Russian);
    assert_eq!(Language::preferred(["EN-gb", "ru"]), Language::English);
    assert_eq!(Language::preferred(["de"]), Language::English);
    // Rusyn is not Russian.
    assert_eq!(Language::preferred(["rue"]), Language::English);
    assert_eq!(Language::preferred([]), Language::English);
}

#[test]
fn an_error_names_what_was_typed() {
    let locale = Locale::new(Language::Russian);
    let error = "turn://relay.example.org".parse::<IceUrl>().unwrap_err();
    assert!(matches!(error, IceUrlError::Slashes(_)));
    let text = locale.form_error(&FormError::Url(error));
    assert!(text.contains("«turn://relay.example.org»"), "{text}");
}

#[test]
fn decimals_are_written_as_the_language_does() {
    assert_eq!(Locale::new(Language::English).number(4.44, 1), "4.4");
    assert_eq!(Locale::new(Language::Russian).number(4.44, 1), "4,4");
    let english = Locale::new(Language::English);
    assert_eq!(english.number(0.05, 1), "0.1");
    assert_eq!(english.number(12.0, 0), "12");
    assert_eq!(english.number(3.049, 2), "3.05");
    assert_eq!(english.number(-0.5, 1), "-0.5");
}
