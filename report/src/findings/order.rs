//! What is mended first, and what a root cause hides.

use super::Finding;
use crate::{Actor, Code, Facts};
use std::cmp::Reverse;

/// The order in which causes are mended: first what keeps the test from being one, then what is nearer to the start
/// of the way. A cause stands before everything that it explains.
const MEND_FIRST: &[Code] = &[
    Code::InsecurePage,
    Code::Offline,
    Code::WebrtcUnavailable,
    Code::ServerNameUnresolved,
    Code::ServerNameBlocked,
    Code::WebOnlyHost,
    Code::NotATurnServer,
    Code::RealmMissing,
    Code::ServerOpen,
    Code::TlsCertificateExpired,
    Code::TlsCertificateWrongName,
    Code::TlsCertificateUntrusted,
    Code::TlsIntercepted,
    Code::WebOnlyNetwork,
    Code::ServerUnreachable,
    Code::ClockWrong,
    Code::CredentialsExpired,
    Code::CredentialsWrong,
    Code::QuotaReached,
    Code::CapacityReached,
    Code::WebrtcProxiedOnly,
    Code::ServerUdpClosed,
    Code::UdpAnswersLost,
    Code::UdpBlocked,
    Code::RelayLost,
    Code::PeerForbidden,
    Code::RelayAddressPrivate,
    Code::RelayAddressWrong,
    Code::RelayPortsClosed,
    Code::PlaybackBlocked,
    Code::MicrophoneMissing,
    Code::MicrophoneDeniedBySystem,
    Code::MicrophoneDenied,
    Code::MicrophoneBusy,
    Code::MicrophoneSilent,
    Code::PlaybackNotHeard,
    Code::MediaBlocked,
    Code::OneWayFromYou,
    Code::OneWayToYou,
    Code::HeavyLoss,
    Code::HighDelay,
    Code::HighJitter,
    Code::LiveLinkBlocked,
    Code::DirectImpossible,
    Code::Unknown,
];

/// What each root cause explains. `Unknown` is never found where another cause is, so nobody explains it.
fn explains(code: Code) -> &'static [Code] {
    use Code::*;
    match code {
        InsecurePage => &[WebrtcUnavailable],
        Offline => &[
            LiveLinkBlocked,
            ServerNameUnresolved,
            ServerUnreachable,
            UdpBlocked,
            RelayLost,
            MediaBlocked,
            OneWayFromYou,
            OneWayToYou,
        ],
        WebrtcUnavailable => &[
            ServerUnreachable,
            WebOnlyNetwork,
            WebrtcProxiedOnly,
            UdpBlocked,
            PlaybackBlocked,
        ],
        ServerNameUnresolved => &[ServerUnreachable],
        ServerNameBlocked => &[
            TlsIntercepted,
            WebOnlyNetwork,
            ServerUnreachable,
            UdpBlocked,
        ],
        WebOnlyHost => &[
            NotATurnServer,
            WebOnlyNetwork,
            ServerUnreachable,
            ServerUdpClosed,
            UdpBlocked,
        ],
        NotATurnServer => &[ServerUnreachable, ServerUdpClosed],
        RealmMissing | ServerOpen => &[CredentialsWrong, CredentialsExpired, ServerUnreachable],
        TlsIntercepted => &[WebOnlyNetwork],
        WebOnlyNetwork => &[
            ServerUnreachable,
            UdpBlocked,
            UdpAnswersLost,
            DirectImpossible,
        ],
        ClockWrong | CredentialsExpired => &[CredentialsWrong],
        WebrtcProxiedOnly | UdpAnswersLost => &[UdpBlocked, RelayPortsClosed, DirectImpossible],
        ServerUdpClosed => &[UdpBlocked, RelayPortsClosed],
        UdpBlocked => &[RelayPortsClosed, DirectImpossible],
        PeerForbidden => &[RelayPortsClosed],
        RelayAddressPrivate | RelayAddressWrong => {
            &[RelayPortsClosed, MediaBlocked, OneWayFromYou, OneWayToYou]
        }
        PlaybackBlocked => &[OneWayFromYou, OneWayToYou, PlaybackNotHeard],
        // What was still to be connected when it went away tells nothing of it.
        RelayLost => &[
            PeerForbidden,
            RelayPortsClosed,
            MediaBlocked,
            OneWayFromYou,
            OneWayToYou,
            HeavyLoss,
        ],
        MediaBlocked => &[OneWayFromYou, OneWayToYou, HeavyLoss, DirectImpossible],
        OneWayFromYou | OneWayToYou => &[HeavyLoss, DirectImpossible],
        HeavyLoss => &[HighDelay, HighJitter],
        _ => &[],
    }
}

