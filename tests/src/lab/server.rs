//! The servers under test, by name: what they are, and what is wrong with them.

use super::authority::Flaw;
use std::{
    fmt,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

/// A server under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    name: &'static str,
    /// Which program.
    pub kind: Kind,
    /// Settings beside those that a healthy one has: environment variables of ours, options of coturn's.
    pub settings: &'static [&'static str],
    /// The password that the page is given, where it is not the right one.
    pub password: Option<&'static str>,
    /// The user name, likewise.
    pub username: Option<&'static str>,
    /// Which URLs are tested, of a server that is not ours.
    pub urls: &'static [&'static str],
    /// The certificate of its TLS listener.
    pub certificate: Flaw,
    /// The page is opened over TLS, at the port that it shares with TURN.
    pub is_opened_by_tls: bool,
    /// Somebody else, in no trouble, has so many relays there before the test: what the relay saw of others, and what
    /// they leave, decides some verdicts.
    pub relays_of_others: usize,
    /// How its host's clock differs, as libfaketime is told.
    pub clock: Option<&'static str>,
}

/// The programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Earshot's own relay.
    Ours,
    /// The same, on another host than the page.
    OursElsewhere,
    /// Debian's coturn.
    Coturn,
    /// Nothing at all.
    Nothing,
    /// A web server on the TURN port.
    Web,
    /// Something that takes connections and says nothing.
    Silent,
}

const ALL_URLS: &[&str] = &[
    "turn:relay.test.example:3478?transport=udp",
    "turn:relay.test.example:3478?transport=tcp",
    "turns:relay.test.example:5349?transport=tcp",
];

const OURS: Server = Server {
    name: "ours",
    kind: Kind::Ours,
    settings: &[],
    password: None,
    username: None,
    urls: &[],
    certificate: Flaw::None,
    is_opened_by_tls: false,
    relays_of_others: 0,
    clock: None,
};
const COTURN: Server = Server {
    name: "coturn",
    kind: Kind::Coturn,
    settings: &[
        "--lt-cred-mech",
        "--realm=voicechat",
        "--user=user:password",
    ],
    urls: ALL_URLS,
    ..OURS
};
const BY_UDP: &[&str] = &["turn:relay.test.example:3478?transport=udp"];
const SECRET: &[&str] = &[
    "--use-auth-secret",
    "--static-auth-secret=secret",
    "--realm=voicechat",
];

