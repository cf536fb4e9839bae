//! One case in one browser: the network is built and broken, the servers are started, the browser tests, and the
//! report tells the verdict.

use super::{
    authority::{Authority, Flaw},
    browser::{self, Browser},
    case::{Case, Expected},
    company::Seat,
    devices::Devices,
    net::{Family, Fault, INTERCEPTOR, Network},
    server::Kind,
};
use crate::{child::Running, http, program, real_part, turn_client::TurnClient};
use serde_json::Value;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// The page's port: plain HTTP, so that what is done to TLS is done to the relay alone.
const PAGE: u16 = 8080;
/// The port of web servers.
const HTTP: u16 = 80;
/// Shows a program another time; the loader puts the machine's own folder for `$LIB`. What libfaketime shares between
/// programs, and leaves behind, ends with the mounts of `ip netns exec`.
const WITH_CLOCK: &str = r#"mount -t tmpfs shm /dev/shm &&
LD_PRELOAD='/usr/$LIB/faketime/libfaketimeMT.so.1' exec "$0" "$@""#;
pub(super) const PASSWORD: &str = "the-password-of-the-labs-relay";
const OPERATOR_KEY: &str = "the-key-of-the-labs-operator";
/// A browser starts on a busy machine, measures ten seconds at the most, and saves.
/// Through a network that loses a third of the packets the page itself may take a minute to load.
const PATIENCE: Duration = Duration::from_secs(180);
const START: Duration = Duration::from_secs(30);

/// How a case ended.
#[derive(Clone, Debug)]
pub struct Played {
    /// What the report says.
    pub verdict: Expected,
    /// From click to verdict.
    pub duration: Duration,
    /// The report, and what program and browser said.
    pub story: String,
}

/// Plays a case, and takes that seat while its browser runs. `None`, after saying why: it is skipped, because this machine
/// lacks something.
///
/// # Errors
/// There was no report; everything that was said.
pub fn play(case: &Case, browser: Browser, seat: &mut Seat) -> Option<Result<Played, String>> {
    let stage = Stage::build(case)?;
    let mut servers = stage.serve()?;
    let page = stage.page(&mut servers);
    stage.make_faults();
    let _interceptor = match case.faults.contains(&Fault::TlsIntercepted) {
        true => Some(stage.interceptor()?),
        false => None,
    };
    seat.take();
    let played = stage.test(page, &mut servers, browser);
    seat.leave();
    played
}

/// What a case is played on.
pub(super) struct Stage<'a> {
    case: &'a Case,
    pub(super) network: Network,
    pub(super) authority: Authority,
    folder: TempDir,
}

impl<'a> Stage<'a> {
    /// Builds the network, with nothing wrong in it yet.
    pub(super) fn build(case: &'a Case) -> Option<Self> {
        let network = Network::real(&case.layout)?;
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let authority = Authority::make(folder.path()).expect("a certificate can be made");
        Some(Self {
            case,
            network,
            authority,
            folder,
        })
    }

    /// What is wrong with the network.
    pub(super) fn make_faults(&self) {
        for fault in &self.case.faults {
            self.network.apply(*fault).expect("a fault can be made");
        }
    }

    /// Starts what is under test.
    pub(super) fn serve(&self) -> Option<Vec<Running>> {
        let server = &self.case.server;
        let mut servers = Vec::new();
        match server.kind {
            Kind::Ours => {
                servers.push(self.ours());
                self.use_it();
            }
            Kind::OursElsewhere => {
                let mut command = self.network.relay().command(program::binary());
                self.set(&mut command);
                servers.push(self.start(&mut command, "relay", PAGE));
            }
            Kind::Nothing => {}
            Kind::Coturn => {
                servers.push(self.coturn()?);
                if server.clock.is_some() {
                    servers.push(self.web_server()?);
                }
            }
            Kind::Web => {
                let serve = || http::serve_nothing(([0, 0, 0, 0], 3478).into());
                self.network.relay().enter(serve).expect("it is there");
            }
            Kind::Silent => {
                let serve = || http::serve_silence(([0, 0, 0, 0], 3478).into());
                self.network.relay().enter(serve).expect("it is there");
            }
        }
        Some(servers)
    }

    /// The page's program: of a server that is ours, itself.
    fn page(&self, servers: &mut Vec<Running>) -> Running {
        if self.case.server.kind == Kind::Ours {
            return servers.remove(0);
        }
        let mut command = self.network.internet().command(program::binary());
        command
            .env("TURN_LISTEN", "none")
            .env("ICE_SERVERS", self.case.server.ice_servers());
        self.start(&mut command, "data", PAGE)
    }

