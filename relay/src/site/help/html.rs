//! The texts as HTML.

use super::{
    language::Language,
    text::{INDEX, Part, Text},
};
use earshot_report::Code;
use pulldown_cmark::{CowStr, Event, Parser, Tag, html::push_html};
use std::fmt::Write;

/// A cause has so many parts; one that can be at the other end of a link, too, has one more, the last.
const PARTS: usize = 5;

/// The name's sign, as on the page (web/src/view/icons.rs).
const BRAND: &str = r#"<svg class="brand-icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M8 10a5 5 0 0 1 10 0c0 4-4 4-4 8a3 3 0 0 1-5.5 1.5"/><path d="M11 11a2 2 0 0 1 4-1"/><path d="M4 6a9 9 0 0 0 0 8"/></svg>"#;

/// The list of all causes.
pub(super) fn index(language: Language) -> String {
    let Some(text) = Text::find(language, INDEX) else {
        return missing(language);
    };
    let mut main = format!("<div class=\"index\">\n{}", heading(text.title));
    markdown(&mut main, text.lead, language);
    sections(&mut main, &text.parts, language);
    main.push_str("</div>\n");
    main += &way_on(language, "");
    document(language, text.title, "", &main)
}

/// The page about `code`, from the text about it, or about the same at one's own end.
pub(super) fn cause(code: Code, text: Text, language: Language) -> String {
    let words = language.words();
    let mut title = text.title.to_owned();
    let (own, at_partner) = text.parts.split_at(text.parts.len().min(PARTS));
    let mut main = String::new();
    if code.of_partner().is_some() {
        let [before, after] = words.partner;
        title = format!("{before}{}{after}", title.trim_end_matches('.'));
        main += &heading(&title);
        let acts = format!("**{}** {} `{code}`.", words.partner_acts, words.code);
        lead(&mut main, &acts, language);
        sections(&mut main, at_partner, language);
        markdown(
            &mut main,
            &format!("---\n\n*{}*", words.for_partner),
            language,
        );
        sections(&mut main, own, language);
    } else {
        main += &heading(&title);
        lead(&mut main, text.lead, language);
        sections(&mut main, &text.parts, language);
    }
    main += &way_on(language, &to_list(language));
    document(language, &title, &format!("/{code}"), &main)
}

/// For a name that is no cause's.
pub(super) fn missing(language: Language) -> String {
    let words = language.words();
    let mut main = heading(words.missing);
    markdown(&mut main, words.missing_next, language);
    main += &way_on(language, &to_list(language));
    document(language, words.missing, "", &main)
}

/// A page at `/help` and `path`.
fn document(language: Language, title: &str, path: &str, main: &str) -> String {
    let words = language.words();
    let tag = language.tag();
    let mut languages = String::new();
    for one in Language::ALL {
        let current = if one == language {
            r#" aria-current="true""#
        } else {
            ""
        };
        let (tag, name) = (one.tag(), one.name());
        // Writing to a string cannot fail.
        let _ = write!(
            languages,
            r#"<a href="/help{path}?lang={tag}" lang="{tag}" hreflang="{tag}"{current}>{name}</a>"#
        );
    }
    format!(
        r#"<!doctype html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} – Earshot</title>
<link rel="icon" type="image/svg+xml" href="/icons/icon.svg">
<link rel="stylesheet" href="/help.css">
</head>
<body>
<header class="top"><a class="brand" href="/" aria-label="{home}">{BRAND}<span>Earshot</span></a>
<nav class="languages" aria-label="{label}">{languages}</nav></header>
<main class="help">
{main}</main>
</body>
</html>
"#,
        title = escaped(title),
        home = words.home,
        label = words.languages,
    )
}

/// What one may press at the end: the test, and `others`.
fn way_on(language: Language, others: &str) -> String {
    let test = language.words().test;
    format!("<p class=\"actions\"><a class=\"button primary\" href=\"/\">{test}</a>{others}</p>\n")
}

fn to_list(language: Language) -> String {
    let (tag, all) = (language.tag(), language.words().all_causes);
    format!("\n<a class=\"button quiet\" href=\"/help?lang={tag}\">{all}</a>")
}

fn heading(title: &str) -> String {
    format!("<h1>{}</h1>\n", escaped(title))
}

/// Who can mend it, and the code.
fn lead(html: &mut String, text: &str, language: Language) {
    html.push_str("<div class=\"lead-box\">\n");
    markdown(html, text, language);
    html.push_str("</div>\n");
}

fn sections(html: &mut String, parts: &[Part], language: Language) {
    for part in parts {
        // Writing to a string cannot fail.
        let _ = writeln!(html, "<section>\n<h2>{}</h2>", escaped(part.heading));
        markdown(html, part.body, language);
        html.push_str("</section>\n");
    }
}

/// The links from one text to another lead from page to page.
fn markdown(html: &mut String, text: &str, language: Language) {
    let events = Parser::new(text).map(|event| match event {
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: served(dest_url, language),
            title,
            id,
        }),
        other => other,
    });
    push_html(html, events);
}

/// `udp-blocked.md` as `/help/udp-blocked`, in the same language.
fn served<'a>(link: CowStr<'a>, language: Language) -> CowStr<'a> {
    match link.strip_suffix(".md") {
        Some(name) if !name.contains('/') => format!("/help/{name}?lang={}", language.tag()).into(),
        _ => link,
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::new();
    push_html(&mut html, std::iter::once(Event::Text(text.into())));
    html
}
