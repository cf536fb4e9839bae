//! What an operator reads on a terminal: 80 columns, and colour only there (anstream takes it out elsewhere).

use super::{
    conf::{Checked, Explained as ExplainedLine},
    finding::{About, Finding, Remedy, Seen, Severity},
    log::Explained,
    text::{plain, wrapped},
};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

const WIDTH: usize = 80;
/// Where a finding's text begins, behind the word for how much it matters.
const INDENT: usize = 9;
/// Where the meaning of a line begins.
const MEANING: usize = 38;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// A configuration, line by line, and what was found.
pub(super) fn conf(out: &mut impl Write, name: &str, checked: &Checked) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}\n", plain(name))?;
    for line in &checked.lines {
        explained_line(out, line)?;
    }
    if checked.lines.is_empty() {
        writeln!(
            out,
            "  No line says anything, so coturn goes by what is usual."
        )?;
    }
    writeln!(out)?;
    findings(out, &checked.findings)
}

/// A log's figures, and what was found.
pub(super) fn log(out: &mut impl Write, log: &Explained) -> io::Result<()> {
    for line in wrapped(&figures(log), WIDTH) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    findings(out, &log.findings)
}

fn explained_line(out: &mut impl Write, line: &ExplainedLine) -> io::Result<()> {
    let left = format!("{:>4}  {}", line.line, line.text);
    let width = left.chars().count();
    let style = match line.known {
        true => DIM,
        false => colour(Severity::Warning),
    };
    let mut meaning = wrapped(&line.means, WIDTH - MEANING).into_iter();
    if width + 2 > MEANING {
        writeln!(out, "{left}")?;
    } else {
        let first = meaning.next().unwrap_or_default();
        writeln!(out, "{left:<MEANING$}{style}{first}{style:#}")?;
    }
    for more in meaning {
        writeln!(out, "{:MEANING$}{style}{more}{style:#}", "")?;
    }
    Ok(())
}

fn figures(log: &Explained) -> String {
    let program = match (log.program, &log.version) {
        (Some(program), Some(version)) => format!("A log of {program} {version}"),
        _ => "A log".to_owned(),
    };
    let lines = if log.lines.count == 1 {
        "line"
    } else {
        "lines"
    };
    let mut text = format!("{program}: {} {lines}", log.lines.count);
    if let Some(times) = times(&log.lines) {
        text.push_str(&format!(", {times}"));
    }
    let allocations = log.allocations.count;
    text.push_str(&match allocations {
        0 => ". No allocation was made".to_owned(),
        1 => format!(". One allocation was made, by {}", about(&log.allocations)),
        _ => {
            let users = match log.users {
                1 => "one user".to_owned(),
                users => format!("{users} users"),
            };
            format!(
                ". {allocations} allocations were made, by {users}: {}",
                about(&log.allocations)
            )
        }
    });
    text.push_str(&match log.ended {
        0 => "; the end of none is in the log.".to_owned(),
        ended => format!(
            "; {ended} ended, {} of them relayed something.",
            log.relayed
        ),
    });
    text
}

fn findings(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        self::finding(out, finding)?;
    }
    if let Some(cause) = findings.iter().find_map(|finding| finding.cause) {
        let more = format!(
            "[{cause}] and the other causes are explained at /help/{cause} of your Earshot."
        );
        for line in wrapped(&more, WIDTH) {
            writeln!(out, "{DIM}{line}{DIM:#}")?;
        }
        writeln!(out)?;
    }
    let counts: Vec<String> = [Severity::Fault, Severity::Warning, Severity::Note]
        .into_iter()
        .filter_map(|severity| {
            let count = findings
                .iter()
                .filter(|one| one.severity == severity)
                .count();
            let name = severity.as_str();
            match count {
                0 => None,
                1 => Some(format!("1 {name}")),
                _ => Some(format!("{count} {name}s")),
            }
        })
        .collect();
    match counts.is_empty() {
        true => writeln!(out, "Nothing is wrong."),
        false => writeln!(out, "{BOLD}{}.{BOLD:#}", counts.join(", ")),
    }
}

