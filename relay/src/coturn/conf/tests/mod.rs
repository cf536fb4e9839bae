//! Tables of configurations, each with what must be found in it and nothing else.

mod published;
mod rules;
mod surroundings;

use super::{Around, Checked, check};
use crate::coturn::{
    finding::{Finding, Remedy, Severity},
    print,
};

/// In which nothing is found, not even a note. Behind NAT, with TLS.
pub(super) const HEALTHY: &str = "\
# A relay for a voice chat.
listening-port=3478
tls-listening-port=5349
listening-ip=10.0.0.5
external-ip=198.41.0.4/10.0.0.5
min-port=49152
max-port=65535
fingerprint
lt-cred-mech
realm=voicechat
user=voicechat:Kp2vXq7Lw9sT4hZ8
cert=/etc/coturn/fullchain.pem
pkey=/etc/coturn/privkey.pem
no-cli
no-multicast-peers
denied-peer-ip=10.0.0.0-10.255.255.255
denied-peer-ip=100.64.0.0-100.127.255.255
denied-peer-ip=169.254.0.0-169.254.255.255
denied-peer-ip=172.16.0.0-172.31.255.255
denied-peer-ip=192.168.0.0-192.168.255.255
denied-peer-ip=fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff
simple-log
verbose
";

/// The healthy one without the lines of these names, and with these lines at its end.
pub(super) fn changed(without: &[&str], with: &[&str]) -> String {
    let name = |line: &str| line.split('=').next().unwrap_or_default().to_owned();
    let kept = HEALTHY
        .lines()
        .filter(|line| !without.contains(&name(line).as_str()));
    let lines: Vec<&str> = kept.chain(with.iter().copied()).collect();
    lines.join("\n") + "\n"
}

pub(super) fn checked(text: &str) -> Checked {
    check(text.as_bytes(), &Around::default())
}

/// `fault rule cause?` of each finding, `likely` where it is.
pub(super) fn names(findings: &[Finding]) -> Vec<String> {
    let name = |finding: &Finding| {
        let likely = if finding.likely { "likely " } else { "" };
        let cause = finding.cause.map(|cause| format!(" {cause}"));
        format!(
            "{likely}{} {}{}",
            finding.severity.as_str(),
            finding.rule,
            cause.unwrap_or_default()
        )
    };
    findings.iter().map(name).collect()
}

/// What to write, add and delete, without the numbers of the lines.
pub(super) fn remedies(findings: &[Finding]) -> Vec<String> {
    let text = |remedy: &Remedy| match remedy {
        Remedy::Add { write } => format!("+{write}"),
        Remedy::Replace { write, .. } => format!("={write}"),
        Remedy::Delete { .. } => "-".to_owned(),
    };
    findings
        .iter()
        .flat_map(|finding| finding.remedies.iter().map(text))
        .collect()
}

#[test]
fn nothing_is_found_in_a_healthy_one() {
    assert_eq!(checked(HEALTHY).findings, []);
    let with_secret = changed(
        &["lt-cred-mech", "user"],
        &["use-auth-secret", "static-auth-secret=Kp2vXq7Lw9sT4hZ8Rm3c"],
    );
    assert_eq!(checked(&with_secret).findings, []);
    let public = changed(
        &["listening-ip", "external-ip"],
        &["listening-ip=198.41.0.4"],
    );
    assert_eq!(checked(&public).findings, []);
    let everywhere = changed(&["listening-ip", "external-ip"], &[]);
    assert_eq!(checked(&everywhere).findings, []);
    let quoted = changed(&["realm"], &["realm \"voice chat\"\r"]);
    assert_eq!(checked(&quoted).findings, []);
}

/// Notes are good to know, and a script is not told of them.
#[test]
fn a_terse_one_is_good_too() {
    let terse = changed(
        &["fingerprint", "verbose", "no-cli", "no-multicast-peers"],
        &["no-dtls"],
    );
    let found = checked(&terse).findings;
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(
        found
            .iter()
            .all(|finding| finding.severity == Severity::Note)
    );
}

