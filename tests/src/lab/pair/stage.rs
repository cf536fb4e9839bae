//! Two homes with the program between them.

use super::case::Person;
use crate::{
    child::Running,
    http,
    lab::{
        authority::{Authority, Flaw},
        browser::{Open, Settings, WebRtc},
        driven::Driven,
        net::{Layout, Namespace, Network},
    },
    program,
};
use serde_json::Value;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};
use tempfile::TempDir;

/// The page's port: plain HTTP, so that what is done to TLS is done to the relay alone.
const PAGE: u16 = 8080;
/// Where both open the page.
pub const ORIGIN: &str = "http://relay.test.example:8080";
const OPERATOR_KEY: &str = "the-key-of-the-labs-operator";
const START: Duration = Duration::from_secs(30);

/// Two people in networks of their own, each with the faults of theirs, and the program.
pub struct Stage {
    /// The program.
    pub page: Running,
    authority: Authority,
    _folder: TempDir,
    network: Network,
}

impl Stage {
    /// Builds it. `None`, after saying why: this machine lacks something.
    pub fn set(owner: &Person, guest: &Person) -> Option<Self> {
        let network = Network::real(&Layout {
            nat: owner.nat,
            second_user: Some(guest.nat),
            ..Layout::default()
        })?;
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let authority = Authority::make(folder.path()).expect("a certificate can be made");
        let page = serve(&network, &authority, folder.path());
        for fault in &owner.faults {
            network.apply(*fault).expect("a fault can be made");
        }
        for fault in &guest.faults {
            let made = network.apply_to_second_user(*fault);
            made.expect("a fault can be made");
        }
        Some(Self {
            page,
            authority,
            _folder: folder,
            network,
        })
    }

    /// Opens a page for the one who makes a link, or for the other one. `None`, after saying why: a part is missing.
    pub fn open(&self, person: &Person, is_owner: bool, url: &str) -> Option<Open> {
        person.browser.open(url, &self.settings(person, is_owner))
    }

    /// The same, with somebody at it.
    pub async fn drive(&self, person: &Person, is_owner: bool, url: &str) -> Option<Driven> {
        Driven::open(person.browser, url, self.settings(person, is_owner)).await
    }

    fn settings(&self, person: &Person, is_owner: bool) -> Settings<'_> {
        Settings {
            namespace: self.home(is_owner),
            authority: self.authority.certificate(),
            origin: ORIGIN,
            proxy: None,
            web_rtc: WebRtc::Usual,
            devices: person.devices,
            driven: None,
        }
    }

    /// Pulls the cable of the one who makes a link.
    pub fn unplug_owner(&self) {
        let unplugged = self.network.plug_user(false);
        unplugged.expect("a cable can be pulled");
    }

    fn home(&self, is_owner: bool) -> &Namespace {
        match is_owner {
            true => self.network.user(),
            false => self.network.second_user().expect("the layout has one"),
        }
    }

    /// Asks the program for something, with a key or without.
    pub fn ask(&self, method: &str, path: &str, key: &str, body: &str) -> Value {
        let page = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PAGE);
        let key = format!("Bearer {key}");
        let headers = [
            ("Authorization", key.as_str()),
            ("Content-Type", "application/json"),
        ];
        let headers = if key.len() > "Bearer ".len() {
            &headers[..]
        } else {
            &headers[1..]
        };
        let asked = || http::request(page, method, path, headers, body).json();
        let relay = self.network.relay();
        relay.enter(asked).expect("the namespace is there")
    }

    /// The reports under a link, each as the operator reads it.
    pub fn reports(&self, token: &str, secret: &str) -> Vec<(bool, Value)> {
        let listed = self.ask("GET", &format!("/api/links/{token}"), secret, "");
        let reports = listed["reports"].as_array().into_iter().flatten();
        let read = |listed: &Value| {
            let path = format!("/api/reports/{}", listed["id"].as_str().unwrap_or_default());
            let is_owners = listed["who"] == "owner";
            (is_owners, self.ask("GET", &path, OPERATOR_KEY, ""))
        };
        reports.map(read).collect()
    }

    /// The report of the call that one of the two made.
    pub fn call_of(&self, token: &str, secret: &str, is_owner: bool) -> Option<Value> {
        let mut reports = self.reports(token, secret).into_iter();
        let is_it = |(is_owners, report): &(bool, Value)| {
            *is_owners == is_owner && !report["facts"]["pair"].is_null()
        };
        reports.find(is_it).map(|(_, report)| report)
    }
}

fn serve(network: &Network, authority: &Authority, folder: &Path) -> Running {
    let issued = authority.issue("relay.test.example", Flaw::None);
    let (certificate, key) = issued.expect("a certificate can be made");
    let mut command = network.relay().command(program::binary());
    command
        .arg("serve")
        .env("EARSHOT_DATA", folder.join("data"))
        .env("HTTP_LISTEN", format!("[::]:{PAGE}"))
        .env("PUBLIC_URL", ORIGIN)
        .env("OPERATOR_KEY", OPERATOR_KEY)
        .env("TLS_LISTEN", "0.0.0.0:443,[::]:443")
        .env("TLS_CERT", certificate)
        .env("TLS_KEY", key)
        .env("SSL_CERT_FILE", authority.certificate());
    let mut running = Running::start(&mut command);
    running.wait_for("started", START);
    running
}