    /// What every program of ours needs, wherever it runs.
    fn start(&self, command: &mut Command, data: &str, http: u16) -> Running {
        command
            .arg("serve")
            .env("EARSHOT_DATA", self.file(data))
            .env("HTTP_LISTEN", format!("[::]:{http}"))
            .env("PUBLIC_URL", self.origin())
            .env("OPERATOR_KEY", OPERATOR_KEY)
            .env("SSL_CERT_FILE", self.authority.certificate());
        let mut running = Running::start(command);
        running.wait_for("started", START);
        running
    }

    fn ours(&self) -> Running {
        let (certificate, key) = self.certificate();
        let mut command = self.network.relay().command(program::binary());
        command
            .env("TURN_PASSWORD", PASSWORD)
            .env("TLS_LISTEN", "0.0.0.0:443,[::]:443")
            .env("TLS_CERT", certificate)
            .env("TLS_KEY", key);
        if self.case.layout.relay_behind_nat {
            let public = self.network.relay_address(Family::V4);
            command.env("EXTERNAL_IP", public.to_string());
        }
        self.set(&mut command);
        self.start(&mut command, "data", PAGE)
    }

    /// Gives a program of ours the settings of the server under test.
    fn set(&self, command: &mut Command) {
        for setting in self.case.server.settings {
            match setting.split_once('=') {
                Some((name, "")) => command.env_remove(name),
                Some((name, value)) => command.env(name, value),
                None => panic!("{setting}: a setting of ours is NAME=value"),
            };
        }
    }

    /// Somebody on the internet has relays there. Each worker of the relay has its share of the ports, and the system
    /// chooses the worker: from one whose share is used up comes a 508.
    fn use_it(&self) {
        let relay = SocketAddr::new(self.network.relay_address(Family::V4), 3478);
        let allocate = || TurnClient::new(relay, "earshot", PASSWORD).allocate();
        let mut wanted = self.case.server.relays_of_others;
        for _ in 0..100 {
            if wanted == 0 {
                return;
            }
            let granted = self.network.internet().enter(allocate);
            match granted.expect("the namespace is there") {
                Ok(_) => wanted -= 1,
                Err(code) => assert_eq!(code, 508, "the relay grants a relay"),
            }
        }
        panic!("{wanted} more relays were wanted by others");
    }

    /// As most hosts have one, and be it for the certificate alone.
    fn web_server(&self) -> Option<Running> {
        let mut command = self.command(program::binary())?;
        command
            .env("TURN_LISTEN", "none")
            .env("ICE_SERVERS", self.case.server.ice_servers());
        Some(self.start(&mut command, "web", HTTP))
    }

    /// A command of the server's host, with the clock of that host. Time passes there as everywhere.
    fn command(&self, program: PathBuf) -> Option<Command> {
        let host = self.network.relay();
        let Some(clock) = self.case.server.clock else {
            return Some(host.command(program));
        };
        real_part("faketime", "faketime")?;
        let mut command = host.command("sh");
        command
            .args(["-c", WITH_CLOCK])
            .arg(program)
            .env("FAKETIME", clock)
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Some(command)
    }

    fn coturn(&self) -> Option<Running> {
        let turnserver = real_part("turnserver", "coturn")?;
        let (certificate, key) = self.certificate();
        let own = |family| self.network.relay_own_address(family);
        let addresses = [own(Family::V4), own(Family::V6)];
        let mut command = self.command(turnserver)?;
        command
            .args([
                "-n",
                "--log-file=stdout",
                "--simple-log",
                "--verbose",
                "--no-dtls",
                "--no-cli",
            ])
            .arg(format!("--cert={}", certificate.display()))
            .arg(format!("--pkey={}", key.display()))
            .arg(format!("--pidfile={}", self.file("turnserver.pid")))
            .arg(format!("--userdb={}", self.file("turnserver.db")));
        for address in addresses {
            command
                .arg(format!("--listening-ip={address}"))
                .arg(format!("--relay-ip={address}"));
        }
        let announces = self.case.server.to_string().contains("external-ip");
        if self.case.layout.relay_behind_nat && !announces {
            let public = self.network.relay_address(Family::V4);
            command.arg(format!("--external-ip={public}/{}", addresses[0]));
        }
        command
            .args(self.case.server.settings)
            .current_dir(self.folder.path());
        let mut running = Running::start(&mut command);
        running.wait_for("TLS/TCP listener opened", START);
        Some(running)
    }

