//! Logs, each with what must be found in it and nothing else.
//!
//! Those in `coturn-4.6.1/` were written by Debian's coturn 4.6.1 as `tests/tests/whole/coturn_words/` started it with
//! each fault and met it with its clients (`EARSHOT_KEEP_LOGS=<folder>` keeps them).

mod bounds;
mod events;
mod shapes;

use super::{Explained, explain};
use crate::coturn::{
    finding::{About, Finding},
    print,
};

macro_rules! logs {
    ($($name:literal: [$($found:literal),*],)*) => {
        /// Name, what was written, and what must be found.
        pub(super) const LOGS: &[(&str, &str, &[&str])] = &[
            $(($name, include_str!(concat!("coturn-4.6.1/", $name, ".log")), &[$($found),*]),)*
        ];
    };
}

logs! {
    "healthy": [],
    "open": ["fault sessions-anonymous server-open", "warning nothing-relayed"],
    "no-realm": [
        "fault realm-missing realm-missing",
        "warning retry-storm realm-missing",
        "warning configuration-complained"
    ],
    "refused": ["fault users-refused credentials-wrong"],
    "expired": ["fault users-refused credentials-wrong"],
    "user-quota": ["warning quota-reached quota-reached"],
    "total-quota": ["warning quota-reached quota-reached"],
    "ports": ["warning capacity-reached capacity-reached"],
    "own-address-denied": ["warning peers-refused peer-forbidden", "note nothing-relayed"],
    "private-peers": ["note peers-refused"],
    "no-certificate": ["warning tls-without-certificate"],
    "wrong-key": ["fault tls-certificate"],
    "port-taken": ["fault port-taken server-unreachable", "note no-sessions"],
    "not-ours": ["fault address-not-ours server-unreachable", "note no-sessions"],
    "no-configuration": ["fault configuration-missing", "note no-sessions"],
    "variable": ["warning configuration-complained"],
}

pub(super) fn explained(log: &str) -> Explained {
    explain(log.as_bytes()).unwrap()
}

pub(super) fn names(findings: &[Finding]) -> Vec<String> {
    let name = |finding: &Finding| {
        let cause = finding.cause.map(|cause| format!(" {cause}"));
        let severity = finding.severity.as_str();
        format!("{severity} {}{}", finding.rule, cause.unwrap_or_default())
    };
    findings.iter().map(name).collect()
}

fn finding<'a>(explained: &'a Explained, rule: &str) -> &'a Finding {
    let found = explained.findings.iter().find(|one| one.rule == rule);
    found.unwrap_or_else(|| panic!("{rule} is not among {:?}", explained.findings))
}

#[test]
fn each_fault_is_named_and_nothing_else() {
    for (name, log, expected) in LOGS {
        let told = explained(log);
        assert_eq!(names(&told.findings), *expected, "{name}");
        print::tests::fits(|out| print::log(out, &told));
    }
}

#[test]
fn figures_and_times_are_told() {
    let log = |name: &str| LOGS.iter().find(|log| log.0 == name).unwrap().1;
    let healthy = explained(log("healthy"));
    assert_eq!(
        (healthy.program, healthy.version.as_deref()),
        (Some("coturn"), Some("4.6.1"))
    );
    assert_eq!((healthy.ended, healthy.relayed, healthy.users), (2, 2, 1));
    let open = explained(log("open"));
    assert_eq!(
        (open.allocations.count, open.ended, open.relayed),
        (3, 3, 0)
    );
    let storm = explained(log("no-realm"));
    let seen = finding(&storm, "retry-storm").seen.as_ref().unwrap();
    assert_eq!(seen.count, 300);
    assert!(seen.first.as_ref().unwrap().ends_with("s after its start"));
    let quota = explained(log("user-quota"));
    let seen = finding(&quota, "quota-reached").seen.as_ref().unwrap();
    assert_eq!(
        seen.count, 6,
        "of eight, two were granted; coturn tells of each refusal twice"
    );
    let refused = explained(log("refused"));
    let seen = finding(&refused, "users-refused").seen.as_ref().unwrap();
    let about = ["nobody", "user"].map(|name| About {
        name: name.into(),
        count: 1,
    });
    assert_eq!((seen.count, seen.about.as_slice()), (2, &about[..]));
}

