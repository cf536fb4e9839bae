//! The cases of two people. One line each, in `tests/lab/pairs.txt`.

use crate::lab::{
    browser::Browser,
    case::{Expected, named, words},
    devices::Devices,
    net::{Fault, Nat},
};
use std::{str::FromStr, time::Duration};

/// The table.
pub const TABLE: &str = include_str!("../../../lab/pairs.txt");

/// One line of the table.
#[derive(Clone, Debug)]
pub struct PairCase {
    /// Its name.
    pub name: String,
    /// It is part of the core, which every `cargo xtask test` plays. In the table a star stands before its name.
    pub is_core: bool,
    /// Who made the link.
    pub owner: Person,
    /// Who opened it.
    pub guest: Person,
    /// From the first ring until both have their verdict.
    pub deadline: Duration,
    /// Why these are the verdicts.
    pub why: String,
}

/// One of the two.
#[derive(Clone, Debug)]
pub struct Person {
    /// As the table writes it.
    pub words: String,
    /// The browser.
    pub browser: Browser,
    /// What stands between them and the internet.
    pub nat: Nat,
    /// What is wrong with their network.
    pub faults: Vec<Fault>,
    /// Their microphone and speaker.
    pub devices: Devices,
    /// What they must read.
    pub expected: Expected,
}

/// Every case of a table.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn read(table: &str) -> Result<Vec<PairCase>, String> {
    let lines = table.lines().enumerate();
    let cases = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let read = |(place, line): (usize, &str)| {
        let place = place + 1;
        line.parse()
            .map_err(|reason: String| format!("tests/lab/pairs.txt, line {place}: {reason}"))
    };
    cases.map(read).collect()
}

impl FromStr for PairCase {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [name, owner, guest, owner_reads, guest_reads, seconds, why] = columns[..] else {
            let found = columns.len();
            return Err(format!(
                "seven columns are needed (name | owner | guest | owner reads | guest reads | seconds | why), here are \
                 {found}"
            ));
        };
        let seconds: f64 = seconds
            .parse()
            .map_err(|_| format!("“{seconds}” is no number of seconds"))?;
        let core = name.strip_prefix('*');
        Ok(Self {
            name: core.unwrap_or(name).to_owned(),
            is_core: core.is_some(),
            owner: person(owner, owner_reads)?,
            guest: person(guest, guest_reads)?,
            deadline: Duration::from_secs_f64(seconds),
            why: why.to_owned(),
        })
    }
}

/// `chromium nat=symmetric devices=silent udp-dropped`: the browser, and what differs from the usual.
fn person(cell: &str, reads: &str) -> Result<Person, String> {
    let mut given = words(cell);
    let browser = match given.next() {
        Some("chromium") => Browser::Chromium,
        Some("firefox") => Browser::Firefox,
        other => {
            return Err(format!(
                "“{}” is neither chromium nor firefox",
                other.unwrap_or_default()
            ));
        }
    };
    let mut person = Person {
        words: cell.to_owned(),
        browser,
        nat: Nat::default(),
        faults: Vec::new(),
        devices: Devices::Talking,
        expected: reads.parse()?,
    };
    for word in given {
        match word.split_once('=') {
            Some(("nat", value)) => person.nat = named(value)?,
            Some(("devices", value)) => person.devices = value.parse()?,
            _ => person.faults.push(named(word)?),
        }
    }
    Ok(person)
}
