//! Test calls as facts.

use super::{call::Setup, talk::Talked, voice::Direction};
use crate::native::Session;
use earshot_report::{
    Address, AddressRange, Fact, Probe,
    facts::{CandidateFacts, CandidateType, LegFacts, LegOutcome},
    limits,
};
use std::net::SocketAddr;

/// The call between two allocations.
pub(super) fn relay_to_relay(
    setup: &Setup<'_>,
    talked: &Talked,
    [one, other]: [&Session; 2],
) -> LegFacts {
    let probe = Probe::RelayToRelay {
        target: setup.target,
    };
    LegFacts {
        local: Some(candidate(CandidateType::Relay, one.relayed)),
        remote: Some(candidate(CandidateType::Relay, other.relayed)),
        ..leg(probe, talked, [&talked.out, &talked.back])
    }
}

/// The call between an allocation and this machine.
pub(super) fn relay_to_direct(
    setup: &Setup<'_>,
    talked: &Talked,
    one: &Session,
    outer: Option<SocketAddr>,
) -> LegFacts {
    let probe = Probe::RelayToDirect {
        target: setup.target,
        stun: None,
    };
    let local = match talked.seen_from {
        Some(met) if met != one.relayed => candidate(CandidateType::Prflx, met),
        _ => candidate(CandidateType::Relay, one.relayed),
    };
    LegFacts {
        direct_usable: Fact::Yes,
        local: Some(local),
        remote: talked
            .seen_of_us
            .or(outer)
            .map(|us| candidate(CandidateType::Srflx, us)),
        ..leg(probe, talked, [&talked.to_us, &talked.from_us])
    }
}

/// A call that had no allocations although one was granted before.
pub(super) fn not_begun(setup: &Setup<'_>) -> LegFacts {
    LegFacts {
        outcome: LegOutcome::Failed,
        ..LegFacts::new(Probe::RelayToRelay {
            target: setup.target,
        })
    }
}

fn leg(probe: Probe, talked: &Talked, [from, to]: [&Direction; 2]) -> LegFacts {
    let rtt_ms = from
        .delay_ms()
        .zip(to.delay_ms())
        .map(|(out, back)| out + back);
    let spans = from.span().zip(to.span());
    let connected = spans.map(|(from, to)| from.0.max(to.0));
    // Nothing came to either end any more, though enough was sent: a check that stood still sent nothing.
    let lost_after_ms = spans
        .zip(connected)
        .and_then(|((first, second), connected)| {
            let last = first.1.max(second.1);
            let silent = (talked.ended - talked.begun).saturating_sub(last);
            let sent = from.sent_since(last) + to.sent_since(last);
            let is_lost = silent.as_millis() >= u128::from(limits::LOST_MS)
                && sent >= 2 * limits::TELLING_PACKETS;
            is_lost.then(|| (last - connected).as_millis() as u32)
        });
    LegFacts {
        outcome: match connected {
            Some(_) => LegOutcome::Done,
            None => LegOutcome::Failed,
        },
        ice_connected: connected.is_some().into(),
        connected_ms: connected.map(|at| at.as_millis() as u32),
        lost_after_ms,
        rtt_ms,
        from_you: from.facts(rtt_ms),
        to_you: to.facts(rtt_ms),
        ..LegFacts::new(probe)
    }
}

/// A candidate as a browser would tell it.
pub(super) fn candidate(candidate_type: CandidateType, address: SocketAddr) -> CandidateFacts {
    CandidateFacts {
        candidate_type,
        address: Address::from(address.ip()),
        port: address.port(),
        protocol: "udp".to_owned(),
        range: AddressRange::from(address.ip()),
        related: None,
        relay_transport: None,
        elapsed_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::Instant;

    const SILENCE: Duration = Duration::from_millis(limits::LOST_MS as u64);

    /// A call in which a packet came each way, then so many more were sent and nothing came for so long.
    fn after(unheard: u64, silence: Duration) -> LegFacts {
        let begun = Instant::now();
        let direction = || Direction::new(begun).unwrap();
        let mut talked = Talked {
            begun,
            ended: begun,
            out: direction(),
            back: direction(),
            to_us: direction(),
            from_us: direction(),
            seen_from: None,
            seen_of_us: None,
        };
        let ways = [&talked.out, &talked.back];
        for way in ways {
            let packet = way.packet(0).unwrap();
            assert!(way.hear(&packet));
        }
        for (nth, way) in (0..unheard).zip(ways.into_iter().cycle()) {
            way.packet(nth as u32).unwrap();
        }
        let (_, last) = talked.back.span().unwrap();
        talked.ended = begun + last + silence;
        let probe = Probe::RelayToRelay { target: 0 };
        leg(probe, &talked, [&talked.out, &talked.back])
    }

    #[test]
    fn a_call_is_lost_when_what_is_sent_comes_no_more() {
        let sent = 2 * limits::TELLING_PACKETS;
        assert_eq!(after(sent, SILENCE).lost_after_ms, Some(0));
        assert_eq!(after(sent, SILENCE / 2).lost_after_ms, None);
    }

    #[test]
    fn a_check_that_stood_still_has_lost_nothing() {
        for unheard in [0, limits::TELLING_PACKETS] {
            let leg = after(unheard, 2 * SILENCE);
            assert_eq!(leg.lost_after_ms, None, "{unheard}");
            assert_eq!(leg.outcome, LegOutcome::Done);
        }
    }
}
