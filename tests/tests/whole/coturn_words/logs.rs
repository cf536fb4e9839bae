//! The logs that coturn writes in each fault, and Earshot's own.
//!
//! With `EARSHOT_KEEP_LOGS=<folder>` they are kept: those of `relay/src/coturn/log/tests/` were made that way.

use super::{ENDING, earshot, names};
use earshot_tests::{
    child::Running,
    coturn::Coturn,
    net::{free_port, host_address},
    program::{Program, Settings},
    real_part,
    turn_client::TurnClient,
};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

const CLIENT: Duration = Duration::from_secs(60);
const USERS: [&str; 3] = [
    "--lt-cred-mech",
    "--realm=voicechat",
    "--user=user:password",
];

/// Starts coturn, lets a client meet it, and expects its log to be told so.
fn told(name: &str, options: &[&str], meet: impl FnOnce(&mut Coturn), expected: &[&str]) {
    let Some(mut coturn) = Coturn::start(options) else {
        return;
    };
    meet(&mut coturn);
    let log = coturn.running.end(ENDING);
    explained(name, &log, expected);
}

/// What `earshot explain-log` says of a log: the rules and causes, and its exit code.
fn explained(name: &str, log: &str, expected: &[&str]) {
    if let Some(folder) = std::env::var_os("EARSHOT_KEEP_LOGS") {
        let file = Path::new(&folder).join(format!("{name}.log"));
        std::fs::write(file, log).expect("the folder can be written to");
    }
    let output = earshot(&["explain-log", "--json"], log);
    let found = names(&output);
    assert_eq!(found, expected, "{name}\n{log}");
    let wrong = found.iter().any(|name| !name.starts_with("note "));
    assert_eq!(output.status.code(), Some(i32::from(wrong)), "{name}");
}

fn client(coturn: &Coturn, user: &str, password: &str) -> TurnClient {
    TurnClient::new(coturn.address, user, password)
}

fn ended(coturn: &mut Coturn, sessions: usize) {
    assert!(
        coturn
            .running
            .says_times(": delete: realm=", sessions, ENDING),
        "{}",
        coturn.running.log()
    );
}

/// Two relayed addresses of the server send to each other.
fn relay(coturn: &mut Coturn, arguments: &[&str]) {
    let client = real_part("turnutils_uclient", "coturn").expect("it comes with coturn");
    let mut command = Command::new(client);
    command
        .args(["-c", "-y", "-z", "5", "-n", "20", "-m", "2"])
        .args(["-p", &coturn.address.port().to_string()])
        .args(arguments)
        .arg(coturn.address.ip().to_string());
    let mut client = Running::start(&mut command);
    client.wait(CLIENT);
    assert!(
        client.log().contains("tot_recv_msgs=40"),
        "{}",
        client.log()
    );
    ended(coturn, 2);
}

#[test]
fn a_healthy_one_raises_nothing() {
    told(
        "healthy",
        &USERS,
        |coturn| relay(coturn, &["-u", "user", "-w", "password"]),
        &[],
    );
}

#[test]
fn the_anonymous_server_of_the_story_is_named() {
    let meet = |coturn: &mut Coturn| {
        for _ in 0..3 {
            let mut stranger = client(coturn, "", "");
            stranger.allocate_unasked().expect("it lets anybody in");
            stranger.close();
        }
        ended(coturn, 3);
    };
    let expected = [
        "fault sessions-anonymous server-open",
        "warning nothing-relayed",
    ];
    told("open", &["--no-auth"], meet, &expected);
}

#[test]
fn an_empty_realm_is_named_with_the_storm_that_follows() {
    let meet = |coturn: &mut Coturn| {
        let mut browser = client(coturn, "", "");
        for _ in 0..300 {
            assert_eq!(browser.allocate_unasked(), Err(401));
        }
    };
    let expected = [
        "fault realm-missing realm-missing",
        "warning retry-storm realm-missing",
        "warning configuration-complained",
    ];
    told(
        "no-realm",
        &["--lt-cred-mech", "--user=user:password"],
        meet,
        &expected,
    );
}

