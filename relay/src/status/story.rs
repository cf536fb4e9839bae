//! What does not change while the program runs: what is set and from where, what listens, what is announced. The banner
//! tells it at the start, and `earshot status` whenever it is asked.

use crate::{
    external::External,
    settings::{Key, Settings, names::TABLE},
    workers::WorkersHandle,
};
use serde::{Deserialize, Serialize};
use std::{
    fmt::{self, Display, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

/// The parts of it come from everywhere in the program; none of them is a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The program's version.
    pub version: String,
    /// Its process id.
    pub process: u32,
    /// What listens, with the ports really bound.
    pub listeners: Listeners,
    /// Where the certificate comes from, if there is a TLS listener.
    pub certificate: Option<String>,
    /// The relay; `None`: none here.
    pub relay: Option<Relay>,
    /// The addresses by which people reach this machine: an IPv4 address, then an IPv6 address if there is one.
    pub external: Vec<Announced>,
    /// Where things are kept.
    pub data_directory: PathBuf,
    /// Where reports are stored, without a password.
    pub database: String,
    /// Every setting, and where it comes from.
    pub settings: Vec<SettingStory>,
    /// What an operator should know, though it keeps nothing from running.
    pub warnings: Vec<String>,
}

/// What listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listeners {
    /// Page and API without TLS.
    pub http: SocketAddr,
    /// Page and API by TLS, and TURN where there is a relay.
    pub tls: Vec<SocketAddr>,
    /// TURN by UDP and TCP.
    pub turn: Vec<SocketAddr>,
    /// Binding requests alone, by UDP.
    pub stun: Vec<SocketAddr>,
}

/// The relay of this program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relay {
    /// REALM.
    pub realm: String,
    /// The static user.
    pub username: String,
    /// The first and the last of the relayed ports.
    pub ports: (u16, u16),
}

/// An announced address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Announced {
    /// The address.
    pub address: IpAddr,
    /// How it was found.
    pub how: String,
}

/// One setting: never its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingStory {
    /// Its name in the environment.
    pub name: String,
    /// Where its value comes from.
    pub origin: Origin,
    /// Where exactly.
    pub from: Option<String>,
}

/// Where a setting's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Somebody set it.
    Set,
    /// Somebody set it to something that cannot be used.
    Ignored,
    /// The program made it at its first start.
    Made,
    /// Nobody set it.
    Default,
}

impl Story {
    /// The story of a program with these settings.
    pub fn of(
        settings: &Settings,
        external: &External,
        workers: &WorkersHandle,
        http: SocketAddr,
        own_authority: Option<&Path>,
        warnings: Vec<String>,
    ) -> Self {
        let listeners = Listeners {
            http,
            tls: workers.tls_listeners(),
            turn: workers.turn_listeners(),
            stun: workers.stun_listeners(),
        };
        let certificate = (!listeners.tls.is_empty()).then(|| match own_authority {
            Some(file) => format!("our own; browsers that trust {} accept it", file.display()),
            None => "from TLS_CERT".to_owned(),
        });
        let relay = (!listeners.turn.is_empty()).then(|| Relay {
            realm: settings.realm.clone(),
            username: settings.turn_username.clone(),
            ports: (*settings.relay_ports.start(), *settings.relay_ports.end()),
        });
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: std::process::id(),
            listeners,
            certificate,
            relay,
            external: announced(external),
            data_directory: settings.data_dir.clone(),
            database: settings.database.to_string(),
            settings: TABLE.iter().map(|it| setting(settings, it.key)).collect(),
            warnings,
        }
    }

    /// What listens and what is announced, as rows for a person. `beside`: what else is known of an announced address.
    pub(crate) fn rows(&self, beside: impl Fn(&Announced) -> Option<String>) -> Rows {
        let mut rows = Rows::default();
        let Listeners {
            http,
            tls,
            turn,
            stun,
        } = &self.listeners;
        rows.row("page and API", format!("{http} (HTTP)"));
        if let Some(certificate) = &self.certificate {
            let with_turn = self.relay.as_ref().map_or("", |_| ", TURN over TLS");
            rows.row("", format!("{} (HTTPS{with_turn})", list(tls)));
            rows.row("certificate", certificate);
        }
        match &self.relay {
            None => rows.row("relay", "none here (TURN_LISTEN is none)"),
            Some(relay) => {
                rows.row("TURN", format!("{} (UDP and TCP)", list(turn)));
                let Relay {
                    realm,
                    username,
                    ports: (first, last),
                } = relay;
                rows.row("", format!("realm {realm}, user {username}"));
                if !stun.is_empty() {
                    rows.row("second STUN port", format!("{} (UDP)", list(stun)));
                }
                rows.row("relayed ports", format!("{first}-{last} (UDP)"));
                for (nth, announced) in self.external.iter().enumerate() {
                    let name = if nth == 0 { "external address" } else { "" };
                    let Announced { address, how } = announced;
                    rows.row(name, format!("{address} ({how})"));
                    if let Some(beside) = beside(announced) {
                        rows.row("", beside);
                    }
                }
            }
        }
        rows
    }

    /// The settings that have not their defaults, as rows for a person.
    pub(crate) fn setting_rows(&self) -> Rows {
        let mut rows = Rows::default();
        for setting in &self.settings {
            if setting.origin != Origin::Default {
                rows.row(&setting.name, setting);
            }
        }
        rows
    }
}

impl Display for SettingStory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.as_deref().unwrap_or_default();
        match self.origin {
            Origin::Set => write!(f, "set {from}"),
            Origin::Ignored => write!(f, "set {from}, ignored"),
            Origin::Made => write!(f, "made by earshot, kept in {from}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// Lines with a name and what is to be told of it.
#[derive(Default)]
pub(crate) struct Rows(String);

impl Rows {
    /// One more; an empty name: more of the one before.
    pub(crate) fn row(&mut self, name: &str, value: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "  {name:<18}{value}");
    }
}

impl Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn announced(external: &External) -> Vec<Announced> {
    let v4 = Announced {
        address: external.v4.address.into(),
        how: external.v4.how.to_string(),
    };
    let v6 = external.v6.as_ref().map(|v6| Announced {
        address: v6.address.into(),
        how: v6.how.to_string(),
    });
    std::iter::once(v4).chain(v6).collect()
}

fn setting(settings: &Settings, key: Key) -> SettingStory {
    let is_ignored = key == Key::ExternalIp && settings.external_ip.is_empty();
    let (origin, from) = match (settings.kept.get(&key), settings.origins.get(&key)) {
        (Some(file), _) => (Origin::Made, Some(file.display().to_string())),
        (None, Some(source)) if is_ignored => (Origin::Ignored, Some(source.to_string())),
        (None, Some(source)) => (Origin::Set, Some(source.to_string())),
        (None, None) => (Origin::Default, None),
    };
    SettingStory {
        name: key.entry().env.to_owned(),
        origin,
        from,
    }
}

fn list(addresses: &[SocketAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    addresses.join(", ")
}
