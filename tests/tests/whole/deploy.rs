//! The files of deploy/: they parse, name nothing that there is not, and what they set is good.

use earshot::{
    cli,
    settings::{Look, Sources, names::TABLE},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Names in the files that look like settings and are others'.
const OF_OTHERS: [&str; 8] = [
    "AF_INET",
    "AF_INET6",
    "AF_NETLINK",
    "AF_UNIX",
    "CAP_NET_BIND_SERVICE",
    "ON_FAILURE",
    "RAILWAY_TCP_PROXY_DOMAIN",
    "RAILWAY_TCP_PROXY_PORT",
];

type Environment = BTreeMap<String, String>;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the repository").to_owned()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(name: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the program would say of these settings.
fn is_good(name: &str, file: Option<String>, environment: Environment) {
    let sources = Sources {
        file: file.map(|text| (name.into(), text)),
        environment,
        ..Sources::default()
    };
    if let Err(problems) = Look::load(&sources) {
        panic!("{name}: {problems}");
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn map(value: &Value) -> Environment {
    let entries = value.as_object().expect("a map").iter();
    entries
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// The files in which settings are named.
fn files() -> Vec<String> {
    let folders = [
        "deploy",
        "deploy/debian",
        "deploy/kubernetes",
        "deploy/systemd",
    ];
    let inside = folders.iter().flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder))
            .expect("the folder")
            .flatten();
        entries
            .filter(|entry| entry.path().is_file())
            .map(move |entry| format!("{folder}/{}", entry.file_name().to_string_lossy()))
    });
    let beside = ["render.yaml", "docs/deploy.md"].map(str::to_owned);
    inside
        .chain(beside)
        .filter(|name| !name.ends_with(".sh"))
        .collect()
}

#[test]
fn deploy_files_name_only_settings_that_there_are() {
    let known: BTreeSet<&str> = TABLE
        .iter()
        .map(|entry| entry.env)
        .chain(OF_OTHERS)
        .collect();
    let is_of_a_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let mut named = BTreeSet::new();
    for file in files() {
        let text = read(&file);
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let is_name = word.chars().all(is_of_a_name) && word.contains('_');
            if is_name && !word.starts_with('_') {
                assert!(
                    known.contains(word),
                    "{file} names {word}, which is no setting"
                );
                named.insert(word.to_owned());
            }
        }
    }
    assert!(named.len() > 15, "the files were not read: {named:?}");
}

#[test]
fn what_compose_sets_is_good() {
    for name in ["deploy/compose.yaml", "deploy/compose.bridge.yaml"] {
        let file = &yaml(name)[0];
        let earshot = &file["services"]["earshot"];
        let mut environment = map(&earshot["environment"]);
        for value in environment.values_mut() {
            // ${NAME}, ${NAME:-default}, ${NAME:?complaint}
            if let Some(inner) = value.strip_prefix("${").and_then(|it| it.strip_suffix('}')) {
                *value = match inner.split_once(":-") {
                    Some((_, default)) => default.to_owned(),
                    None => "203.0.113.7".to_owned(),
                };
            }
        }
        environment.insert("EARSHOT_DATA".to_owned(), "/data".to_owned());
        let relayed = environment.get("TURN_RELAY_PORTS").cloned();
        is_good(name, None, environment);
        let build = &earshot["build"];
        assert!(
            root()
                .join("deploy")
                .join(text(&build["context"]))
                .join(text(&build["dockerfile"]))
                .is_file()
        );
        // What is relayed is published, each port under its own number.
        if let Some(relayed) = relayed {
            let published = format!("{relayed}:{relayed}/udp");
            let mut ports = earshot["ports"].as_array().expect("ports").iter();
            assert!(ports.any(|port| text(port) == published), "{published}");
        }
    }
}

#[test]
fn what_render_is_told_is_good_and_runs_no_relay() {
    let file = &yaml("render.yaml")[0];
    let service = &file["services"][0];
    assert!(root().join(text(&service["dockerfilePath"])).is_file());
    let mut environment: Environment = Environment::from([("PORT".into(), "10000".into())]);
    environment.insert("EARSHOT_DATA".into(), "/data".into());
    for variable in service["envVars"].as_array().expect("variables") {
        let key = text(&variable["key"]);
        let value = match (&variable["value"], key.as_str()) {
            (Value::String(value), _) => value.clone(),
            // The example that the comment gives.
            (_, "ICE_SERVERS") => {
                let all = read("render.yaml");
                let (_, rest) = all.split_once("Render asks for it: ").expect("an example");
                rest.lines().next().expect("a line").to_owned()
            }
            _ => "what Render makes up".to_owned(),
        };
        environment.insert(key, value);
    }
    assert_eq!(environment["TURN_LISTEN"], "none");
    is_good("render.yaml", None, environment);
}