#[test]
fn refused_users_are_named() {
    let meet = |coturn: &mut Coturn| {
        assert_eq!(client(coturn, "nobody", "password").allocate(), Err(401));
        assert_eq!(
            client(coturn, "user", "not the password").allocate(),
            Err(401)
        );
    };
    told(
        "refused",
        &USERS,
        meet,
        &["fault users-refused credentials-wrong"],
    );
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("now");
    let over = format!("{}:alice", seconds.as_secs() - 3600);
    let meet = |coturn: &mut Coturn| {
        assert_eq!(client(coturn, &over, "whatever it is").allocate(), Err(401));
    };
    let options = [
        "--use-auth-secret",
        "--static-auth-secret=s3cret",
        "--realm=voicechat",
    ];
    told(
        "expired",
        &options,
        meet,
        &["fault users-refused credentials-wrong"],
    );
}

#[test]
fn quotas_and_used_up_ports_are_named() {
    let take = |answer: u16| {
        move |coturn: &mut Coturn| {
            let mut clients: Vec<_> = (0..8).map(|_| client(coturn, "user", "password")).collect();
            let answers: Vec<_> = clients
                .iter_mut()
                .map(|client| client.allocate().err())
                .collect();
            assert!(answers.contains(&Some(answer)), "{answers:?}");
        }
    };
    let with = |option: &'static [&'static str]| [&USERS, option].concat();
    let quota = ["warning quota-reached quota-reached"];
    told("user-quota", &with(&["--user-quota=2"]), take(486), &quota);
    told(
        "total-quota",
        &with(&["--total-quota=2"]),
        take(486),
        &quota,
    );
    let few = with(&["--min-port=45001", "--max-port=45004"]);
    told(
        "ports",
        &few,
        take(508),
        &["warning capacity-reached capacity-reached"],
    );
}

#[test]
fn refused_peers_are_named_where_they_matter() {
    let own = SocketAddr::from((host_address(), 9));
    let private = SocketAddr::from((Ipv4Addr::new(10, 1, 2, 3), 9));
    let deny = format!("--denied-peer-ip={}", host_address());
    let options = [
        &USERS[..],
        &[&deny, "--denied-peer-ip=10.0.0.0-10.255.255.255"],
    ]
    .concat();
    let meet = |coturn: &mut Coturn| {
        let mut caller = client(coturn, "user", "password");
        caller.allocate().expect("a relayed address");
        assert_eq!(caller.permit(own), 403);
        caller.close();
        ended(coturn, 1);
    };
    let expected = [
        "warning peers-refused peer-forbidden",
        "note nothing-relayed",
    ];
    told("own-address-denied", &options, meet, &expected);
    // Browsers offer their private addresses as well: beside a call that is carried, that says nothing.
    let options = [&USERS[..], &["--denied-peer-ip=10.0.0.0-10.255.255.255"]].concat();
    let meet = |coturn: &mut Coturn| {
        let mut caller = client(coturn, "user", "password");
        caller.allocate().expect("a relayed address");
        assert_eq!(caller.permit(private), 403);
        relay(coturn, &["-u", "user", "-w", "password"]);
    };
    told("private-peers", &options, meet, &["note peers-refused"]);
}

#[test]
fn missing_and_unusable_certificates_are_named() {
    let meet = |coturn: &mut Coturn| {
        client(coturn, "user", "password")
            .allocate()
            .expect("a relayed address");
    };
    let without = [
        &USERS[..],
        &[
            "--no-tls=0",
            "--cert=/nowhere/cert.pem",
            "--pkey=/nowhere/key.pem",
        ],
    ]
    .concat();
    told(
        "no-certificate",
        &without,
        meet,
        &["warning tls-without-certificate"],
    );
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let [cert, pkey] = mismatched(dir.path());
    let wrong = [&USERS[..], &["--no-tls=0", &cert, &pkey]].concat();
    told("wrong-key", &wrong, meet, &["fault tls-certificate"]);
}

/// A certificate and the key of another one, as options.
fn mismatched(dir: &Path) -> [String; 2] {
    let key = || rcgen::KeyPair::generate().expect("a key can be made");
    let parameters =
        rcgen::CertificateParams::new(["turn.example.org".to_owned()]).expect("a name");
    let certificate = parameters.self_signed(&key()).expect("it can be signed");
    let parts = [("cert", certificate.pem()), ("pkey", key().serialize_pem())];
    parts.map(|(option, pem)| {
        let file = dir.join(option);
        std::fs::write(&file, pem).expect("the folder can be written to");
        format!("--{option}={}", file.display())
    })
}

