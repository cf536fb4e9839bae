//! Ways on which the two do not find each other.

use super::{End, Found, has_ended, is_direct, is_heard, is_over, is_unconnected, severity};
use crate::{
    Code, Severity,
    facts::PairFacts,
    findings::{Evidence, Finding},
};

/// Without a relay the two cannot reach each other, and through one they can: that is what a relay is for. What does
/// not connect beside is laid to what the tests of the two ends found.
pub(super) fn connections(pair: &PairFacts, found: &mut Found) {
    let relayed = || pair.legs.iter().filter(|leg| !is_direct(leg));
    let mut direct = pair.legs.iter().filter(|leg| is_direct(leg));
    let is_relayed = relayed().any(|leg| has_ended(leg) && is_heard(leg));
    let no_direct = direct.any(is_unconnected);
    if no_direct && is_relayed {
        found.put(
            Finding::new(Code::DirectImpossible, Severity::Information),
            Evidence::new("pair.legs.ice_connected", false),
        );
    }
    let apart = is_over(pair) && pair.legs.iter().all(is_unconnected);
    let no_relay = relayed().any(is_unconnected);
    for (end, name, ready) in [
        (End::You, "pair.own.cause", &pair.own),
        (End::Partner, "pair.partner.cause", &pair.partner),
    ] {
        let Some(cause) = ready.cause else {
            continue;
        };
        let counts = match kept_apart_by(cause) {
            Kept::Apart => apart || no_relay,
            Kept::FromUdp => apart || no_relay || no_direct,
            Kept::Together => false,
        };
        if counts {
            found.put(
                Finding::new(end.cause(cause), severity(pair)).likely(),
                Evidence::new(name, cause.as_str()),
            );
        }
    }
}

/// How an end with this cause is kept from others.
enum Kept {
    /// A relay may be out of its reach.
    Apart,
    /// The same, and by UDP so may be everybody, in one direction at least.
    FromUdp,
    /// It connects.
    Together,
}

fn kept_apart_by(cause: Code) -> Kept {
    match cause {
        Code::UdpBlocked
        | Code::UdpAnswersLost
        | Code::WebOnlyNetwork
        | Code::WebrtcProxiedOnly
        | Code::WebrtcUnavailable
        | Code::MediaBlocked
        | Code::OneWayFromYou
        | Code::OneWayToYou => Kept::FromUdp,
        Code::Good
        | Code::Unknown
        | Code::DirectImpossible
        | Code::LiveLinkBlocked
        | Code::InsecurePage
        | Code::HeavyLoss
        | Code::HighDelay
        | Code::HighJitter
        | Code::PlaybackBlocked
        | Code::PlaybackNotHeard
        | Code::MicrophoneDenied
        | Code::MicrophoneDeniedBySystem
        | Code::MicrophoneMissing
        | Code::MicrophoneBusy
        | Code::MicrophoneSilent => Kept::Together,
        // What an end says of its partner was found in another call.
        _ if cause.of_partner().is_some() => Kept::Together,
        _ => Kept::Apart,
    }
}
