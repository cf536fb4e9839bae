//! Allocate and Refresh (RFC 8656 sections 7 and 8), and how an allocation ends.

use crate::{
    allocation::{Allocation, Scoped, State},
    auth::{Identity, Signer},
    cap::Cap,
    event::{Closed, Event, Refusal, SessionId},
    peers::addresses_of_test,
    ports,
    reply::{self, Head},
    request::{Answer, Failure, Outcome, optional, required},
    server::{Action, Server},
    timers::Timer,
    types::{Client, Now, RelayedAddr},
};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use stun_types::{
    attribute::{AttributeStaticType, ErrorCode, XorMappedAddress},
    message::Message,
    prelude::AttributeWrite,
};
use turn_types::{
    AddressFamily,
    attribute::{
        AdditionalAddressFamily, AddressErrorCode, EvenPort, Lifetime, RequestedAddressFamily,
        RequestedTransport, ReservationToken, XorRelayedAddress,
    },
};

/// Lifetime unless more is asked for (RFC 8656 section 3.2).
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
/// The longest that is granted at once (RFC 8656 section 7.2 recommends at most an hour).
const MAXIMUM_LIFETIME: Duration = Duration::from_secs(3600);
/// So many ports are tried before the host is said to be full: another program may hold some of them.
const ATTEMPTS: usize = 8;

/// An Allocate request that waits for its socket.
pub(crate) struct Pending {
    head: Head,
    signer: Signer,
    lifetime: Duration,
    even: bool,
    /// An IPv6 address was asked for besides.
    dual: bool,
    tried: Vec<u16>,
}

impl Server {
    /// The checks of RFC 8656 section 7.2, in its order; authentication is done.
    pub(crate) fn allocate(
        &mut self,
        now: Now,
        client: Client,
        message: &Message,
        identity: &Identity,
    ) -> Outcome {
        let head = Head::of(message);
        if let Some(existing) = self.tables.of_client(client) {
            return repeated(existing, head, identity);
        }
        let transport: RequestedTransport = required(message)?;
        if transport.protocol() != RequestedTransport::UDP {
            let code = ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL;
            return Err(Failure::plain(code));
        }
        let (ip, dual) = self.relay_address(message)?;
        let even = even_port(message)?;
        let lifetime = self.lifetime(message, identity)?;
        self.check_quota(identity)?;
        let pending = Pending {
            head,
            signer: identity.signer.clone(),
            lifetime,
            even,
            dual,
            tried: Vec::new(),
        };
        let relayed = self.choose(ip, &pending).ok_or(capacity())?;

        if let Some(scope) = &identity.scope {
            self.seen_in_scope(now, client, scope);
        }
        let scoped = identity.scope.clone().map(|scope| {
            let rate = self.config.limits.scoped_bytes_per_second;
            Scoped {
                scope,
                to_peer: Cap::new(rate, now.monotonic),
                to_client: Cap::new(rate, now.monotonic),
                reporting: false,
            }
        });
        let session = self.tables.next_session();
        self.tables.insert(Allocation::new(
            session,
            client,
            identity.username.clone(),
            relayed,
            pending,
            scoped,
        ));
        self.actions.push_back(Action::OpenRelay { relayed });
        Ok(Answer::Later)
    }

    /// Refresh (RFC 8656 section 8.2).
    pub(crate) fn refresh(
        &mut self,
        now: Now,
        client: Client,
        message: &Message,
        identity: &Identity,
    ) -> Outcome {
        let (session, relayed) = self.own_allocation(client, identity)?;
        if let Some(family) = optional::<RequestedAddressFamily>(message)?
            && (family.family() == AddressFamily::IPV4) != relayed.0.is_ipv4()
        {
            let code = ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH;
            return Err(Failure::plain(code));
        }
        let asked = optional::<Lifetime>(message)?;
        if asked.is_some_and(|lifetime| lifetime.seconds() == 0) {
            self.close(session, Closed::ByClient);
            return Ok(lifetime_answer(message, identity, Duration::ZERO));
        }
        let lifetime = self.lifetime(message, identity)?;
        if let Some(scope) = &identity.scope {
            self.seen_in_scope(now, client, scope);
        }
        if let Some(allocation) = self.tables.get_mut(session) {
            allocation.expires = now.monotonic + lifetime;
            if allocation.expires < allocation.timer {
                allocation.timer = allocation.expires;
                self.timers.set(allocation.expires, Timer::Expiry(session));
            }
            let usage = allocation.usage;
            self.events
                .push_back(Event::Refreshed { session, lifetime });
            self.events.push_back(Event::Usage { session, usage });
        }
        Ok(lifetime_answer(message, identity, lifetime))
    }

