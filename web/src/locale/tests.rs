use super::{Language, Locale, Part, keys};
use earshot_report::{Code, IceUrl, ice_url::IceUrlError};
use std::collections::{BTreeMap, BTreeSet};

use crate::state::FormError;

fn texts(language: Language) -> BTreeMap<String, String> {
    let texts = language.texts().iter();
    texts
        .map(|(key, text)| (key.to_string(), text.to_string()))
        .collect()
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts
        .map(|part| part.split_once('}').expect("a placeholder is closed").0)
        .collect()
}

fn cause_keys() -> impl Iterator<Item = String> {
    Code::ALL.iter().flat_map(|code| {
        Part::ALL
            .iter()
            .map(move |part| format!("cause.{code}.{}", part.name()))
    })
}

#[test]
fn every_language_has_the_texts_that_are_asked_for_and_no_others() {
    let asked: BTreeSet<String> = keys::ALL
        .iter()
        .map(|key| key.0.to_owned())
        .chain(cause_keys())
        .collect();
    for language in Language::ALL {
        let written: BTreeSet<String> = texts(language).into_keys().collect();
        let missing: Vec<_> = asked.difference(&written).collect();
        let idle: Vec<_> = written.difference(&asked).collect();
        assert!(missing.is_empty(), "{language:?} lacks {missing:?}");
        assert!(idle.is_empty(), "{language:?}: nobody asks for {idle:?}");
    }
}

#[test]
fn no_text_is_written_twice() {
    // A JSON parser silently keeps the last of two.
    for language in Language::ALL {
        let source = match language {
            Language::English => include_str!("../../../www/locales/en.json"),
            Language::Russian => include_str!("../../../www/locales/ru.json"),
        };
        let lines = source.lines();
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
            assert_eq!(text.is_empty(), key == keys::ACTOR_NOBODY.0, "{key}");
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
