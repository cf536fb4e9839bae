//! From sources to [`Settings`].

use super::{
    Key, NonceKey, Problem, Problems, Secret, Settings, Source, Sources, TlsSettings,
    database::Database,
    look::OPERATOR_KEY_FILE,
    ports::{clash, everywhere, largest_gap},
    sources::{Given, merge},
    values,
};
use crate::{data_dir::DataDir, site::LinkLimits};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
    time::Duration,
};

/// Shorter passwords can be guessed by trying.
const SHORTEST_GOOD_SECRET: usize = 12;
/// In hours: a link is open no longer than its reports are kept.
const LONGEST_LIFETIME: u32 = 720;

impl Settings {
    /// Reads and checks everything, opens the data directory, and makes the secrets that are missing there.
    ///
    /// # Errors
    /// All that is wrong, at once. Then nothing was made or opened.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let (draft, reader) = draft(sources)?;
        let Reader {
            values,
            mut problems,
            warnings,
        } = reader;
        let origins = values
            .into_iter()
            .map(|(key, given)| (key, given.source))
            .collect();
        match draft.finish(origins, warnings) {
            Ok(settings) => Ok(settings),
            Err(error) => {
                problems.push(Problem::Other(format!("EARSHOT_DATA: {error:#}")));
                Err(problems)
            }
        }
    }
}

/// Reads and checks everything, and makes and opens nothing: with the values that were given, and what an operator
/// should know of them.
pub(super) fn draft(sources: &Sources) -> Result<(Draft, Reader), Problems> {
    let mut problems = Problems::default();
    let values = merge(sources, &mut problems);
    let mut reader = Reader {
        values,
        problems,
        warnings: Vec::new(),
    };
    let draft = reader.read(&sources.environment);
    match reader.problems.0.is_empty() {
        true => Ok((draft, reader)),
        false => Err(reader.problems),
    }
}

/// The settings before the data directory was opened.
pub(super) struct Draft {
    turn_password: Option<String>,
    turn_secret: Option<String>,
    pub(super) operator_key: Option<String>,
    database: Option<Database>,
    pub(super) settings: Plain,
}

pub(super) struct Plain {
    turn_username: String,
    realm: String,
    turn_listen: Vec<SocketAddr>,
    stun_listen: Vec<SocketAddr>,
    turn_urls: Vec<earshot_report::IceUrl>,
    allowed_peers: Vec<ipnet::IpNet>,
    relay_ports: RangeInclusive<u16>,
    external_ip: Vec<IpAddr>,
    pub(super) http_listen: SocketAddr,
    platform_port: bool,
    public_url: Option<String>,
    tls: Option<TlsSettings>,
    ice_servers: Vec<earshot_report::api::IceServer>,
    pub(super) data_dir: PathBuf,
    cors_origin: Option<String>,
    links: LinkLimits,
}

/// Takes the values one by one, and notes what is wrong with them.
pub(super) struct Reader {
    values: BTreeMap<Key, Given>,
    problems: Problems,
    warnings: Vec<String>,
}

impl Reader {
    fn get<T>(&mut self, key: Key, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let given = self.values.get(&key)?;
        match read(&given.text) {
            Ok(value) => Some(value),
            Err(advice) => {
                self.problems.push(Problem::value(key, given, advice));
                None
            }
        }
    }

    fn wrong(&mut self, key: Key, advice: String) {
        if let Some(given) = self.values.get(&key) {
            self.problems.push(Problem::value(key, given, advice));
        } else {
            self.problems
                .push(Problem::Other(format!("{}: {advice}", key.entry().env)));
        }
    }

    fn read(&mut self, environment: &BTreeMap<String, String>) -> Draft {
        let settings = Plain {
            turn_username: self
                .get(Key::TurnUsername, values::username)
                .unwrap_or_else(|| "earshot".into()),
            realm: self
                .get(Key::TurnRealm, values::realm)
                .unwrap_or_else(|| "earshot".into()),
            turn_listen: self
                .get(Key::TurnListen, values::listeners)
                .unwrap_or_else(|| everywhere(3478)),
            stun_listen: self
                .get(Key::StunListen, values::listeners)
                .unwrap_or_else(|| everywhere(3479)),
            turn_urls: self
                .get(Key::TurnUrls, values::turn_urls)
                .unwrap_or_default(),
            allowed_peers: self
                .get(Key::AllowedPeers, values::networks)
                .unwrap_or_default(),
            relay_ports: self
                .get(Key::TurnRelayPorts, values::ports)
                .unwrap_or(49152..=65535),
            external_ip: self.external_ip(),
            http_listen: self.http_listen(),
            platform_port: self.values.contains_key(&Key::Port),
            public_url: self.get(Key::PublicUrl, values::public_url),
            tls: self.tls(),
            ice_servers: self
                .get(Key::IceServers, values::ice_servers)
                .unwrap_or_default(),
            data_dir: self.data_dir(environment),
            cors_origin: self.get(Key::CorsOrigin, values::local_origin),
            links: self.links(),
        };
        let draft = Draft {
            turn_password: self.secret(Key::TurnPassword),
            turn_secret: self.secret(Key::TurnSecret),
            operator_key: self.operator_key(),
            database: self.database(),
            settings,
        };
        self.together(draft)
    }