    /// The owner of the sockets says whether the relayed socket is open.
    pub(crate) fn opened(&mut self, now: Now, relayed: RelayedAddr, opened: bool) {
        let Some(allocation) = self.tables.at(relayed) else {
            if self.tables.settle_orphan(relayed) && opened {
                self.actions.push_back(Action::CloseRelay { relayed });
            }
            return;
        };
        let session = allocation.session;
        match (&mut allocation.state, opened) {
            (State::Opening(_), true) => self.begin(now, session),
            (State::Opening(pending), false) => {
                pending.tried.push(relayed.0.port());
                self.retry(session, relayed);
            }
            (State::Open { .. }, _) => {}
        }
    }

    fn begin(&mut self, now: Now, session: SessionId) {
        let Some(allocation) = self.tables.get_mut(session) else {
            return;
        };
        let State::Opening(pending) = &allocation.state else {
            return;
        };
        let (lifetime, head) = (pending.lifetime, pending.head);
        let answer = success(pending, allocation);
        allocation.expires = now.monotonic + lifetime;
        allocation.timer = allocation.expires;
        allocation.state = State::Open {
            request: head,
            answer: answer.clone(),
        };
        self.timers.set(allocation.expires, Timer::Expiry(session));
        self.config.open_ports.open(allocation.relayed.0);
        let (client, username) = (allocation.client, allocation.username.to_string());
        self.events.push_back(Event::Allocated {
            session,
            client,
            username,
            relayed: allocation.relayed,
            lifetime,
        });
        self.send(client, answer);
    }

    fn retry(&mut self, session: SessionId, failed: RelayedAddr) {
        let Some(allocation) = self.tables.get_mut(session) else {
            return;
        };
        let client = allocation.client;
        // Taken out so that the choice may look at the tables.
        let State::Opening(pending) = &allocation.state else {
            return;
        };
        let (head, signer) = (pending.head, pending.signer.clone());
        let (even, tried) = (pending.even, pending.tried.clone());
        let next = (tried.len() < ATTEMPTS)
            .then(|| self.free_address(failed.0.ip(), even, &tried))
            .flatten();
        if let Some(relayed) = next {
            self.tables.move_to(session, relayed);
            return self.actions.push_back(Action::OpenRelay { relayed });
        }
        let removed = self.tables.remove(session);
        self.tables.settle_orphan(failed);
        self.send(client, reply::error(head, capacity().code, &[], &signer));
        let username = removed.map(|allocation| allocation.username.to_string());
        self.refused(client, username, &capacity());
    }

    /// Ends an allocation, tells what it carried, and frees its address.
    pub(crate) fn close(&mut self, session: SessionId, reason: Closed) {
        let Some(allocation) = self.tables.remove(session) else {
            return;
        };
        // One that never began has neither a socket nor a beginning to be told of.
        if !allocation.is_open() {
            return;
        }
        let relayed = allocation.relayed;
        self.config.open_ports.close(relayed.0);
        self.actions.push_back(Action::CloseRelay { relayed });
        let usage = allocation.usage;
        self.events.push_back(Event::Usage { session, usage });
        self.events.push_back(Event::Closed { session, reason });
        let client = allocation.client;
        if reason == Closed::Expired && client.transport.is_stream() {
            self.actions.push_back(Action::Disconnect { client });
        }
    }

    /// The allocation of this 5-tuple, if it is this user's: 437 and 441 (RFC 8656 sections 5 and 8.2).
    pub(crate) fn own_allocation(
        &mut self,
        client: Client,
        identity: &Identity,
    ) -> Result<(SessionId, RelayedAddr), Failure> {
        let allocation = self
            .tables
            .of_client(client)
            .filter(|allocation| allocation.is_open())
            .ok_or(Failure::plain(ErrorCode::ALLOCATION_MISMATCH))?;
        if allocation.username != identity.username {
            return Err(Failure::new(
                ErrorCode::WRONG_CREDENTIALS,
                Refusal::WrongCredentials,
            ));
        }
        Ok((allocation.session, allocation.relayed))
    }

    /// The address to relay from, and whether IPv6 was asked for besides IPv4.
    fn relay_address(&self, message: &Message) -> Result<(IpAddr, bool), Failure> {
        let bad = Failure::plain(ErrorCode::BAD_REQUEST);
        let unsupported = || Failure::plain(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED);
        let requested = message.has_attribute(RequestedAddressFamily::TYPE);
        let dual = message.has_attribute(AdditionalAddressFamily::TYPE);
        let reserved = message.has_attribute(ReservationToken::TYPE);
        if requested && (dual || reserved) || dual && reserved {
            return Err(bad);
        }
        if dual && message.attribute::<AdditionalAddressFamily>().is_err() {
            return Err(bad);
        }
        let family = match message.attribute::<RequestedAddressFamily>() {
            Ok(family) => family.family(),
            Err(_) if requested => return Err(unsupported()),
            Err(_) => AddressFamily::IPV4,
        };
        let ip = match family {
            AddressFamily::IPV4 => self.config.relay_v4.map(IpAddr::V4),
            AddressFamily::IPV6 => self.config.relay_v6.map(IpAddr::V6),
        };
        Ok((ip.ok_or_else(unsupported)?, dual))
    }

