//! The command line of `earshot check`: what was asked for, or everything that is wrong with it at once.

mod api;
mod login;
#[cfg(test)]
mod tests;

use super::{
    document::Document,
    servers::{Login, Source},
};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser};
use earshot_report::{IceUrl, Scheme, Transport};
use login::{is_login_given, login};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

const URI: &str = "uri";
const USERNAME: &str = "username";
const PASSWORD: &str = "password";
const PASSWORD_FILE: &str = "password-file";
const SECRET: &str = "secret";
const ICE_SERVERS: &str = "ice-servers";
const HEADER: &str = "header";
const POST: &str = "post";
const SECONDS: &str = "seconds";
const JSON: &str = "json";
const JUNIT: &str = "junit";
const WATCH: &str = "watch";
const METRICS_LISTEN: &str = "metrics-listen";

/// What means nothing where a page is tested.
const OF_SERVERS: [&str; 11] = [
    URI,
    USERNAME,
    PASSWORD,
    PASSWORD_FILE,
    SECRET,
    ICE_SERVERS,
    HEADER,
    POST,
    SECONDS,
    WATCH,
    METRICS_LISTEN,
];

/// Nobody has more, and each is called at 100 packets a second.
const MOST_URIS: usize = 32;
/// Loss and jitter are judged from two seconds of sound.
const TALK: Duration = Duration::from_secs(3);

/// What was asked for.
pub(super) struct Request {
    /// Which servers.
    pub(super) source: Source,
    /// How long the test calls last.
    pub(super) talk: Duration,
    /// The result as JSON instead of a table.
    pub(super) json: bool,
    /// Where JUnit's XML goes.
    pub(super) junit: Option<PathBuf>,
    /// Again and again, so long after each other.
    pub(super) watch: Option<Duration>,
    /// Where the numbers are served.
    pub(super) metrics: Option<SocketAddr>,
    /// Where an Earshot's page is, which tells more of each cause; empty: of any.
    pub(super) page: String,
}

/// The subcommand.
pub(super) fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("check")
        .about("Checks TURN and STUN servers from here, as a call would use them")
        .long_about(
            "Checks TURN and STUN servers from here, as a call would use them: name, UDP, TCP, TLS, DTLS, credentials, the \
             relayed address, and two test calls with packets at voice rate. Names the cause with the same words and \
             codes as the page, and says who can mend it.",
        )
        .after_help(
            "Exit codes: 0 all is well, 1 a fault was found, 2 the check could not be run.\n\n\
             Examples:\n  \
             TURN_PASSWORD=… earshot check --username voice turn:relay.example.org turns:relay.example.org\n  \
             TURN_SECRET=… earshot check turn:relay.example.org:3478?transport=udp\n  \
             earshot check --ice-servers https://app.example.org/ice --json\n  \
             earshot check --ice-servers https://api.example.org/turn --header 'Authorization: Bearer @token' --post\n  \
             earshot check stun:stun.example.org\n  \
             earshot check --browser https://hear.example.org",
        )
        .arg(
            Arg::new(URI)
                .value_name("URI")
                .action(ArgAction::Append)
                .help(
                    "turn:host:port?transport=udp, turns:host:port, stun:host:port, or turns:host:port?transport=udp for \
                     DTLS. A turn: URI without a transport is checked over UDP and TCP. The port is 3478 where none is \
                     written, 5349 with TLS and DTLS",
                ),
        )
        .arg(text(USERNAME, "NAME", "User name [environment: TURN_USERNAME]"))
        .arg(
            text(
                PASSWORD,
                "TEXT",
                "Password. Other users of this machine can see it: TURN_PASSWORD in the environment and --password-file are \
                 better",
            )
            .allow_hyphen_values(true),
        )
        .arg(
            text(PASSWORD_FILE, "FILE", "File with the password in its first line")
                .value_parser(ValueParser::path_buf()),
        )
        .arg(
            text(
                SECRET,
                "TEXT",
                "Shared secret (coturn: static-auth-secret): a credential for ten minutes is made from it \
                 [environment: TURN_SECRET]",
            )
            .allow_hyphen_values(true),
        )
        .arg(text(
            ICE_SERVERS,
            "FILE|URL",
            "RTCIceServer JSON, as applications hand it out: a list, or an object with iceServers",
        ))
        .arg(
            text(
                HEADER,
                "NAME: VALUE",
                "Header for the API of --ice-servers; may be given again. Other users of this machine can see it: \
                 'Authorization: Bearer @FILE' takes the file's first line [environment: ICE_SERVERS_HEADER]",
            )
            .action(ArgAction::Append),
        )
        .arg(
            text(POST, "BODY", "Asks that API with POST; @FILE: with what stands in the file")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value(""),
        )
        .arg(text(SECONDS, "N", "Length of the test calls, 1 to 60 [usual: 3]"))
        .arg(
            Arg::new(JSON)
                .long(JSON)
                .action(ArgAction::SetTrue)
                .help("Prints the result as JSON"),
        )
        .arg(
            text(JUNIT, "FILE", "Writes the result as JUnit XML, too")
                .value_parser(ValueParser::path_buf()),
        )
        .arg(
            text(WATCH, "SECONDS", "Repeats the check until it is told to end, so long after each other [usual: 60]")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("60"),
        )
        .arg(text(
            METRICS_LISTEN,
            "ADDRESS",
            "With --watch: serves the newest result to Prometheus at /metrics, for example on 127.0.0.1:9641",
        ))
        .args(crate::check_browser::arguments(&OF_SERVERS))
}

