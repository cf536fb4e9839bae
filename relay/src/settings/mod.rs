//! The program's settings, checked as a whole before anything starts.

mod database;
mod errors;
mod load;
mod look;
pub mod names;
mod ports;
mod secret;
mod sources;
#[cfg(test)]
mod tests;
mod values;

pub use database::{Database, Postgres};
pub use errors::{Problem, Problems};
pub use look::Look;
pub use names::Key;
pub use secret::Secret;
pub use sources::{Source, Sources};

use crate::site::LinkLimits;
use earshot_report::{IceUrl, api::IceServer};
use ipnet::IpNet;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
};

/// All settings, each of them good. Made by [`Settings::load`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// User name of the relay's static credential.
    pub turn_username: String,
    /// Its password.
    pub turn_password: Secret,
    /// Shared secret of the time-limited credentials.
    pub turn_secret: Secret,
    /// Key of nonces and witness passwords. It follows from the shared secret, so relays that share that share this.
    pub nonce_key: NonceKey,
    /// REALM of the relay.
    pub realm: String,
    /// Where TURN listens by UDP and TCP; empty: no relay here.
    pub turn_listen: Vec<SocketAddr>,
    /// Where Binding requests alone are answered; empty: nowhere.
    pub stun_listen: Vec<SocketAddr>,
    /// The relay's URLs as people reach them; empty: by the page's host and the ports it listens on.
    pub turn_urls: Vec<IceUrl>,
    /// Peers allowed in spite of the default denials.
    pub allowed_peers: Vec<IpNet>,
    /// Ports for relaying.
    pub relay_ports: RangeInclusive<u16>,
    /// The announced addresses as set: at most one of each family.
    pub external_ip: Vec<IpAddr>,
    /// Where page and API listen without TLS.
    pub http_listen: SocketAddr,
    /// A hosting platform says by `PORT` where it wants its web traffic served: many forward nothing else.
    pub platform_port: bool,
    /// The page's public origin, without a slash at its end.
    pub public_url: Option<String>,
    /// The shared TLS port for page, API and TURN.
    pub tls: Option<TlsSettings>,
    /// Further servers to test.
    pub ice_servers: Vec<IceServer>,
    /// Where reports are stored.
    pub database: Database,
    /// Where things are kept.
    pub data_dir: PathBuf,
    /// Who knows it may read full reports.
    pub operator_key: Secret,
    /// Who may make links, and how many.
    pub links: LinkLimits,
    /// A page of this origin on this machine may use the API too.
    pub cors_origin: Option<String>,
    /// Where each setting that was given came from; those that are missing here have their defaults.
    pub origins: BTreeMap<Key, Source>,
    /// The secrets that were not given, and the files in which they are kept.
    pub kept: BTreeMap<Key, PathBuf>,
    /// What an operator should know, though it keeps nothing from starting.
    pub warnings: Vec<String>,
}

/// The shared TLS port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// Where it listens.
    pub listen: Vec<SocketAddr>,
    /// The certificate chain; `None`: one is made.
    pub cert: Option<PathBuf>,
    /// Its private key; given if and only if `cert` is.
    pub key: Option<PathBuf>,
}

/// A key that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct NonceKey(pub [u8; 32]);

impl std::fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(kept secret)")
    }
}

impl Settings {
    /// The host of the public origin, an IPv6 address without its brackets.
    pub fn public_host(&self) -> Option<String> {
        let uri: axum::http::Uri = self.public_url.as_ref()?.parse().ok()?;
        let host = uri.host()?;
        Some(
            host.trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
        )
    }
}