    /// What companies put into their networks: it ends TLS itself, with a certificate that it made. A coturn does.
    fn interceptor(&self) -> Option<Running> {
        let turnserver = real_part("turnserver", "coturn")?;
        let folder = self.folder.path().join("interceptor");
        std::fs::create_dir_all(&folder).expect("a directory can be made");
        let authority = Authority::make(&folder).expect("a certificate can be made");
        let issued = authority.issue("relay.test.example", Flaw::SelfSigned);
        let (certificate, key) = issued.expect("a certificate can be made");
        let mut command = self.network.router().command(turnserver);
        command
            .args([
                "-n",
                "--log-file=stdout",
                "--simple-log",
                "--no-dtls",
                "--no-cli",
            ])
            .args(["--verbose", "--lt-cred-mech", "--realm=company"])
            .arg(format!("--tls-listening-port={INTERCEPTOR}"))
            .arg(format!("--cert={}", certificate.display()))
            .arg(format!("--pkey={}", key.display()))
            .arg(format!("--pidfile={}", folder.join("pid").display()))
            .arg(format!("--userdb={}", folder.join("db").display()))
            .current_dir(&folder);
        let mut running = Running::start(&mut command);
        running.wait_for("TLS/TCP listener opened", START);
        Some(running)
    }

    fn certificate(&self) -> (PathBuf, PathBuf) {
        let flaw: Flaw = self.case.server.certificate;
        let issued = self.authority.issue("relay.test.example", flaw);
        issued.expect("a certificate can be made")
    }

    pub(super) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn origin(&self) -> String {
        if self.case.server.is_opened_by_tls {
            return "https://relay.test.example".to_owned();
        }
        let host = match self.case.server.kind {
            Kind::Ours => "relay.test.example",
            _ => "page.test.example",
        };
        format!("http://{host}:{PAGE}")
    }

    /// Lets the browser test, and reads the report.
    fn test(
        &self,
        mut page: Running,
        servers: &mut [Running],
        browser: Browser,
    ) -> Option<Result<Played, String>> {
        let origin = self.origin();
        let settings = browser::Settings {
            namespace: self.network.user(),
            authority: self.authority.certificate(),
            origin: &origin,
            proxy: self.network.proxy().map(|proxy| proxy.to_string()),
            web_rtc: self.case.web_rtc,
            devices: Devices::Usual,
            driven: None,
        };
        let open = browser.open_when_calm(&format!("{origin}/?auto"), &settings)?;
        if self.case.is_unplugged {
            self.unplug(servers);
        }
        // `test <run>: <cause>, <duration> ms` is the program's line for a saved report.
        let is_over = page.says(" ms\n", PATIENCE);
        let said = || {
            let (program, browser) = (page.log(), open.running.log());
            format!("The program:\n{program}\nThe browser:\n{browser}")
        };
        if !is_over {
            return Some(Err(format!("no report came\n{}", said())));
        }
        let report = self.report();
        Some(Ok(Played {
            verdict: Expected::of(&report, &self.case.expected),
            duration: Duration::from_millis(report["duration_ms"].as_u64().unwrap_or_default()),
            story: format!("{report:#}\n{}", said()),
        }))
    }

    /// Pulls the user's cable when the relay is first asked for a relay, and puts it back when the verdict is due: what
    /// was measured is then brought to the program.
    fn unplug(&self, servers: &mut [Running]) {
        let mut servers = servers.iter_mut();
        assert!(
            servers.any(|server| server.says("session ", PATIENCE)),
            "the test begins"
        );
        let plug = |is_in| self.network.plug_user(is_in).expect("a cable can be moved");
        plug(false);
        std::thread::sleep(self.case.deadline);
        plug(true);
    }

    /// The newest report, as the operator reads it.
    fn report(&self) -> Value {
        let host = match self.case.server.kind {
            Kind::Ours => self.network.relay(),
            _ => self.network.internet(),
        };
        let page = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PAGE);
        let key = format!("Bearer {OPERATOR_KEY}");
        let get = |path: &str| {
            let asked = || http::request(page, "GET", path, &[("Authorization", &key)], "").json();
            host.enter(asked).expect("the namespace is there")
        };
        let listed = get("/api/reports?limit=1");
        let id = listed[0]["id"].as_str().expect("a report is saved");
        get(&format!("/api/reports/{id}"))
    }
}

/// Where the story of a case is kept.
pub fn keep(story: &str, folder: &Path, case: &Case, browser: Browser) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(format!("{}-{browser}.txt", case.name)), story)
}