#[test]
fn what_fly_is_told_keeps_its_rules_for_udp() {
    let file: Value = toml(&read("deploy/fly.toml"));
    let mut environment = map(&file["env"]);
    let turn = environment["TURN_LISTEN"].clone();
    assert!(
        turn.contains("fly-global-services:3478") && turn.contains("0.0.0.0:3478"),
        "{turn}"
    );
    let relayed = environment["TURN_RELAY_PORTS"].clone();
    let services = file["services"].as_array().expect("services");
    let mut udp = services
        .iter()
        .filter(|service| service["protocol"] == "udp");
    let range = udp.clone().map(|service| {
        let ports = &service["ports"][0];
        format!("{}-{}", ports["start_port"], ports["end_port"])
    });
    assert!(
        range.into_iter().any(|range| range == relayed),
        "{relayed} is not forwarded"
    );
    // The port is the same inside and outside.
    assert!(udp.all(|service| {
        let ports = &service["ports"][0];
        let outside = ports.get("port").or(ports.get("start_port"));
        outside == Some(&service["internal_port"])
    }));
    for value in environment.values_mut() {
        // A name that is known on Fly's machines alone.
        *value = value.replace("fly-global-services", "127.0.0.1");
    }
    environment.insert("EARSHOT_DATA".into(), "/data".into());
    is_good("deploy/fly.toml", None, environment);
    let dockerfile = text(&file["build"]["dockerfile"]);
    assert!(root().join("deploy").join(dockerfile).is_file());
}

#[test]
fn what_railway_is_told_parses() {
    let file: Value = toml(&read("deploy/railway.toml"));
    assert!(
        root()
            .join(text(&file["build"]["dockerfilePath"]))
            .is_file()
    );
    let urls = "turn:proxy.example.net:15140?transport=tcp".to_owned();
    let environment = [
        ("TURN_URLS", urls),
        ("STUN_LISTEN", "none".to_owned()),
        ("PORT", "8080".to_owned()),
        ("EARSHOT_DATA", "/data".to_owned()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value));
    is_good("deploy/railway.toml", None, Environment::from(environment));
}

#[test]
fn what_kubernetes_sets_is_good() {
    let documents = yaml("deploy/kubernetes/earshot.yaml");
    let of_kind = |kind: &str| {
        let mut all = documents.iter();
        all.find(|document| document["kind"] == kind)
            .expect("it is there")
    };
    let mut environment = map(&of_kind("ConfigMap")["data"]);
    let set = &of_kind("DaemonSet")["spec"]["template"]["spec"];
    let container = &set["containers"][0];
    for variable in container["env"].as_array().expect("variables") {
        environment.insert(text(&variable["name"]), "203.0.113.7".to_owned());
    }
    environment.insert("EARSHOT_DATA".into(), "/data".into());
    is_good("deploy/kubernetes/earshot.yaml", None, environment);
    // It ends its sessions after it was taken out of the Service, and is not killed meanwhile.
    let pause = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
    let whole = set["terminationGracePeriodSeconds"].as_u64();
    assert!(whole > pause.map(|pause| pause + 20), "{whole:?} {pause:?}");
    let wanted = &of_kind("Service")["spec"]["selector"];
    let labels = &of_kind("DaemonSet")["spec"]["template"]["metadata"]["labels"];
    assert_eq!(wanted, labels);
}

#[test]
fn every_command_line_is_understood() {
    let dockerfile = read("deploy/Dockerfile");
    let exec = |word: &str| -> Vec<String> {
        let mut lines = dockerfile.lines().filter(|line| line.starts_with(word));
        let line = lines.next_back().unwrap_or_else(|| panic!("no {word}"));
        let list = &line[line.find('[').expect("the exec form: there is no shell")..];
        serde_json::from_str(list).expect("a list")
    };
    let entry = exec("ENTRYPOINT");
    let unit = read("deploy/systemd/earshot.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let start = start
        .expect("a unit starts something")
        .split(' ')
        .map(str::to_owned)
        .collect();
    for command in [[entry, exec("CMD")].concat(), exec("HEALTHCHECK"), start] {
        if let Err(error) = cli::command().try_get_matches_from(&command) {
            panic!("{command:?}: {error}");
        }
    }
}

#[test]
fn the_settings_file_of_the_package_is_good_with_and_without_its_examples() {
    let file = read("deploy/debian/earshot.toml");
    let data = || Environment::from([("EARSHOT_DATA".to_owned(), "/data".to_owned())]);
    is_good("earshot.toml", Some(file.clone()), data());
    let is_example = |line: &&str| line.starts_with("# ") && line.contains(" = ");
    let examples = file.lines().filter(is_example).map(|line| &line[2..]);
    // A file that is there.
    let there = root().join("Cargo.toml").display().to_string();
    let examples: Vec<String> = examples
        .map(|line| match line.split_once("/etc/earshot/") {
            Some((before, _)) => format!("{before}{there}\""),
            None => line.to_owned(),
        })
        .collect();
    assert!(examples.len() > 5, "{examples:?}");
    is_good("earshot.toml", Some(examples.join("\n")), data());
}

fn toml(text: &str) -> Value {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_value(table).expect("TOML is JSON")
}
