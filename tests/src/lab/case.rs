//! The matrix: which network with which fault and which server must end in which verdict. One line a case, in
//! `tests/lab/cases.txt`.

use super::{
    browser::WebRtc,
    net::{Delay, Fault, Layout, Proxy},
    server::Server,
};
use serde_json::Value;
use std::{
    fmt::{self, Display},
    str::FromStr,
    time::Duration,
};

/// The table.
pub const TABLE: &str = include_str!("../../lab/cases.txt");

/// Among the words of the network: see [`Case::is_unplugged`].
const UNPLUGGED: &str = "unplugged-in-test";

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// It is part of the core, which every `cargo xtask test` plays. In the table a star stands before its name.
    pub is_core: bool,
    /// The network.
    pub layout: Layout,
    /// What the browser allows WebRTC.
    pub web_rtc: WebRtc,
    /// The user's cable is out from the moment on when the test begins until its verdict must be there.
    pub is_unplugged: bool,
    /// The network, as the table writes it.
    pub network: String,
    /// What is wrong with the network from the start.
    pub faults: Vec<Fault>,
    /// The server under test.
    pub server: Server,
    /// Which browsers show it.
    pub browsers: Browsers,
    /// What must be found.
    pub expected: Expected,
    /// From click to verdict.
    pub deadline: Duration,
    /// Why this is the verdict; where a browser does not show it, why not.
    pub why: String,
}

/// Which browsers a case is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browsers {
    /// Chromium and Firefox.
    Both,
    /// Firefox does not show it.
    ChromiumOnly,
    /// Chromium does not show it.
    FirefoxOnly,
    /// Neither of them shows it.
    WebKitOnly,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// `good`, `degraded`, `broken` or `unknown`.
    pub status: String,
    /// A code.
    pub cause: String,
    /// Who can mend it.
    pub actor: String,
    /// Another cause that must be among the findings.
    pub beside: Option<String>,
}

impl FromStr for Expected {
    type Err = String;

    fn from_str(cell: &str) -> Result<Self, String> {
        let words: Vec<&str> = cell.split_whitespace().collect();
        let (words, beside) = match words.split_last() {
            Some((last, words)) if last.starts_with('+') => (words, last.strip_prefix('+')),
            _ => (&words[..], None),
        };
        let &[status, cause, actor] = words else {
            return Err(format!(
                "“{cell}”: a verdict is three words (status, cause, actor), and +cause if another must be found too"
            ));
        };
        Ok(Self {
            status: status.to_owned(),
            cause: cause.to_owned(),
            actor: actor.to_owned(),
            beside: beside.map(str::to_owned),
        })
    }
}

impl Expected {
    /// What a report says; of the causes beside only the one that this verdict has.
    pub fn of(report: &Value, wanted: &Self) -> Self {
        let text = |name: &str| {
            let word = report["verdict"][name].as_str();
            word.unwrap_or_default().to_owned()
        };
        let is_found = |cause: &String| {
            let findings = report["findings"].as_array();
            findings.is_some_and(|all| all.iter().any(|it| it["code"] == **cause))
        };
        Self {
            status: text("status"),
            cause: text("cause"),
            actor: text("actor"),
            beside: wanted.beside.clone().filter(is_found),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.status, self.cause, self.actor)?;
        match &self.beside {
            Some(cause) => write!(f, " +{cause}"),
            None => Ok(()),
        }
    }
}

/// A line of the table that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("tests/lab/cases.txt, line {line}: {reason}")]
pub struct TableError {
    line: usize,
    reason: String,
}

/// Every case of a table.
///
/// # Errors
/// The first line that cannot be read.
pub fn read(table: &str) -> Result<Vec<Case>, TableError> {
    let mut cases: Vec<Case> = Vec::new();
    for (place, line) in table.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let error = |reason: String| TableError {
            line: place + 1,
            reason,
        };
        let case: Case = line.parse().map_err(error)?;
        if cases.iter().any(|other| other.name == case.name) {
            return Err(error(format!("there is a case “{}” already", case.name)));
        }
        cases.push(case);
    }
    Ok(cases)
}