/// Every server there is.
const SERVERS: &[Server] = &[
    OURS,
    Server {
        name: "ours-by-https",
        is_opened_by_tls: true,
        ..OURS
    },
    Server {
        name: "ours-on-a-web-host",
        settings: &["PORT=8080", "HTTP_LISTEN="],
        ..OURS
    },
    Server {
        name: "ours-in-use",
        relays_of_others: 1,
        ..OURS
    },
    Server {
        name: "ours-full",
        settings: &["TURN_RELAY_PORTS=50000-50001"],
        relays_of_others: 2,
        ..OURS
    },
    Server {
        name: "ours-elsewhere-by-udp",
        kind: Kind::OursElsewhere,
        settings: &["TURN_USERNAME=user", "TURN_PASSWORD=password"],
        urls: BY_UDP,
        ..OURS
    },
    Server {
        name: "ours-without-external-ip",
        settings: &["EXTERNAL_IP="],
        ..OURS
    },
    Server {
        name: "ours-wrong-external-ip",
        settings: &["EXTERNAL_IP=45.90.0.2"],
        ..OURS
    },
    COTURN,
    Server {
        name: "coturn-without-authentication",
        settings: &["--no-auth", "--realm=voicechat"],
        ..COTURN
    },
    Server {
        name: "coturn-without-realm",
        settings: &["--lt-cred-mech", "--user=user:password"],
        ..COTURN
    },
    Server {
        name: "coturn-wrong-password",
        password: Some("not the password"),
        ..COTURN
    },
    Server {
        name: "coturn-wrong-user",
        username: Some("nobody"),
        ..COTURN
    },
    Server {
        name: "coturn-expired",
        settings: SECRET,
        username: Some("1700000000:ann"),
        ..COTURN
    },
    Server {
        name: "coturn-wrong-secret",
        settings: SECRET,
        username: Some("4000000000:ann"),
        password: Some("bm90IHRoZSBwYXNzd29yZA=="),
        ..COTURN
    },
    Server {
        name: "coturn-time-limited",
        settings: SECRET,
        clock: Some("+0d"),
        ..COTURN
    },
    Server {
        name: "coturn-a-day-behind",
        settings: SECRET,
        clock: Some("-1d"),
        ..COTURN
    },
    Server {
        name: "coturn-a-day-ahead",
        settings: SECRET,
        clock: Some("+1d"),
        ..COTURN
    },
    Server {
        name: "coturn-by-udp",
        urls: BY_UDP,
        ..COTURN
    },
    Server {
        name: "coturn-user-quota",
        settings: &[
            "--lt-cred-mech",
            "--realm=voicechat",
            "--user=user:password",
            "--user-quota=1",
        ],
        ..COTURN
    },
    Server {
        name: "coturn-no-relayed-ports",
        settings: &[
            "--lt-cred-mech",
            "--realm=voicechat",
            "--user=user:password",
            "--min-port=50000",
            "--max-port=50001",
        ],
        ..COTURN
    },
    Server {
        name: "coturn-peers-denied",
        settings: &[
            "--lt-cred-mech",
            "--realm=voicechat",
            "--user=user:password",
            "--denied-peer-ip=0.0.0.0-255.255.255.255",
        ],
        ..COTURN
    },
    Server {
        name: "coturn-external-ip-missing",
        ..COTURN
    },
    Server {
        name: "coturn-external-ip-wrong",
        settings: &[
            "--lt-cred-mech",
            "--realm=voicechat",
            "--user=user:password",
            "--external-ip=45.90.0.2",
        ],
        ..COTURN
    },
    Server {
        name: "coturn-certificate-expired",
        certificate: Flaw::Expired,
        ..COTURN
    },
    Server {
        name: "coturn-certificate-wrong-name",
        certificate: Flaw::WrongName,
        ..COTURN
    },
    Server {
        name: "coturn-certificate-self-signed",
        certificate: Flaw::SelfSigned,
        ..COTURN
    },
    Server {
        name: "coturn-at-dead-ipv6",
        urls: &[
            "turn:dead-ipv6.relay.test.example:3478?transport=udp",
            "turn:dead-ipv6.relay.test.example:3478?transport=tcp",
        ],
        ..COTURN
    },
    Server {
        name: "coturn-at-unknown-name",
        urls: &[
            "turn:nowhere.test.example:3478?transport=udp",
            "turn:nowhere.test.example:3478?transport=tcp",
        ],
        ..COTURN
    },
    Server {
        name: "coturn-stun-only",
        settings: &["--stun-only"],
        urls: &[
            "turn:relay.test.example:3478?transport=udp",
            "turn:relay.test.example:3478?transport=tcp",
        ],
        ..COTURN
    },
    Server {
        name: "stopped",
        kind: Kind::Nothing,
        ..COTURN
    },
    Server {
        name: "web-server",
        kind: Kind::Web,
        urls: &["turn:relay.test.example:3478?transport=tcp"],
        ..COTURN
    },
    Server {
        name: "silent",
        kind: Kind::Silent,
        urls: &[
            "turn:relay.test.example:3478?transport=udp",
            "turn:relay.test.example:3478?transport=tcp",
        ],
        ..COTURN
    },
];

impl Server {
    /// What the page is told of a server that is not ours: `ICE_SERVERS`.
    pub fn ice_servers(&self) -> String {
        let username = match (self.username, self.clock) {
            (Some(username), _) => username.to_owned(),
            (None, Some(_)) => format!("{}:ann", in_an_hour()),
            (None, None) => "user".to_owned(),
        };
        let password = match self.password {
            Some(password) => password.to_owned(),
            None if self.settings == SECRET => {
                earshot_turn::time_limited_password("secret", &username)
            }
            None => "password".to_owned(),
        };
        serde_json::json!([{
            "urls": self.urls,
            "username": username,
            "credential": password,
        }])
        .to_string()
    }
}

/// The end of a credential that is good for a call, in seconds since 1970.
fn in_an_hour() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("it is after 1970").as_secs() + 3_600
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let found = SERVERS.iter().find(|server| server.name == given);
        found.cloned().ok_or_else(|| {
            let known: Vec<&str> = SERVERS.iter().map(|server| server.name).collect();
            format!("there is no server “{given}”, only {}", known.join(", "))
        })
    }
}
