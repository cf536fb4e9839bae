//! `earshot check-conf` and `earshot explain-log`: files in, words or JSON out.

use super::{
    conf::{self, Around, File},
    finding::is_wrong,
    log, print,
};
use crate::{
    external::own_addresses,
    terminal::{harmless, harmless_json, is_read},
};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser};
use serde::Serialize;
use std::{
    io::{self, BufRead, BufReader, IsTerminal, Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

const CHECK_CONF: &str = "check-conf";
const EXPLAIN_LOG: &str = "explain-log";
const FILE: &str = "file";
const JSON: &str = "json";
const ELSEWHERE: &str = "elsewhere";

/// A configuration with every option ten times, and a certificate with all its issuers, are far smaller.
const LONGEST_FILE: u64 = 1 << 20;

/// A script takes it for “could not be done”: what stands in the file is not known.
const NOT_DONE: u8 = 2;

const EXITS: &str = "Exits with 0 where nothing is wrong (notes do not count), with 1 where something is, with 2 where \
                     the file could not be read.";

/// Both commands.
pub fn commands() -> [Command; 2] {
    let json = || {
        Arg::new(JSON)
            .long(JSON)
            .action(ArgAction::SetTrue)
            .help("Writes JSON")
    };
    let file = || {
        Arg::new(FILE)
            .value_name("FILE")
            .value_parser(ValueParser::path_buf())
    };
    [
        Command::new(CHECK_CONF)
            .about("Explains a configuration of coturn line by line, and says what is wrong with it")
            .after_help(EXITS)
            .arg(
                file()
                    .required(true)
                    .help("The configuration, often /etc/turnserver.conf; -: the standard input"),
            )
            .arg(json())
            .arg(
                Arg::new(ELSEWHERE)
                    .long(ELSEWHERE)
                    .action(ArgAction::SetTrue)
                    .help("It is for another machine: looks at no certificate and no address of this one"),
            ),
        Command::new(EXPLAIN_LOG)
            .about("Says in plain words what a log of coturn or of earshot shows")
            .after_help(format!(
                "{EXITS}\n\nFor example: journalctl -u coturn | earshot explain-log\n             \
                 docker logs coturn 2>&1 | earshot explain-log"
            ))
            .arg(file().help("The log; without it, or with -, the standard input"))
            .arg(json()),
    ]
}

/// Does what is asked for, if it is one of these.
pub fn run(matches: &ArgMatches) -> Option<ExitCode> {
    let done = match matches.subcommand()? {
        (CHECK_CONF, matches) => check_conf(matches),
        (EXPLAIN_LOG, matches) => explain_log(matches),
        _ => return None,
    };
    Some(match done {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("earshot: {}", harmless(&format!("{error:#}")));
            ExitCode::from(NOT_DONE)
        }
    })
}

/// A file, and what was found in it.
#[derive(Serialize)]
struct Document<'a, T> {
    file: &'a str,
    #[serde(flatten)]
    found: &'a T,
}

fn check_conf(matches: &ArgMatches) -> anyhow::Result<bool> {
    let path = path(matches);
    let name = shown(&path);
    let hint =
        "name coturn's configuration, often /etc/turnserver.conf, or - for the standard input";
    let text = match is_standard_input(&path) {
        true => bounded(io::stdin().lock()),
        false => std::fs::File::open(&path).and_then(bounded),
    };
    let text = text.map_err(|error| cannot_be_read(&name, &error, hint))?;
    let elsewhere = matches.get_flag(ELSEWHERE) || is_standard_input(&path);
    let beside = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let look = |path: &Path| look(&beside, path);
    let around = match elsewhere {
        true => Around::default(),
        false => Around {
            files: Some(&look),
            now: Some(time::OffsetDateTime::now_utc().unix_timestamp()),
            addresses: Some(own_addresses()),
        },
    };
    let checked = conf::check(&text, &around);
    anyhow::ensure!(
        !checked.is_something_else(),
        "{name} is no configuration of coturn: it knows none of its lines ({} say something)",
        checked.lines.len()
    );
    is_read(match matches.get_flag(JSON) {
        true => json(&name, &checked),
        false => print::conf(&mut anstream::stdout().lock(), &name, &checked),
    })?;
    Ok(is_wrong(&checked.findings))
}