/// Whether `root` explains `code`. What one end has explains what the same end has, and what is a matter of both.
fn is_explained(code: Code, root: Code) -> bool {
    let Some(there) = root.of_partner() else {
        return explains(root).contains(&code);
    };
    let of_both = code.actor() == Actor::Nobody;
    let code = code.of_partner().or(of_both.then_some(code));
    code.is_some_and(|code| explains(there).contains(&code))
}

/// Marks what a root cause explains. What lies with the person or their network holds for the whole run, what lies
/// with a server for that server.
pub(super) fn explain(facts: &Facts, findings: &mut [Finding]) {
    let servers_of = |finding: &Finding| -> Vec<u16> {
        facts
            .targets
            .iter()
            .filter(|target| finding.targets.contains(&target.target.id))
            .map(|target| target.target.server)
            .collect()
    };
    let roots: Vec<(Code, bool, Vec<u16>)> = findings
        .iter()
        .map(|finding| {
            let run_wide = finding.targets.is_empty()
                || matches!(finding.actor, Actor::You | Actor::YourNetwork);
            (finding.code, run_wide, servers_of(finding))
        })
        .collect();
    for finding in findings {
        let servers = servers_of(finding);
        finding.explained_by = roots
            .iter()
            .filter(|(code, run_wide, of)| {
                let same_server = servers.iter().any(|server| of.contains(server));
                is_explained(finding.code, *code)
                    && (*run_wide || same_server || servers.is_empty())
            })
            .map(|(code, ..)| *code)
            .min_by_key(|code| rank(*code));
    }
}

/// The headline's cause first: unexplained before explained, worse before milder, then what is mended first. What
/// ranks alike stays in its order. There are few findings, so each is put into its place: the sorts of the standard
/// library would weigh more in the page than all of this file.
pub(super) fn sorted(findings: Vec<Finding>) -> Vec<Finding> {
    let mut sorted = Vec::with_capacity(findings.len());
    for finding in findings {
        let place = sorted.partition_point(|other| key(other) <= key(&finding));
        sorted.insert(place, finding);
    }
    sorted
}

/// Unexplained before explained, worse before milder, then what is mended first.
fn key(finding: &Finding) -> impl Ord + use<> {
    (
        finding.explained_by.is_some(),
        Reverse(finding.severity),
        rank(finding.code),
        finding.targets.first().copied(),
    )
}

/// What the other end has stands behind the same at this end.
fn rank(code: Code) -> (usize, bool) {
    let here = code.of_partner().unwrap_or(code);
    let place = MEND_FIRST.iter().position(|&other| other == here);
    (place.unwrap_or(MEND_FIRST.len()), here != code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_place_once() {
        for &code in Code::ALL {
            let places = MEND_FIRST.iter().filter(|&&other| other == code).count();
            let has_one = code != Code::Good && code.of_partner().is_none();
            assert_eq!(places, usize::from(has_one), "{code}");
        }
    }

    /// So no two causes can hide each other.
    #[test]
    fn a_root_stands_before_what_it_explains() {
        for &code in Code::ALL {
            for &explained in explains(code) {
                assert!(rank(code) < rank(explained), "{code} explains {explained}");
            }
        }
    }

    #[test]
    fn an_end_explains_what_it_has_itself() {
        use Code::*;
        assert!(is_explained(DirectImpossible, UdpBlocked));
        assert!(is_explained(DirectImpossible, PartnerUdpBlocked));
        assert!(is_explained(PartnerUdpBlocked, PartnerWebOnlyNetwork));
        assert!(!is_explained(UdpBlocked, PartnerWebOnlyNetwork));
        assert!(!is_explained(PartnerUdpBlocked, WebOnlyNetwork));
    }

    #[test]
    fn the_order_is_that_of_the_library() {
        use crate::{Severity, findings::Certainty};
        let severities = [Severity::Degraded, Severity::Broken, Severity::Information];
        let all: Vec<Finding> = (0..120)
            .map(|place: usize| Finding {
                code: Code::ALL[place * 7 % Code::ALL.len()],
                severity: severities[place % 3],
                actor: Actor::You,
                // No part of the order: what is equal for it stays as it came.
                certainty: [Certainty::Sure, Certainty::Likely][place % 2],
                targets: (0..place as u16 % 5).rev().collect(),
                evidence: Vec::new(),
                explained_by: place.is_multiple_of(4).then_some(Code::Unknown),
            })
            .collect();
        for length in 0..all.len() {
            let mut theirs = all[..length].to_vec();
            theirs.sort_by_key(key);
            assert_eq!(sorted(all[..length].to_vec()), theirs);
        }
    }
}
