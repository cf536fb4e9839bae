//! The one table of settings: their names in file, environment and flags, and what they are for.

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is described in the table below")]
pub enum Key {
    TurnUsername,
    TurnPassword,
    TurnSecret,
    TurnRealm,
    TurnListen,
    StunListen,
    TurnUrls,
    AllowedPeers,
    TurnRelayPorts,
    ExternalIp,
    HttpListen,
    Port,
    PublicUrl,
    TlsListen,
    TlsCert,
    TlsKey,
    AcmeDomain,
    IceServers,
    DatabaseUrl,
    DataDir,
    OperatorKey,
    LinksNeedKey,
    LinkLifetime,
    MostLinks,
    MostLinkSockets,
    CorsOrigin,
}

/// One row of the table.
#[derive(Debug)]
pub struct Entry {
    /// Which setting.
    pub key: Key,
    /// Its name in the environment, and in every message.
    pub env: &'static str,
    /// Its name in the TOML file; empty: not settable there.
    pub toml: &'static str,
    /// Its flag without the two dashes; empty: none.
    pub flag: &'static str,
    /// What stands for its value in `--help`.
    pub value: &'static str,
    /// What it is for, with its default.
    pub help: &'static str,
    /// Its value is shown nowhere.
    pub secret: bool,
}

const fn open(
    key: Key,
    env: &'static str,
    toml: &'static str,
    flag: &'static str,
    value: &'static str,
    help: &'static str,
) -> Entry {
    Entry {
        key,
        env,
        toml,
        flag,
        value,
        help,
        secret: false,
    }
}

const fn secret(
    key: Key,
    env: &'static str,
    toml: &'static str,
    flag: &'static str,
    value: &'static str,
    help: &'static str,
) -> Entry {
    Entry {
        key,
        env,
        toml,
        flag,
        value,
        help,
        secret: true,
    }
}

