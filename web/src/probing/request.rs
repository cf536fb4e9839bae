//! What is to be tested.

use super::ProbeError;
use crate::{json, state::MAX_URLS, update::Update};
use earshot_report::{IceUrl, Scheme, api::IceServer};
use std::fmt;

/// What is to be tested, and by whose help.
pub struct ProbeRequest {
    what: What,
    /// The address of a running `earshot` that helps.
    helper: Option<String>,
    on_update: Box<dyn Fn(&Update)>,
}

enum What {
    /// The servers that the program at this address is configured with.
    Program(String),
    Servers(Vec<IceServer>),
    /// Servers in JSON.
    Json(String),
}

/// A request in which everything is as it must be.
pub(super) enum Checked {
    Program(String),
    Servers(Vec<IceServer>, Option<String>),
}

impl ProbeRequest {
    /// The servers that the `earshot` at this address is configured with, its own relay first: the address of its page,
    /// such as `http://127.0.0.1:8080`. It tells what it saw of the test itself, and keeps the report.
    pub fn program(address: impl Into<String>) -> Self {
        Self::new(What::Program(address.into()))
    }

    /// These servers, as an application hands them to `RTCPeerConnection`. No program is needed: but then nobody tells
    /// what came in at the other end, and fewer causes can be told apart. See [`ProbeRequest::helped_by`].
    pub fn servers(servers: Vec<IceServer>) -> Self {
        Self::new(What::Servers(servers))
    }

    /// The same from JSON: an RTCIceServer, a list of them, or a whole RTCConfiguration with its `iceServers`.
    pub fn servers_json(json: impl Into<String>) -> Self {
        Self::new(What::Json(json.into()))
    }

    /// Has the `earshot` at this address help with servers that are not its own: it says how the network translates
    /// ports, and keeps the report. It is told their URLs and user names with the report, never a password.
    pub fn helped_by(mut self, address: impl Into<String>) -> Self {
        self.helper = Some(address.into());
        self
    }

    /// Hears what happens while it happens.
    pub fn on_update(mut self, tell: impl Fn(&Update) + 'static) -> Self {
        self.on_update = Box::new(tell);
        self
    }

    fn new(what: What) -> Self {
        Self {
            what,
            helper: None,
            on_update: Box::new(|_| {}),
        }
    }

    pub(super) fn tell(&self, update: &Update) {
        (self.on_update)(update);
    }

    /// Everything as it must be, or everything that is wrong.
    pub(super) fn check(&self) -> Result<Checked, ProbeError> {
        let mut wrong = Vec::new();
        let helper = self
            .helper
            .as_deref()
            .map(|address| base_of(address, &mut wrong));
        let servers = match &self.what {
            What::Program(address) => {
                let base = base_of(address, &mut wrong);
                if helper.is_some() {
                    wrong.push(
                        "a program needs no other one's help: leave helped_by away".to_owned(),
                    );
                }
                return match wrong.is_empty() {
                    true => Ok(Checked::Program(base)),
                    false => Err(ProbeError::Request(wrong)),
                };
            }
            What::Servers(servers) => servers.clone(),
            What::Json(text) => read_servers(text).unwrap_or_else(|| {
                wrong.push(
                    "the JSON holds no RTCIceServer: write for example \
                     [{\"urls\": \"turn:relay.example.org\", \"username\": \"…\", \"credential\": \"…\"}]"
                        .to_owned(),
                );
                Vec::new()
            }),
        };
        if wrong.is_empty() {
            wrong = faults(&servers);
        }
        match wrong.is_empty() {
            true => Ok(Checked::Servers(servers, helper)),
            false => Err(ProbeError::Request(wrong)),
        }
    }
}

/// The address of a running `earshot`.
impl From<&str> for ProbeRequest {
    fn from(address: &str) -> Self {
        Self::program(address)
    }
}

/// The same.
impl From<String> for ProbeRequest {
    fn from(address: String) -> Self {
        Self::program(address)
    }
}

/// Without the servers: they may carry passwords.
impl fmt::Debug for ProbeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = match &self.what {
            What::Program(address) => Some(address),
            What::Servers(_) | What::Json(_) => self.helper.as_ref(),
        };
        let program = program.map(|address| shown(address));
        f.debug_struct("ProbeRequest")
            .field("program", &program)
            .finish_non_exhaustive()
    }
}

/// Scheme, host and port of the program's address. The API lies at the root, wherever the page is.
fn base_of(address: &str, wrong: &mut Vec<String>) -> String {
    let address = address.trim();
    let scheme = ["http://", "https://"]
        .into_iter()
        .find(|scheme| address.starts_with(scheme));
    let rest = scheme.and_then(|scheme| address.strip_prefix(scheme));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match (scheme, authority) {
        (Some(scheme), Some(authority)) if !authority.is_empty() && !authority.contains('@') => {
            format!("{scheme}{authority}")
        }
        _ => {
            wrong.push(format!(
                "“{}” is not the address of a page: write for example http://127.0.0.1:8080",
                shown(address)
            ));
            String::new()
        }
    }
}

