//! What of a Markdown text is looked at.

use pulldown_cmark::{
    BrokenLink, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd,
};

/// A heading.
#[derive(Debug, PartialEq)]
pub(crate) struct Heading {
    pub(crate) level: HeadingLevel,
    pub(crate) text: String,
}

/// A text, taken apart.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) headings: Vec<Heading>,
    /// Where links and pictures lead, with the words of each.
    pub(crate) links: Vec<(String, String)>,
    /// References such as `[words][name]` without a definition of the name.
    pub(crate) undefined: Vec<String>,
    /// HTML, in which nobody would look for links.
    pub(crate) html: Vec<String>,
}

impl Document {
    pub(crate) fn read(text: &str) -> Self {
        let mut undefined = Vec::new();
        let mut callback = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
            // Words in square brackets alone are no link.
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                undefined.push(link.reference.to_string());
            }
            None
        };
        let options = Options::ENABLE_TABLES;
        let parser = Parser::new_with_broken_link_callback(text, options, Some(&mut callback));
        let mut document = Self::default();
        let mut open: Vec<(String, String)> = Vec::new();
        let mut heading: Option<String> = None;
        for event in parser {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(level)) => {
                    let text = heading.take().unwrap_or_default();
                    document.headings.push(Heading { level, text });
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    open.push((dest_url.to_string(), String::new()));
                }
                Event::End(TagEnd::Link | TagEnd::Image) => document.links.extend(open.pop()),
                Event::Text(words) | Event::Code(words) => {
                    let links = open.iter_mut().map(|(_, text)| text);
                    links
                        .chain(&mut heading)
                        .for_each(|text| text.push_str(&words));
                }
                Event::SoftBreak => {
                    let links = open.iter_mut().map(|(_, text)| text);
                    links.chain(&mut heading).for_each(|text| text.push(' '));
                }
                Event::Html(html) | Event::InlineHtml(html) => document.html.push(html.to_string()),
                _ => {}
            }
        }
        document.undefined = undefined;
        document
    }

    /// The names by which a link leads to each heading, as GitHub makes them: small letters, spaces as hyphens, no
    /// punctuation; a number behind those that stood before already.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for heading in &self.headings {
            let text = heading.text.trim().to_lowercase();
            let letters = text.chars().filter_map(|letter| match letter {
                ' ' => Some('-'),
                '-' | '_' => Some(letter),
                _ => letter.is_alphanumeric().then_some(letter),
            });
            let name: String = letters.collect();
            let mut anchor = name.clone();
            let mut nth = 0;
            while anchors.contains(&anchor) {
                nth += 1;
                anchor = format!("{name}-{nth}");
            }
            anchors.push(anchor);
        }
        anchors
    }
}

/// Headings as in GitHub's own documentation of "section links", and what its renderer makes of others.
#[test]
fn anchors_are_those_of_github() {
    let text = "# This'll be a _Helpful_ Section About the Greek Letter Θ!\n\
        ## This heading is not unique in the file\ntext\n\
        ## This heading is not unique in the file\n\
        ## `cargo xtask test`, and how\n\
        ## Если это у собеседника\n";
    assert_eq!(
        Document::read(text).anchors(),
        [
            "thisll-be-a-helpful-section-about-the-greek-letter-θ",
            "this-heading-is-not-unique-in-the-file",
            "this-heading-is-not-unique-in-the-file-1",
            "cargo-xtask-test-and-how",
            "если-это-у-собеседника",
        ]
    );
}
