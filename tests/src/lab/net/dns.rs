//! The names of every network, and the server that knows them: Debian's dnsmasq.
//!
//! | name | addresses |
//! | --- | --- |
//! | `relay.test.example` | the relay's IPv4 address; its IPv6 address too where the user has IPv6 |
//! | `ipv4.relay.test.example`, `ipv6.relay.test.example` | the relay's address of one family |
//! | `dead-ipv6.relay.test.example` | the relay's IPv4 address, and an IPv6 address at which nobody is |
//! | `page.test.example` | the first host on the internet, both families |
//! | any other | does not exist, unless [`Layout::hosts`] names it |

use super::{
    addresses::{DEAD_V6, DNS, HOSTS, RELAY},
    agent,
    error::LabError,
    layout::Layout,
    names::named,
    namespace::Namespace,
    run::run,
};
use crate::again::uninterrupted;
use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    process::{Child, Command},
    sync::Arc,
    thread,
    time::Duration,
};

/// Slow enough that a person would notice, fast enough that no resolver asks again (5 s, resolv.conf(5)).
const SLOW: Duration = Duration::from_millis(1_500);
const DNS_PORT: u16 = 53;
/// RFC 6891, section 6.2.5: what is usually asked for.
const LONGEST_MESSAGE: usize = 4_096;
/// The server is on the same host, which may be busy: what comes late is still an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Drops the user's questions for names that begin with the label `relay`. RFC 1035, section 4.1: after the 8 bytes of
/// UDP and the 12 of the header stand the length of the first label and the label.
const RELAYS_NAME_DROPPED: &str = "table inet silent_dns { chain forward { \
     type filter hook forward priority filter - 20; \
     udp dport 53 @th,160,48 0x0572656c6179 drop; }; }";

/// How the DNS server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dns {
    /// At once.
    #[default]
    Fast,
    /// Each answer takes 1.5 s.
    Slow,
    /// Never.
    Silent,
    /// At once, but the user's questions for the relay's name are never answered; others' are.
    SilentForRelay,
}

named!(Dns {
    Fast => "fast",
    Slow => "slow",
    Silent => "silent",
    SilentForRelay => "silent-for-relay",
});

/// Starts the DNS server on the internet. `None`: it ends with the network by itself. `home`: the user's router.
pub(super) fn serve(
    internet: &Namespace,
    home: &Namespace,
    layout: &Layout,
) -> Result<Option<Child>, LabError> {
    match layout.dns {
        Dns::Fast => dnsmasq(internet, layout, &DNS).map(|()| None),
        Dns::SilentForRelay => {
            home.nft(RELAYS_NAME_DROPPED)?;
            dnsmasq(internet, layout, &DNS).map(|()| None)
        }
        Dns::Silent => internet
            .nft(
                "table inet silent_dns { chain input { type filter hook input priority filter; \
                 udp dport 53 drop; tcp dport 53 drop; }; }",
            )
            .map(|()| None),
        Dns::Slow => {
            let loopback = Ipv4Addr::LOCALHOST.to_string();
            dnsmasq(internet, layout, &[&loopback])?;
            let start = internet.enter(|| {
                let mut command = agent::command("slow-dns")?;
                agent::start(command.arg(&loopback).args(DNS))
            })?;
            start.map(Some)
        }
    }
}

/// It leaves our side as soon as it listens, and ends with the processes of the network.
fn dnsmasq(internet: &Namespace, layout: &Layout, addresses: &[&str]) -> Result<(), LabError> {
    let mut command = Command::new("dnsmasq");
    command.args([
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
        "--pid-file=",
        "--user=root",
        // Nobody else is asked: other names do not exist.
        "--local=/#/",
    ]);
    for address in addresses {
        command.arg(format!("--listen-address={address}"));
    }
    for (name, addresses) in records(layout) {
        command.arg(format!("--host-record={name},{}", addresses.join(",")));
    }
    internet.enter(|| run(&mut command, ""))?.map(drop)
}

fn records(layout: &Layout) -> Vec<(String, Vec<String>)> {
    let [v4, v6] = RELAY.host;
    let own: &[&str] = if layout.families.v6() {
        &[v4, v6]
    } else {
        &[v4]
    };
    let usual: [(&str, &[&str]); 5] = [
        ("relay.test.example", own),
        ("ipv4.relay.test.example", &[v4]),
        ("ipv6.relay.test.example", &[v6]),
        ("dead-ipv6.relay.test.example", &[v4, DEAD_V6]),
        ("page.test.example", &HOSTS[0]),
    ];
    let is_replaced = |name: &str| layout.hosts.iter().any(|(other, _)| other == name);
    let usual = usual
        .into_iter()
        .filter(|(name, _)| !is_replaced(name))
        .map(|(name, addresses)| {
            let addresses = addresses.iter().map(|&address| address.to_owned());
            (name.to_owned(), addresses.collect())
        });
    let given = layout.hosts.iter().map(|(name, addresses)| {
        let addresses = addresses.iter().map(ToString::to_string);
        (name.clone(), addresses.collect())
    });
    usual.chain(given).collect()
}

/// The program behind [`Dns::Slow`]: passes questions on, and answers back after their time.
pub(super) fn answer_slowly(arguments: &[&str]) -> Result<(), LabError> {
    let mut addresses = Vec::new();
    for argument in arguments {
        let ip = argument
            .parse()
            .map_err(|_| LabError::NotReady(format!("“{argument}” is no address")))?;
        addresses.push(SocketAddr::new(ip, DNS_PORT));
    }
    let [server, listen @ ..] = addresses.as_slice() else {
        return Err(LabError::NotReady("no DNS server is named".to_owned()));
    };
    let mut listeners = Vec::new();
    for address in listen {
        let socket = UdpSocket::bind(address).map_err(LabError::system(address.to_string()))?;
        listeners.push(Arc::new(socket));
    }
    agent::tell_ready();
    let server = *server;
    let listeners: Vec<_> = listeners
        .into_iter()
        .map(|socket| thread::spawn(move || listen_on(&socket, server)))
        .collect();
    for listener in listeners {
        let _ = listener.join();
    }
    Ok(())
}

fn listen_on(socket: &Arc<UdpSocket>, server: SocketAddr) {
    let mut question = [0; LONGEST_MESSAGE];
    while let Ok((length, client)) = socket.recv_from(&mut question) {
        let (socket, question) = (socket.clone(), question[..length].to_vec());
        thread::spawn(move || {
            thread::sleep(SLOW);
            // Unanswered, the client asks again.
            if let Ok(answer) = ask(server, &question) {
                let _ = socket.send_to(&answer, client);
            }
        });
    }
}

fn ask(server: SocketAddr, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send_to(question, server)?;
    let mut answer = vec![0; LONGEST_MESSAGE];
    let length = uninterrupted(|| socket.recv(&mut answer))?;
    answer.truncate(length);
    Ok(answer)
}
