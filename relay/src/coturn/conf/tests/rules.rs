//! Each rule by itself: the healthy configuration with one thing changed.

use super::{changed, checked, names, remedies};

struct Case {
    without: &'static [&'static str],
    with: &'static [&'static str],
    found: &'static [&'static str],
    remedies: &'static [&'static str],
}

const fn case(
    without: &'static [&'static str],
    with: &'static [&'static str],
    found: &'static [&'static str],
    remedies: &'static [&'static str],
) -> Case {
    Case {
        without,
        with,
        found,
        remedies,
    }
}

const USER: &str = "user=voicechat:<a long random password>";
const OUTER: &str = "=external-ip=<the public address of this server>";

/// What coturn does with each of them was seen with coturn 4.6.1, where nothing else is said.
#[rustfmt::skip]
const CASES: &[Case] = &[
    // Who may relay. The server of the story.
    case(&["lt-cred-mech", "realm", "user"], &[], &["fault access-for-anybody server-open"],
        &["+lt-cred-mech", "+realm=voicechat", "+user=voicechat:<a long random password>"]),
    case(&["lt-cred-mech", "user"], &["no-auth"], &["fault access-for-anybody server-open"], &["-", "+lt-cred-mech", "+user=voicechat:<a long random password>"]),
    case(&["lt-cred-mech"], &["no-auth"], &["fault access-for-anybody server-open"], &["-", "+lt-cred-mech"]),
    case(&["lt-cred-mech", "user"], &["lt-cred-mech=no"], &["fault access-for-anybody server-open"], &["=lt-cred-mech", "+user=voicechat:<a long random password>"]),
    // A user alone turns it on.
    case(&["lt-cred-mech"], &[], &[], &[]),
    case(&[], &["no-auth=no"], &[], &[]),
    case(&[], &["no-auth"], &["fault access-contradicted server-unreachable"], &["-"]),
    case(&["realm"], &[], &["fault realm-missing realm-missing"], &["+realm=voicechat"]),
    case(&["realm"], &["realm="], &["fault realm-missing realm-missing"], &["=realm=voicechat"]),
    case(&["lt-cred-mech"], &["static-auth-secret=Kp2vXq7Lw9sT4hZ8Rm3c"], &["fault secret-and-users credentials-wrong"], &["-"]),
    // “false” does not turn it off.
    case(&[], &["use-auth-secret=false", "static-auth-secret=Kp2vXq7Lw9sT4hZ8Rm3c"], &["fault secret-and-users credentials-wrong"], &["-", "-"]),
    case(&["user"], &["use-auth-secret", "static-auth-secret=Kp2vXq7Lw9sT4hZ8Rm3c"], &["note secret-and-lt-cred-mech"], &["-"]),
    case(&["user"], &[], &["likely fault access-for-nobody credentials-wrong"], &["+user=voicechat:<a long random password>"]),
    case(&["user"], &["psql-userdb=\"host=db dbname=turn user=turn password=x\""], &[], &[]),
    case(&["user", "lt-cred-mech"], &["use-auth-secret"], &["likely fault access-for-nobody credentials-wrong"],
        &["+static-auth-secret=<a long random secret>"]),
    // Passwords.
    case(&["user"], &["user=voicechat"], &["likely fault access-for-nobody credentials-wrong", "fault user-without-password credentials-wrong"],
        &["+user=voicechat:<a long random password>", "=user=<name>:<a long random password>"]),
    case(&["user"], &["user=bob:"], &["fault user-without-password credentials-wrong"], &["=user=bob:<a long random password>"]),
    case(&["user"], &["user=bob:0x1234"], &["fault user-without-password credentials-wrong"], &["=user=bob:<a long random password>"]),
    case(&["user"], &["user=bob:0x0123456789abcdef0123456789abcdef"], &[], &[]),
    case(&["user"], &["user=voicechat:turn123456"], &["fault password-published"], &["=user=voicechat:<a long random password>"]),
    case(&["user"], &["user=voicechat:youhavetochoosepassword"], &["fault password-published"], &["=user=voicechat:<a long random password>"]),
    case(&["user"], &["user=ninefingers:0xbc807ee29df3c9ffa736523fb2c4e8ee"], &["fault password-published"], &["=user=ninefingers:<a long random password>"]),
    case(&["user", "lt-cred-mech"], &["use-auth-secret", "static-auth-secret=north"], &["fault password-published"], &["=static-auth-secret=<a long random secret>"]),
    case(&["no-cli"], &["cli-password=qwerty"], &["fault password-published", "note console-password-plain"], &["=cli-password=<a long random password>"]),
    case(&["user"], &["user=bob:Kp2vXq7L"], &["warning password-weak"], &["=user=bob:<a long random password>"]),
    case(&["user"], &["user=a-long-name-it-is:A-long-name-it-is"], &["warning password-weak"], &["=user=a-long-name-it-is:<a long random password>"]),
    // How lines are written.
    case(&["lt-cred-mech"], &["lt-cred-mech # users"], &["fault value-with-appendix server-unreachable"], &["=lt-cred-mech"]),
    case(&["realm"], &["realm=voicechat # mine"], &["fault value-with-appendix"], &["=realm=voicechat"]),
    case(&["realm"], &["realm=voicechat;"], &["fault value-with-appendix"], &["=realm=voicechat"]),
    case(&["fingerprint"], &["fingerprint;"], &["fault value-with-appendix", "note fingerprint"], &["=fingerprint", "+fingerprint"]),
    case(&["realm"], &["realm='voicechat'"], &["fault value-with-appendix"], &["=realm=voicechat"]),
    case(&["fingerprint"], &["fingerprint=maybe"], &["fault neither-yes-nor-no server-unreachable", "note fingerprint"], &["=fingerprint", "+fingerprint"]),
    case(&["realm"], &["realm=${TURN_REALM}"], &["fault left-to-fill-in"], &[]),
    case(&["user"], &["user=voicechat:$TURN_PASSWORD"], &["fault left-to-fill-in"], &[]),
    case(&["external-ip"], &["external-ip=YOUR_PUBLIC_IP/10.0.0.5"], &["fault left-to-fill-in"], &[]),
    case(&["fingerprint"], &["--fingerprint"], &["warning unknown-option", "note fingerprint"], &["=fingerprint", "+fingerprint"]),
    case(&[], &["listen-port=3478"], &["warning unknown-option"], &["=listening-port=3478"]),
    case(&["realm"], &["\u{feff}realm=voicechat"], &["fault realm-missing realm-missing", "warning unknown-option"], &["+realm=voicechat", "=realm=voicechat"]),
    case(&[], &["qqqqqq"], &["warning unknown-option"], &[]),
    case(&[], &["realm=other"], &["note written-twice"], &["-"]),
    // What comes in, and what is relayed.
    case(&["cert", "pkey"], &["no-udp", "no-tcp", "no-tls"], &["fault nothing-listens server-unreachable", "warning tls-off"],
        &["-", "-", "-", "+cert=/etc/coturn/fullchain.pem", "+pkey=/etc/coturn/privkey.pem"]),
    case(&[], &["no-udp"], &["warning no-udp server-udp-closed"], &["-"]),
    case(&[], &["no-tcp"], &["note no-tcp"], &[]),
    case(&[], &["no-tcp", "no-tls"], &["warning udp-alone", "warning tls-off"], &["-", "-"]),
    case(&[], &["stun-only"], &["fault nothing-relayed not-a-turn-server"], &["-"]),
    case(&[], &["no-udp-relay"], &["fault nothing-relayed"], &["-"]),
    case(&["listening-ip"], &["listening-ip=127.0.0.1"], &["fault listens-for-itself server-unreachable"], &["-"]),
    case(&[], &["relay-ip=127.0.0.1"], &["fault relays-for-itself relay-address-private"], &["-"]),
    // Which address clients are told.
    case(&["external-ip"], &["external-ip=10.0.0.5"], &["fault external-ip relay-address-private", "fault own-address-denied peer-forbidden"], &["=external-ip=<the public address of this server>", "+allowed-peer-ip=10.0.0.5"]),
    case(&["external-ip"], &["external-ip=10.0.0.5/198.41.0.4"], &["fault external-ip relay-address-private", "fault own-address-denied peer-forbidden"], &["=external-ip=198.41.0.4/10.0.0.5", "+allowed-peer-ip=10.0.0.5"]),
    case(&["external-ip", "listening-ip"], &["external-ip=203.0.113.7"], &["fault external-ip relay-address-wrong"], &["=external-ip=<the public address of this server>"]),
    case(&["external-ip", "listening-ip"], &["external-ip=60.70.80.91"], &["fault external-ip relay-address-wrong"], &["=external-ip=<the public address of this server>"]),
    case(&["external-ip", "listening-ip"], &["external-ip=127.0.0.1"], &["fault external-ip relay-address-private"], &["=external-ip=<the public address of this server>"]),
    case(&["external-ip", "listening-ip"], &["external-ip=300.1.2.3"], &["fault external-ip relay-address-private"], &["=external-ip=<the public address of this server>"]),
    case(&["external-ip", "listening-ip"], &["external-ip=turn.example.org"], &["note external-ip-by-name"], &[]),
    case(&["external-ip", "listening-ip"], &["external-ip=198.41.0.4", "external-ip=199.7.91.13"], &["warning second-external-ip"], &["=external-ip=199.7.91.13/<the own address behind it>"]),
    case(&["external-ip", "listening-ip"], &["external-ip=198.41.0.4", "listening-ip=0.0.0.0"], &["fault all-zero peer-forbidden"], &["=external-ip=198.41.0.4/<the own address behind it>", "-"]),
    case(&["listening-ip"], &["listening-ip=0.0.0.0"], &[], &[]),
    case(&["external-ip"], &["allowed-peer-ip=10.0.0.5"], &["likely warning external-ip-missing relay-address-private"], &["+external-ip=<the public address>/10.0.0.5"]),
    case(&["external-ip"], &["external-ip=", "allowed-peer-ip=10.0.0.5"], &["likely warning external-ip-missing relay-address-private"], &["+external-ip=<the public address>/10.0.0.5"]),
    // Relayed ports.
    case(&["min-port", "max-port"], &["min-port=50000", "max-port=40000"], &["fault ports-inverted server-unreachable"], &["=min-port=40000", "=max-port=50000"]),
    case(&["min-port", "max-port"], &["max-port=20000"], &["fault ports-inverted server-unreachable"], &["=max-port=65535"]),
    case(&["min-port", "max-port"], &["min-port=50000", "max-port=50019"], &["warning ports-few capacity-reached"], &["=min-port=49152", "=max-port=65535"]),
    case(&["min-port", "max-port"], &["min-port=49160", "max-port=49209"], &[], &[]),
    case(&["min-port", "max-port"], &["min-port=3000", "max-port=4000"], &["warning ports-overlap"], &["=min-port=49152", "=max-port=65535"]),
    case(&["listening-port"], &["listening-port=70000"], &["warning port-is-none"], &["-"]),
    // Whom it relays to.
    case(&[], &["allow-loopback-peers"], &["fault loopback-peers"], &["-"]),
    case(&[], &["allowed-peer-ip=192.168.0.0-192.168.255.255"], &["warning private-peers-allowed"], &["-"]),
    case(&[], &["allowed-peer-ip=10.0.0.5"], &[], &[]),
    case(&[], &["denied-peer-ip=198.41.0.0/24"], &["fault peer-range-is-none"], &["=denied-peer-ip=198.41.0.0-198.41.0.255"]),
    case(&[], &["denied-peer-ip=10.0.0.9-10.0.0.1"], &["fault peer-range-is-none"], &[]),
    case(&["external-ip"], &["external-ip=198.41.0.4"], &["fault own-address-denied peer-forbidden"], &["+allowed-peer-ip=10.0.0.5"]),
    case(&["denied-peer-ip"], &["denied-peer-ip=0.0.0.0-255.255.255.255", "denied-peer-ip=fc00::-feff::"], &[], &[]),
    case(&["denied-peer-ip"], &["denied-peer-ip=10.0.0.0-10.127.255.255", "denied-peer-ip=10.128.0.0-192.168.255.254", "denied-peer-ip=192.168.255.255", "denied-peer-ip=fc00::-feff::"], &[], &[]),
    case(&["denied-peer-ip"], &["denied-peer-ip=10.0.0.0-10.127.255.255", "denied-peer-ip=10.128.0.1-192.168.255.255", "denied-peer-ip=fc00::-feff::"], &["warning private-peers-open"], &["+denied-peer-ip=10.0.0.0-10.255.255.255"]),
    case(&["denied-peer-ip"], &["denied-peer-ip=0.0.0.0-255.255.255.255"], &["warning private-peers-open"],
        &["+denied-peer-ip=fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "+denied-peer-ip=fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
    case(&["denied-peer-ip", "external-ip"], &["external-ip=198.41.0.4", "denied-peer-ip=0.0.0.0-9.255.255.255", "denied-peer-ip=11.0.0.0-255.255.255.255", "denied-peer-ip=fc00::-feff::"],
        &["warning private-peers-open"], &["+denied-peer-ip=10.0.0.0-10.255.255.255", "+allowed-peer-ip=10.0.0.5"]),
    case(&[], &["server-relay"], &["warning server-relay"], &["-"]),
    // TLS.
    case(&[], &["no-tls"], &["warning tls-off"], &["-"]),
    case(&[], &["no-dtls"], &["note dtls-off"], &["-"]),
    case(&["cert", "pkey"], &[], &["warning tls-without-certificate"], &["+cert=/etc/coturn/fullchain.pem", "+pkey=/etc/coturn/privkey.pem"]),
    case(&["pkey"], &[], &["warning tls-without-certificate"], &["+pkey=/etc/coturn/privkey.pem"]),
    case(&[], &["CA-file=/etc/coturn/chain.pem"], &["fault client-certificates"], &["-"]),
    // How much.
    case(&[], &["bps-capacity=1000000"], &["fault capacity-without-session server-unreachable"], &["+max-bps=64000"]),
    case(&[], &["max-bps=8000"], &["warning bandwidth-small heavy-loss"], &["=max-bps=64000"]),
    case(&[], &["max-bps=64000", "bps-capacity=0"], &[], &[]),
    case(&[], &["user-quota=12"], &["warning quota-small quota-reached"], &["=user-quota=0"]),
    case(&["user", "lt-cred-mech"], &["static-auth-secret=Kp2vXq7Lw9sT4hZ8Rm3c", "user-quota=12", "total-quota=1200"], &[], &[]),
    case(&[], &["total-quota=10"], &["warning quota-small quota-reached"], &["=total-quota=0"]),
    case(&[], &["permission-lifetime=60"], &["warning lifetime-odd"], &["-"]),
    case(&[], &["stale-nonce=0"], &["note nonce-for-ever"], &["=stale-nonce=600"]),
    case(&[], &["stale-nonce=600"], &[], &[]),
    // Who governs it.
    case(&["no-cli"], &[], &["note console-without-password"], &["+no-cli"]),
    case(&["no-cli"], &["cli-ip=0.0.0.0", "cli-password=$5$0123456789abcdef$81df9cfb9af7f5e5"], &["warning console-open"], &["=cli-ip=127.0.0.1"]),
    case(&[], &["web-admin", "web-admin-ip=0.0.0.0"], &["warning web-admin-open"], &["-"]),
    case(&[], &["web-admin"], &[], &[]),
    case(&[], &["prometheus"], &["note figures-open"], &["+prometheus-address=127.0.0.1"]),
    case(&["fingerprint"], &[], &["note fingerprint"], &["+fingerprint"]),
    case(&["no-multicast-peers"], &[], &["note no-multicast-peers"], &["+no-multicast-peers"]),
    case(&["verbose"], &[], &["note log-of-nothing"], &["+verbose"]),
    case(&[], &["Verbose"], &["note log-of-all"], &["=verbose"]),
    case(&[], &["dh566"], &["note tls-weak"], &["-"]),
];

#[test]
fn each_rule_finds_its_fault_and_nothing_else() {
    for case in CASES {
        let text = changed(case.without, case.with);
        let found = checked(&text).findings;
        let told = format!("without {:?}, with {:?}", case.without, case.with);
        assert_eq!(names(&found), case.found, "{told}");
        assert_eq!(remedies(&found), case.remedies, "{told}");
    }
}

/// What is to be filled in is never taken for filled in.
#[test]
fn what_is_proposed_is_found_if_it_is_taken_as_it_is() {
    for line in [
        USER,
        &OUTER[1..],
        "static-auth-secret=<a long random secret>",
    ] {
        let name = line.split('=').next().unwrap();
        let text = changed(&[name], &[line]);
        let found = names(&checked(&text).findings);
        assert!(
            found.contains(&"fault left-to-fill-in".to_owned()),
            "{line}: {found:?}"
        );
    }
}

#[test]
fn a_line_that_coturn_cuts_off_is_found() {
    let long = format!("realm={}", "x".repeat(2000));
    let found = checked(&changed(&["realm"], &[&long])).findings;
    assert_eq!(names(&found), ["fault line-too-long"]);
    assert_eq!(found[0].lines, [24]);
}

#[test]
fn a_mark_that_nobody_sees_is_named() {
    let found = checked("\u{feff}realm=voicechat\n").findings;
    let unknown = found.iter().find(|one| one.rule == "unknown-option");
    assert!(unknown.unwrap().why.contains("BOM"), "{found:?}");
}
