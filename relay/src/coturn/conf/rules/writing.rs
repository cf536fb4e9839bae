//! How the lines are written.

use super::{
    Around, Conf, Finding, fault, note,
    options::{self, Kind},
    read::{LONGEST_LINE, Line, boolean},
    warning,
};
use earshot_report::Code;
use std::collections::HashMap;

/// Options that may stand there several times.
const SEVERAL: [&str; 12] = [
    "user",
    "static-auth-secret",
    "listening-ip",
    "relay-ip",
    "external-ip",
    "aux-server",
    "alternate-server",
    "tls-alternate-server",
    "tcp-alternate-server",
    "udp-alternate-server",
    "allowed-peer-ip",
    "denied-peer-ip",
];

pub(super) fn long_lines(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in conf.lines.iter().filter(|line| line.too_long) {
        let what = format!("A line has more than {LONGEST_LINE} characters");
        let why = "coturn takes what is behind them for a line of its own.";
        found.push(fault("line-too-long", what, why).at(line.number));
    }
}

/// What follows a value on its line, and coturn takes for a part of it.
fn appendix(line: &Line) -> Option<&'static str> {
    let value = line.value.as_str();
    let quoted = value.len() > 1 && value.starts_with('\'') && value.ends_with('\'');
    if value.starts_with('#') || value.contains(" #") || value.contains("\t#") {
        Some("A comment stands behind a value")
    } else if value.ends_with(';') || line.name.ends_with(';') {
        Some("A line ends with a semicolon")
    } else if quoted {
        Some("A value stands in single quotation marks")
    } else {
        None
    }
}

/// The line as it was meant.
fn without_appendix(line: &Line) -> Line {
    let mut meant = line.clone();
    for mark in ["\t#", " #"] {
        if let Some((value, _)) = meant.value.split_once(mark) {
            meant.value = value.to_owned();
        }
    }
    if meant.value.starts_with('#') {
        meant.value.clear();
    }
    meant.name = meant.name.trim_end_matches(';').to_owned();
    meant.value = meant
        .value
        .trim()
        .trim_end_matches(';')
        .trim_matches('\'')
        .to_owned();
    meant.option = options::find(&meant.name);
    meant
}

pub(super) fn comments_and_marks(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in &conf.lines {
        let Some(what) = appendix(line) else {
            continue;
        };
        let stops = line.option.is_some_and(|option| option.kind == Kind::Flag)
            && boolean(&line.value).is_none();
        let why = match (stops, line.option) {
            (true, _) => {
                "coturn takes it for a part of the value, which is then neither yes nor no, and does not start."
            }
            (_, None) => {
                "coturn takes it for a part of the name, does not know that name, and ignores the line."
            }
            _ => {
                "coturn takes it for a part of the value. A comment stands on a line of its own that begins with #."
            }
        };
        let mut finding = fault("value-with-appendix", what, why).at(line.number);
        if stops {
            finding = finding.cause(Code::ServerUnreachable);
        }
        found.push(finding.replace(line.number, without_appendix(line).shown()));
    }
}

pub(super) fn neither_yes_nor_no(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in &conf.lines {
        let is_flag = line.option.is_some_and(|option| option.kind == Kind::Flag);
        if !is_flag || boolean(&line.value).is_some() || appendix(line).is_some() {
            continue;
        }
        let what = format!("{} takes yes or no", line.name);
        let why = "coturn does not start with this value.";
        found.push(
            fault("neither-yes-nor-no", what, why)
                .cause(Code::ServerUnreachable)
                .at(line.number)
                .replace(line.number, line.name.clone()),
        );
    }
}

/// Whether somebody was to write something else there.
pub(super) fn is_to_fill_in(value: &str) -> bool {
    let between = |open: &str, close: char| {
        value
            .strip_prefix(open)
            .is_some_and(|rest| rest.ends_with(close))
    };
    let variable = value.strip_prefix('$').is_some_and(|name| {
        name.len() > 1
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    });
    between("<", '>') || between("${", '}') || between("$(", ')') || between("{{", '}') || variable
}

/// The same of a value that is no secret, where such a mark may stand in the middle.
fn has_to_fill_in(value: &str) -> bool {
    let loud = value.to_ascii_uppercase();
    let marks = ["${", "$(", "{{"].iter().any(|mark| value.contains(mark));
    let yours = [
        "YOUR_",
        "YOUR-",
        "YOUR.",
        "YOURDOMAIN",
        "YOURIP",
        "REPLACE_",
        "XXX.XXX",
        "X.X.X.X",
    ]
    .iter()
    .any(|mark| loud.starts_with(mark) || loud.contains(&format!(".{mark}")));
    let brackets = value.contains('<') && value.contains('>');
    marks || yours || brackets || is_to_fill_in(value)
}

/// Whether a rule of this file says what is wrong with the value, so that no other has to.
pub(super) fn is_told(line: &Line) -> bool {
    line.too_long || has_to_fill_in(&line.value) || appendix(line).is_some()
}

pub(super) fn left_to_fill_in(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in &conf.lines {
        let Some(option) = line.option else {
            continue;
        };
        let to_fill_in = match option.kind {
            Kind::Hidden => is_to_fill_in(&line.value),
            Kind::User => line.value.split(':').any(is_to_fill_in),
            _ => has_to_fill_in(&line.value),
        };
        if !to_fill_in {
            continue;
        }
        let what = format!("The value of {} is still to be filled in", line.name);
        let why = "coturn puts in no variables: it takes what stands there as it is.";
        found.push(fault("left-to-fill-in", what, why).at(line.number));
    }
}

pub(super) fn unknown(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in &conf.lines {
        if line.option.is_some() || appendix(line).is_some() {
            continue;
        }
        let what = format!(
            "coturn knows no “{}” and ignores the line",
            line.shown_name()
        );
        let Some(nearest) = line.nearest else {
            let why = "Nothing is changed by it.";
            found.push(warning("unknown-option", what, why).at(line.number));
            continue;
        };
        let mut meant = line.clone();
        meant.name = nearest.to_owned();
        meant.option = options::find(nearest);
        let why = match line.name.chars().next() {
            Some('-') => "In this file the names stand without dashes.".to_owned(),
            Some('\u{feff}') => "An invisible mark (BOM) stands before the name.".to_owned(),
            _ => format!("Did you mean {nearest}?"),
        };
        found.push(
            warning("unknown-option", what, why)
                .at(line.number)
                .replace(line.number, meant.shown()),
        );
    }
}

pub(super) fn twice(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for (line, later) in with_another_later(conf) {
        if line.option.is_none() || SEVERAL.contains(&line.name.as_str()) {
            continue;
        }
        let what = format!(
            "{} stands there twice, and the later line counts",
            line.name
        );
        let why = "The other one has no effect.";
        found.push(
            note("written-twice", what, why)
                .at(line.number)
                .at(later.number)
                .delete(line.number),
        );
    }
}

/// Each line with the next one of its name that has another value, in order, where there is one.
fn with_another_later(conf: &Conf) -> Vec<(&Line, &Line)> {
    /// The line of a name that was met last from the end on, and the next one that says something else than it.
    type Met<'a> = (&'a Line, Option<&'a Line>);
    let mut met = HashMap::<&str, Met<'_>>::new();
    let mut pairs = Vec::new();
    for line in conf.lines.iter().rev() {
        let another = match met.get(line.name.as_str()) {
            Some((later, another)) if later.value == line.value => *another,
            Some((later, _)) => Some(*later),
            None => None,
        };
        met.insert(&line.name, (line, another));
        pairs.extend(another.map(|another| (line, another)));
    }
    pairs.reverse();
    pairs
}