fn explain_log(matches: &ArgMatches) -> anyhow::Result<bool> {
    let path = path(matches);
    let name = shown(&path);
    let hint =
        "name a log of coturn or of earshot, or let another program write it to the standard input";
    let explained = if is_standard_input(&path) {
        let input = io::stdin();
        anyhow::ensure!(
            !input.is_terminal(),
            "nothing is read from a terminal: name a file, or try journalctl -u coturn | earshot explain-log"
        );
        explain(input.lock())
    } else {
        std::fs::File::open(&path).and_then(|file| explain(BufReader::with_capacity(1 << 16, file)))
    };
    let explained = explained.map_err(|error| cannot_be_read(&name, &error, hint))?;
    anyhow::ensure!(
        explained.understood > 0,
        "{name} is no log of coturn or of earshot: nothing in it reads like one (lines: {})",
        explained.lines.count
    );
    is_read(match matches.get_flag(JSON) {
        true => json(&name, &explained),
        false => print::log(&mut anstream::stdout().lock(), &explained),
    })?;
    Ok(is_wrong(&explained.findings))
}

fn path(matches: &ArgMatches) -> PathBuf {
    let given = matches.get_one::<PathBuf>(FILE).cloned();
    given.unwrap_or_else(|| "-".into())
}

fn shown(path: &Path) -> String {
    match is_standard_input(path) {
        true => "the standard input".to_owned(),
        false => path.display().to_string(),
    }
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn cannot_be_read(name: &str, error: &io::Error, hint: &str) -> anyhow::Error {
    anyhow::anyhow!("{name} cannot be read ({error}): {hint}")
}

/// The log of a day is mostly packed when it is over.
fn explain(mut input: impl BufRead) -> io::Result<log::Explained> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    if input.fill_buf()?.starts_with(&GZIP) {
        return Err(io::Error::other(
            "it is packed; try zcat FILE | earshot explain-log",
        ));
    }
    log::explain(input)
}

fn bounded(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LONGEST_FILE {
        true => Err(io::Error::other("it is larger than 1 MB")),
        false => Ok(bytes),
    }
}

/// What lies where a line of the configuration says; a relative path is beside the configuration.
fn look(beside: &Path, path: &Path) -> File {
    let path = beside.join(path);
    let read = || {
        // Not to be opened: who opens a pipe waits for a writer, and a device may do anything.
        if !std::fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let file = std::fs::File::open(&path)?;
        let about = file.metadata()?;
        Ok((bounded(file)?, is_roots_only(&about)))
    };
    match read() {
        Ok((bytes, roots_only)) => File::Read { bytes, roots_only },
        Err(error) if io::Error::kind(&error) == io::ErrorKind::NotFound => File::Missing,
        Err(error) => File::Unreadable(error.to_string()),
    }
}

fn is_roots_only(about: &std::fs::Metadata) -> bool {
    let by_others = about.mode() & 0o004 != 0;
    let by_group = about.mode() & 0o040 != 0 && about.gid() != 0;
    about.uid() == 0 && !by_others && !by_group
}

fn json(file: &str, found: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&Document { file, found })?;
    writeln!(io::stdout().lock(), "{}", harmless_json(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("privkey.pem");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let here = folder.path().join("turnserver.conf");
        // Nobody will ever write into the pipe.
        for path in [
            Path::new("privkey.pem"),
            Path::new("."),
            Path::new("/dev/zero"),
        ] {
            match look(folder.path(), path) {
                File::Unreadable(why) => assert!(why.contains("no file"), "{why}"),
                _ => panic!("{} was read", path.display()),
            }
        }
        assert!(matches!(look(folder.path(), &here), File::Missing));
        std::fs::write(&here, "realm=x").unwrap();
        assert!(matches!(look(folder.path(), &here), File::Read { .. }));
    }
}
