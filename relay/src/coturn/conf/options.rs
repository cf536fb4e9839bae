//! Every option that a configuration of coturn may have, from 4.5.0 to 4.17, in a few plain words.

use Kind::{Address, Flag, Hidden, Mark, Number, Path, Peers, Port, Text, User};

/// What stands behind an option's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no; nothing means yes.
    Flag,
    /// On, whatever stands behind it: `no` does not turn it off.
    Mark,
    /// Any text.
    Text,
    /// A secret, or a text that may have one in it: shown nowhere.
    Hidden,
    /// A user and a password; the password is shown nowhere.
    User,
    /// A port.
    Port,
    /// A number.
    Number,
    /// A file.
    Path,
    /// An address of this server.
    Address,
    /// An address or a range of addresses, of peers.
    Peers,
}

/// One option.
#[derive(Debug)]
pub struct OptionEntry {
    /// Its name.
    pub name: &'static str,
    /// What stands behind it.
    pub kind: Kind,
    /// The first version that has it; empty: all have.
    pub since: &'static str,
    /// The last version that has it; empty: all since.
    pub until: &'static str,
    /// What it does. For a flag: when it is on.
    pub says: &'static str,
}

/// The option of this very name: coturn tells capitals from small letters.
pub fn find(name: &str) -> Option<&'static OptionEntry> {
    TABLE.iter().find(|option| option.name == name)
}

/// The name that is written most alike.
pub fn nearest(name: &str) -> Option<&'static str> {
    let plain = name
        .trim_start_matches(['-', '\u{feff}'])
        .to_ascii_lowercase()
        .replace('_', "-");
    // Each character more than the other one has makes two names less alike: most are another word by their length.
    let length = plain.chars().count();
    let fits = |option: &&OptionEntry| {
        let (short, long) = (length.min(option.name.len()), length.max(option.name.len()));
        short as f64 >= ALIKE * long as f64
    };
    let alike = TABLE.iter().filter(fits).map(|option| {
        let likeness = strsim::normalized_damerau_levenshtein(&plain, option.name);
        (likeness, option.name)
    });
    let (likeness, name) = alike.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness >= ALIKE).then_some(name)
}

/// Less alike than this is another word.
const ALIKE: f64 = 0.6;

const fn all(name: &'static str, kind: Kind, says: &'static str) -> OptionEntry {
    since("", name, kind, says)
}

const fn since(
    since: &'static str,
    name: &'static str,
    kind: Kind,
    says: &'static str,
) -> OptionEntry {
    OptionEntry {
        name,
        kind,
        since,
        until: "",
        says,
    }
}

const fn until(
    until: &'static str,
    name: &'static str,
    kind: Kind,
    says: &'static str,
) -> OptionEntry {
    OptionEntry {
        name,
        kind,
        since: "",
        until,
        says,
    }
}