impl FromStr for Case {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [
            name,
            network,
            faults,
            server,
            browsers,
            verdict,
            seconds,
            why,
        ] = columns[..]
        else {
            let found = columns.len();
            return Err(format!(
                "eight columns are needed (name | network | faults | server | browsers | verdict | seconds | why), \
                 here are {found}"
            ));
        };
        let seconds: f64 = seconds
            .parse()
            .map_err(|_| format!("“{seconds}” is no number of seconds"))?;
        let core = name.strip_prefix('*');
        Ok(Self {
            name: core.unwrap_or(name).to_owned(),
            is_core: core.is_some(),
            layout: layout(network)?,
            web_rtc: web_rtc(network)?,
            is_unplugged: words(network).any(|word| word == UNPLUGGED),
            network: network.to_owned(),
            faults: words(faults).map(named).collect::<Result<_, _>>()?,
            server: server.parse()?,
            browsers: match browsers {
                "both" => Browsers::Both,
                "chromium" => Browsers::ChromiumOnly,
                "firefox" => Browsers::FirefoxOnly,
                "webkit" => Browsers::WebKitOnly,
                other => {
                    return Err(format!(
                        "“{other}” is none of both, chromium, firefox, webkit: the browsers that show the case"
                    ));
                }
            },
            expected: verdict.parse()?,
            deadline: Duration::from_secs_f64(seconds),
            why: why.to_owned(),
        })
    }
}

/// The words of a cell; a dash is none.
pub(super) fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split_whitespace().filter(|word| *word != "-")
}

pub(super) fn named<T: FromStr<Err: Display>>(word: &str) -> Result<T, String> {
    word.parse().map_err(|error: T::Err| error.to_string())
}

fn layout(cell: &str) -> Result<Layout, String> {
    let mut layout = Layout::default();
    for word in words(cell) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "nat" => layout.nat = named(value)?,
            "families" => layout.families = named(value)?,
            "dns" => layout.dns = named(value)?,
            "relay-behind-nat" => layout.relay_behind_nat = true,
            "second-interface" => layout.second_interface = true,
            "proxy" => layout.proxy = Some(proxy(value)?),
            "delay" => layout.delay = Some(delay(value)?),
            "bursts" => layout.delay.get_or_insert_default().burst = named(value)?,
            // Of the browser, and of a moment, not of the network.
            "webrtc" | UNPLUGGED => {}
            other => {
                return Err(format!(
                    "“{other}” is none of nat=, families=, dns=, relay-behind-nat, second-interface, proxy=, delay=, \
                     bursts=, webrtc=, {UNPLUGGED}"
                ));
            }
        }
    }
    Ok(layout)
}

/// What is set in the browser stands among the words of the network.
fn web_rtc(cell: &str) -> Result<WebRtc, String> {
    match words(cell).find_map(|word| word.strip_prefix("webrtc=")) {
        None => Ok(WebRtc::Usual),
        Some("proxied-only") => Ok(WebRtc::ProxiedOnly),
        Some("default-address-only") => Ok(WebRtc::DefaultAddressOnly),
        Some("all-addresses") => Ok(WebRtc::AllAddresses),
        Some("off") => Ok(WebRtc::Off),
        Some(other) => Err(format!(
            "webrtc={other}: none of proxied-only, default-address-only, all-addresses, off"
        )),
    }
}

/// `any`, or the ports that CONNECT may reach: `443,8080`.
fn proxy(value: &str) -> Result<Proxy, String> {
    if value == "any" {
        return Ok(Proxy::AnyPort);
    }
    let ports = value.split(',').map(str::parse).collect::<Result<_, _>>();
    ports
        .map(Proxy::Ports)
        .map_err(|_| format!("proxy={value}: neither “any” nor a list of ports"))
}

/// `75`, or `75+20` with jitter: milliseconds each way.
fn delay(value: &str) -> Result<Delay, String> {
    let (each_way, jitter) = value.split_once('+').unwrap_or((value, "0"));
    match (each_way.parse(), jitter.parse()) {
        (Ok(milliseconds), Ok(jitter)) => Ok(Delay {
            milliseconds,
            jitter,
            burst: 0,
        }),
        _ => Err(format!("delay={value}: milliseconds, as 75 or 75+20")),
    }
}
