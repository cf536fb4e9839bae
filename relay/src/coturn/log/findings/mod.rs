//! What follows from what a log told, one rule each.

mod access;
mod relaying;

use super::tally::Tally;
use crate::coturn::finding::{Finding, fault, note, warning};
use earshot_report::Code;

type Rule = fn(&Tally, &mut Vec<Finding>);

const RULES: &[Rule] = &[
    taken,
    not_ours,
    no_configuration,
    access::anonymous,
    access::realm,
    access::refused,
    access::storm,
    relaying::quota,
    relaying::capacity,
    relaying::peers,
    relaying::nothing_relayed,
    certificate,
    no_tls,
    complaints,
    troubles,
    tests,
    no_sessions,
];

/// All of them, what matters most first.
pub(super) fn findings(tally: &Tally) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in RULES {
        rule(tally, &mut found);
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

/// `1 session`, `7 sessions`.
fn number(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

fn taken(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.taken.all.count == 0 {
        return;
    }
    let what = "Another program has the port";
    let why = "coturn cannot listen there, and tries again and again; often it is coturn itself, started twice. \
               `ss -lpn` tells which program it is.";
    found.push(
        fault("port-taken", what, why)
            .cause(Code::ServerUnreachable)
            .seen(tally.taken.seen()),
    );
}

fn not_ours(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.not_ours.all.count == 0 {
        return;
    }
    let what = "It is to listen or relay at an address that this machine does not have";
    let why = "listening-ip and relay-ip name the machine's own addresses; the public one of a NAT in front of it \
               belongs into external-ip.";
    found.push(
        fault("address-not-ours", what, why)
            .cause(Code::ServerUnreachable)
            .seen(tally.not_ours.seen()),
    );
}

fn no_configuration(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.no_configuration.count == 0 {
        return;
    }
    let what = "coturn did not find its configuration";
    let why = "It started with what the command line says, and without a password unless one stands there. Give the \
               file with -c.";
    found.push(fault("configuration-missing", what, why).seen(tally.no_configuration.seen()));
}

fn certificate(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.bad_certificate.count == 0 {
        return;
    }
    let what = "Certificate or private key cannot be used";
    let why = "Every turns: address fails. The key must be that of the certificate, both in PEM, and coturn's user must \
               be able to read them.";
    found.push(fault("tls-certificate", what, why).seen(tally.bad_certificate.seen()));
}

fn no_tls(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.no_tls.count == 0 {
        return;
    }
    let what = "coturn started without TLS: it has no certificate or no key";
    let why = "Every turns: address fails. Write cert=… and pkey=… with files that coturn's user can read; or no-tls, if \
               that is what you want.";
    found.push(warning("tls-without-certificate", what, why).seen(tally.no_tls.seen()));
}

fn complaints(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.complaints.all.count == 0 {
        return;
    }
    let what = "coturn complains of its configuration";
    let why = "`earshot check-conf` says for each line what to write.";
    found.push(warning("configuration-complained", what, why).seen(tally.complaints.seen()));
}

fn troubles(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.troubles.all.count == 0 {
        return;
    }
    let what = format!(
        "Earshot warns of {}",
        number(tally.troubles.all.count, "thing", "things")
    );
    let why = "Each names what it is about, and the way out.";
    found.push(warning("warnings", what, why).seen(tally.troubles.seen()));
}

fn tests(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.tests.names().all(|cause| cause == "good") {
        return;
    }
    let what = format!(
        "People made {} with the page",
        number(tally.tests.all.count, "test", "tests")
    );
    let why = "What it said to them, and how often. docs/causes.md tells what each cause is.";
    found.push(note("tests-of-the-page", what, why).seen(tally.tests.seen()));
}

fn no_sessions(tally: &Tally, found: &mut Vec<Finding>) {
    let silent = tally.allocations.all.count == 0
        && tally.ended().all == 0
        && tally.challenges.count == 0
        && tally.usage_of_nobody.count == 0;
    if tally.understood == 0 || !silent {
        return;
    }
    let what = "The log tells of no session";
    let why = match tally.program {
        Some(("earshot", _)) => {
            "Nobody came to the relay in this time, or EARSHOT_LOG leaves out what is told of it."
        }
        _ => {
            "Nobody came in this time; or coturn does not tell: write verbose into its configuration."
        }
    };
    found.push(note("no-sessions", what, why));
}
