//! Debian's coturn, the server that others run.

use crate::{
    child::Running,
    net::{free_port, host_address},
    real_part,
};
use std::{net::SocketAddr, path::PathBuf, process::Command, time::Duration};
use tempfile::TempDir;

/// A coturn that runs until this is dropped.
pub struct Coturn {
    /// The process.
    pub running: Running,
    /// Where it listens, UDP and TCP.
    pub address: SocketAddr,
    /// Where it listens for TLS and DTLS, if it has a certificate.
    pub secure: SocketAddr,
    _dir: TempDir,
}

impl Coturn {
    /// Starts coturn with these options besides the usual ones; `None`: it is not installed.
    pub fn start(options: &[&str]) -> Option<Self> {
        Self::begin(&[&["--no-tls", "--no-dtls"], options].concat())
    }

    /// The same with TLS and DTLS: certificate and key are these files.
    pub fn with_certificate(files: &(PathBuf, PathBuf), options: &[&str]) -> Option<Self> {
        let (cert, pkey) = (
            format!("--cert={}", files.0.display()),
            format!("--pkey={}", files.1.display()),
        );
        Self::begin(&[&[cert.as_str(), &pkey], options].concat())
    }

    fn begin(options: &[&str]) -> Option<Self> {
        let turnserver = real_part("turnserver", "coturn")?;
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let ip = host_address();
        let [address, secure] = [(); 2].map(|()| SocketAddr::from((ip, free_port())));
        let mut command = Command::new(turnserver);
        command
            .args([
                "-n",
                "--log-file=stdout",
                "--simple-log",
                "--verbose",
                "--no-cli",
            ])
            .args(["--min-port=40000", "--max-port=45000"])
            .arg(format!("--listening-ip={ip}"))
            .arg(format!("--relay-ip={ip}"))
            .arg(format!("--listening-port={}", address.port()))
            .arg(format!("--tls-listening-port={}", secure.port()))
            .arg(format!("--pidfile={}", dir.path().join("pid").display()))
            .arg(format!("--userdb={}", dir.path().join("userdb").display()))
            .args(options)
            .current_dir(dir.path());
        let mut running = Running::start(&mut command);
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(address).is_err() {
            assert!(
                std::time::Instant::now() < deadline,
                "coturn did not start:\n{}",
                running.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        // TCP is there before UDP.
        running.wait_for("Total General servers", Duration::from_secs(20));
        Some(Self {
            running,
            address,
            secure,
            _dir: dir,
        })
    }

    /// With the long-term credential `user`, `password`.
    pub fn with_user() -> Option<Self> {
        Self::start(&[
            "--lt-cred-mech",
            "--realm=voicechat",
            "--user=user:password",
        ])
    }

    /// An `ICE_SERVERS` value for it, over UDP and TCP.
    pub fn ice_servers(&self, username: &str, credential: &str) -> String {
        ice_servers(self.address, username, credential)
    }
}

/// An `ICE_SERVERS` value for a TURN server, over UDP and TCP.
pub fn ice_servers(address: impl std::fmt::Display, username: &str, credential: &str) -> String {
    serde_json::json!([{
        "urls": [format!("turn:{address}?transport=udp"), format!("turn:{address}?transport=tcp")],
        "username": username,
        "credential": credential,
    }])
    .to_string()
}
