//! A masked report shows no address of a person: not in any field, known today or added tomorrow.

use crate::build::*;
use earshot_report::{
    Address, Fact, Report, Verdict,
    facts::{CandidateError, GatheringOutcome, WitnessSighting},
    report::VERSION,
    verdict::judge,
};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A report with `ip` wherever an address can stand.
fn full_of(ip: IpAddr) -> Report {
    let here = || Address::from(ip);
    let mut facts = own_relay();
    facts.environment.client_address = Some(here());
    for target in &mut facts.targets {
        for candidate in &mut target.gathering.candidates {
            candidate.address = here();
            candidate.related = Some((here(), 9));
        }
        target.gathering.errors = vec![CandidateError {
            code: 701,
            text: format!("No answer at {ip}. Not to {ip}:3478, or [{ip}]:3478; not from '{ip}'."),
            elapsed_ms: None,
        }];
    }
    facts.targets[1].gathering.outcome = GatheringOutcome::Refused(format!("bad: {ip}"));
    facts.pair = call().pair;
    for leg in &mut facts.pair.as_mut().unwrap().legs {
        for end in [&mut leg.local, &mut leg.remote] {
            let candidate = end.as_mut().expect("a heard leg has both");
            candidate.address = Address::from(ip);
            candidate.related = Some((Address::from(ip), 2));
        }
    }
    facts.legs_of(true, |leg| {
        for end in [&mut leg.local, &mut leg.remote] {
            let mut candidate = relayed(SERVER, 1);
            candidate.address = Address::from(ip);
            candidate.related = Some((Address::from(ip), 2));
            *end = Some(candidate);
        }
        did_not_reach(leg);
    });
    facts.sightings(|sightings| {
        let mut seen = allocation(50_000, 1);
        seen.client.0 = Address::from(ip);
        seen.relayed.0 = Address::from(ip);
        sightings.allocations = vec![seen];
        sightings.witness = vec![WitnessSighting {
            source: (Address::from(ip), 1),
            at_ms: 1,
        }];
    });
    facts.probes(|probe| {
        probe.addresses = vec![Address::from(ip)];
        probe.relayed = Some((Address::from(ip), 1));
        probe.sent_from = Some(Address::from(ip));
        probe.other_answer = Some(format!("220 {ip} ready"));
        probe.certificate_error = Some(format!("certificate not valid for name \"{ip}\""));
    });
    let judged = judge(&facts);
    Report {
        version: VERSION,
        id: "abc".to_owned(),
        started: "2026-11-21T08:00:00Z".to_owned(),
        duration_ms: 2_000,
        verdict: Verdict::UNKNOWN,
        findings: judged.findings,
        servers: judged.servers,
        facts,
    }
}

fn did_not_reach(leg: &mut earshot_report::facts::LegFacts) {
    leg.outcome = earshot_report::facts::LegOutcome::TimedOut;
    leg.ice_connected = Fact::No;
}

fn assert_hidden(ip: IpAddr) -> Result<(), TestCaseError> {
    let report = full_of(ip);
    let shown = serde_json::to_string(&report).unwrap();
    prop_assert!(
        shown.contains(&ip.to_string()),
        "the test itself must show it"
    );
    let masked = report.clone().masked();
    let hidden = serde_json::to_string(&masked).unwrap();
    prop_assert!(!hidden.contains(&ip.to_string()), "{hidden}");
    // What kind of address it was, and all that is no address, stays.
    prop_assert_eq!(
        &masked.facts.targets[0].gathering.candidates[0].range,
        &report.facts.targets[0].gathering.candidates[0].range
    );
    prop_assert_eq!(masked.clone().masked(), masked);
    Ok(())
}

proptest! {
    #[test]
    fn no_v4_address_is_left(bits in 0x0100_0000u32..) {
        assert_hidden(Ipv4Addr::from(bits).into())?;
    }

    #[test]
    fn no_v6_address_is_left(a in 0x2000u16..0x4000, rest: [u16; 7]) {
        let [b, c, d, e, f, g, h] = rest;
        assert_hidden(Ipv6Addr::new(a, b, c, d, e, f, g, h | 1).into())?;
    }
}

#[test]
fn the_first_half_stays_and_names_do_not() {
    for (address, masked) in [
        ("198.51.100.7", "198.51.x.x"),
        ("2001:db8:1:2::7", "2001:db8:x"),
        ("5e9f.local", "5e9f.local"),
        ("fe80::1%eth0", "x"),
        ("alice.example.org", "x"),
        ("198.51.x.x", "198.51.x.x"),
        ("2001:db8:x", "2001:db8:x"),
    ] {
        assert_eq!(Address::from(address).masked().as_str(), masked);
    }
}

/// The operator hands the URL to everybody who opens the page: a report without it would not say what it is about.
#[test]
fn server_urls_stay() {
    let urls: [&str; 1] = ["turn:203.0.113.5:3478"];
    let mut facts = healthy(earshot_report::Facts::planned(&plan(&[&urls], None)));
    facts.mask_addresses();
    assert_eq!(facts.targets[0].target.url, url(urls[0]));
}
