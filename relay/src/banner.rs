//! What an operator reads at the start: what is set and from where, what listens, which address to open.

use crate::{
    settings::Settings,
    status::{Story, WEB_ONLY},
};
use std::{
    fmt::Write,
    net::{IpAddr, SocketAddr},
};

/// Everything the banner tells of.
pub struct Banner<'a> {
    /// What is set, listens and is announced.
    pub story: &'a Story,
    /// The settings. No secret of theirs is shown.
    pub settings: &'a Settings,
}

impl Banner<'_> {
    /// The whole text, ending in a line end.
    pub fn text(&self) -> String {
        let Self { story, settings } = self;
        let mut rows = story.rows(|_| None);
        rows.row("data directory", story.data_directory.display());
        rows.row("database", &story.database);
        let mut text = format!(
            "earshot {}, process {}\n\n{rows}\nsettings (those that are not named have their defaults)\n{}",
            story.version,
            story.process,
            story.setting_rows(),
        );
        let may_be_web_only = settings.platform_port && story.relay.is_some();
        if may_be_web_only || !story.warnings.is_empty() {
            text.push('\n');
        }
        // Writing to a string cannot fail.
        for warning in &story.warnings {
            let _ = writeln!(text, "warning: {warning}");
        }
        if may_be_web_only {
            let _ = writeln!(
                text,
                "warning: PORT is set, as hosting platforms do. {WEB_ONLY}"
            );
        }
        let _ = writeln!(text, "\nopen {}", self.to_open());
        text
    }

    fn to_open(&self) -> String {
        if let Some(url) = &self.settings.public_url {
            return url.clone();
        }
        let listeners = &self.story.listeners;
        match listeners.tls.first() {
            Some(tls) if !listeners.http.ip().is_loopback() || !tls.ip().is_loopback() => {
                origin("https", self.visible(*tls), 443)
            }
            _ => origin("http", self.visible(listeners.http), 80),
        }
    }

    /// An address that a browser can open, for one that stands for all.
    fn visible(&self, listener: SocketAddr) -> SocketAddr {
        if !listener.ip().is_unspecified() {
            return listener;
        }
        let known = &self.story.external;
        let of_its_family = known
            .iter()
            .find(|it| it.address.is_ipv6() == listener.is_ipv6());
        let announced = of_its_family.or(known.first());
        let ip = announced.map_or(listener.ip(), |it| it.address);
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
