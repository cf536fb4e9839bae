//! How the API of `--ice-servers` is asked: with which headers, and whether with a body. Either may be secret.

use super::{HEADER, ICE_SERVERS, POST, login::first_line};
use crate::{check::document::Asking, settings::Secret};
use clap::ArgMatches;
use std::{collections::BTreeMap, io::Read, path::Path};
use ureq::http::{HeaderName, HeaderValue};

/// The same as `--header`, where other users of the machine do not see it; one in a line.
const VARIABLE: &str = "ICE_SERVERS_HEADER";
/// What is asked for has a hundred bytes.
const LONGEST_BODY: u64 = 64 * 1024;

/// What `place` is asked with. A flag stands before the environment's header of the same name.
pub(super) fn asking(
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    place: Option<&str>,
    problems: &mut Vec<String>,
) -> Asking {
    let flags: Vec<&String> = matches.get_many(HEADER).into_iter().flatten().collect();
    let post = matches.get_one::<String>(POST);
    let is_api = place.is_some_and(|it| it.starts_with("http://") || it.starts_with("https://"));
    if !is_api {
        if !flags.is_empty() || post.is_some() {
            problems.push(format!(
                "--{HEADER} and --{POST} say how an API is asked – give its address in --{ICE_SERVERS}"
            ));
        }
        return Asking::default();
    }
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    let mut take = |read: Result<(HeaderName, HeaderValue), String>| match read {
        Ok(header) if headers.iter().any(|(name, _)| *name == header.0) => {}
        Ok(header) => headers.push(header),
        Err(problem) => problems.push(problem),
    };
    for (place, text) in flags.into_iter().enumerate() {
        take(header(&format!("--{HEADER} number {}", place + 1), text));
    }
    let lines = environment.get(VARIABLE).map_or("", String::as_str).lines();
    for (place, text) in lines
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        take(header(&format!("{VARIABLE}, line {},", place + 1), text));
    }
    let post = post.and_then(|text| match body(text) {
        Ok(body) => Some(Secret::from(body)),
        Err(problem) => {
            problems.push(problem);
            None
        }
    });
    Asking { headers, post }
}

/// `Name: value`. Of one that cannot be read nothing is shown: any part of it may be the secret.
fn header(whence: &str, text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong =
        || format!("{whence} is no header – write for example 'Authorization: Bearer @FILE'");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
    let value = value.trim();
    let value = match value.rfind('@') {
        // A file's first line stands for the last word.
        Some(at) if at == 0 || value[..at].ends_with(' ') => {
            let whence = format!("the file of the header {name}");
            let line = first_line(&whence, "what is sent", Path::new(&value[at + 1..]))?;
            format!("{}{line}", &value[..at])
        }
        _ => value.to_owned(),
    };
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| format!("the value of the header {name} has characters that none can have"))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// The text itself, or that of the file after an `@`.
fn body(text: &str) -> Result<String, String> {
    let Some(name) = text.strip_prefix('@') else {
        return Ok(text.to_owned());
    };
    let mut body = String::new();
    std::fs::File::open(name)
        .and_then(|file| file.take(LONGEST_BODY).read_to_string(&mut body))
        .map_err(|error| format!("--{POST} @{name} cannot be read – {error}"))?;
    Ok(body)
}