impl Request {
    /// What was asked for.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, with the way out.
    pub(super) fn read(
        matches: &ArgMatches,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let given: Vec<&String> = matches.get_many(URI).into_iter().flatten().collect();
        let urls = urls(&given, &mut problems);
        let login = login(matches, environment, &mut problems);
        let document = matches.get_one::<String>(ICE_SERVERS);
        let has_turn = urls.iter().any(|url| url.scheme == Scheme::Turn);
        match document {
            Some(_) if !given.is_empty() => problems.push(
                "URIs and --ice-servers are given – that document has URIs of its own: leave one of the two away"
                    .to_owned(),
            ),
            Some(_) if is_login_given(matches) => problems.push(
                "--ice-servers brings its own user names and passwords – leave --username, --password, \
                 --password-file and --secret away"
                    .to_owned(),
            ),
            None if given.is_empty() => problems.push(
                "nothing to check is named – write for example turn:relay.example.org:3478, or --ice-servers FILE"
                    .to_owned(),
            ),
            None if has_turn && matches!(login, Some(Login::None)) => problems.push(
                "a turn: URI needs credentials – give --username with the password in TURN_PASSWORD or \
                 --password-file, or the shared secret in TURN_SECRET, or --ice-servers"
                    .to_owned(),
            ),
            _ => {}
        }
        let place = document.map(String::as_str);
        let asking = api::asking(matches, environment, place, &mut problems);
        let talk = seconds(matches, SECONDS, 1..=60, &mut problems);
        let watch = seconds(matches, WATCH, 1..=86_400, &mut problems);
        let metrics = matches.get_one::<String>(METRICS_LISTEN);
        if metrics.is_some() && matches.value_source(WATCH).is_none() {
            problems.push(
                "--metrics-listen serves what --watch finds – add --watch, for example --watch=60"
                    .to_owned(),
            );
        }
        let metrics = metrics.and_then(|text| match text.parse() {
            Ok(address) => Some(address),
            Err(_) => {
                problems.push(format!(
                    "--metrics-listen “{text}” is no address with a port – write for example 127.0.0.1:9641"
                ));
                None
            }
        });
        let junit = matches.get_one::<PathBuf>(JUNIT).cloned();
        if let Some(path) = junit.as_deref().filter(|path| !has_folder(path)) {
            problems.push(format!(
                "the folder of --junit {} does not exist – make it first",
                path.display()
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let source = match (document, login) {
            (Some(place), _) => Source::Document(Document {
                place: place.clone(),
                asking,
            }),
            (None, login) => Source::Uris {
                urls,
                login: login.unwrap_or(Login::None),
            },
        };
        Ok(Self {
            source,
            talk: talk.unwrap_or(TALK),
            json: matches.get_flag(JSON),
            junit,
            watch,
            metrics,
            page: environment.get("PUBLIC_URL").cloned().unwrap_or_default(),
        })
    }
}

fn seconds(
    matches: &ArgMatches,
    name: &str,
    range: RangeInclusive<u64>,
    problems: &mut Vec<String>,
) -> Option<Duration> {
    let text = matches.get_one::<String>(name)?;
    let number = text.parse().ok().filter(|number| range.contains(number));
    if number.is_none() {
        problems.push(format!(
            "--{name} “{text}” is no number of seconds from {} to {}",
            range.start(),
            range.end()
        ));
    }
    number.map(Duration::from_secs)
}

/// Every URL, each once. A `turn:` URI that names no transport stands for two.
fn urls(given: &[&String], problems: &mut Vec<String>) -> Vec<IceUrl> {
    let mut urls: Vec<IceUrl> = Vec::new();
    for text in given {
        let url = match IceUrl::of_any_client(text) {
            Ok(url) => url,
            Err(error) => {
                problems.push(format!("{error}{}", hint(text)));
                continue;
            }
        };
        let names_transport = url.scheme == Scheme::Stun
            || url.transport == Transport::Tls
            || text.contains("transport=");
        let by_tcp = (!names_transport).then(|| IceUrl {
            transport: Transport::Tcp,
            ..url.clone()
        });
        for url in [Some(url), by_tcp].into_iter().flatten() {
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    if urls.len() > MOST_URIS {
        problems.push(format!(
            "{} URIs are more than can be checked at once – leave at most {MOST_URIS}",
            urls.len()
        ));
    }
    urls
}

/// What somebody who wrote this may have meant.
fn hint(text: &str) -> String {
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let has_scheme = text
        .split_once(':')
        .is_some_and(|(scheme, _)| !scheme.contains('.'));
    match !has_scheme && text.contains('.') && text.chars().all(is_host) {
        true => format!("; perhaps turn:{text}"),
        false => String::new(),
    }
}

fn has_folder(path: &Path) -> bool {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.is_dir(),
        _ => true,
    }
}
