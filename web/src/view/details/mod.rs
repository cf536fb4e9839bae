//! Every number, folded below: findings, servers, test calls, candidates, surroundings, the raw report.

mod candidates;
mod environment;
mod findings;
mod legs;
mod plot;
mod servers;

use super::Scene;
use crate::{
    locale::{Key, keys},
    report_file,
    state::Run,
};
use yew::prelude::*;

/// Screen 4.
pub(super) fn fold(run: &Run, scene: &Scene) -> Html {
    html! {
        <details class="details" id="details">
            <summary>{ scene.text(keys::VERDICT_DETAILS) }</summary>
            { findings::section(run, scene) }
            { servers::section(run, scene) }
            { legs::section(run, scene) }
            { candidates::section(run, scene) }
            { environment::section(run, scene) }
            <details class="raw">
                <summary>{ scene.text(keys::DETAILS_RAW) }</summary>
                <pre tabindex="0">{ report_file::json(run) }</pre>
            </details>
        </details>
    }
}

/// A table that becomes a list of cards where it is too narrow for columns. Each cell carries its head for that.
fn table(title: Key, heads: &[Key], rows: Vec<Vec<Html>>, scene: &Scene) -> Html {
    let head = |key: &Key| html! { <th scope="col">{ scene.text(*key) }</th> };
    let cell = |(key, content): (&Key, Html)| {
        html! { <td data-head={scene.locale.text(*key).to_owned()}><div>{ content }</div></td> }
    };
    let empty = rows.is_empty();
    let row = |cells: Vec<Html>| html! { <tr>{ for heads.iter().zip(cells).map(cell) }</tr> };
    html! {
        <section>
            <h2>{ scene.text(title) }</h2>
            if empty {
                <p class="unmeasured">{ scene.text(keys::DETAILS_EMPTY) }</p>
            } else {
                <table>
                    <thead><tr>{ for heads.iter().map(head) }</tr></thead>
                    <tbody>{ for rows.into_iter().map(row) }</tbody>
                </table>
            }
        </section>
    }
}

/// A URL, that may break at its colons and not in the middle of a name.
fn url(url: &earshot_report::IceUrl) -> Html {
    html! { <span class="url">{ url.to_string() }</span> }
}

/// The URL of a target by its number.
fn target_url(run: &Run, id: u16) -> Html {
    run.target(id)
        .map(|facts| url(&facts.target.url))
        .unwrap_or_default()
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