/// Read from the option tables of coturn's releases 4.5.0.8 to 4.17.1.
#[rustfmt::skip]
pub const TABLE: &[OptionEntry] = &[
    // Where it listens.
    all("listening-port", Port, "clients come to this port over UDP and TCP (usually 3478)"),
    all("tls-listening-port", Port, "clients come to this port over TLS and DTLS (usually 5349)"),
    all("alt-listening-port", Port, "a second port, for clients that look how their NAT behaves"),
    all("alt-tls-listening-port", Port, "the same over TLS and DTLS"),
    since("4.5.2", "tcp-proxy-port", Port, "a proxy in front hands TCP clients over here (PROXY protocol)"),
    all("listening-ip", Address, "clients come to this address; without it: to all of this machine"),
    all("listening-device", Text, "listens on this network interface only"),
    all("aux-server", Text, "one more address and port to listen on"),
    all("no-udp", Flag, "takes no clients over UDP"),
    all("no-tcp", Flag, "takes no clients over TCP"),
    all("no-tls", Flag, "takes no clients over TLS"),
    all("no-dtls", Flag, "takes no clients over DTLS; newer versions take none anyway"),
    since("4.17", "dtls", Flag, "takes clients over DTLS"),
    all("stun-only", Flag, "relays nothing, only tells clients their address"),
    all("no-stun", Flag, "relays only, tells no client its address"),
    all("udp-self-balance", Flag, "sends UDP clients on to the auxiliary addresses in turn"),
    all("alternate-server", Text, "sends clients on to another server"),
    all("tls-alternate-server", Text, "sends TLS and DTLS clients on to another server"),
    since("4.15", "tcp-alternate-server", Text, "sends TCP clients on to another server"),
    since("4.15", "udp-alternate-server", Text, "sends UDP and DTLS clients on to another server"),
    // Where it relays.
    all("relay-ip", Address, "packets leave from this address; without it: from where the client came"),
    all("relay-device", Text, "packets leave by this network interface"),
    all("external-ip", Address, "clients are told this address instead of the server's own (for NAT)"),
    all("min-port", Port, "the first of the relayed ports"),
    all("max-port", Port, "the last of the relayed ports"),
    all("no-udp-relay", Flag, "relays no UDP"),
    all("no-tcp-relay", Flag, "relays no TCP to peers; browsers never ask for that"),
    since("4.12", "multiplex-peer", Mark, "all sessions of a thread share one relayed port"),
    since("4.12", "multiplex-peer-port", Port, "the first of those shared ports"),
    since("4.16", "multiplex-peer-max-peers", Number, "so many peers a session may have then"),
    all("keep-address-family", Flag, "relays over IPv6 for who came over IPv6; superseded by the next"),
    since("4.6", "allocation-default-address-family", Text, "relays over IPv4, IPv6, or as the client came"),
    all("mobility", Flag, "a client may go on from another address"),
    all("server-relay", Flag, "takes packets from anybody, without a permission: dangerous"),
    // Who may use it.
    all("lt-cred-mech", Flag, "clients must show a user and a password"),
    all("no-auth", Flag, "anybody may relay, without a password"),
    all("use-auth-secret", Mark, "clients must show time-limited credentials made from a shared secret"),
    all("static-auth-secret", Hidden, "the shared secret; it turns use-auth-secret on"),
    all("realm", Text, "the name that passwords are good for"),
    all("user", User, "a user and the password"),
    all("server-name", Text, "the server's name for OAuth"),
    all("oauth", Flag, "clients may show OAuth tokens"),
    all("rest-api-separator", Text, "stands between time and name in time-limited credentials"),
    all("secure-stun", Flag, "asks for a password even for a client's own address"),
    all("check-origin-consistency", Flag, "all requests of a session must name the same web site"),
    all("stale-nonce", Number, "clients must prove their password anew after so many seconds"),
    since("4.16", "stateless-nonce", Flag, "remembers no client before it has shown its password"),
    since("4.16", "stateless-nonce-secret", Hidden, "the key for that"),
    since("4.14", "unauthorized-ratelimit", Flag, "answers only some refusals each second"),
    since("4.14", "unauthorized-ratelimit-rps", Number, "so many refusals each second"),
    until("4.6", "secret-ts-exp-time", Number, "nothing any more"),
    // Users and settings in a database.
    all("userdb", Path, "users stand in this file of SQLite"),
    all("db", Path, "users stand in this file of SQLite"),
    all("psql-userdb", Hidden, "users stand in a PostgreSQL database"),
    all("sql-userdb", Hidden, "users stand in a PostgreSQL database"),
    all("mysql-userdb", Hidden, "users stand in a MySQL or MariaDB database"),
    all("mongo-userdb", Hidden, "users stand in a MongoDB database"),
    all("redis-userdb", Hidden, "users stand in a Redis database"),
    all("redis-statsdb", Hidden, "tells a Redis database of its sessions"),
    all("secret-key-file", Path, "the key that the MySQL password is encrypted with"),
    since("4.5.2", "no-auth-pings", Mark, "does not ask the database whether it is alive"),
    since("4.5.2", "no-dynamic-ip-list", Mark, "reads no allowed and denied peers from the database"),
    since("4.5.2", "no-dynamic-realms", Mark, "reads no realms from the database"),
    // Whom it relays to.
    all("allowed-peer-ip", Peers, "relays to these addresses, even if they are denied elsewhere"),
    all("denied-peer-ip", Peers, "does not relay to these addresses"),
    since("4.5.1", "allow-loopback-peers", Flag, "relays to the server's own services: dangerous"),
    until("4.5.0", "no-loopback-peers", Flag, "does not relay to the server's own services; newer versions never do"),
    all("no-multicast-peers", Flag, "does not relay to multicast and broadcast addresses"),
    // How much.
    all("user-quota", Number, "so many allocations one user name may have at a time (0: any number)"),
    all("total-quota", Number, "so many allocations there may be at a time (0: any number)"),
    all("max-bps", Number, "so many bytes a second one session may take, each way (0: any)"),
    all("bps-capacity", Number, "so many bytes a second all sessions may take together (0: any)"),
    all("max-allocate-lifetime", Number, "an allocation must be refreshed after so many seconds at the latest"),
    all("max-allocate-timeout", Number, "a client has so many seconds to get its allocation"),
    all("channel-lifetime", Number, "a channel lasts so many seconds; the standard says 600"),
    all("permission-lifetime", Number, "a permission lasts so many seconds; the standard says 300"),
    since("4.15", "drain-min-allocations", Number, "told to drain, it ends when so few allocations are left"),
    all("relay-threads", Number, "so many threads relay"),
    since("4.8", "cpus", Number, "counts on so many processors"),
    since("4.8", "sock-buf-size", Number, "the size of the sockets' buffers, in bytes"),
    since("4.10", "udp-recvmmsg", Flag, "takes several packets at once from the system"),
    since("4.12", "udp-gso", Flag, "gives several packets at once to the system"),
    since("4.8", "drop-invalid-packets", Flag, "drops at once what cannot be STUN or TURN"),
    // Certificates.
    all("cert", Path, "the certificate for TLS, with those of its issuers"),
    all("pkey", Path, "the private key of that certificate"),
    all("pkey-pwd", Hidden, "the password of the private key"),
    all("CA-file", Path, "clients must show a certificate issued by these"),
    all("cipher-list", Text, "which ciphers TLS may use"),
    all("ec-curve-name", Text, "which elliptic curve TLS uses"),
    all("dh-file", Path, "parameters for the key exchange of TLS"),
    all("dh566", Flag, "a weak key exchange in TLS"),
    since("4.5.2", "dh1066", Flag, "a weak key exchange in TLS"),
    until("4.5.0", "dh2066", Flag, "the usual key exchange in TLS"),
    until("4.6", "no-sslv2", Flag, "refuses SSL 2; newer versions always do"),
    until("4.6", "no-sslv3", Flag, "refuses SSL 3; newer versions always do"),
    until("4.6", "no-tlsv1", Flag, "refuses TLS 1.0; newer versions do unless told otherwise"),
    until("4.6", "no-tlsv1_1", Flag, "refuses TLS 1.1; newer versions do unless told otherwise"),
    all("no-tlsv1_2", Flag, "refuses TLS 1.2"),
    since("4.7", "tlsv1", Flag, "accepts the outdated TLS 1.0"),
    since("4.7", "tlsv1_1", Flag, "accepts the outdated TLS 1.1"),
    since("4.6.3", "raw-public-keys", Flag, "shows a bare key instead of a certificate"),
    // What it says of itself.
    all("verbose", Flag, "the log tells of every session"),
    all("Verbose", Flag, "the log tells of every packet: a great deal"),
    all("log-file", Path, "the log goes to this file"),
    all("no-stdout-log", Flag, "the log does not go to the standard output as well"),
    all("syslog", Flag, "the log goes to the system's log"),
    since("4.6", "syslog-facility", Text, "under which heading it stands there"),
    all("simple-log", Flag, "the log's file keeps its name"),
    since("4.15", "log-min-level", Text, "the log leaves out what matters less than this"),
    since("4.5.2", "new-log-timestamp", Flag, "the log has dates and times"),
    since("4.5.2", "new-log-timestamp-format", Text, "how these are written"),
    since("4.5.2", "log-binding", Flag, "the log tells of every question for a client's address"),
    since("4.8", "drop-invalid-packets-log", Flag, "the log tells of what was dropped"),
    since("4.12", "udp-recvmmsg-log", Flag, "the log tells how many packets came at once"),
    since("4.13", "udp-sendmmsg-log", Flag, "the log tells how many packets went at once"),
    all("fingerprint", Flag, "every message carries a checksum, as WebRTC wishes"),
    since("4.5.2", "no-software-attribute", Flag, "does not tell clients its version"),
    since("4.7", "software-attribute", Flag, "tells clients its version"),
    since("4.10", "include-reason-string", Flag, "tells clients at length why it refuses"),
    since("4.6.3", "respond-http-unsupported", Flag, "answers browsers that open its port as a web page"),
    since("4.5.2", "acme-redirect", Text, "sends a certificate's renewal on to this address"),
    // How clients learn of their NAT.
    since("4.6", "no-rfc5780", Flag, "does not let clients look how their NAT behaves"),
    since("4.7", "rfc5780", Flag, "lets clients look how their NAT behaves"),
    OptionEntry { until: "4.6", ..since("4.6", "no-stun-backward-compatibility", Flag, "answers STUN as newer standards say; newer versions always do") },
    since("4.7", "stun-backward-compatibility", Flag, "answers STUN with the old attributes as well"),
    since("4.16", "rfc3489-compatibility", Flag, "answers the oldest STUN as well"),
    since("4.16", "rfc5766-channel-numbers", Flag, "takes channel numbers of the older standard"),
    since("4.6", "response-origin-only-with-rfc5780", Flag, "tells less in answers to STUN"),
    // The process, and who governs it.
    all("daemon", Flag, "goes to the background"),
    all("pidfile", Path, "its process number stands in this file"),
    all("proc-user", Text, "runs as this user"),
    all("proc-group", Text, "runs as this group"),
    until("4.9", "ne", Number, "how it uses threads; nothing any more"),
    until("4.6", "prod", Flag, "does not tell clients its version"),
    until("4.5.0", "no-http", Flag, "no web page"),
    since("4.6", "version", Flag, "tells its version and ends"),
    all("no-cli", Flag, "no console over telnet; newer versions have none unless told"),
    since("4.10", "cli", Flag, "a console over telnet"),
    all("cli-ip", Address, "that console is at this address (usually 127.0.0.1)"),
    all("cli-port", Port, "that console is at this port (usually 5766)"),
    all("cli-password", Hidden, "the password of that console"),
    all("cli-max-output-sessions", Number, "that console lists so many sessions"),
    since("4.5.2", "web-admin", Flag, "a web page for whoever governs the server"),
    since("4.5.2", "web-admin-ip", Address, "that page is at this address (usually 127.0.0.1)"),
    since("4.5.2", "web-admin-port", Port, "that page is at this port (usually 8080)"),
    since("4.5.2", "web-admin-listen-on-workers", Flag, "that page is at the relay's own ports, too"),
    since("4.5.2", "prometheus", Mark, "figures for Prometheus, to be read by anybody who reaches the port"),
    since("4.6", "prometheus-port", Port, "these figures are at this port (usually 9641)"),
    since("4.6.3", "prometheus-address", Text, "these figures are at this address"),
    since("4.7", "prometheus-path", Text, "these figures are at this path"),
    since("4.6", "prometheus-username-labels", Mark, "these figures name the users"),
    since("4.14", "prometheus-tls", Flag, "these figures come over TLS"),
    since("4.14", "prometheus-cert", Path, "with this certificate"),
    since("4.14", "prometheus-key", Path, "and this key"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_there_once_and_says_something() {
        for (at, option) in TABLE.iter().enumerate() {
            let again = TABLE[at + 1..]
                .iter()
                .any(|other| other.name == option.name);
            assert!(!again, "{} twice", option.name);
            assert!(!option.says.is_empty(), "{}", option.name);
        }
    }

    #[test]
    fn the_nearest_name_is_what_was_meant() {
        for (written, meant) in [
            ("--lt-cred-mech", Some("lt-cred-mech")),
            ("listen-port", Some("listening-port")),
            ("relm", Some("realm")),
            ("Fingerprint", Some("fingerprint")),
            ("static_auth_secret", Some("static-auth-secret")),
            ("externalip", Some("external-ip")),
            ("min_port", Some("min-port")),
            ("tls-cert-file-of-mine", None),
            ("qqqqqq", None),
            ("", None),
        ] {
            assert_eq!(nearest(written), meant, "{written}");
        }
    }
}
