//! Whatever a log holds.

use super::{LOGS, explained, names};
use crate::coturn::log::{explain, tally::Tally};
use std::io::{BufReader, Read};

/// A log that is made while it is read: lines of all names and sessions, for as many bytes as one wishes.
struct Endless {
    line: Vec<u8>,
    number: u64,
    left: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        if self.line.is_empty() {
            self.number += 1;
            let number = self.number;
            self.line = format!(
                "{number}: : session {number:018}: new, realm=<r>, username=<user{number}>, lifetime=600\n\
                 {number}: : ERROR: check_stun_auth: Cannot find credentials of user <other{number}>\n\
                 {number}: : ERROR: A peer IP 10.0.0.1{number} denied in the range: 10.0.0.0-10.255.255.255\n"
            )
            .into_bytes();
        }
        let count = buffer.len().min(self.line.len());
        buffer[..count].copy_from_slice(&self.line[..count]);
        self.line.drain(..count);
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

#[test]
fn many_names_and_sessions_are_counted() {
    let input = Endless {
        line: Vec::new(),
        number: 0,
        left: 60_000_000,
    };
    let told = explain(BufReader::new(input)).unwrap();
    assert!(
        told.allocations.count > 200_000,
        "{}",
        told.allocations.count
    );
    assert_eq!(told.users, 1000);
    assert!(told.allocations.about.len() <= 5);
    let expected = [
        "warning users-refused credentials-wrong",
        "note peers-refused",
    ];
    assert_eq!(names(&told.findings), expected);
}

/// Every part of every line, and bytes that are no text: nothing breaks, and no control reaches a terminal.
#[test]
fn no_bytes_break_it() {
    for (_, log, _) in LOGS {
        for line in log.lines().take(120) {
            for (cut, _) in line.char_indices().step_by(5) {
                explained(&line[cut..]);
                explained(&line[..cut]);
                let strange = format!("{}\u{7}é\u{1b}]0;{}", &line[..cut], &line[cut..]);
                let told = explained(&strange);
                let text = serde_json::to_string(&told).unwrap();
                assert!(!text.contains("\\u00"), "{strange}: {text}");
            }
        }
    }
    let told =
        explain(&b"\xff\xfe session 1: new, realm=<\xff>, username=<\xc3\x28>\0\n"[..]).unwrap();
    assert_eq!(told.allocations.count, 1);
}

/// A number that a log may hold and that a count cannot.
#[test]
fn counts_end_where_numbers_do() {
    let more = format!("x  INFO {} more requests were refused\n", u64::MAX);
    let refused = "7: : ERROR: check_stun_auth: Cannot find credentials of user <u>\n\
                   7: : session 001: realm <r> user <>: incoming packet ALLOCATE processed, error 401: Unauthorized\n";
    let told = explained(&(more.repeat(2) + refused));
    let seen = told
        .findings
        .iter()
        .find(|one| one.rule == "users-refused")
        .and_then(|one| one.seen.as_ref());
    assert_eq!(seen.unwrap().count, u64::MAX);
}

/// Each code with a thousand names would fill the memory.
#[test]
fn codes_that_nobody_tells_of_take_no_room() {
    let mut tally = Tally::default();
    for code in 300..=u16::MAX {
        tally.line(&format!(
            "7: : session 001: realm <r> user <u>: incoming packet ALLOCATE processed, error {code}: x"
        ));
    }
    assert_eq!(tally.understood, u64::from(u16::MAX) - 299);
    assert!(tally.errors.len() < 10, "{}", tally.errors.len());
}

/// Where the time stands, too.
#[test]
fn no_control_comes_with_a_time() {
    for time in [
        "Nov\u{7}21\u{7}20:00:00",
        "2026-11-21T1:2:3:\u{9b}",
        "1-1-1-\u{7}\u{7}\u{7}\u{7}T20:00:00",
    ] {
        let told = explained(&format!("{time} session 001: new, realm=<>, username=<>\n"));
        assert_eq!(told.allocations.count, 1, "{time:?}");
        let text = serde_json::to_string(&told).unwrap();
        assert!(
            !text.contains(['\u{9b}', '\u{7}']) && !text.contains("\\u00"),
            "{text}"
        );
    }
}

/// coturn quotes a line of its configuration that has no name.
#[test]
fn no_password_comes_with_a_complaint() {
    let complaint = |line: &str| {
        let log = format!("0: : Bad configuration format: {line}\n");
        let told = explained(&log);
        told.findings[0].seen.as_ref().unwrap().about[0]
            .name
            .clone()
    };
    for line in ["alice:hunter2", "hunter2", "aHVudGVyMg=="] {
        assert!(complaint(line).ends_with('…'), "{}", complaint(line));
    }
    assert!(complaint("relm").ends_with(": relm"));
}