    fn lifetime(&self, message: &Message, identity: &Identity) -> Result<Duration, Failure> {
        let longest = match identity.scope {
            Some(_) => self.config.limits.scoped_lifetime.min(MAXIMUM_LIFETIME),
            None => MAXIMUM_LIFETIME,
        };
        let asked = optional::<Lifetime>(message)?.map_or(DEFAULT_LIFETIME, |lifetime| {
            Duration::from_secs(u64::from(lifetime.seconds()))
        });
        Ok(asked.max(DEFAULT_LIFETIME).min(longest))
    }

    fn check_quota(&self, identity: &Identity) -> Result<(), Failure> {
        let limits = &self.config.limits;
        let quota = match identity.scope {
            Some(_) => limits.scoped_allocations,
            None if limits.user_allocations == 0 => usize::MAX,
            None => limits.user_allocations,
        };
        if self.tables.count_of(&identity.username) >= quota {
            let code = ErrorCode::ALLOCATION_QUOTA_REACHED;
            return Err(Failure::new(code, Refusal::Quota));
        }
        Ok(())
    }

    fn choose(&mut self, ip: IpAddr, pending: &Pending) -> Option<RelayedAddr> {
        self.free_address(ip, pending.even, &pending.tried)
    }

    fn free_address(&mut self, ip: IpAddr, even: bool, tried: &[u16]) -> Option<RelayedAddr> {
        let relayed = |port| RelayedAddr(SocketAddr::new(ip, port));
        let tables = &self.tables;
        ports::choose(&mut self.random, &self.config.ports, even, |port| {
            !tried.contains(&port) && tables.is_free(relayed(port))
        })
        .map(relayed)
    }

    /// A scoped credential was used from here: the same test may have this address as a peer.
    fn seen_in_scope(&mut self, now: Now, client: Client, scope: &str) {
        let relay: Vec<IpAddr> = [
            self.config.relay_v4.map(IpAddr::V4),
            self.config.relay_v6.map(IpAddr::V6),
        ]
        .into_iter()
        .flatten()
        .collect();
        let addresses = addresses_of_test(client, &relay, &self.config.allowed_peers);
        self.allow_scope(now.monotonic, scope, addresses);
    }
}

/// An Allocate on a 5-tuple that has an allocation: the same request again, or a mistake (RFC 8656 section 7.2).
fn repeated(existing: &Allocation, head: Head, identity: &Identity) -> Outcome {
    if existing.username == identity.username {
        match &existing.state {
            State::Opening(pending) if pending.head == head => return Ok(Answer::Later),
            State::Open { request, answer } if *request == head => {
                return Ok(Answer::Message(answer.clone()));
            }
            _ => {}
        }
    }
    Err(Failure::plain(ErrorCode::ALLOCATION_MISMATCH))
}

/// EVEN-PORT without reservation is served; reserving the next port is not, nor is what would redeem it: 508.
fn even_port(message: &Message) -> Result<bool, Failure> {
    let even = optional::<EvenPort>(message)?;
    let token = optional::<ReservationToken>(message)?;
    match (even, token) {
        (Some(_), Some(_)) => Err(Failure::plain(ErrorCode::BAD_REQUEST)),
        (None, Some(_)) => Err(Failure::plain(ErrorCode::INSUFFICIENT_CAPACITY)),
        (Some(even), None) if even.requested() => {
            Err(Failure::plain(ErrorCode::INSUFFICIENT_CAPACITY))
        }
        (even, None) => Ok(even.is_some()),
    }
}

fn capacity() -> Failure {
    Failure::new(ErrorCode::INSUFFICIENT_CAPACITY, Refusal::Capacity)
}

fn success(pending: &Pending, allocation: &Allocation) -> Vec<u8> {
    let transaction = pending.head.transaction();
    let relayed = XorRelayedAddress::new(allocation.relayed.0, transaction);
    let lifetime = Lifetime::new(pending.lifetime.as_secs() as u32);
    let mapped = XorMappedAddress::new(reply::canonical(allocation.client.addr), transaction);
    let mut attributes: Vec<&dyn AttributeWrite> = vec![&relayed, &lifetime, &mapped];
    // One address per allocation: the second of a dual allocation is declined in the way the standard provides for.
    let declined = ErrorCode::new(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED, "")
        .map(|error| AddressErrorCode::new(AddressFamily::IPV6, error));
    if let (true, Ok(declined)) = (pending.dual, &declined) {
        attributes.push(declined);
    }
    reply::success(pending.head, &attributes, &pending.signer)
}

fn lifetime_answer(message: &Message, identity: &Identity, lifetime: Duration) -> Answer {
    let lifetime = Lifetime::new(lifetime.as_secs() as u32);
    Answer::Message(reply::success(
        Head::of(message),
        &[&lifetime],
        &identity.signer,
    ))
}
