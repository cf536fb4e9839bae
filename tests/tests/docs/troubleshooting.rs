//! Every cause has its page in every language, with all its parts, and it says what the verdict says.

use crate::{
    markdown::{Document, Heading},
    read, root,
};
use earshot_report::{Actor, Code};
use pulldown_cmark::HeadingLevel;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

/// The languages, each with the headings of a page, in this order. The last one is of causes that can be at the other
/// end of a link, too.
const PARTS: [(&str, [&str; 6]); 2] = [
    (
        "en",
        [
            "What people see",
            "What you can do",
            "Why it happens",
            "How to tell that it is this",
            "How to mend it",
            "At the other end",
        ],
    ),
    (
        "ru",
        [
            "Что видно",
            "Что можно сделать",
            "Почему так бывает",
            "Как убедиться, что дело в этом",
            "Как исправить",
            "Если это у собеседника",
        ],
    ),
];

/// What a person who is worried does not have to know: their part of the page does without.
const FOR_OPERATORS: [&str; 7] = ["ICE", "TURN", "STUN", "NAT", "RTP", "DTLS", "SRTP"];

/// What stands before the code, and for what nobody can mend in the list of all causes.
fn words(language: &str) -> (&'static str, &'static str) {
    match language {
        "en" => (
            "The code of this cause is",
            "Nothing to mend, or nobody known who can",
        ),
        _ => (
            "Код этой причины –",
            "Исправлять нечего, или неизвестно кому",
        ),
    }
}

fn folder(language: &str) -> PathBuf {
    root().join("docs/troubleshooting").join(language)
}

/// The causes that have a page of their own.
fn causes() -> impl Iterator<Item = Code> {
    let all = Code::ALL.iter().copied();
    all.filter(|code| code.of_partner().is_none())
}

fn page(language: &str, code: Code) -> String {
    read(&folder(language).join(format!("{code}.md")))
}

/// The texts of the page that is shown in the browser.
struct Texts(Map<String, Value>);

impl Texts {
    fn of(language: &str) -> Self {
        let mut all = Map::new();
        for file in [language.to_owned(), format!("link/{language}")] {
            let path = root().join(format!("www/locales/{file}.json"));
            let texts = serde_json::from_str::<Map<String, Value>>(&read(&path));
            all.extend(texts.expect("texts by their names"));
        }
        Self(all)
    }

    fn get(&self, key: &str) -> &str {
        let text = self.0.get(key).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("there is no text {key}"))
    }

    fn cause(&self, code: Code, part: &str) -> &str {
        self.get(&format!("cause.{code}.{part}"))
    }

    fn actor(&self, actor: Actor) -> &str {
        let name = serde_json::to_value(actor).expect("a name");
        self.get(&format!("actor.{}", name.as_str().expect("a name")))
    }
}

#[test]
fn there_is_a_page_for_each_cause_and_none_for_anything_else() {
    let expected: BTreeSet<String> = causes()
        .map(|code| format!("{code}.md"))
        .chain(["README.md".to_owned()])
        .collect();
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let entries = fs::read_dir(&folder).expect("a folder with pages");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    };
    let languages: BTreeSet<String> = PARTS.map(|(language, _)| language.to_owned()).into();
    assert_eq!(names(root().join("docs/troubleshooting")), languages);
    let spoken = names(root().join("www/locales"));
    let spoken = spoken.iter().filter_map(|name| name.strip_suffix(".json"));
    assert_eq!(
        spoken.map(str::to_owned).collect::<BTreeSet<_>>(),
        languages
    );
    for language in languages {
        assert_eq!(names(folder(&language)), expected, "{language}");
    }
}

#[test]
fn every_page_has_all_its_parts() {
    for (language, parts) in PARTS {
        for code in causes() {
            let text = page(language, code);
            let headings = Document::read(&text).headings;
            let of = |level| -> Vec<&str> {
                let of_level = headings.iter().filter(|it| it.level == level);
                of_level.map(|it| it.text.as_str()).collect()
            };
            let place = format!("{language}/{code}.md");
            assert_eq!(of(HeadingLevel::H1).len(), 1, "{place}");
            let count = if code.at_partner().is_some() { 6 } else { 5 };
            assert_eq!(of(HeadingLevel::H2), parts[..count], "{place}");
            let mends = of(HeadingLevel::H3);
            assert!(
                mends.ends_with(&["coturn", "earshot"]),
                "{place}: {mends:?}"
            );
            let first = headings.iter().position(|it| it.level == HeadingLevel::H3);
            let mending = Heading {
                level: HeadingLevel::H2,
                text: parts[4].to_owned(),
            };
            let before = first.and_then(|first| headings.get(first.checked_sub(1)?));
            assert_eq!(before, Some(&mending), "{place}");
            for (heading, body) in bodies(&text) {
                let holds_parts = heading == parts[4];
                assert_eq!(body.is_empty(), holds_parts, "{place}: {heading}");
            }
        }
    }
}

