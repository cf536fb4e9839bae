//! Every number, folded below: findings, servers, test calls, candidates, surroundings, the raw report.

mod candidates;
mod devices;
pub(crate) mod environment;
pub(crate) mod findings;
mod legs;
pub(crate) mod plot;
mod servers;

use super::{
    Scene,
    element::{Element, element},
};
use crate::{
    locale::{Key, keys},
    report_file,
    state::Run,
};
use earshot_report::facts::Fact;

/// Screen 4.
pub(crate) fn fold(run: &Run, scene: &Scene) -> Element {
    let json = element("pre")
        .set("tabindex", "0")
        .text(report_file::json(run));
    let raw = element("details")
        .class("raw")
        .with(scene.plain("summary", keys::DETAILS_RAW))
        .with(json);
    let whole = element("details")
        .class("details")
        .set("id", "details")
        .with(scene.plain("summary", keys::VERDICT_DETAILS))
        .with(findings::section(run, scene))
        .each(devices::section(run, scene));
    let whole = match run.facts.is_of_devices() || run.facts.pair().is_some() {
        true => whole,
        false => whole
            .with(servers::section(run, scene))
            .with(legs::section(run, scene))
            .each(legs::legend(run, scene))
            .with(candidates::section(run, scene))
            .each(candidates::errors(run, scene)),
    };
    whole.with(environment::section(run, scene)).with(raw)
}

/// A table that becomes a list of cards where it is too narrow for columns. Each cell carries its head for that.
pub(crate) fn table(title: Key, heads: &[Key], rows: Vec<Vec<Element>>, scene: &Scene) -> Element {
    let section = element("section").with(scene.plain("h2", title));
    if rows.is_empty() {
        return section.with(scene.say("p", "unmeasured", keys::DETAILS_EMPTY));
    }
    let head = |key: &Key| scene.plain("th", *key).set("scope", "col");
    let cell = |(key, content): (&Key, Element)| {
        element("td")
            .set("data-head", scene.text(*key))
            .with(content)
    };
    let row = |cells: Vec<Element>| element("tr").each(heads.iter().zip(cells).map(cell));
    let heads = element("tr").each(heads.iter().map(head));
    let table = element("table")
        .with(element("thead").with(heads))
        .with(element("tbody").each(rows.into_iter().map(row)));
    section.with(table)
}

/// What a cell of a table holds.
pub(crate) fn cell() -> Element {
    element("div")
}

/// A URL, that may break at its colons and not in the middle of a name.
fn url(url: &earshot_report::IceUrl) -> Element {
    element("span").class("url").text(url.to_string())
}

/// An address and a port, an IPv6 address in brackets.
fn socket(address: &earshot_report::Address, port: u16) -> String {
    let text = address.as_str();
    if text.contains(':') {
        format!("[{text}]:{port}")
    } else {
        format!("{text}:{port}")
    }
}

/// A name and a yes, a no, or that it is not known.
fn fact(key: Key, fact: Fact, scene: &Scene) -> [Element; 2] {
    let value = element("dd");
    let value = match fact {
        Fact::Yes => value.text(scene.text(keys::VALUE_YES)),
        Fact::No => value.with(scene.plain("strong", keys::VALUE_NO)),
        Fact::NotMeasured => value.with(scene.unmeasured(keys::VALUE_UNKNOWN)),
    };
    [scene.plain("dt", key), value]
}

/// A name and a value in words, or that it is not known.
fn words(key: Key, words: Option<String>, scene: &Scene) -> [Element; 2] {
    let value = element("dd");
    let value = match words {
        Some(words) => value.text(words),
        None => value.with(scene.unmeasured(keys::VALUE_UNKNOWN)),
    };
    [scene.plain("dt", key), value]
}
