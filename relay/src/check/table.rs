//! The result for a person at a terminal.

use super::{
    notices,
    run::Checked,
    sentences,
    steps::{self, Check, State, Step},
};
use crate::site::help;
use anstyle::{AnsiColor, Style};
use earshot_report::{Actor, Code, Status, facts::NatMapping};
use std::fmt::Write;

/// Lines of sentences are not longer.
const WIDTH: usize = 100;

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// A table of one line for each URL, what else is worth knowing, and the verdict. Coloured; whoever prints it where
/// colours mean nothing takes them out. An Earshot's page is at `page`; empty: it is not known where.
pub(super) fn text(checked: &Checked, page: &str) -> String {
    let mut text = String::new();
    rows(checked, &mut text);
    troubles(checked, &mut text);
    surroundings(checked, &mut text);
    verdict(checked, page, &mut text);
    text
}

fn rows(checked: &Checked, text: &mut String) {
    let header = [
        "",
        "URI",
        "reach",
        "TLS",
        "login",
        "relayed address",
        "call by two relays",
        "from outside",
    ];
    let mut rows: Vec<(State, [String; 8])> = Vec::new();
    for place in 0..checked.facts.targets.len() {
        rows.push(row(checked, place));
    }
    let mut widths = header.map(|cell| cell.chars().count());
    for (_, row) in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    // A column in which nothing stands says nothing.
    let is_empty = |column: usize| {
        column > 1
            && rows
                .iter()
                .all(|(_, row)| matches!(row[column].as_str(), "" | "–"))
    };
    let columns: Vec<usize> = (0..header.len())
        .filter(|&column| !is_empty(column))
        .collect();
    let line = |cells: &[String; 8]| {
        let cells = columns.iter().map(|&column| {
            let padding = widths[column] - cells[column].chars().count();
            format!("{}{}", cells[column], " ".repeat(padding))
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let _ = writeln!(text, "{DIM}{}{DIM:#}", line(&header.map(str::to_owned)));
    for (state, row) in &rows {
        let style = style(*state);
        let shown = line(row);
        // The mark is the first letter of the line.
        let mark = shown.chars().next().map_or(0, char::len_utf8);
        let (mark, rest) = shown.split_at(mark);
        let _ = writeln!(text, "{style}{mark}{style:#}{rest}");
    }
}

fn row(checked: &Checked, place: usize) -> (State, [String; 8]) {
    let steps = steps::of(checked, place);
    let step = |check| steps.iter().find(|step| step.check == check);
    let says = |check: Check| match step(check) {
        None => String::new(),
        Some(step) if step.state == State::NotMeasured => "–".to_owned(),
        Some(step) => step.says.clone(),
    };
    let reach = match (step(Check::Name), step(Check::Reach)) {
        (Some(name), _) if name.state == State::Failed => "no such name".to_owned(),
        (
            _,
            Some(Step {
                state: State::Failed,
                ..
            }),
        ) => "silent".to_owned(),
        (_, Some(Step { ms: Some(ms), .. })) => format!("{ms:.0} ms"),
        _ => "–".to_owned(),
    };
    let certificate = match step(Check::Certificate) {
        Some(step) if step.state == State::Failed => match step.cause {
            Some(Code::TlsCertificateExpired) => "expired".to_owned(),
            Some(Code::TlsCertificateWrongName) => "wrong name".to_owned(),
            Some(Code::TlsCertificateUntrusted) => "untrusted".to_owned(),
            _ => "fails".to_owned(),
        },
        Some(_) => says(Check::Certificate)
            .split(" left")
            .next()
            .unwrap_or_default()
            .to_owned(),
        None => String::new(),
    };
    let is_open = [Check::Anonymous, Check::WrongPassword]
        .iter()
        .any(|check| {
            step(*check).is_some_and(|step| step.state == State::Failed && step.cause.is_some())
        });
    let login = match step(Check::Login) {
        _ if is_open => "open to all".to_owned(),
        _ if step(Check::Realm).is_some_and(|step| step.state == State::Failed) => {
            "no realm".to_owned()
        }
        Some(step) if step.state == State::Passed => "ok".to_owned(),
        Some(_) => says(Check::Login),
        None => String::new(),
    };
    let address = checked.facts.native_probes[place].relayed.as_ref();
    let address = match (step(Check::RelayedAddress), address) {
        (Some(_), Some((address, _))) => address.to_string(),
        (Some(_), None) => "–".to_owned(),
        (None, _) => String::new(),
    };
    let outside = match step(Check::RelayToDirect) {
        Some(step) if step.state == State::Passed => "reached".to_owned(),
        _ => says(Check::RelayToDirect),
    };
    let state = worst(&steps);
    let url = &checked.facts.targets[place].target.url;
    let row = [
        mark(state).to_owned(),
        url.to_string(),
        reach,
        certificate,
        login,
        address,
        says(Check::RelayToRelay),
        outside,
    ];
    (state, row)
}

fn worst(steps: &[Step]) -> State {
    let is = |state| steps.iter().any(|step| step.state == state);
    // Of a server that was not spoken with nothing is known.
    let is_met = steps
        .iter()
        .any(|step| step.check == Check::Stun && step.state != State::NotMeasured);
    match (is(State::Failed), is(State::Warning)) {
        (true, _) => State::Failed,
        (false, true) => State::Warning,
        (false, false) if is_met => State::Passed,
        (false, false) => State::NotMeasured,
    }
}

fn mark(state: State) -> &'static str {
    match state {
        State::Passed => "✓",
        State::Failed => "✗",
        State::Warning => "!",
        State::NotMeasured => "·",
    }
}

fn style(state: State) -> Style {
    match state {
        State::Passed => GREEN,
        State::Failed => RED,
        State::Warning => YELLOW,
        State::NotMeasured => DIM,
    }
}

/// What failed, and why DTLS or a call could not be tried, in words; what several URLs have alike once.
fn troubles(checked: &Checked, text: &mut String) {
    let mut told: Vec<(Step, Vec<String>)> = Vec::new();
    for (place, target) in checked.facts.targets.iter().enumerate() {
        let url = target.target.url.to_string();
        let call = checked.beside[place].call.as_ref();
        let is_missing = call.is_some_and(|call| call.no_direct.is_some());
        for step in steps::of(checked, place) {
            let is_told = match (step.state, step.check) {
                (State::Failed, _) => true,
                (State::NotMeasured, Check::Dtls) => true,
                (_, Check::RelayToDirect) => is_missing,
                _ => false,
            };
            if !is_told {
                continue;
            }
            let alike = |(other, _): &&mut (Step, Vec<String>)| {
                (other.check, &other.says) == (step.check, &step.says)
            };
            match told.iter_mut().find(alike) {
                Some((_, urls)) => urls.push(url.clone()),
                None => told.push((step, vec![url.clone()])),
            }
        }
    }
    if !told.is_empty() {
        text.push('\n');
    }
    let all = checked.facts.targets.len();
    for (step, urls) in told {
        let whom = match urls.len() == all && all > 1 {
            true => "all".to_owned(),
            false => urls.join(", "),
        };
        let (style, mark) = (style(step.state), mark(step.state));
        let missing = match step.state {
            State::NotMeasured => "not measured, ",
            _ => "",
        };
        let (name, says) = (step.check.as_str(), step.says);
        let _ = writeln!(
            text,
            "{style}{mark}{style:#}  {name}: {missing}{says} {DIM}({whom}){DIM:#}"
        );
    }
}

fn surroundings(checked: &Checked, text: &mut String) {
    let mapping = match checked.facts.environment.nat_mapping {
        Some(NatMapping::None) => Some("none"),
        Some(NatMapping::EndpointIndependent) => {
            Some("one outer port for all (endpoint-independent)")
        }
        Some(NatMapping::EndpointDependent) => Some("another outer port for each (symmetric)"),
        None => None,
    };
    let mut mapped = checked.beside.iter().map(|seen| &seen.beside.mapped);
    let is_asked = mapped.any(|mapped| mapped.get().is_some());
    if let Some(words) = mapping {
        let _ = writeln!(text, "\nNAT in front of this machine: {words}");
    } else if is_asked {
        let _ = writeln!(
            text,
            "\n{DIM}NAT in front of this machine: not measured, the server answers on one port{DIM:#}"
        );
    }
    for notice in notices::of(checked) {
        let _ = writeln!(text, "\n{YELLOW}!{YELLOW:#} {BOLD}{}{BOLD:#}", notice.code);
        wrapped(&notice.says, text);
        wrapped(notice.advice, text);
    }
}

fn verdict(checked: &Checked, page: &str, text: &mut String) {
    let verdict = &checked.judgement.verdict;
    let state = state(verdict.status);
    let (style, mark) = (style(state), mark(state));
    let status = sentences::status(verdict.status);
    let _ = writeln!(
        text,
        "\n{style}{mark} {status}{style:#} – {BOLD}{}{BOLD:#}",
        verdict.cause
    );
    wrapped(&checked.sentence(), text);
    if verdict.actor != Actor::Nobody {
        wrapped(sentences::actor(verdict.actor), text);
    }
    if verdict.cause != Code::Good {
        wrapped(sentences::next(verdict.cause), text);
        let _ = writeln!(text, "\n  {BOLD}{}{BOLD:#}", sentences::advice());
        wrapped(sentences::operator(verdict.cause), text);
        let more = help::address(page, verdict.cause);
        let _ = match page {
            "" => writeln!(text, "  More: {more} on the page of any earshot"),
            _ => writeln!(text, "  More: {more}"),
        };
    }
    let mut others: Vec<Code> = Vec::new();
    for finding in &checked.judgement.findings {
        let is_known = finding.code == verdict.cause || others.contains(&finding.code);
        if !is_known && finding.explained_by.is_none() {
            others.push(finding.code);
        }
    }
    for cause in others {
        let _ = writeln!(text, "\n  Found besides: {BOLD}{cause}{BOLD:#}");
        wrapped(&sentences::sentence(cause, true), text);
        wrapped(sentences::operator(cause), text);
    }
    of_servers(checked, text);
}

/// Each server by itself, where there are several.
fn of_servers(checked: &Checked, text: &mut String) {
    let servers = &checked.judgement.servers;
    if servers.len() < 2 {
        return;
    }
    text.push('\n');
    for server in servers {
        let mut targets = checked.facts.targets.iter();
        let of_server = targets.find(|target| target.target.server == server.server);
        let host = of_server.map_or("", |target| target.target.url.host.as_str());
        let (status, cause) = (server.verdict.status, server.verdict.cause);
        let style = style(state(status));
        let status = sentences::status(status);
        let _ = writeln!(text, "  {host}: {style}{status}{style:#} – {cause}");
    }
}

fn state(status: Status) -> State {
    match status {
        Status::Good => State::Passed,
        Status::Degraded => State::Warning,
        Status::Broken => State::Failed,
        Status::Unknown => State::NotMeasured,
    }
}

/// A sentence in lines, each a bit from the edge.
fn wrapped(sentence: &str, text: &mut String) {
    let mut length = 0;
    for word in sentence.split_whitespace() {
        let letters = word.chars().count();
        if length == 0 {
            text.push(' ');
        } else if length + letters + 1 > WIDTH {
            text.push_str("\n ");
            length = 0;
        }
        text.push(' ');
        text.push_str(word);
        length += letters + 1;
    }
    text.push('\n');
}
