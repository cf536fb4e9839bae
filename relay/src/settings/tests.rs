//! The table of settings: what wins, what is refused, and that no secret is ever shown.

use super::*;
use std::path::Path;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> &Path {
        self.0.path()
    }

    fn sources(&self, file: &str, environment: &[(&str, &str)], flags: &[(Key, &str)]) -> Sources {
        let mut environment: BTreeMap<String, String> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        environment
            .entry("EARSHOT_DATA".into())
            .or_insert_with(|| self.data().join("data").display().to_string());
        Sources {
            file: (!file.is_empty()).then(|| ("earshot.toml".into(), file.to_owned())),
            environment,
            flags: flags
                .iter()
                .map(|(key, value)| (*key, (*value).to_owned()))
                .collect(),
        }
    }

    fn load(
        &self,
        file: &str,
        environment: &[(&str, &str)],
        flags: &[(Key, &str)],
    ) -> Result<Settings, Problems> {
        Settings::load(&self.sources(file, environment, flags))
    }

    fn problems(&self, environment: &[(&str, &str)]) -> Vec<String> {
        match self.load("", environment, &[]) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
        }
    }
}

#[test]
fn nothing_has_to_be_set() {
    let place = Place::new();
    let settings = place.load("", &[], &[]).unwrap();
    // The defaults of the design's table.
    assert_eq!(settings.turn_username, "earshot");
    assert_eq!(settings.realm, "earshot");
    let listen: Vec<String> = settings
        .turn_listen
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(listen, ["0.0.0.0:3478", "[::]:3478"]);
    assert_eq!(settings.relay_ports, 49152..=65535);
    assert_eq!(settings.http_listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.tls, None);
    let links = &settings.links;
    assert!(!links.need_key);
    assert_eq!((links.most, links.most_sockets), (10_000, 2_000));
    assert_eq!(links.lifetime.as_secs(), 24 * 3600);
    assert!(settings.allowed_peers.is_empty() && settings.ice_servers.is_empty());
    let Database::Sqlite(file) = &settings.database else {
        panic!("{:?}", settings.database);
    };
    assert_eq!(file, &place.data().join("data/earshot.db"));
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    assert!(settings.turn_password.expose().len() >= 20);
}

#[test]
fn flags_win_over_environment_and_environment_over_file() {
    let place = Place::new();
    let file = "turn_realm = 'file'\nturn_username = 'file'\npublic_url = 'http://file'";
    let environment = [
        ("TURN_REALM", "environment"),
        ("TURN_USERNAME", "environment"),
    ];
    let settings = place
        .load(file, &environment, &[(Key::TurnRealm, "flag")])
        .unwrap();
    assert_eq!(settings.realm, "flag");
    assert_eq!(settings.turn_username, "environment");
    assert_eq!(settings.public_url.as_deref(), Some("http://file"));
    assert_eq!(settings.origins[&Key::TurnRealm], Source::Flag);
    assert_eq!(settings.origins[&Key::TurnUsername], Source::Environment);
    assert_eq!(
        settings.origins[&Key::PublicUrl],
        Source::File("earshot.toml".into())
    );
}

#[test]
fn the_bounds_of_links_are_settings() {
    let place = Place::new();
    let file =
        "links_need_key = true\nlink_lifetime = 1\nmost_links = '2'\nmost_link_sockets = '3'";
    let links = place.load(file, &[], &[]).unwrap().links;
    assert!(links.need_key);
    assert_eq!((links.most, links.most_sockets), (2, 3));
    assert_eq!(links.lifetime.as_secs(), 3600);
}

#[test]
fn an_empty_variable_is_not_set() {
    let place = Place::new();
    let empty = [
        ("TURN_REALM", ""),
        ("TURN_PASSWORD", " "),
        ("EXTERNAL_IP", ""),
        ("PORT", ""),
    ];
    let settings = place.load("turn_realm = 'file'", &empty, &[]).unwrap();
    assert_eq!(settings.realm, "file");
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    assert!(settings.kept.contains_key(&Key::TurnPassword));
}

#[test]
fn lists_and_tables_of_the_file_are_read() {
    let place = Place::new();
    let file = r#"
        allowed_peers = ["10.1.0.0/16", "fd00::/8"]
        turn_listen = ["127.0.0.1:0"]
        [[ice_servers]]
        urls = ["turn:relay.example.org"]
        username = "u"
        credential = "c"
    "#;
    let settings = place.load(file, &[], &[]).unwrap();
    assert_eq!(settings.allowed_peers.len(), 2);
    assert_eq!(settings.turn_listen.len(), 1);
    assert_eq!(settings.ice_servers[0].credential.as_deref(), Some("c"));
}

