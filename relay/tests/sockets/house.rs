//! The program, started in this process on ports of its own.

use earshot::{
    serve::Running,
    settings::{Settings, Sources},
    workers::WorkersHandle,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

pub(crate) const USER: &str = "voicechat";
pub(crate) const PASSWORD: &str = "correct-horse-battery";
pub(crate) const REALM: &str = "voicechat";

pub(crate) struct House {
    running: Running,
    data: tempfile::TempDir,
}

pub(crate) fn sources(data: &Path, further: &[(&str, &str)]) -> Sources {
    let data = data.display().to_string();
    let usual = [
        ("EARSHOT_DATA", data.as_str()),
        ("TURN_USERNAME", USER),
        ("TURN_PASSWORD", PASSWORD),
        ("TURN_REALM", REALM),
        ("TURN_LISTEN", "127.0.0.1:0"),
        ("STUN_LISTEN", "127.0.0.1:0"),
        ("HTTP_LISTEN", "127.0.0.1:0"),
        ("EXTERNAL_IP", "127.0.0.1"),
        // The system hands out ports below these.
        ("TURN_RELAY_PORTS", "61000-65535"),
    ];
    let environment: BTreeMap<String, String> = usual
        .iter()
        .chain(further)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Sources {
        environment,
        ..Sources::default()
    }
}

impl House {
    pub(crate) async fn start(further: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let settings = Settings::load(&sources(data.path(), further)).unwrap();
        let running = Running::start(settings).await.unwrap();
        Self { running, data }
    }

    pub(crate) fn workers(&self) -> WorkersHandle {
        self.running.workers()
    }

    pub(crate) fn turn(&self) -> SocketAddr {
        self.workers().turn_listeners()[0]
    }

    pub(crate) fn tls(&self) -> SocketAddr {
        self.workers().tls_listeners()[0]
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.running.http_address()
    }

    pub(crate) fn banner(&self) -> String {
        self.running.banner()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    pub(crate) async fn end(self) {
        self.running.shut_down().await;
    }
}