fn finding(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let style = colour(finding.severity);
    let lines = match finding.lines.as_slice() {
        [] => String::new(),
        [line] => format!("line {line}: "),
        lines => {
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            format!("lines {}: ", lines.join(", "))
        }
    };
    let likely = if finding.likely { "likely: " } else { "" };
    let cause = match finding.cause {
        Some(cause) => format!(" [{cause}]"),
        None => String::new(),
    };
    let what = format!("{lines}{likely}{}{cause}", finding.what);
    let word = finding.severity.as_str();
    for (index, line) in wrapped(&what, WIDTH - INDENT).iter().enumerate() {
        let word = if index == 0 { word } else { "" };
        writeln!(out, "{style}{word:INDENT$}{style:#}{BOLD}{line}{BOLD:#}")?;
    }
    for line in wrapped(&finding.why, WIDTH - INDENT) {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    if let Some(text) = finding.seen.as_ref().and_then(seen) {
        for line in wrapped(&text, WIDTH - INDENT) {
            writeln!(out, "{:INDENT$}{DIM}{line}{DIM:#}", "")?;
        }
    }
    remedies(out, &finding.remedies)?;
    writeln!(out)
}

/// The lines to write stand alone, and whole, so that they can be copied.
fn remedies(out: &mut impl Write, remedies: &[Remedy]) -> io::Result<()> {
    let green = Style::new().fg_color(Some(AnsiColor::Green.into()));
    let mut adding = false;
    for remedy in remedies {
        let (heading, write) = match remedy {
            Remedy::Delete { line } => (format!("delete line {line}"), None),
            Remedy::Replace { line, write } => {
                (format!("write instead of line {line}:"), Some(write))
            }
            Remedy::Add { write } => ("add:".to_owned(), Some(write)),
        };
        let goes_on = adding && matches!(remedy, Remedy::Add { .. });
        adding = matches!(remedy, Remedy::Add { .. });
        if !goes_on {
            writeln!(out, "{:INDENT$}{heading}", "")?;
        }
        if let Some(write) = write {
            writeln!(out, "{:INDENT$}  {green}{write}{green:#}", "")?;
        }
    }
    Ok(())
}

fn seen(seen: &Seen) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(times(seen));
    if !seen.about.is_empty() {
        parts.push(about(seen));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn times(seen: &Seen) -> Option<String> {
    match (&seen.first, &seen.last) {
        (Some(first), Some(last)) if first == last => Some(format!("at {first}")),
        (Some(first), Some(last)) => Some(format!("from {first} to {last}")),
        _ => None,
    }
}

fn about(seen: &Seen) -> String {
    let names: Vec<String> = seen
        .about
        .iter()
        .map(|About { name, count }| {
            let name = if name.is_empty() { "<>" } else { name };
            format!("{name} ({count})")
        })
        .collect();
    let told: u64 = seen.about.iter().map(|about| about.count).sum();
    match seen.count > told {
        true => format!("{} and others", names.join(", ")),
        false => names.join(", "),
    }
}

fn colour(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Fault => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

#[cfg(test)]
pub(super) mod tests {
    /// No line is broken by a terminal of 80 columns, but for those that are to be copied whole.
    pub(in crate::coturn) fn fits(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) {
        let mut text = Vec::new();
        write(&mut text).unwrap();
        let mut plain = anstream::StripStream::new(Vec::new());
        std::io::Write::write_all(&mut plain, &text).unwrap();
        let text = String::from_utf8(plain.into_inner()).unwrap();
        for line in text.lines() {
            let is_whole = line.contains('=') && !line.trim_start().contains(' ');
            assert!(line.chars().count() <= 80 || is_whole, "{line}");
        }
        assert!(text.ends_with(".\n"), "{text}");
    }
}
