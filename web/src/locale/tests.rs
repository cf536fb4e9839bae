use super::{Language, Locale, Part, keys, small};
use earshot_report::{Code, IceUrl, ice_url::IceUrlError};
use std::collections::{BTreeMap, BTreeSet};

use crate::state::FormError;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

// `TABLES`: the tables that are fetched, by the tags of their languages. Made by build.rs.
include!(concat!(env!("OUT_DIR"), "/tables.rs"));

fn table(language: Language) -> String {
    let mut tables = TABLES.iter();
    let found = tables.find(|(tag, _, _)| *tag == language.tag());
    found.expect("a language has texts").1.to_owned()
}

/// With the texts of both pages.
fn locale(language: Language) -> Locale {
    let mut tables = TABLES.iter();
    let found = tables.find(|(tag, _, _)| *tag == language.tag());
    let (_, first, second) = found.expect("a language has texts");
    let whole = format!("{first}\n{second}");
    Locale::read(language, whole, keys::link::COUNT).expect("every text is there")
}

/// The file of a language in www/locales.
fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../www/locales/en.json"),
        Language::Russian => include_str!("../../../www/locales/ru.json"),
    }
}

/// The same, with the texts that only the second page has.
fn link_source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../www/locales/link/en.json"),
        Language::Russian => include_str!("../../../www/locales/link/ru.json"),
    }
}

fn texts(language: Language) -> BTreeMap<String, String> {
    serde_json::from_str(source(language)).expect("texts by name")
}

fn link_texts(language: Language) -> BTreeMap<String, String> {
    serde_json::from_str(link_source(language)).expect("texts by name")
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
        let locale = locale(language);
        let mut written = texts(language);
        written.extend(link_texts(language));
        assert_eq!(locale.text(keys::APP_NAME), written["app.name"]);
        assert_eq!(
            locale.text(keys::FORM_ERROR_NO_URL),
            written["form.error.no_url"]
        );
        assert_eq!(locale.texts.len(), written.len());
        for &code in Code::ALL.iter().filter(|it| it.of_partner().is_none()) {
            for (part, name) in Part::ALL.into_iter().zip(["sentence", "next", "operator"]) {
                let name = format!("cause.{code}.{name}");
                assert_eq!(locale.cause(code, part), written[&name], "{name}");
            }
        }
    }
}

/// The boot script joins the two tables of the second page by a line's end.
#[test]
fn the_second_page_has_its_own_texts_after_those_of_the_first() {
    for &(tag, first, second) in TABLES {
        let language = Language::from_tag(tag).expect("a language we have");
        let whole = format!("{first}\n{second}");
        let locale = Locale::read(language, whole, keys::link::COUNT).expect("all are there");
        assert_eq!(locale.text(keys::APP_NAME), texts(language)["app.name"]);
        let written = link_texts(language);
        assert_eq!(locale.text(keys::link::LINK_TITLE), written["link.title"]);
        assert_eq!(
            locale.text(keys::link::DEVICES_TITLE),
            written["devices.title"]
        );
    }
}

#[test]
fn no_text_is_written_twice() {
    // A JSON parser silently keeps the last of two.
    for language in Language::ALL {
        let (source, link) = (source(language), link_source(language));
        let names = source
            .lines()
            .chain(link.lines())
            .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\":"));
        let read = texts(language).len() + link_texts(language).len();
        assert_eq!(names.count(), read, "{language:?}");
    }
}

#[test]
fn every_language_fills_in_the_same_placeholders() {
    let all = |language| {
        let texts = texts(language).into_iter();
        texts.chain(link_texts(language)).collect()
    };
    let english: BTreeMap<String, String> = all(Language::English);
    for (key, text) in all(Language::Russian) {
        assert_eq!(placeholders(&text), placeholders(&english[&key]), "{key}");
    }
}

#[test]
fn only_the_words_for_nobody_are_empty() {
    for language in Language::ALL {
        for (key, text) in texts(language).into_iter().chain(link_texts(language)) {
            assert_eq!(text.is_empty(), key == "actor.nobody", "{key}");
        }
    }
}

/// A worried person reads the sentence and the next step; UDP alone is allowed, for the sentence of `udp-blocked`
/// has no other word for it.
#[test]
fn a_person_reads_no_abbreviation() {
    for language in Language::ALL {
        let locale = locale(language);
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
        let locale = locale(language);
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
    let english = locale(Language::English);
    assert_eq!(
        english.sentence(Code::MediaBlocked, false),
        "Most likely, your network lets the call begin, but then holds the sound back."
    );
    let russian = locale(Language::Russian);
    assert_eq!(
        russian.sentence(Code::MediaBlocked, false),
        "Скорее всего, ваша сеть позволяет начать разговор, но сам звук задерживает."
    );
}

#[test]
fn what_the_other_end_has_is_told_in_its_own_words() {
    let english = locale(Language::English);
    let cause = Code::PartnerMicrophoneMissing;
    assert_eq!(
        english.cause(cause, Part::Sentence),
        "The other person's page says: “The browser finds no microphone on your device”."
    );
    assert_eq!(
        english.cause(cause, Part::Next),
        "Tell the other person: “Connect a microphone or a headset, then try again”."
    );
    assert_eq!(
        english.cause(cause, Part::Operator),
        english.cause(Code::MicrophoneMissing, Part::Operator)
    );
    let russian = locale(Language::Russian);
    assert_eq!(
        russian.sentence(Code::PartnerMicrophoneSilent, false),
        "Страница собеседника сообщает: «Скорее всего, микрофон включён, но звука от него нет»."
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
        let locale = locale(language);
        for &code in Code::ALL {
            let first = locale.cause(code, Part::Sentence).chars().next();
            let first = first.expect("a sentence has letters");
            assert_eq!(small(first).is_some(), first.is_uppercase(), "{code}");
        }
    }
}

#[test]
fn every_file_of_texts_is_a_language_and_every_language_has_a_name() {
    let files: Vec<&str> = TABLES.iter().map(|(tag, _, _)| *tag).collect();
    let languages = Language::ALL.map(Language::tag);
    assert_eq!(files, languages, "www/locales and Language::ALL");
}

#[test]
fn texts_that_are_cut_off_are_not_read() {
    let whole = table(Language::English);
    let (most, _) = whole.rsplit_once('\n').expect("several lines");
    for wrong in [most, "", "<!doctype html>\n<html></html>"] {
        let read = Locale::read(Language::English, wrong.to_owned(), keys::COUNT);
        assert_eq!(read, None);
    }
}

#[test]
fn an_error_names_what_was_typed() {
    let locale = locale(Language::Russian);
    let error = "turn://relay.example.org".parse::<IceUrl>().unwrap_err();
    assert!(matches!(error, IceUrlError::Slashes(_)));
    let text = locale.form_error(&FormError::Url(error));
    assert!(text.contains("«turn://relay.example.org»"), "{text}");
}

#[test]
fn decimals_are_written_as_the_language_does() {
    assert_eq!(locale(Language::English).number(4.44, 1), "4.4");
    assert_eq!(locale(Language::Russian).number(4.44, 1), "4,4");
    let english = locale(Language::English);
    assert_eq!(english.number(0.05, 1), "0.1");
    assert_eq!(english.number(12.0, 0), "12");
    assert_eq!(english.number(3.049, 2), "3.05");
    assert_eq!(english.number(-0.5, 1), "-0.5");
}
