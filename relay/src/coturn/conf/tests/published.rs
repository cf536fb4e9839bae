//! Configurations as people publish them. They are written for these tests in that style; none is copied.

use super::{checked, names};
use crate::coturn::print;

/// The server of the story: it relays for anybody, and the people do not hear one another.
const STORY: &str = "\
# TURN server of our voice chat
listening-port=3478
tls-listening-port=5349
listening-ip=0.0.0.0
min-port=49152
max-port=65535
fingerprint
no-cli
no-multicast-peers
log-file=stdout
verbose
";

/// The first repair: names of variables, which coturn does not fill in.
const STORY_WITH_VARIABLES: &str = "\
listening-port=3478
listening-ip=0.0.0.0
fingerprint
lt-cred-mech
realm=voicechat
user=$TURN_USERNAME:$TURN_PASSWORD
external-ip=$EXTERNAL_IP
no-cli
no-multicast-peers
verbose
";

/// The second one: the password of the description.
const STORY_WITH_PASSWORD: &str = "\
listening-port=3478
fingerprint
lt-cred-mech
realm=voicechat
user=voicechat:turn123456
external-ip=198.41.0.4
no-tls
no-dtls
no-cli
no-multicast-peers
verbose
";

/// A description of a video chat in ten steps.
const TEN_STEPS: &str = "\
use-auth-secret
static-auth-secret=replace-this-secret
realm=turn.example.com
total-quota=100
bps-capacity=0
stale-nonce=600
no-loopback-peers
no-multicast-peers
cert=/etc/letsencrypt/live/turn.example.com/fullchain.pem
pkey=/etc/letsencrypt/live/turn.example.com/privkey.pem
cipher-list=\"ECDHE-RSA-AES256-GCM-SHA512:DHE-RSA-AES256-GCM-SHA512\"
";

/// A rented machine whose own address is a private one, and a description that mixes both kinds of passwords.
const RENTED: &str = "\
listening-ip=172.31.7.9
relay-ip=172.31.7.9
external-ip=172.31.7.9
fingerprint
lt-cred-mech
use-auth-secret
static-auth-secret=somesecret
realm=example.com
user=guest:somepassword
syslog
";

/// A container with a small range of published ports, and comments where coturn reads none.
const CONTAINER: &str = "\
listening-port=3478 # TURN
min-port=49160
max-port=49180
lt-cred-mech # long-term credentials
realm=<your-domain>
user=<username>:<password>
log-file=/dev/stdout;
";

/// Flags as on the command line, and ranges as everywhere else.
const DASHES: &str = "\
--listening-port=3478
--fingerprint
no-auth
denied-peer-ip=10.0.0.0/8
denied-peer-ip=192.168.0.0/16
allow-loopback-peers
cli-password=qwerty
";

/// The long list of a chat server's handbook: good, but for what is told beside.
const HANDBOOK: &str = "\
use-auth-secret
static-auth-secret=9f2c4d7be08a4b1c95d3
realm=chat.example.org
no-tcp-relay
denied-peer-ip=0.0.0.0-0.255.255.255
denied-peer-ip=10.0.0.0-10.255.255.255
denied-peer-ip=100.64.0.0-100.127.255.255
denied-peer-ip=127.0.0.0-127.255.255.255
denied-peer-ip=169.254.0.0-169.254.255.255
denied-peer-ip=172.16.0.0-172.31.255.255
denied-peer-ip=192.0.0.0-192.0.0.255
denied-peer-ip=192.168.0.0-192.168.255.255
denied-peer-ip=198.18.0.0-198.19.255.255
denied-peer-ip=240.0.0.0-255.255.255.255
denied-peer-ip=fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
denied-peer-ip=fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff
no-multicast-peers
user-quota=12
total-quota=1200
cert=/etc/ssl/chat.pem
pkey=/etc/ssl/chat.key
no-tlsv1
no-tlsv1_1
fingerprint
no-cli
";

#[test]
fn the_faults_of_published_ones_are_named() {
    let tables: [(&str, &str, &[&str]); 8] = [
        (
            "the story",
            STORY,
            &[
                "fault access-for-anybody server-open",
                "warning private-peers-open",
                "warning tls-without-certificate",
            ],
        ),
        (
            "the story, with variables",
            STORY_WITH_VARIABLES,
            &[
                "fault left-to-fill-in",
                "fault left-to-fill-in",
                "warning private-peers-open",
                "warning tls-without-certificate",
            ],
        ),
        (
            "the story, with the description's password",
            STORY_WITH_PASSWORD,
            &[
                "fault password-published",
                "warning private-peers-open",
                "warning tls-off",
                "note dtls-off",
            ],
        ),
        (
            "ten steps",
            TEN_STEPS,
            &[
                "fault password-published",
                "warning private-peers-open",
                "note console-without-password",
                "note fingerprint",
                "note log-of-nothing",
            ],
        ),
        (
            "rented",
            RENTED,
            &[
                "fault secret-and-users credentials-wrong",
                "fault password-published",
                "fault password-published",
                "fault external-ip relay-address-private",
                "warning private-peers-open",
                "warning tls-without-certificate",
                "note console-without-password",
                "note no-multicast-peers",
                "note log-of-nothing",
            ],
        ),
        (
            "container",
            CONTAINER,
            &[
                "fault value-with-appendix",
                "fault value-with-appendix server-unreachable",
                "fault value-with-appendix",
                "fault left-to-fill-in",
                "fault left-to-fill-in",
                "warning ports-few capacity-reached",
                "warning private-peers-open",
                "warning tls-without-certificate",
                "note console-without-password",
                "note fingerprint",
                "note no-multicast-peers",
                "note log-of-nothing",
            ],
        ),
        (
            "dashes",
            DASHES,
            &[
                "fault access-for-anybody server-open",
                "fault password-published",
                "fault peer-range-is-none",
                "fault peer-range-is-none",
                "fault loopback-peers",
                "warning unknown-option",
                "warning unknown-option",
                "warning private-peers-open",
                "warning tls-without-certificate",
                "note console-password-plain",
                "note fingerprint",
                "note no-multicast-peers",
                "note log-of-nothing",
            ],
        ),
        ("a handbook", HANDBOOK, &["note log-of-nothing"]),
    ];
    for (name, text, expected) in tables {
        let told = checked(text);
        assert_eq!(names(&told.findings), expected, "{name}");
        print::tests::fits(|out| print::conf(out, name, &told));
    }
}
