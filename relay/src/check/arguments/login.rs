//! User name and password: from flags, a file, or the environment.

use super::{PASSWORD, PASSWORD_FILE, SECRET, USERNAME};
use crate::{check::servers::Login, settings::Secret};
use clap::ArgMatches;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// Passwords are shorter.
const LONGEST_PASSWORD: u64 = 4 * 1024;

/// Any of the flags is there.
pub(super) fn is_login_given(matches: &ArgMatches) -> bool {
    [USERNAME, PASSWORD, SECRET]
        .iter()
        .any(|name| matches.get_one::<String>(name).is_some())
        || matches.get_one::<PathBuf>(PASSWORD_FILE).is_some()
}

/// Flags before the environment, and of the environment a user's password before the shared secret. `None`: a problem
/// was named.
pub(super) fn login(
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    problems: &mut Vec<String>,
) -> Option<Login> {
    let flag = |name| matches.get_one::<String>(name).cloned();
    let variable = |name: &str| environment.get(name).filter(|it| !it.is_empty()).cloned();
    let ways = [PASSWORD, PASSWORD_FILE, SECRET];
    let ways: Vec<&str> = ways
        .into_iter()
        .filter(|way| matches.value_source(way).is_some())
        .collect();
    if let [one, other, ..] = ways[..] {
        problems.push(format!(
            "--{one} and --{other} are given – one of them is enough"
        ));
        return None;
    }
    let username = flag(USERNAME).or_else(|| variable("TURN_USERNAME"));
    let secret = flag(SECRET).or_else(|| match ways.is_empty() {
        true => variable("TURN_SECRET"),
        false => None,
    });
    let password = match matches.get_one::<PathBuf>(PASSWORD_FILE) {
        Some(path) => match first_line("--password-file", "the password", path) {
            Ok(password) => Some(password),
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        },
        None if ways.contains(&SECRET) => None,
        None => flag(PASSWORD).or_else(|| variable("TURN_PASSWORD")),
    };
    match (username, password, secret) {
        (Some(username), Some(password), _) => Some(Login::Password {
            username,
            password: Secret::from(password),
        }),
        (name, None, Some(secret)) | (name, Some(_), Some(secret)) => Some(Login::Minted {
            name: name.unwrap_or_else(|| "check".to_owned()),
            secret: Secret::from(secret),
        }),
        (Some(username), None, None) if flag(USERNAME).is_some() => {
            problems.push(format!(
                "user {username} has no password – put it into TURN_PASSWORD or --password-file, or give the shared \
                 secret in TURN_SECRET"
            ));
            None
        }
        (None, Some(_), None) if !ways.is_empty() => {
            problems.push(
                "a password is given and no user name – add --username, or TURN_USERNAME"
                    .to_owned(),
            );
            None
        }
        _ => Some(Login::None),
    }
}

/// The first line of the file `whence` tells of, which is `what`.
pub(super) fn first_line(whence: &str, what: &str, path: &Path) -> Result<String, String> {
    let mut line = String::new();
    let read = File::open(path)
        .and_then(|file| BufReader::new(file.take(LONGEST_PASSWORD)).read_line(&mut line));
    let name = path.display();
    read.map_err(|error| format!("{whence} {name} cannot be read – {error}"))?;
    match line.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => Err(format!(
            "{whence} {name} is empty – its first line is {what}"
        )),
    }
}
