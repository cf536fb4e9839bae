//! What an operator reads at the start: what is set and from where, what listens, which address to open.

use crate::{
    external::External,
    settings::{Key, Settings, names::TABLE},
    workers::WorkersHandle,
};
use std::{
    fmt::Write,
    net::{IpAddr, SocketAddr},
    path::Path,
};

/// Everything the banner tells of.
pub struct Banner<'a> {
    /// The settings. No secret of theirs is shown.
    pub settings: &'a Settings,
    /// The announced addresses.
    pub external: &'a External,
    /// What listens.
    pub workers: &'a WorkersHandle,
    /// Where page and API listen without TLS.
    pub http: SocketAddr,
    /// The file of our own authority, where the TLS certificate is ours.
    pub own_authority: Option<&'a Path>,
    /// What an operator should know.
    pub warnings: &'a [String],
}

impl Banner<'_> {
    /// The whole text, ending in a line end.
    pub fn text(&self) -> String {
        let mut text = format!(
            "earshot {}, process {}\n\n",
            env!("CARGO_PKG_VERSION"),
            std::process::id()
        );
        self.pages(&mut text);
        let turn = self.workers.turn_listeners();
        if turn.is_empty() {
            row(&mut text, "relay", "none here (TURN_LISTEN is none)");
        } else {
            self.relay(&mut text, &turn);
        }
        row(
            &mut text,
            "data directory",
            self.settings.data_dir.display(),
        );
        row(&mut text, "database", &self.settings.database);
        text.push_str("\nsettings (those that are not named have their defaults)\n");
        for entry in &TABLE {
            if let Some(told) = self.setting(entry.key) {
                row(&mut text, entry.env, told);
            }
        }
        if !self.warnings.is_empty() {
            text.push('\n');
        }
        for warning in self.warnings {
            let _ = writeln!(text, "warning: {warning}");
        }
        let _ = writeln!(text, "\nopen {}", self.to_open());
        text
    }

    fn relay(&self, text: &mut String, turn: &[SocketAddr]) {
        let settings = self.settings;
        row(text, "TURN", format!("{} (UDP and TCP)", list(turn)));
        let identity = format!("realm {}, user {}", settings.realm, settings.turn_username);
        row(text, "", identity);
        let stun = self.workers.stun_listeners();
        if !stun.is_empty() {
            row(text, "second STUN port", format!("{} (UDP)", list(&stun)));
        }
        let ports = &settings.relay_ports;
        row(
            text,
            "relayed ports",
            format!("{}-{} (UDP)", ports.start(), ports.end()),
        );
        let v4 = &self.external.v4;
        row(
            text,
            "external address",
            format!("{} ({})", v4.address, v4.how),
        );
        if let Some(v6) = &self.external.v6 {
            row(text, "", format!("{} ({})", v6.address, v6.how));
        }
    }

    fn pages(&self, text: &mut String) {
        row(text, "page and API", format!("{} (HTTP)", self.http));
        let tls = self.workers.tls_listeners();
        if tls.is_empty() {
            return;
        }
        let with_turn = match self.workers.turn_listeners().is_empty() {
            true => "",
            false => ", TURN over TLS",
        };
        row(text, "", format!("{} (HTTPS{with_turn})", list(&tls)));
        match self.own_authority {
            Some(file) => row(
                text,
                "certificate",
                format!("our own; browsers that trust {} accept it", file.display()),
            ),
            None => row(text, "certificate", "from TLS_CERT"),
        }
    }

    fn setting(&self, key: Key) -> Option<String> {
        if let Some(file) = self.settings.kept.get(&key) {
            return Some(format!("made by earshot, kept in {}", file.display()));
        }
        let source = self.settings.origins.get(&key)?;
        let ignored = key == Key::ExternalIp && self.settings.external_ip.is_empty();
        Some(format!(
            "set {source}{}",
            if ignored { ", ignored" } else { "" }
        ))
    }

    fn to_open(&self) -> String {
        if let Some(url) = &self.settings.public_url {
            return url.clone();
        }
        match self.workers.tls_listeners().first() {
            Some(tls) if !self.http.ip().is_loopback() || !tls.ip().is_loopback() => {
                origin("https", self.visible(*tls), 443)
            }
            _ => origin("http", self.visible(self.http), 80),
        }
    }

    /// An address that a browser can open, for one that stands for all.
    fn visible(&self, listener: SocketAddr) -> SocketAddr {
        if !listener.ip().is_unspecified() {
            return listener;
        }
        let ip = match (listener, &self.external.v6) {
            (SocketAddr::V6(_), Some(v6)) => IpAddr::V6(v6.address),
            _ => IpAddr::V4(self.external.v4.address),
        };
        SocketAddr::new(ip, listener.port())
    }
}

fn origin(scheme: &str, address: SocketAddr, usual: u16) -> String {
    if address.port() == usual {
        return match address.ip() {
            IpAddr::V4(ip) => format!("{scheme}://{ip}"),
            IpAddr::V6(ip) => format!("{scheme}://[{ip}]"),
        };
    }
    format!("{scheme}://{address}")
}

fn row(text: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "  {name:<18}{value}");
}

fn list(addresses: &[SocketAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    addresses.join(", ")
}