/// The lines of the story, as the people who had it quoted them.
#[test]
fn the_story_is_named() {
    let story = "INFO: session: usage: realm=<>, username=<>, rp=0, rb=0, sp=0, sb=0\n".repeat(4);
    let told = explained(&story);
    let expected = [
        "fault sessions-anonymous server-open",
        "warning nothing-relayed",
    ];
    assert_eq!(names(&told.findings), expected);
    assert!(
        told.findings[0].likely,
        "only the end of the sessions is there"
    );
    assert_eq!(
        finding(&told, "sessions-anonymous")
            .seen
            .as_ref()
            .unwrap()
            .count,
        4
    );
    // And after its repair.
    let mended = "INFO: session: new, username=voicechat, realm=voicechat\n\
                  INFO: session: usage: realm=<voicechat>, username=<voicechat>, rp=412, rb=49440, sp=398, sb=47760\n";
    assert_eq!(names(&explained(mended).findings), [""; 0]);
}

/// As coturn writes it where `accept` and `socket` fail with EMFILE (`errno(3)`): it took too long to make it run out.
#[test]
fn used_up_files_are_named() {
    let log = LOGS[0].1.to_owned() + "7: : socket: Too many open files\n";
    let expected = ["fault descriptors-used-up capacity-reached"];
    assert_eq!(names(&explained(&log).findings), expected);
}

/// Whether a refused peer matters: a public one does, a private one only where nothing passes.
#[test]
fn refused_peers_matter_where_they_are_what_is_missing() {
    let peer = |ip: &str| format!("7: : ERROR: A peer IP {ip} denied in the range: x\n");
    let healthy = LOGS[0].1;
    let empty = "7: : session 000000000000000007: new, realm=<v>, username=<u>, lifetime=600\n\
                 7: : session 000000000000000007: usage: realm=<v>, username=<u>, rp=6, rb=520, sp=6, sb=520\n\
                 7: : session 000000000000000007: peer usage: realm=<v>, username=<u>, rp=0, rb=0, sp=0, sb=0\n\
                 7: : session 000000000000000007: closed (2nd stage), user <u> realm <v> origin <>\n";
    let matters = "warning peers-refused peer-forbidden";
    for (log, ip, expected) in [
        (healthy, "198.41.0.4", &[matters][..]),
        (healthy, "192.168.1.9", &["note peers-refused"]),
        (empty, "192.168.1.9", &[matters, "note nothing-relayed"]),
    ] {
        let told = explained(&(log.to_owned() + &peer(ip)));
        assert_eq!(names(&told.findings), expected, "{ip}");
    }
}

/// coturn tells of usage after each 4096 packets, too: what goes on is relaying.
#[test]
fn a_session_that_goes_on_is_not_forgotten() {
    let session = |number: u8, peers: u32, end: &str| {
        let at = format!("7: : session 00000000000000000{number}:");
        format!(
            "{at} new, realm=<v>, username=<u>, lifetime=600\n\
             {at} usage: realm=<v>, username=<u>, rp=9, rb=9, sp=9, sb=9\n\
             {at} peer usage: realm=<v>, username=<u>, rp={peers}, rb=9, sp=0, sb=0\n{at} {end}\n"
        )
    };
    let ended: String = (1..4)
        .map(|number| session(number, 0, "delete: realm=<v>, username=<u>"))
        .collect();
    assert_eq!(
        names(&explained(&ended).findings),
        ["warning nothing-relayed"]
    );
    let open = session(4, 4096, "refreshed, realm=<v>, username=<u>, lifetime=600");
    assert_eq!(names(&explained(&(ended + &open)).findings), [""; 0]);
}