/// All settings, in the order of `--help` and of the banner.
pub static TABLE: [Entry; 26] = [
    open(
        Key::TurnUsername,
        "TURN_USERNAME",
        "turn_username",
        "turn-username",
        "NAME",
        "User name of the relay [default: earshot]",
    ),
    secret(
        Key::TurnPassword,
        "TURN_PASSWORD",
        "turn_password",
        "turn-password",
        "PASSWORD",
        "Password of the relay; better given by file or environment, where other users of this machine do not see it \
         [default: a strong one is made and kept in the data directory]",
    ),
    secret(
        Key::TurnSecret,
        "TURN_SECRET",
        "turn_secret",
        "turn-secret",
        "SECRET",
        "Shared secret for time-limited credentials; several relays are given the same one \
         [default: made and kept in the data directory]",
    ),
    open(
        Key::TurnRealm,
        "TURN_REALM",
        "turn_realm",
        "turn-realm",
        "REALM",
        "Realm of the relay [default: earshot]",
    ),
    open(
        Key::TurnListen,
        "TURN_LISTEN",
        "turn_listen",
        "turn-listen",
        "ADDR:PORT,…",
        "Where TURN listens, by UDP and TCP, as addresses or names; “none”: no relay here, page and API only \
         [default: 0.0.0.0:3478,[::]:3478]",
    ),
    open(
        Key::StunListen,
        "STUN_LISTEN",
        "stun_listen",
        "stun-listen",
        "ADDR:PORT,…",
        "A second STUN port, by which the page learns what kind of NAT a person is behind; “none”: off \
         [default: 0.0.0.0:3479,[::]:3479]",
    ),
    open(
        Key::TurnUrls,
        "TURN_URLS",
        "turn_urls",
        "turn-urls",
        "URL,…",
        "The relay's URLs as people reach them, where another host or port leads to it, such as \
         turn:proxy.example.net:15140?transport=tcp [default: the page's host and the ports it listens on]",
    ),
    open(
        Key::AllowedPeers,
        "ALLOWED_PEERS",
        "allowed_peers",
        "allowed-peers",
        "CIDR,…",
        "Networks the relay may send to although it denies them by default: private, loopback, link-local … \
         [default: none]",
    ),
    open(
        Key::TurnRelayPorts,
        "TURN_RELAY_PORTS",
        "turn_relay_ports",
        "turn-relay-ports",
        "FIRST-LAST",
        "UDP ports for relaying; the firewall must let them in [default: 49152-65535]",
    ),
    open(
        Key::ExternalIp,
        "EXTERNAL_IP",
        "external_ip",
        "external-ip",
        "IP,…",
        "The address by which people reach this machine: one IPv4, one IPv6, or both [default: found by itself]",
    ),
    open(
        Key::HttpListen,
        "HTTP_LISTEN",
        "http_listen",
        "http-listen",
        "ADDR:PORT",
        "Where page and API listen; [::]:8080 is everywhere [default: 127.0.0.1:8080, or 0.0.0.0:$PORT where PORT is set]",
    ),
    open(
        Key::Port,
        "PORT",
        "",
        "",
        "PORT",
        "Port for page and API, as hosting platforms set it",
    ),
    open(
        Key::PublicUrl,
        "PUBLIC_URL",
        "public_url",
        "public-url",
        "URL",
        "The page's public address, such as https://hear.example.org [default: from each request]",
    ),
    open(
        Key::TlsListen,
        "TLS_LISTEN",
        "tls_listen",
        "tls-listen",
        "ADDR:PORT,…",
        "Where page, API and TURN over TLS listen together, such as 0.0.0.0:443,[::]:443 [default: off]",
    ),
    open(
        Key::TlsCert,
        "TLS_CERT",
        "tls_cert",
        "tls-cert",
        "FILE",
        "Certificate chain for it, PEM; read again when it changes [default: one is made]",
    ),
    open(
        Key::TlsKey,
        "TLS_KEY",
        "tls_key",
        "tls-key",
        "FILE",
        "Private key of the certificate, PEM",
    ),
    open(
        Key::AcmeDomain,
        "ACME_DOMAIN",
        "acme_domain",
        "acme-domain",
        "NAME",
        "Not in this version: give TLS_CERT and TLS_KEY",
    ),
    secret(
        Key::IceServers,
        "ICE_SERVERS",
        "ice_servers",
        "ice-servers",
        "JSON",
        "Further TURN servers to test, as a JSON list of RTCIceServer [default: none]",
    ),
    secret(
        Key::DatabaseUrl,
        "DATABASE_URL",
        "database_url",
        "database-url",
        "URL",
        "Where reports are stored: sqlite:FILE, or postgres://USER:PASSWORD@HOST:PORT/DATABASE \
         [default: earshot.db in the data directory]",
    ),
    open(
        Key::DataDir,
        "EARSHOT_DATA",
        "data_dir",
        "data-dir",
        "DIR",
        "Directory for what is made and kept [default: /var/lib/earshot for root, else ~/.local/share/earshot]",
    ),
    secret(
        Key::OperatorKey,
        "OPERATOR_KEY",
        "operator_key",
        "operator-key",
        "KEY",
        "The operator's key for full reports [default: made and kept in the data directory]",
    ),
    open(
        Key::LinksNeedKey,
        "LINKS_NEED_KEY",
        "links_need_key",
        "links-need-key",
        "yes|no",
        "Whether only who has the operator's key may make links to help somebody [default: no]",
    ),
    open(
        Key::LinkLifetime,
        "LINK_LIFETIME",
        "link_lifetime",
        "link-lifetime",
        "HOURS",
        "How long such a link is open; its reports are kept for 30 days [default: 24]",
    ),
    open(
        Key::MostLinks,
        "MOST_LINKS",
        "most_links",
        "most-links",
        "NUMBER",
        "How many links may be open at once [default: 10000]",
    ),
    open(
        Key::MostLinkSockets,
        "MOST_LINK_SOCKETS",
        "most_link_sockets",
        "most-link-sockets",
        "NUMBER",
        "How many pages may be at links at once; each link takes two [default: 2000]",
    ),
    open(
        Key::CorsOrigin,
        "CORS_ORIGIN",
        "cors_origin",
        "cors-origin",
        "ORIGIN",
        "For developers: a page of this other origin on this machine, such as http://127.0.0.1, may use the API \
         [default: none]",
    ),
];

impl Key {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        // The table's order is that of the enum; a test holds the two together.
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_keys() {
        for (index, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.key as usize, index, "{}", entry.env);
        }
    }
}