/// Starts coturn with these options until it says that, without clients, and expects its log to be told so.
fn told_at_start(name: &str, options: &[String], until: &str, expected: &[&str]) {
    let Some(turnserver) = real_part("turnserver", "coturn") else {
        return;
    };
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let mut command = Command::new(turnserver);
    command
        .args([
            "--log-file=stdout",
            "--simple-log",
            "--no-tls",
            "--no-dtls",
            "--no-cli",
        ])
        .args(USERS)
        .arg(format!("--pidfile={}", dir.path().join("pid").display()))
        .arg(format!("--userdb={}", dir.path().join("userdb").display()))
        .args(options)
        .current_dir(dir.path());
    let mut running = Running::start(&mut command);
    running.wait_for(until, ENDING);
    running.kill();
    // Without `verbose` and without clients no session is told of, which is told too.
    let expected = [expected, &["note no-sessions"]].concat();
    explained(name, &running.log(), &expected);
}

fn listen_at(at: SocketAddr) -> [String; 2] {
    [
        format!("--listening-ip={}", at.ip()),
        format!("--listening-port={}", at.port()),
    ]
}

#[test]
fn a_port_that_another_program_has_is_named() {
    let at = SocketAddr::from((host_address(), free_port()));
    let _tcp = TcpListener::bind(at).expect("it is free");
    let _udp = UdpSocket::bind(at).expect("it is free");
    let options = [&listen_at(at)[..], &["-n".to_owned()]].concat();
    let expected = ["fault port-taken server-unreachable"];
    told_at_start("port-taken", &options, "Trying to bind fd", &expected);
}

#[test]
fn an_address_that_the_machine_does_not_have_is_named() {
    // RFC 5737: nobody has it.
    let at = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 9), free_port()));
    let options = [&listen_at(at)[..], &["-n".to_owned()]].concat();
    let expected = ["fault address-not-ours server-unreachable"];
    told_at_start("not-ours", &options, "Trying to bind fd", &expected);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let at = SocketAddr::from((host_address(), free_port()));
    let missing = ["-c".to_owned(), "/nowhere/turnserver.conf".to_owned()];
    let options = [&listen_at(at)[..], &missing].concat();
    let expected = ["fault configuration-missing"];
    told_at_start(
        "no-configuration",
        &options,
        "Total General servers",
        &expected,
    );
}

#[test]
fn a_variable_that_nobody_filled_in_is_named() {
    let options = [&USERS[..], &["--external-ip=$EXTERNAL_IP"]].concat();
    let meet = |coturn: &mut Coturn| {
        client(coturn, "user", "password")
            .allocate()
            .expect("a relayed address");
    };
    told(
        "variable",
        &options,
        meet,
        &["warning configuration-complained"],
    );
}

#[test]
fn earshots_own_log_is_read_too() {
    let start = || {
        Settings::new()
            .set("TURN_USERNAME", "user")
            .set("TURN_PASSWORD", "a password that is long enough")
            .start()
    };
    let program = start();
    let mut stranger = TurnClient::asking_once(at_port(&program), "user", "not the password");
    let refused = stranger.allocate();
    assert_eq!(refused, Err(401));
    let log = program.end();
    let output = earshot(&["explain-log", "--json"], &log);
    let found = names(&output);
    let expected = "fault users-refused credentials-wrong".to_owned();
    assert!(found.contains(&expected), "{found:?}\n{log}");

    let program = start();
    let password = "a password that is long enough";
    let mut caller = TurnClient::asking_once(at_port(&program), "user", password);
    caller.allocate().expect("a relayed address");
    caller.close();
    let log = program.end();
    let output = earshot(&["explain-log", "--json"], &log);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["program"], "earshot");
    assert_eq!(
        found["allocations"]["about"],
        serde_json::json!([{"name": "user", "count": 1}]),
        "{log}"
    );
    assert_eq!(
        (&found["ended"], &found["relayed"]),
        (&1.into(), &0.into()),
        "{log}"
    );
}

fn at_port(program: &Program) -> SocketAddr {
    (host_address(), program.settings.turn_port).into()
}
