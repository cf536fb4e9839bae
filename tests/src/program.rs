//! The program under test: the real binary, on free ports, with a data directory of its own.

use crate::{
    child::Running,
    http,
    net::{free_loopback, free_port},
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Secrets, certificate and database are made at the first start; a debug build on a busy machine takes its time.
const START: Duration = Duration::from_secs(30);
/// It closes its sessions and its database.
const END: Duration = Duration::from_secs(20);

/// Settings of a program that is to be started.
pub struct Settings {
    environment: Vec<(String, String)>,
    data: TempDir,
    /// Where page and API will be.
    pub http: SocketAddr,
    /// The relay's port.
    pub turn_port: u16,
    /// The port of page and TURN over TLS, if any.
    pub tls_port: Option<u16>,
}

impl Settings {
    /// A relay on all addresses, page and API on the loopback. Its relayed ports are none that the system hands out:
    /// browser and relay are on one host here.
    pub fn new() -> Self {
        let settings = Self {
            environment: Vec::new(),
            data: tempfile::tempdir().expect("a temporary directory can be made"),
            http: free_loopback(),
            turn_port: free_port(),
            tls_port: None,
        };
        let (turn, http) = (
            format!("0.0.0.0:{}", settings.turn_port),
            settings.http.to_string(),
        );
        let stun = format!("0.0.0.0:{}", free_port());
        settings
            .set("TURN_LISTEN", &turn)
            .set("TURN_RELAY_PORTS", "61000-65535")
            .set("STUN_LISTEN", &stun)
            .set("HTTP_LISTEN", &http)
    }

    /// The relayed ports that the program has by itself.
    pub fn with_usual_ports(mut self) -> Self {
        self.environment
            .retain(|(name, _)| name != "TURN_RELAY_PORTS");
        self
    }

    /// One setting by its environment variable.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What was set under that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut all = self.environment.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// No relay: the servers in `ICE_SERVERS` alone.
    pub fn without_relay(self) -> Self {
        self.set("TURN_LISTEN", "none")
    }

    /// Page and TURN over TLS, with the program's own certificate.
    pub fn with_tls(mut self) -> Self {
        let port = free_port();
        self.tls_port = Some(port);
        self.set("TLS_LISTEN", &format!("0.0.0.0:{port}"))
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The command that starts it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("serve")
            .env("EARSHOT_DATA", self.data.path())
            .envs(self.environment.iter().cloned());
        command
    }

    /// Starts it and waits until it is ready.
    pub fn start(self) -> Program {
        let mut running = Running::start(&mut self.command());
        running.wait_for("started", START);
        // A storage that a busy machine keeps waiting says later that it is there.
        let deadline = Instant::now() + START;
        loop {
            let ready = http::get(self.http, "/readyz");
            if ready.status == 200 {
                break;
            }
            let log = running.log();
            assert!(Instant::now() < deadline, "{ready:?}\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Program {
            running,
            settings: self,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

/// A program that runs until this is dropped.
pub struct Program {
    /// The process.
    pub running: Running,
    /// How it was started.
    pub settings: Settings,
}

impl Program {
    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.settings.http)
    }

    /// Where page and API are.
    pub fn http(&self) -> SocketAddr {
        self.settings.http
    }

    /// A saved report, as scripts read it.
    pub fn report(&self, id: &str) -> serde_json::Value {
        let answer = http::get(self.http(), &format!("/api/reports/{id}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The certificate of the program's own authority.
    pub fn own_authority(&self) -> PathBuf {
        self.settings.data().join("ca.pem")
    }

    /// Ends it as an operator does, and returns all that it said.
    pub fn end(mut self) -> String {
        self.running.end(END)
    }

    /// Kills it and starts it again on the same data.
    pub fn restart(mut self) -> Self {
        self.running.kill();
        self.settings.start()
    }
}

/// The program: where `cargo xtask test` says, or beside this test.
pub fn binary() -> PathBuf {
    if let Some(given) = std::env::var_os("EARSHOT_BIN") {
        return given.into();
    }
    let test = std::env::current_exe().expect("a test knows where it lies");
    let built = test
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>")
        .join("earshot");
    assert!(
        built.is_file(),
        "{} is not built: run `cargo xtask test`",
        built.display()
    );
    built
}
