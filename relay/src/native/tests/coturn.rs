//! Debian's coturn, the server that others run.

use super::net::free_port;
use std::{
    env, fs,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::Instant};

/// What a busy machine may need for what takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);

/// A running coturn; ends with the test.
pub(super) struct Coturn {
    child: Child,
    pub(super) port: u16,
    pub(super) tls_port: u16,
    folder: TempDir,
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Coturn {
    /// `None`: there is no coturn here, and it is said so.
    pub(super) async fn start(flags: &[&str]) -> Option<Self> {
        let key = rcgen::KeyPair::generate().unwrap();
        Self::with_key(&key, &[&["--no-dtls"], flags].concat()).await
    }

    /// One that speaks DTLS too, its certificate made of this key.
    pub(super) async fn with_key(key: &rcgen::KeyPair, flags: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (port, tls_port) = (free_port(), free_port());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let params = rcgen::CertificateParams::new(["localhost".into()]).unwrap();
        fs::write(path("cert"), params.self_signed(key).unwrap().pem()).unwrap();
        fs::write(path("key"), key.serialize_pem()).unwrap();
        let spawned = Command::new("turnserver")
            .args(["-n", "--no-cli", "--simple-log", "--verbose"])
            .args(["--log-file", &path("log")])
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1"])
            .args(["--listening-port", &port.to_string()])
            .args(["--tls-listening-port", &tls_port.to_string()])
            .args(["--cert", &path("cert"), "--pkey", &path("key")])
            .args(["--userdb", &path("db"), "--pidfile", &path("pid")])
            .args(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match spawned {
            Ok(child) => child,
            Err(error) if env::var_os("EARSHOT_REQUIRE_REAL").is_none() => {
                eprintln!("skipped: turnserver (Debian's coturn) cannot be started: {error}");
                return None;
            }
            Err(error) => panic!("turnserver (Debian's coturn) cannot be started: {error}"),
        };
        let coturn = Self {
            child,
            port,
            tls_port,
            folder,
        };
        // It says nowhere that it listens; a connection and an answer do.
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let open = async |port| TcpStream::connect(("127.0.0.1", port)).await.is_ok();
            if open(port).await && open(tls_port).await && answers_udp(port).await {
                return Some(coturn);
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("coturn does not listen");
    }

    /// How often each of these is in its log, once the counts are equal.
    pub(super) async fn logged(&self, [one, other]: [&str; 2]) -> usize {
        let log = self.folder.path().join("log");
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let text = fs::read_to_string(&log).unwrap();
            let (ones, others) = (text.matches(one).count(), text.matches(other).count());
            if ones > 0 && ones == others {
                return ones;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("{}", fs::read_to_string(&log).unwrap());
    }

    pub(super) fn urls(&self) -> [String; 3] {
        [
            format!("turn:127.0.0.1:{}?transport=udp", self.port),
            format!("turn:127.0.0.1:{}?transport=tcp", self.port),
            format!("turns:localhost:{}?transport=tcp", self.tls_port),
        ]
    }
}

/// With the user `voice`, whose password is `right`.
pub(super) const LT: [&str; 5] = [
    "--lt-cred-mech",
    "--user",
    "voice:right",
    "--realm",
    "voicechat",
];

/// A bare Binding request (RFC 8489 section 5) is answered by anything that speaks STUN.
async fn answers_udp(port: u16) -> bool {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(("127.0.0.1", port)).await.unwrap();
    let binding = b"\x00\x01\x00\x00\x21\x12\xa4\x42readiness-yn";
    let _ = socket.send(binding).await;
    let mut buffer = [0; 512];
    let answer = socket.recv(&mut buffer);
    let answered = tokio::time::timeout(Duration::from_millis(200), answer).await;
    matches!(answered, Ok(Ok(_)))
}