/// What stands under each heading of the second and third level.
fn bodies(text: &str) -> BTreeMap<&str, String> {
    let mut bodies = BTreeMap::new();
    let mut heading = None;
    for line in text.lines().skip(1) {
        let title = line.strip_prefix("### ").or(line.strip_prefix("## "));
        if let Some(title) = title {
            heading = Some(title);
            bodies.insert(title, String::new());
        } else if let Some(body) = heading.and_then(|heading| bodies.get_mut(heading)) {
            body.push_str(line.trim());
            // What is one sentence may stand in two lines.
            if !line.trim().is_empty() {
                body.push(' ');
            }
        }
    }
    bodies
}

#[test]
fn every_page_says_what_the_verdict_says() {
    for (language, parts) in PARTS {
        let texts = Texts::of(language);
        let (code_is, _) = words(language);
        for code in causes() {
            let place = format!("{language}/{code}.md");
            let text = page(language, code);
            let mut lines = text.lines();
            let sentence = texts.cause(code, "sentence");
            assert_eq!(
                lines.next(),
                Some(format!("# {sentence}").as_str()),
                "{place}"
            );
            let acts = match texts.actor(code.actor()) {
                "" => String::new(),
                words => format!("**{words}** "),
            };
            let lead = format!("{acts}{code_is} `{code}`.");
            assert_eq!(lines.nth(1), Some(lead.as_str()), "{place}");

            let bodies = bodies(&text);
            for word in FOR_OPERATORS {
                let plain = [parts[0], parts[1]].map(|part| &bodies[part]);
                let mut words = plain
                    .iter()
                    .flat_map(|it| it.split(|c: char| !c.is_alphanumeric()));
                assert!(
                    words.all(|it| it != word),
                    "{place} says {word} to everybody"
                );
            }
        }
    }
}

/// What the verdict tells an operator to set is on the page, too: each setting by its name, whatever its value.
#[test]
fn every_page_has_the_settings_of_the_verdict() {
    for (language, _) in PARTS {
        let texts = Texts::of(language);
        for code in causes() {
            let text = page(language, code);
            let advice = texts.cause(code, "operator").split('`').skip(1).step_by(2);
            for setting in advice {
                let (name, is) = setting
                    .split_once('=')
                    .map_or((setting, ""), |(it, _)| (it, "="));
                let stands =
                    text.contains(&format!("{name}{is}")) || text.contains(&format!("`{name}`"));
                assert!(stands, "{language}/{code}.md does not have {setting}");
            }
        }
    }
}

#[test]
fn the_pages_lead_to_each_other_only() {
    for (language, _) in PARTS {
        for code in causes() {
            for (link, _) in Document::read(&page(language, code)).links {
                let named = link.strip_suffix(".md");
                let is_cause = named.is_some_and(|name| causes().any(|it| it.as_str() == name));
                // Where else they lead, the program that serves them would have to know.
                assert!(is_cause, "{language}/{code}.md: {link}");
            }
        }
    }
}

#[test]
fn the_list_has_every_cause_under_who_can_mend_it() {
    for (language, _) in PARTS {
        let texts = Texts::of(language);
        let text = read(&folder(language).join("README.md"));
        let mut listed: Vec<(&str, Vec<(String, String)>)> = Vec::new();
        for part in text.split("\n## ").skip(1) {
            let (title, body) = part.split_once('\n').expect("a list");
            listed.push((title, Document::read(body).links));
        }
        let actors = [
            Actor::You,
            Actor::YourNetwork,
            Actor::ServerAdmin,
            Actor::Nobody,
        ];
        let expected: Vec<_> = actors
            .into_iter()
            .map(|actor| {
                let title = match texts.actor(actor).trim_end_matches('.') {
                    "" => words(language).1,
                    title => title,
                };
                let of_actor = causes().filter(|code| code.actor() == actor);
                let links = of_actor.map(|code| {
                    let sentence = texts.cause(code, "sentence");
                    (format!("{code}.md"), sentence.to_owned())
                });
                (title, links.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(listed, expected, "{language}");
        for code in causes() {
            assert!(
                text.contains(&format!(".md) `{code}`")),
                "{language}: {code}"
            );
        }
    }
}