/// Each with the word that names the way out.
#[test]
fn bad_values_are_refused_with_name_source_value_and_way_out() {
    for (name, value, way_out) in [
        ("TURN_USERNAME", "1700000000:bob", "time-limited"),
        ("TURN_REALM", "a\"b", "no quotes"),
        ("TURN_LISTEN", "3478", "0.0.0.0:3478"),
        ("TURN_LISTEN", "0.0.0.0:99999", "0.0.0.0:3478"),
        ("TURN_LISTEN", "relay.example.org:3478", "0.0.0.0:3478"),
        ("STUN_LISTEN", "0.0.0.0:3478", "another port"),
        ("ALLOWED_PEERS", "10.0.0.0/33", "10.1.0.0/16"),
        ("TURN_RELAY_PORTS", "65535-49152", "49152-65535"),
        ("TURN_RELAY_PORTS", "0-10", "49152-65535"),
        ("TURN_RELAY_PORTS", "3000-4000", "leave it out"),
        ("CORS_ORIGIN", "https://evil.example.org", "on this machine"),
        ("HTTP_LISTEN", "8080", "write for example"),
        ("HTTP_LISTEN", "0.0.0.0:3478", "another port"),
        ("PORT", "http", "a number"),
        ("LINKS_NEED_KEY", "maybe", "yes or no"),
        ("LINK_LIFETIME", "0", "1 to 720"),
        ("LINK_LIFETIME", "721", "1 to 720"),
        ("MOST_LINKS", "-1", "0 to 1000000"),
        ("MOST_LINK_SOCKETS", "many", "0 to 100000"),
        ("PUBLIC_URL", "hear.example.org", "https://"),
        (
            "PUBLIC_URL",
            "https://hear.example.org/path",
            "without a path",
        ),
        (
            "PUBLIC_URL",
            "https://user:word@hear.example.org",
            "https://",
        ),
        ("TLS_CERT", "/nowhere/cert.pem", "check its path"),
        ("ACME_DOMAIN", "hear.example.org", "TLS_CERT"),
    ] {
        let problems = Place::new().problems(&[(name, value)]).join("\n");
        for part in [name, "from the environment", value, way_out] {
            assert!(
                problems.contains(part),
                "{name}={value} without “{part}”:\n{problems}"
            );
        }
    }
}

