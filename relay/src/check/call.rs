//! The test calls through one URL: between two allocations, and between an allocation and a socket of this machine, as
//! by somebody outside. Afterwards what else an allocation shows.

use super::{
    direct::DirectEnd,
    legs,
    peers::{self, PeerAnswer},
    talk::{self, Ends},
};
use crate::native::{Credentials, Session, Unopened};
use earshot_report::{AddressRange, Fact, IceUrl, facts::LegFacts};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::time::Instant;

/// The peer's address is not allowed (RFC 8656 section 9.2).
const FORBIDDEN: u16 = 403;
/// What is asked after the calls is answered within round trips, or it is not waited for.
const AFTERWARDS: Duration = Duration::from_millis(600);
/// What a refresh asks for: the usual lifetime (RFC 8656 section 3.2).
const LIFETIME_S: u32 = 600;

/// The answer to a permission, or to a refresh.
type Reply = Result<Option<u16>, Unopened>;

/// What is called through.
pub(super) struct Setup<'a> {
    pub(super) target: u16,
    pub(super) url: &'a IceUrl,
    /// Where the server was reached.
    pub(super) server: SocketAddr,
    /// Where it answers STUN by UDP, where that is known.
    pub(super) stun: Option<SocketAddr>,
    pub(super) credentials: Credentials<'a>,
    pub(super) talk: Duration,
    /// The check is over then.
    pub(super) end: Instant,
}

/// What the calls showed.
#[derive(Default)]
pub(super) struct Call {
    /// A further allocation was refused, with this code.
    pub(super) refused: Option<u16>,
    /// Between two allocations.
    pub(super) relay: Option<LegFacts>,
    /// Between an allocation and this machine.
    pub(super) direct: Option<LegFacts>,
    /// Why there was no such call.
    pub(super) no_direct: Option<&'static str>,
    /// The relay refuses peers that callers have.
    pub(super) peer_refused: Fact,
    /// Something from this machine came to the relayed address.
    pub(super) reached: Fact,
    /// Where the relay's packets came from.
    pub(super) sent_from: Option<IpAddr>,
    /// Which addresses that nobody should reach through it the relay permits.
    pub(super) peers: Vec<PeerAnswer>,
    /// For how many seconds an allocation is granted.
    pub(super) lifetime_s: Option<u32>,
    /// An allocation can be kept.
    pub(super) refreshed: Fact,
    /// An allocation can be given back.
    pub(super) freed: Fact,
}

/// Makes the calls.
pub(super) async fn call(setup: &Setup<'_>) -> Call {
    let Some(direct) = DirectEnd::open(setup.server).await else {
        return Call::default();
    };
    let open = || Session::open(setup.url, setup.server, setup.credentials, setup.end);
    let (one, other, outer) = tokio::join!(open(), open(), direct.outer(setup.stun));
    let (mut one, mut other) = match (one, other) {
        (Ok(one), Ok(other)) => (one, other),
        (one, other) => return without_two(setup, one, other).await,
    };
    // Over TCP and TLS the port that the server sees is another one than the socket's: a permission asks for none.
    let outer = outer.or(one.mapped);
    let [of_one, of_other] = [one.relayed, other.relayed];
    let (back, (out, for_us)) = tokio::join!(
        other.permit(of_one, setup.end),
        permissions(&mut one, of_other, outer, setup.end)
    );
    let refused = [back, out].contains(&Ok(Some(FORBIDDEN)));
    let mut call = Call {
        lifetime_s: one.lifetime_s,
        peer_refused: match (refused, back) {
            (true, _) => Fact::Yes,
            (false, Ok(None)) => Fact::No,
            (false, _) => Fact::NotMeasured,
        },
        ..Call::default()
    };
    let with_us = call.judge_direct(&one, outer, for_us);
    let talk = match with_us || !refused {
        true => setup.talk,
        false => Duration::ZERO,
    };
    let ends = Ends {
        outer,
        with_us,
        with_other: !refused,
        may_be_sent_to: may_be_sent_to(one.relayed, setup.server),
        until: (Instant::now() + talk).min(setup.end - AFTERWARDS),
    };
    let Some(talked) = talk::talk(&mut one, &mut other, &direct, &ends).await else {
        return call;
    };
    call.relay = Some(legs::relay_to_relay(setup, &talked, [&one, &other]));
    let is_refused = call.peer_refused.is_yes() && call.no_direct.is_none();
    if with_us || is_refused {
        call.direct = Some(legs::relay_to_direct(setup, &talked, &one, outer));
    }
    if with_us {
        call.reached = talked.reached();
        call.sent_from = talked.seen_from.map(|address| address.ip());
    }
    afterwards(&mut call, setup, one, other).await;
    call
}