/// An address as it may be shown: a page is addressed without a user, whose password would stand before the host.
fn shown(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => address.to_owned(),
    }
}

fn read_servers(text: &str) -> Option<Vec<IceServer>> {
    let value = json::parse(text).ok()?;
    let inner = json::field(&value, "iceServers");
    let value = if inner.is_undefined() { value } else { inner };
    json::from_value(value.clone())
        .or_else(|_| json::from_value(value).map(|one| vec![one]))
        .ok()
}

/// Everything that is wrong with these servers.
fn faults(servers: &[IceServer]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for server in servers {
        count += server.urls.len();
        let urls = server.urls.iter().map(|url| url.parse::<IceUrl>());
        for url in urls {
            match url {
                Err(error) => wrong.push(error.to_string()),
                Ok(url) if url.scheme == Scheme::Turn && lacks_credentials(server) => {
                    wrong.push(format!(
                        "{url} needs a username and a credential: browsers do not begin without"
                    ));
                }
                Ok(_) => {}
            }
        }
    }
    if count == 0 {
        wrong.push("there is no URL to test: give for example turn:relay.example.org".to_owned());
    }
    if count > MAX_URLS {
        wrong.push(format!(
            "{count} URLs are more than are tested at once: give at most {MAX_URLS}, or several tests one after another"
        ));
    }
    wrong
}

fn lacks_credentials(server: &IceServer) -> bool {
    let absent = |word: &Option<String>| word.as_deref().unwrap_or_default().is_empty();
    absent(&server.username) || absent(&server.credential)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn wrong(request: ProbeRequest) -> Vec<String> {
        match request.check() {
            Err(ProbeError::Request(wrong)) => wrong,
            Err(other) => panic!("{other}"),
            Ok(_) => Vec::new(),
        }
    }

    fn server(urls: &[&str], password: Option<&str>) -> IceServer {
        IceServer {
            urls: urls.iter().map(|&url| url.to_owned()).collect(),
            username: Some("anna".to_owned()),
            credential: password.map(str::to_owned),
        }
    }

    #[test]
    fn of_an_address_scheme_host_and_port_count() {
        for (address, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (" https://hear.example.org/ ", "https://hear.example.org"),
            ("http://[::1]:8080/devices?auto#x", "http://[::1]:8080"),
        ] {
            match ProbeRequest::from(address).check() {
                Ok(Checked::Program(base)) => assert_eq!(base, expected),
                _ => panic!("{address} is one"),
            }
        }
        for address in ["", "hear.example.org", "http://", "ftp://a", "http://u:p@a"] {
            assert_eq!(wrong(ProbeRequest::from(address)).len(), 1, "{address}");
        }
    }

    #[test]
    fn everything_wrong_with_servers_is_told_at_once() {
        let fine = server(&["turn:relay.example.org", "stun:a"], Some("secret"));
        assert!(wrong(ProbeRequest::servers(vec![fine.clone()])).is_empty());
        let open = IceServer {
            username: None,
            credential: None,
            ..server(&["stun:relay.example.org"], None)
        };
        assert!(wrong(ProbeRequest::servers(vec![open])).is_empty());
        let lacking = server(&["turn:a", "turns://b"], None);
        let request = ProbeRequest::servers(vec![fine, lacking]).helped_by("nonsense");
        assert_eq!(wrong(request).len(), 1, "the address first");
        let lacking = server(&["turn:a", "turns://b"], None);
        assert_eq!(wrong(ProbeRequest::servers(vec![lacking])).len(), 2);
        assert_eq!(wrong(ProbeRequest::servers(Vec::new())).len(), 1);
        let many = server(&["stun:a"; MAX_URLS + 1], None);
        assert_eq!(wrong(ProbeRequest::servers(vec![many])).len(), 1);
        assert_eq!(
            wrong(ProbeRequest::from("http://a").helped_by("http://b")).len(),
            1
        );
    }

    #[test]
    fn a_request_shows_no_password() {
        let request = ProbeRequest::servers(vec![server(&["turn:a"], Some("hush"))]);
        assert!(!format!("{request:?}").contains("hush"));
        let request = ProbeRequest::servers_json(r#"{"credential": "hush"}"#);
        assert!(!format!("{request:?}").contains("hush"));
        // Neither does what is said of one.
        for address in ["http://anna:hush@a", "https://anna:hu@sh@a/", "anna:hush@a"] {
            let request = ProbeRequest::from(address).helped_by(address);
            let said = format!("{request:?} {:?}", wrong(ProbeRequest::from(address)));
            assert!(!said.contains("hu") && said.contains("…@a"), "{said}");
        }
        let request = ProbeRequest::servers(Vec::new()).helped_by("http://anna:hush@a");
        assert!(!format!("{request:?}").contains("hush"));
    }
}