/// Health checks and port scanners connect and say nothing; coturn tells of usage all the same.
#[test]
fn who_only_knocks_is_no_anonymous_session() {
    let healthy = LOGS[0].1;
    let knock = "9: : session 000000000000000099: usage: realm=<voicechat>, username=<>, rp=0, rb=0, sp=0, sb=0\n\
                 9: : session 000000000000000099: peer usage: realm=<voicechat>, username=<>, rp=0, rb=0, sp=0, sb=0\n\
                 9: : session 000000000000000099: closed (2nd stage), user <> realm <voicechat> origin <>, local \
                 192.0.2.2:3478, remote 192.0.2.7:40000, reason: TCP socket buffer operation error (callback)\n";
    let told = explained(&(healthy.to_owned() + knock));
    assert_eq!((names(&told.findings), told.ended), (vec![], 2));
}

#[test]
fn a_time_that_is_over_is_told_where_the_log_has_dates() {
    let line = "ERROR session 000000000000000001: check_stun_auth: Cannot find credentials of user <1795291200:alice>";
    for (at, cause) in [
        (
            "2026-11-21T20:00:01+0000",
            "fault users-refused credentials-expired",
        ),
        (
            "2026-11-21T19:59:59+0000",
            "fault users-refused credentials-wrong",
        ),
        ("17: (5):", "fault users-refused credentials-wrong"),
    ] {
        let told = explained(&format!("{at} {line}\n"));
        assert!(
            names(&told.findings).contains(&cause.to_owned()),
            "{at}: {:?}",
            told.findings
        );
        let why = &finding(&told, "users-refused").why;
        assert!(why.contains("2026-11-21 20:00 UTC"), "{why}");
    }
}

#[test]
fn what_earshot_tells_is_understood() {
    let at = "2026-11-21T20:00:00.000000Z ";
    let log = [
        "earshot 0.1.0, process 7",
        "warning: the external address is a private one",
        "2026-11-21T20:00:00.000000Z  INFO session 000000000000000001: new, realm=<r>, username=<bob>, lifetime=600, client=192.0.2.7:4000 (Udp), relayed=192.0.2.1:50000",
        "2026-11-21T20:00:00.000000Z  INFO session 000000000000000001: usage: realm=<r>, username=<bob>, rp=412, rb=49440, sp=398, sb=47760",
        "2026-11-21T20:00:00.000000Z  INFO session 000000000000000001: closed, user <bob> realm <r>, remote 192.0.2.7:4000, reason: the client ended it",
        "2026-11-21T20:00:00.000000Z  INFO user <eve>: refused (wrong password, 401) from 192.0.2.7:4000",
        "2026-11-21T20:00:00.000000Z  INFO 980 more requests were refused",
        "2026-11-21T20:00:00.000000Z  INFO user <bob>: refused (the user has all allocations it may have, 486) from 192.0.2.7:4000",
        "2026-11-21T20:00:00.000000Z  INFO user <bob>: refused (no relayed port is free, 508) from 192.0.2.7:4000",
        "2026-11-21T20:00:00.000000Z  INFO user <bob>: refused (the peer is denied; ALLOWED_PEERS can allow it, 403) from 192.0.2.7:4000",
        "2026-11-21T20:00:00.000000Z  INFO test 5c1b: udp-blocked, 4512 ms",
        "2026-11-21T20:00:00.000000Z ERROR not ready: the database is gone",
    ]
    .join("\n");
    let told = explained(&log);
    let expected = [
        "warning users-refused credentials-wrong",
        "warning retry-storm credentials-wrong",
        "warning quota-reached quota-reached",
        "warning capacity-reached capacity-reached",
        "warning warnings",
        "note peers-refused",
        "note tests-of-the-page",
    ];
    assert_eq!(names(&told.findings), expected);
    assert_eq!((told.ended, told.relayed), (1, 1));
    let seen = finding(&told, "users-refused").seen.as_ref().unwrap();
    assert_eq!(
        (seen.count, seen.first.as_deref()),
        (981, Some(at[..19].replace('T', " ").as_str()))
    );
    assert_eq!(finding(&told, "warnings").seen.as_ref().unwrap().count, 2);
    let all_good = "2026-11-21T20:00:00.000000Z  INFO test 5c1b: good, 4512 ms";
    assert_eq!(names(&explained(all_good).findings), ["note no-sessions"]);
}