impl Call {
    /// Whether this machine takes part in a call. Many servers rightly permit no peer of their own network, so a
    /// refusal of ourselves counts only where we come from the public one.
    fn judge_direct(
        &mut self,
        one: &Session,
        outer: Option<SocketAddr>,
        permitted: Option<Reply>,
    ) -> bool {
        let Some(outer) = outer else {
            self.no_direct = Some("the server does not say which address it sees");
            return false;
        };
        if outer.is_ipv4() != one.relayed.is_ipv4() {
            self.no_direct =
                Some("this machine's addresses are of another family than the relay's");
            return false;
        }
        match permitted {
            Some(Ok(None)) => true,
            Some(Ok(Some(FORBIDDEN)))
                if AddressRange::from(outer.ip()) == AddressRange::Public
                    || self.peer_refused.is_yes() =>
            {
                self.peer_refused = Fact::Yes;
                false
            }
            Some(Ok(Some(FORBIDDEN))) => {
                self.no_direct =
                    Some("the relay permits no peer of this machine's network, which is usual");
                false
            }
            _ => {
                self.no_direct = Some("the relay did not answer to a permission");
                false
            }
        }
    }
}

/// For the other allocation, and for ourselves.
async fn permissions(
    one: &mut Session,
    other: SocketAddr,
    outer: Option<SocketAddr>,
    end: Instant,
) -> (Reply, Option<Reply>) {
    let for_other = one.permit(other, end).await;
    let for_us = match outer {
        Some(outer) if outer.is_ipv4() == one.relayed.is_ipv4() => {
            Some(one.permit(outer, end).await)
        }
        _ => None,
    };
    (for_other, for_us)
}

/// A call needs two allocations.
async fn without_two(
    setup: &Setup<'_>,
    one: Result<Session, Unopened>,
    other: Result<Session, Unopened>,
) -> Call {
    let mut call = Call::default();
    for session in [one, other] {
        match session {
            Ok(mut session) => {
                let _ = session.refresh(0, setup.end).await;
            }
            Err(Unopened::Refused(code)) => call.refused = Some(code),
            Err(Unopened::Silent) => {}
        }
    }
    if call.refused.is_none() {
        call.relay = Some(legs::not_begun(setup));
    }
    call
}

/// A server on the public network does not make us send into our own one.
fn may_be_sent_to(relayed: SocketAddr, server: SocketAddr) -> bool {
    let range = AddressRange::from(relayed.ip());
    range == AddressRange::from(server.ip()) || range == AddressRange::Public
}

/// Whom else the relay lets in, and whether an allocation can be kept and given back.
async fn afterwards(call: &mut Call, setup: &Setup<'_>, mut one: Session, mut other: Session) {
    let end = setup.end.min(Instant::now() + AFTERWARDS);
    let asked = peers::addresses(one.relayed, setup.server);
    let (first, rest) = asked.split_at(asked.len() / 2);
    let (first, rest) = tokio::join!(
        peers::ask(&mut one, first, end),
        peers::ask(&mut other, rest, end)
    );
    call.peers = [first, rest].concat();
    let (kept, _) = tokio::join!(
        one.refresh(LIFETIME_S, setup.end),
        other.refresh(0, setup.end)
    );
    call.refreshed = answered(kept);
    // When it is gone is the server's matter: coturn takes a second.
    call.freed = answered(one.refresh(0, setup.end).await);
}

fn answered(answer: Reply) -> Fact {
    match answer {
        Ok(error) => error.is_none().into(),
        Err(_) => Fact::NotMeasured,
    }
}