#[test]
fn an_empty_realm_is_an_error() {
    let place = Place::new();
    let problems = place
        .load("turn_realm = ''", &[], &[])
        .unwrap_err()
        .to_string();
    assert!(problems.contains("TURN_REALM"), "{problems}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_nothing_is_made() {
    let place = Place::new();
    let file = "turn_pasword = 'x'\nturn_relay_ports = '1'\ntls_cert = true";
    let environment = [("TURN_LISTEN", "x"), ("TLS_KEY", "/nowhere")];
    let problems = place
        .load(file, &environment, &[(Key::PublicUrl, "x")])
        .unwrap_err();
    let text = problems.to_string();
    for part in [
        "turn_pasword",
        "did you mean “turn_password”?",
        "TURN_RELAY_PORTS (in earshot.toml)",
        "TLS_CERT (in earshot.toml)",
        "TURN_LISTEN (from the environment)",
        "TLS_KEY (from the environment)",
        "PUBLIC_URL (from a flag)",
    ] {
        assert!(text.contains(part), "without “{part}”:\n{text}");
    }
    assert!(!place.data().join("data").exists());
}

#[test]
fn a_file_that_is_not_toml_is_told_by_its_line_and_not_quoted() {
    let place = Place::new();
    let file = "turn_realm = 'r'\nturn_password = hunter2hunter2\n";
    let problems = place.load(file, &[], &[]).unwrap_err().to_string();
    assert!(
        problems.contains("earshot.toml is not TOML: line 2"),
        "{problems}"
    );
    assert!(!problems.contains("hunter2"), "{problems}");
}

#[test]
fn secrets_are_in_no_error_and_in_no_debug_text() {
    let place = Place::new();
    for (name, value) in [
        (
            "ICE_SERVERS",
            r#"[{"urls":"turn:x","credential":"hunter2hunter2"}]"#,
        ),
        ("ICE_SERVERS", r#"["hunter2hunter2"]"#),
        ("ICE_SERVERS", r#"{"hunter2hunter2"#),
        (
            "ICE_SERVERS",
            r#"[{"urls":["x:hunter"],"credential":"hunter2hunter2"}]"#,
        ),
        (
            "DATABASE_URL",
            "postgres://earshot:#hunter2hunter2@db/earshot",
        ),
    ] {
        let problems = place.problems(&[(name, value)]).join("\n");
        assert!(problems.contains(name), "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    }
    let secrets = [
        ("TURN_PASSWORD", "hunter2hunter2"),
        ("TURN_SECRET", "hunter2hunter2"),
        ("OPERATOR_KEY", "hunter2hunter2"),
        (
            "ICE_SERVERS",
            r#"[{"urls":"turn:x","username":"u","credential":"hunter2hunter2"}]"#,
        ),
        (
            "DATABASE_URL",
            "postgres://earshot:hunter2hunter2@db/earshot",
        ),
    ];
    let settings = place.load("", &secrets, &[]).unwrap();
    assert_eq!(settings.turn_password.expose(), "hunter2hunter2");
    let debug = format!("{settings:?} {}", settings.turn_password);
    assert!(!debug.contains("hunter2"), "{debug}");
    let key = format!("{:?}", settings.nonce_key.0);
    assert!(!debug.contains(&key), "{debug}");
}

#[test]
fn a_wrong_external_address_is_ignored_with_one_line() {
    for (value, ips, lines) in [
        ("300.1.2.3", 0, 1),
        ("$(curl ifconfig.me)", 0, 1),
        ("0.0.0.0", 0, 1),
        ("8.8.8.8,nonsense", 1, 1),
        ("8.8.8.8,2001:4860::8", 2, 0),
        ("8.8.8.8,8.8.4.4", 1, 1),
    ] {
        let settings = Place::new()
            .load("", &[("EXTERNAL_IP", value)], &[])
            .unwrap();
        assert_eq!(settings.external_ip.len(), ips, "{value}");
        assert_eq!(
            settings.warnings.len(),
            lines,
            "{value}: {:?}",
            settings.warnings
        );
    }
}

#[test]
fn a_platforms_port_is_served_to_all_unless_http_listen_says_otherwise() {
    let place = Place::new();
    let settings = place.load("", &[("PORT", "10000")], &[]).unwrap();
    assert_eq!(settings.http_listen.to_string(), "0.0.0.0:10000");
    assert!(settings.platform_port);
    assert!(!place.load("", &[], &[]).unwrap().platform_port);
    let both = [("PORT", "10000"), ("HTTP_LISTEN", "127.0.0.1:9000")];
    let settings = place.load("", &both, &[]).unwrap();
    assert_eq!(settings.http_listen.to_string(), "127.0.0.1:9000");
}

#[test]
fn published_and_short_passwords_are_warned_of() {
    for (password, warned) in [
        ("turn123456", true),
        ("password", true),
        ("Password", true),
        ("shrt", true),
        ("correct horse battery", false),
    ] {
        let settings = Place::new()
            .load("", &[("TURN_PASSWORD", password)], &[])
            .unwrap();
        assert_eq!(!settings.warnings.is_empty(), warned, "{password}");
        assert!(
            settings
                .warnings
                .iter()
                .all(|line| !line.contains(password))
        );
    }
}

#[test]
fn the_usual_relayed_ports_make_room_for_listeners() {
    for (turn, stun, ports) in [
        ("0.0.0.0:3478", "0.0.0.0:3479", 49152..=65535),
        ("0.0.0.0:50000", "0.0.0.0:50001", 50002..=65535),
        ("0.0.0.0:50000", "0.0.0.0:65000", 50001..=64999),
        ("0.0.0.0:65535", "0.0.0.0:49152", 49153..=65534),
    ] {
        let listen = [("TURN_LISTEN", turn), ("STUN_LISTEN", stun)];
        let settings = Place::new().load("", &listen, &[]).unwrap();
        assert_eq!(settings.relay_ports, ports, "{turn} {stun}");
    }
}

#[test]
fn without_a_relay_nothing_listens_for_stun() {
    let settings = Place::new()
        .load("", &[("TURN_LISTEN", "none")], &[])
        .unwrap();
    assert!(settings.turn_listen.is_empty() && settings.stun_listen.is_empty());
}

#[test]
fn relays_that_share_the_secret_share_the_nonce_key() {
    let key = |secret| {
        let settings = Place::new().load("", &[("TURN_SECRET", secret)], &[]);
        settings.unwrap().nonce_key.0
    };
    assert_eq!(key("one and the same"), key("one and the same"));
    assert_ne!(key("one and the same"), key("another secret"));
}

#[test]
fn made_secrets_outlive_the_program() {
    let place = Place::new();
    let first = place.load("", &[], &[]).unwrap();
    let second = place.load("", &[], &[]).unwrap();
    assert_eq!(first.turn_password, second.turn_password);
    assert_eq!(first.turn_secret, second.turn_secret);
    assert_eq!(first.operator_key, second.operator_key);
    assert_ne!(first.turn_password, first.turn_secret);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_told_of() {
    let place = Place::new();
    let file = place.data().join("file");
    std::fs::write(&file, "").unwrap();
    let inside = file.join("data").display().to_string();
    let problems = place.problems(&[("EARSHOT_DATA", &inside)]).join("\n");
    assert!(
        problems.contains("EARSHOT_DATA") && problems.contains(&inside),
        "{problems}"
    );
}

#[test]
fn a_listener_may_be_a_name_that_this_machine_knows() {
    let place = Place::new();
    let settings = place
        .load("", &[("TURN_LISTEN", "localhost:3478,0.0.0.0:3478")], &[])
        .unwrap();
    assert!(
        settings
            .turn_listen
            .contains(&"127.0.0.1:3478".parse().unwrap())
    );
    assert!(
        settings
            .turn_listen
            .contains(&"0.0.0.0:3478".parse().unwrap())
    );
    for (wrong, expected) in [
        ("no-such-name.invalid:3478", "has no address here"),
        ("localhost:many", "a port is a number"),
        ("localhost", "no address with a port"),
        ("1.2.3:3478", "no address with a port"),
    ] {
        let problems = place.problems(&[("TURN_LISTEN", wrong)]);
        assert!(
            problems.len() == 1 && problems[0].contains(expected),
            "{wrong}: {problems:?}"
        );
    }
}

#[test]
fn the_relays_own_urls_are_urls_of_a_relay() {
    let place = Place::new();
    let given = "turn:proxy.example.net:15140?transport=tcp, turns:relay.example.org";
    let settings = place.load("", &[("TURN_URLS", given)], &[]).unwrap();
    let urls: Vec<String> = settings.turn_urls.iter().map(ToString::to_string).collect();
    assert_eq!(
        urls,
        [
            "turn:proxy.example.net:15140?transport=tcp",
            "turns:relay.example.org:5349?transport=tcp"
        ]
    );
    for wrong in ["stun:relay.example.org", "relay.example.org:3478", "turn:"] {
        let problems = place.problems(&[("TURN_URLS", wrong)]);
        assert!(
            problems.len() == 1 && problems[0].contains("no URL of a relay"),
            "{wrong}: {problems:?}"
        );
    }
}

#[test]
fn looking_for_the_running_program_makes_nothing() {
    let place = Place::new();
    let look =
        |environment: &[(&str, &str)]| Look::load(&place.sources("", environment, &[])).unwrap();
    let found = look(&[("HTTP_LISTEN", "0.0.0.0:8080")]);
    assert_eq!(found.http().to_string(), "127.0.0.1:8080");
    assert_eq!(
        look(&[("HTTP_LISTEN", "[::]:80")]).http().to_string(),
        "[::1]:80"
    );
    assert_eq!(
        look(&[("PORT", "10000")]).http().to_string(),
        "127.0.0.1:10000"
    );
    assert!(found.operator_key().unwrap().is_none());
    assert!(!place.data().join("data").exists());
    // It is the one that the program itself makes.
    let settings = place.load("", &[], &[]).unwrap();
    assert_eq!(found.operator_key().unwrap(), Some(settings.operator_key));
    let given = look(&[("OPERATOR_KEY", "given by the operator")]);
    assert_eq!(
        given.operator_key().unwrap().unwrap().expose(),
        "given by the operator"
    );
}

/// Who sends it as `Authorization: Bearer …` would be refused for ever.
#[test]
fn a_key_that_fits_into_no_header_is_refused_and_not_shown() {
    let place = Place::new();
    for key in [
        "Schlüssel-des-Betreibers",
        "the operator's key \n \n",
        "the operator's\tkey",
    ] {
        let sources = place.sources("", &[("OPERATOR_KEY", key)], &[]);
        let words = Look::load(&sources).unwrap_err().to_string();
        assert!(
            words.contains("OPERATOR_KEY") && words.contains("ASCII"),
            "{words}"
        );
        assert!(
            !words.contains("etreiber") && !words.contains("operator's"),
            "{words}"
        );
    }
    let fits = [("OPERATOR_KEY", "the operator's = key +/\n")];
    assert!(Look::load(&place.sources("", &fits, &[])).is_ok());
}