#[test]
fn every_line_is_explained() {
    let lines =
        checked("realm=x\nlisten-port=3478\nno-tls=no\nno-tlsv1\ncpus=2\n\n# no\nqqqqqq").lines;
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.line, line.known, line.means.as_str()))
        .collect();
    let expected = [
        (1, true, "the name that passwords are good for"),
        (
            2,
            false,
            "unknown: coturn ignores this line; is “listening-port” meant?",
        ),
        (3, true, "turned off: takes no clients over TLS"),
        (
            4,
            true,
            "refuses TLS 1.0; newer versions do unless told otherwise (up to coturn 4.6; newer ones ignore it)",
        ),
        (5, true, "counts on so many processors (from coturn 4.8 on)"),
        (8, false, "unknown: coturn ignores this line"),
    ];
    assert_eq!(told, expected);
}

/// Of what stands in the file, and is proposed again, no character reaches a terminal that would move its cursor.
#[test]
fn no_control_is_told() {
    let strange = "a\u{1b}]0;b\u{7}\u{202e}\u{9b}1A";
    let text = [
        "external-ip=198.41.0.4",
        "external-ip=§",
        "external-ip=198.41.0.4/§",
        "listening-ip=0.0.0.0",
        "relay-ip=§",
        "user=§:turn123456",
        "user=§:",
        "user=§",
        "realm=§",
        "realm=§ # §",
        "realm='§'",
        "§=x",
        "§ # x",
        "§;",
        "relm=§",
        "allowed-peer-ip=§",
        "denied-peer-ip=10.0.0.0/8§",
        "min-port=§",
        "no-tls=§",
        "cli-ip=§",
        "proc-user=§",
        "cert=§",
        "pkey=§",
    ]
    .join("\n")
    .replace('§', strange);
    let found = checked(&text);
    assert!(found.findings.len() > 10, "{found:?}");
    let mut told = Vec::new();
    print::conf(&mut told, strange, &found).unwrap();
    let mut plain = anstream::StripStream::new(Vec::new());
    std::io::Write::write_all(&mut plain, &told).unwrap();
    let coloured = told.iter().filter(|byte| **byte == 0x1b).count();
    let told = String::from_utf8(told).unwrap();
    let of_ours = told.matches("\u{1b}[").count();
    assert_eq!(coloured, of_ours, "{told:?}");
    let hidden = ['\u{7}', '\u{202e}', '\u{9b}'];
    assert!(!told.contains(hidden), "{told:?}");
    let as_json = serde_json::to_string(&found).unwrap();
    assert!(
        !as_json.contains(hidden) && !as_json.contains("\\u00"),
        "{as_json}"
    );
}

/// The largest file that is read at all, of lines that each rule must look at.
#[test]
fn any_file_is_read_in_time() {
    let begun = std::time::Instant::now();
    let long_name = "static-auth-secret".repeat(50);
    for line in ["fingerprint", "user=a:b", &long_name] {
        let lines = format!("{line}\n").repeat((1 << 20) / (line.len() + 1));
        assert!(!checked(&lines).lines.is_empty());
    }
    let took = begun.elapsed();
    assert!(took.as_secs() < 60, "{took:?}");
}

/// Whatever the bytes are, no secret in them is told and nothing breaks.
#[test]
fn no_secret_is_told() {
    let secret = "hunter2-hunter2";
    let text = [
        "user=a:§ # mine",
        "user=§",
        "user=:§",
        "user='a:§'",
        "static-auth-secret=§;",
        "static-auth-secret='§'",
        "cli-password=§",
        "cli-pasword=§",
        "static-auth-secert §",
        "--user=a:§",
        "user=a:§;",
        "usr=a:§",
        "psql-userdb=\"host=h password=§\" # §",
        "pkey-pwd=§",
        "USER=a:§",
        "user;=a:§",
        "user=a:${§}",
        "stateless-nonce-secret=§",
        "user:a:§",
        "user",
        "static-auth-secret",
        // A secret on a line of its own, as an editor breaks it.
        "§",
        "§==",
        // In a comment behind a value, and in what was put into the wrong option.
        "realm=voicechat # once §",
        "listening-port=3478\t#§",
        "userdb=\"host=h dbname=d user=u password=§\"",
        "db=postgresql://turn:§@host/turn",
        "userdb=mongodb://turn:§@host",
    ]
    .join("\n")
    .replace('§', secret);
    let found = checked(&text);
    let told = serde_json::to_string(&found).unwrap();
    let leaks: Vec<_> = told
        .split(['{', '}'])
        .filter(|part| part.contains(secret))
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
