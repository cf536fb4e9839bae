//! The way out of a network that lets nothing out itself: Debian's tinyproxy on the user's router.

use super::{addresses::Net, error::LabError, namespace::Namespace};
use std::{
    io::Write,
    net::{IpAddr, SocketAddr, TcpStream},
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

/// The port that squid made usual.
const PORT: u16 = 3128;
const START: Duration = Duration::from_secs(60);

/// What the proxy carries. Plain HTTP requests it carries in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// CONNECT to any port.
    AnyPort,
    /// CONNECT to these ports; to others it answers 403.
    Ports(Vec<u16>),
}

/// A running proxy.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) address: SocketAddr,
    _settings: NamedTempFile,
    _process: Child,
}

/// Starts the proxy on the user's router, and closes every other way.
pub(super) fn serve(
    router: &Namespace,
    lan: &Net,
    is_v4: bool,
    proxy: &Proxy,
) -> Result<Running, LabError> {
    router.nft(
        r#"
table inet proxy_only {
  chain forward {
    type filter hook forward priority filter - 5; policy drop;
    meta l4proto { tcp, udp } th dport 53 accept
    meta l4proto { tcp, udp } th sport 53 accept
  }
}
"#,
    )?;
    let ip: IpAddr = lan.router[usize::from(!is_v4)]
        .parse()
        .map_err(|_| LabError::NotReady("the router has no address".to_owned()))?;
    let address = SocketAddr::new(ip, PORT);
    let mut settings = format!("Listen {ip}\nPort {PORT}\nTimeout 600\nMaxClients 200\n");
    if let Proxy::Ports(ports) = proxy {
        // A port of 0 alone means: none.
        for port in std::iter::once(&0).chain(ports) {
            settings += &format!("ConnectPort {port}\n");
        }
    }
    let mut file = NamedTempFile::new().map_err(LabError::system("a temporary file"))?;
    file.write_all(settings.as_bytes())
        .map_err(LabError::system("a temporary file"))?;
    let mut command = router.command("tinyproxy");
    command
        .args(["-d", "-c"])
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = command
        .spawn()
        .map_err(|error| LabError::refused(&command, error.to_string()))?;
    let running = Running {
        address,
        _settings: file,
        _process: process,
    };
    running.wait(router)?;
    Ok(running)
}

impl Running {
    fn wait(&self, router: &Namespace) -> Result<(), LabError> {
        let deadline = Instant::now() + START;
        let address = self.address;
        router.enter(|| {
            while TcpStream::connect(address).is_err() {
                if Instant::now() > deadline {
                    return Err(LabError::NotReady(format!(
                        "tinyproxy does not listen on {address}"
                    )));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        })?
    }
}
