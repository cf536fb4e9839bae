//! Several servers, several causes, one sentence.

use super::*;

/// `broken` only when no server relays; a broken fallback beside a healthy server is `degraded` and named.
#[test]
fn each_server_has_its_own_verdict() {
    let mut facts = both();
    for id in [3, 4] {
        facts_silence_target(&mut facts, id);
    }
    for probe in &mut facts.native_probes[3..] {
        dead(probe);
    }
    let judged = judge(&facts);
    assert_eq!(judged.verdict.status, Status::Degraded);
    assert_eq!(judged.verdict.cause, Code::ServerUnreachable);
    assert_eq!(judged.servers[0].verdict, Verdict::GOOD);
    assert_eq!(judged.servers[1].verdict.status, Status::Broken);
    assert_eq!(judged.servers[1].verdict.cause, Code::ServerUnreachable);
    assert_eq!(judged.findings[0].targets, [3, 4]);
}

#[test]
fn a_stun_server_is_judged_by_its_gathering() {
    let urls: [&str; 1] = ["stun:stun.example.net:3478"];
    let mut facts = healthy(Facts::planned(&plan(&[&OWN, &urls], Some(0))));
    facts.targets[3].gathering.candidates = vec![reflexive()];
    let judged = judge(&facts);
    assert_eq!(judged.verdict, Verdict::GOOD);
    assert_eq!(judged.servers[1].verdict, Verdict::GOOD);

    facts_silence_target(&mut facts, 3);
    dead(&mut facts.native_probes[3]);
    let judged = judge(&facts);
    assert_eq!(judged.verdict.status, Status::Degraded);
    assert_eq!(judged.verdict.cause, Code::ServerUnreachable);
    assert_eq!(judged.servers[0].verdict, Verdict::GOOD);
}

#[test]
fn a_root_cause_hides_what_it_explains() {
    let mut facts = other_server();
    facts
        .silence(None)
        .probes(|probe| match probe.url.transport {
            Transport::Udp => dead(probe),
            _ => probe.speaks_stun = Fact::No,
        });
    let judged = judge(&facts);
    let codes: Vec<_> = judged
        .findings
        .iter()
        .map(|f| (f.code, f.explained_by))
        .collect();
    assert_eq!(
        codes,
        [
            (Code::NotATurnServer, None),
            (Code::ServerUnreachable, Some(Code::NotATurnServer)),
        ]
    );
}

/// To the page alone a server whose name this network hides looks dead.
#[test]
fn a_hidden_name_explains_the_silence() {
    let mut facts = ad_hoc();
    facts.silence(None).targets[0].by_address = Fact::Yes;
    let judged = judge(&facts);
    let found = |code| judged.findings.iter().find(|finding| finding.code == code);
    assert_eq!(judged.verdict.cause, Code::ServerNameBlocked);
    let dead = found(Code::ServerUnreachable).unwrap();
    assert_eq!(dead.explained_by, Some(Code::ServerNameBlocked));
}

/// Sure, likely and unknown are different words.
#[test]
fn what_only_the_page_saw_is_likely() {
    let certainty = |mut facts: Facts, change: fn(&mut Facts)| {
        change(&mut facts);
        judge(&facts).findings[0].certainty
    };
    let silent = |facts: &mut Facts| {
        facts.silence(None);
    };
    assert_eq!(certainty(ad_hoc(), silent), Certainty::Likely);
    let dead_too = |facts: &mut Facts| {
        facts.silence(None).probes(dead);
    };
    assert_eq!(certainty(other_server(), dead_too), Certainty::Sure);
    let no_udp = |facts: &mut Facts| {
        facts.cut_udp();
    };
    assert_eq!(certainty(ad_hoc(), no_udp), Certainty::Likely);
    assert_eq!(certainty(other_server(), no_udp), Certainty::Sure);
}

/// It is told, and harms no call.
#[test]
fn a_blocked_live_link_is_information() {
    let mut facts = own_relay();
    facts.environment.live_link = Fact::No;
    let judged = judge(&facts);
    assert_eq!(judged.verdict, Verdict::GOOD);
    assert_eq!(judged.findings[0].code, Code::LiveLinkBlocked);
    assert_eq!(judged.findings[0].severity, Severity::Information);
}

/// One fault is one finding: what merely follows from it is not accused beside it.
#[test]
fn one_fault_is_one_finding() {
    let cut_off = |facts: &mut Facts, others: Fact| {
        facts.cut_udp().sightings(|sightings| {
            unseen(sightings, &[Transport::Udp]);
            sightings.others_udp = others;
        });
    };
    let mut blocked = own_relay();
    cut_off(&mut blocked, Fact::Yes);
    let mut closed = own_relay();
    cut_off(&mut closed, Fact::No);
    let mut policy = own_relay();
    cut_off(&mut policy, Fact::Yes);
    policy.environment.host_candidates = Some(0);
    for target in policy.targets_by(UDP) {
        target.gathering.outcome = GatheringOutcome::Complete;
        target.gathering.elapsed_ms = Some(160);
    }
    let mut unresolved = ad_hoc();
    unresolved.refuse(None, 701, "TURN host lookup received error.");
    let mut refused_and_mute = own_relay();
    refused_and_mute.refuse(None, 401, "");
    refused_and_mute.environment.audio_context_running = Fact::No;
    for (facts, code) in [
        (blocked, Code::UdpBlocked),
        (closed, Code::ServerUdpClosed),
        (policy, Code::WebrtcProxiedOnly),
        (unresolved, Code::ServerNameUnresolved),
        (refused_and_mute, Code::CredentialsWrong),
    ] {
        let codes: Vec<Code> = judge(&facts).findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, [code]);
    }
}
