//! Every number, folded below: findings, servers, test calls, candidates, surroundings, the raw report.

mod candidates;
mod environment;
mod findings;
mod legs;
mod plot;
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

/// Screen 4.
pub(super) fn fold(run: &Run, scene: &Scene) -> Element {
    let json = element("pre")
        .set("tabindex", "0")
        .text(report_file::json(run));
    let raw = element("details")
        .class("raw")
        .with(scene.plain("summary", keys::DETAILS_RAW))
        .with(json);
    element("details")
        .class("details")
        .set("id", "details")
        .with(scene.plain("summary", keys::VERDICT_DETAILS))
        .with(findings::section(run, scene))
        .with(servers::section(run, scene))
        .with(legs::section(run, scene))
        .each(legs::legend(run, scene))
        .with(candidates::section(run, scene))
        .each(candidates::errors(run, scene))
        .with(environment::section(run, scene))
        .with(raw)
}

/// A table that becomes a list of cards where it is too narrow for columns. Each cell carries its head for that.
fn table(title: Key, heads: &[Key], rows: Vec<Vec<Element>>, scene: &Scene) -> Element {
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
fn cell() -> Element {
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