    fn links(&mut self) -> LinkLimits {
        let hours = self.get(Key::LinkLifetime, values::number(1..=LONGEST_LIFETIME));
        let hours = u64::from(hours.unwrap_or(24));
        LinkLimits {
            need_key: self
                .get(Key::LinksNeedKey, values::yes_or_no)
                .unwrap_or(false),
            most: self
                .get(Key::MostLinks, values::number(0..=1_000_000))
                .unwrap_or(10_000),
            most_sockets: self
                .get(Key::MostLinkSockets, values::number(0..=100_000))
                .unwrap_or(2_000),
            lifetime: Duration::from_secs(hours * 3600),
        }
    }

    fn external_ip(&mut self) -> Vec<IpAddr> {
        let Some(given) = self.values.get(&Key::ExternalIp) else {
            return Vec::new();
        };
        let (ips, ignored) = values::external_ips(&given.text);
        self.warnings.extend(ignored);
        ips
    }

    fn database(&mut self) -> Option<Database> {
        let (database, ignored) = self.get(Key::DatabaseUrl, Database::read)?;
        self.warnings.extend(ignored);
        Some(database)
    }

    fn http_listen(&mut self) -> SocketAddr {
        let port = self.get(Key::Port, values::port);
        let by_platform = port.map(|port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
        self.get(Key::HttpListen, values::address)
            .or(by_platform)
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
    }

    fn tls(&mut self) -> Option<TlsSettings> {
        if self.values.contains_key(&Key::AcmeDomain) {
            self.wrong(
                Key::AcmeDomain,
                "this version fetches no certificates: give TLS_CERT and TLS_KEY, or leave both away to have a \
                 certificate made, and remove this setting"
                    .into(),
            );
        }
        let cert = self.get(Key::TlsCert, values::file);
        let key = self.get(Key::TlsKey, values::file);
        match (
            self.values.contains_key(&Key::TlsCert),
            self.values.contains_key(&Key::TlsKey),
        ) {
            (true, false) => self.wrong(
                Key::TlsCert,
                "its private key is missing: give TLS_KEY as well".into(),
            ),
            (false, true) => self.wrong(
                Key::TlsKey,
                "its certificate is missing: give TLS_CERT as well".into(),
            ),
            _ => {}
        }
        let listen = self
            .get(Key::TlsListen, values::listeners)
            .unwrap_or_default();
        if listen.is_empty() {
            if cert.is_some() && !self.values.contains_key(&Key::TlsListen) {
                self.warnings.push(
                    "TLS_CERT is not used: TLS_LISTEN is not set, for example to 0.0.0.0:443"
                        .into(),
                );
            }
            return None;
        }
        Some(TlsSettings { listen, cert, key })
    }

    fn data_dir(&mut self, environment: &BTreeMap<String, String>) -> PathBuf {
        if let Some(given) = self.values.get(&Key::DataDir) {
            return PathBuf::from(given.text.trim());
        }
        match crate::data_dir::usual_place(environment) {
            Some(path) => path,
            None => {
                let advice =
                    "no home directory is known: set EARSHOT_DATA to a directory to keep things in";
                self.problems.push(Problem::Other(advice.into()));
                PathBuf::new()
            }
        }
    }

    fn secret(&mut self, key: Key) -> Option<String> {
        let secret = self.get(key, values::secret)?;
        let name = key.entry().env;
        if values::is_well_known(&secret) {
            self.warnings.push(format!(
                "{name} is a published one that strangers try first: choose another"
            ));
        } else if secret.chars().count() < SHORTEST_GOOD_SECRET {
            self.warnings.push(format!(
                "{name} is short and can be guessed: take {SHORTEST_GOOD_SECRET} characters or more, or leave it away \
                 to have a strong one made"
            ));
        }
        Some(secret)
    }

    /// It has to fit into a header; one that does not would open nothing.
    fn operator_key(&mut self) -> Option<String> {
        self.get(Key::OperatorKey, values::key)?;
        self.secret(Key::OperatorKey)
    }

    /// What can be judged only by looking at several settings.
    fn together(&mut self, mut draft: Draft) -> Draft {
        let plain = &mut draft.settings;
        if plain.turn_listen.is_empty() && !self.values.contains_key(&Key::StunListen) {
            plain.stun_listen.clear();
        }
        if let Some(clash) = clash(&plain.turn_listen, &plain.stun_listen) {
            if self.values.contains_key(&Key::StunListen) {
                self.wrong(
                    Key::StunListen,
                    format!("{clash} is taken by TURN_LISTEN: choose another port, or none"),
                );
            } else {
                plain.stun_listen.clear();
                self.warnings.push(format!(
                    "STUN_LISTEN is off: {clash} is taken by TURN_LISTEN"
                ));
            }
        }
        let http = [plain.http_listen];
        let tls = plain
            .tls
            .as_ref()
            .map(|tls| tls.listen.clone())
            .unwrap_or_default();
        if let Some(clash) = clash(&plain.turn_listen, &http) {
            self.wrong(
                Key::HttpListen,
                format!("{clash} is taken by TURN_LISTEN: choose another port"),
            );
        }
        if let Some(clash) = clash(&plain.turn_listen, &tls).or_else(|| clash(&http, &tls)) {
            self.wrong(
                Key::TlsListen,
                format!("{clash} is taken by TURN_LISTEN or HTTP_LISTEN: choose another port"),
            );
        }
        let udp = plain.turn_listen.iter().chain(&plain.stun_listen);
        let ports: Vec<u16> = udp.map(SocketAddr::port).collect();
        let inside = ports.iter().find(|port| plain.relay_ports.contains(port));
        if let Some(inside) = inside {
            if self.values.contains_key(&Key::TurnRelayPorts) {
                let advice = format!(
                    "port {inside} lies in it, and TURN_LISTEN or STUN_LISTEN wants it: leave it out of the range"
                );
                self.wrong(Key::TurnRelayPorts, advice);
            } else {
                plain.relay_ports = largest_gap(&plain.relay_ports, &ports);
            }
        }
        draft
    }
}

impl Draft {
    fn finish(
        self,
        origins: BTreeMap<Key, Source>,
        warnings: Vec<String>,
    ) -> anyhow::Result<Settings> {
        let plain = self.settings;
        let directory = DataDir::open(&plain.data_dir)?;
        let mut kept = BTreeMap::new();
        let mut secret = |key: Key, given: Option<String>, file: &str| -> anyhow::Result<Secret> {
            if let Some(given) = given {
                return Ok(given.into());
            }
            let (secret, path) = directory.secret(file)?;
            kept.insert(key, path);
            Ok(secret)
        };
        let turn_password = secret(Key::TurnPassword, self.turn_password, "turn-password")?;
        let turn_secret = secret(Key::TurnSecret, self.turn_secret, "turn-secret")?;
        let operator_key = secret(Key::OperatorKey, self.operator_key, OPERATOR_KEY_FILE)?;
        Ok(Settings {
            turn_username: plain.turn_username,
            turn_password,
            nonce_key: nonce_key(&turn_secret),
            turn_secret,
            realm: plain.realm,
            turn_listen: plain.turn_listen,
            stun_listen: plain.stun_listen,
            turn_urls: plain.turn_urls,
            allowed_peers: plain.allowed_peers,
            relay_ports: plain.relay_ports,
            external_ip: plain.external_ip,
            http_listen: plain.http_listen,
            platform_port: plain.platform_port,
            public_url: plain.public_url,
            tls: plain.tls,
            ice_servers: plain.ice_servers,
            database: self
                .database
                .unwrap_or_else(|| Database::Sqlite(directory.path().join("earshot.db"))),
            data_dir: plain.data_dir,
            operator_key,
            links: plain.links,
            cors_origin: plain.cors_origin,
            origins,
            kept,
            warnings,
        })
    }
}

fn nonce_key(secret: &Secret) -> NonceKey {
    // HMAC takes keys of any length, so this cannot fail.
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .map(|mac| mac.chain_update(b"earshot nonce key"));
    NonceKey(mac.map_or([0; 32], |mac| mac.finalize().into_bytes().into()))
}
