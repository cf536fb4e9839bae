//! Which of the relay's events belong to which run: the relay's testimony. No clock and no network of its own.
//!
//! An event belongs to the run whose id stands in the TURN user name. Before a user name is known (a Binding, a first
//! request, a TLS handshake) it belongs to the run that is at home at the source address; where two runs are at home
//! at one address, as behind one NAT, it belongs to neither, and what cannot be told is “not measured”.

mod flow;
mod flows;
mod run;
#[cfg(test)]
mod tests;

use crate::{
    events::{Happening, RelayEvent},
    external::own_addresses,
};
use earshot_report::{
    AddressRange, Transport,
    facts::{AllocationSighting, Fact, Sightings},
};
use earshot_turn::{Client, Event, RelayedAddr, SessionId, event::Refusal, scope_of};
use flow::{Flow, FlowKey, as_fact, flow_of, millis, transport_of};
use flows::Flows;
use run::{Allocation, Runs};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, SystemTime},
};

const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// “Lately” for other tests.
const LATELY: Duration = Duration::from_secs(24 * 3600);

/// The transports on which this relay listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// TURN over UDP.
    pub udp: bool,
    /// TURN over TCP.
    pub tcp: bool,
    /// TURN over TLS.
    pub tls: bool,
}

impl Listening {
    fn on(self, transport: Transport) -> bool {
        match transport {
            Transport::Udp => self.udp,
            Transport::Tcp => self.tcp,
            Transport::Tls => self.tls,
        }
    }
}

/// What the relay saw, by run.
#[derive(Debug)]
pub struct Ledger {
    listening: Listening,
    /// Where a hosting platform may forward web traffic only: nothing has come to the relay from outside.
    platform_web_only: Fact,
    runs: Runs,
    flows: Flows,
    /// Open allocations of known runs, by worker and session.
    runs_by_session: HashMap<(usize, SessionId), (String, FlowKey)>,
    last_by_udp: Latest,
    last_by_any: Latest,
}

/// The two runs or users that were seen last, the latest first: one of them may be the run that asks for the others.
#[derive(Debug, Default)]
struct Latest(Vec<(String, SystemTime)>);

impl Latest {
    fn note(&mut self, run: &str, at: SystemTime) {
        self.0.retain(|(known, _)| known != run);
        self.0.insert(0, (run.to_owned(), at));
        self.0.truncate(2);
    }

    fn has_other(&self, run: &str, now: SystemTime) -> bool {
        let lately = |at: &SystemTime| now.duration_since(*at).unwrap_or_default() < LATELY;
        self.0.iter().any(|(known, at)| known != run && lately(at))
    }
}

enum Whose<'a> {
    Run(&'a str),
    Several,
    Nobody,
}

impl Ledger {
    /// An empty one. `platform_port`: a hosting platform says where it wants its web traffic served.
    pub fn new(listening: Listening, platform_port: bool) -> Self {
        Self {
            listening,
            platform_web_only: Fact::from(platform_port.then_some(true)),
            runs: Runs::default(),
            flows: Flows::default(),
            runs_by_session: HashMap::new(),
            last_by_udp: Latest::default(),
            last_by_any: Latest::default(),
        }
    }

    /// A run begins; its page is at home at these addresses. The caller bounds the number of runs.
    pub fn begin(&mut self, run: &str, at: SystemTime, addresses: &[IpAddr]) {
        self.runs.begin(run, at, addresses);
    }

    /// A run is over: nothing nameless belongs to it any more.
    pub fn end(&mut self, run: &str, at: SystemTime) {
        self.runs.end(run, at);
    }

    /// A run is forgotten. That something of it came, and how, is remembered for a day.
    pub fn forget(&mut self, run: &str) {
        self.runs.forget(run);
        self.runs_by_session.retain(|_, (of, _)| of != run);
        self.flows.forget(run);
    }

    /// Takes note of an event. Returns the runs of which there is news.
    pub fn observe(&mut self, event: &RelayEvent) -> Vec<String> {
        let runs = &self.runs;
        let known = |scope: &String| runs.get(scope).is_some();
        self.flows
            .purge(event.at, |flow| flow.scope.as_ref().is_some_and(known));
        if let Some(key) = flow_of(&event.what) {
            return self.observe_flow(event, key);
        }
        match &event.what {
            Happening::Turn(Event::Witnessed {
                ufrag,
                source,
                authentic: true,
            }) => self.witnessed(event.at, ufrag, *source),
            Happening::Turn(
                Event::Refreshed { session, .. }
                | Event::Permitted { session, .. }
                | Event::FirstPacket { session, .. }
                | Event::Usage { session, .. }
                | Event::Closed { session, .. },
            ) => self.observe_session(event, *session),
            _ => Vec::new(),
        }
    }

    /// What was seen of a run so far; `None`: no such run.
    pub fn sightings(&self, name: &str, now: SystemTime) -> Option<Sightings> {
        let run = self.runs.get(name)?;
        let allocations = run.allocations.iter();
        let mut sightings = Sightings {
            allocations: allocations.map(|known| known.sighting.clone()).collect(),
            witness: run.witness.clone(),
            others_udp: self.others_udp(name, now),
            platform_web_only: self.platform_web_only,
            ..Sightings::default()
        };
        for transport in TRANSPORTS {
            let seen = sightings.transport_mut(transport);
            seen.listening = self.listening.on(transport).into();
            if seen.listening.is_yes() {
                seen.seen = Fact::No;
            }
        }
        for source in &run.sources {
            for (transport, flow) in self.flows.from(*source) {
                let seen = sightings.transport_mut(transport);
                match self.whose(flow, *source) {
                    Whose::Run(owner) if owner == name => {
                        seen.seen = Fact::Yes;
                        let at = millis(run.started, flow.first);
                        seen.first_ms = Some(seen.first_ms.map_or(at, |first| first.min(at)));
                        flow.add_to(seen);
                    }
                    // It may have been of this run or of another one.
                    Whose::Several
                        if seen.seen.is_no() && run.is_under_way(flow.first, flow.last) =>
                    {
                        seen.seen = Fact::NotMeasured;
                    }
                    _ => {}
                }
            }
        }
        Some(sightings)
    }

    fn others_udp(&self, run: &str, now: SystemTime) -> Fact {
        if self.last_by_udp.has_other(run, now) {
            Fact::Yes
        } else if self.last_by_any.has_other(run, now) && self.listening.udp {
            Fact::No
        } else {
            Fact::NotMeasured
        }
    }

    /// The operator's own users show as well as tests do what reaches this relay. The program's own look does not: it
    /// comes from this very machine, and crosses no network.
    fn note_user(&mut self, event: &RelayEvent, (transport, source): FlowKey) {
        let Happening::Turn(Event::Allocated {
            username, relayed, ..
        }) = &event.what
        else {
            return;
        };
        let is_from_here = source.ip().is_loopback() || source.ip() == relayed.0.ip();
        if is_from_here || scope_of(username).is_some() {
            return;
        }
        if transport == Transport::Udp {
            self.last_by_udp.note(username, event.at);
        }
        self.last_by_any.note(username, event.at);
    }

    fn observe_flow(&mut self, event: &RelayEvent, key: FlowKey) -> Vec<String> {
        let (transport, source) = key;
        // The platform's own network and this program's look at itself are not outside.
        if self.platform_web_only.is_yes() && is_outside(source.ip()) {
            self.platform_web_only = Fact::No;
        }
        let scope = scope_in(&event.what);
        let flow = self.flows.enter(key, event.at);
        if let Some(scope) = scope {
            flow.name(scope, event.at);
            self.runs.named_from(scope, source.ip());
            if knew_the_password(&event.what) {
                self.runs.settle(scope, source.ip());
            }
        }
        flow.last = event.at;
        flow.count(&event.what);
        let flow = &*flow;
        match whose(&self.runs, flow, source.ip()) {
            Whose::Nobody => {
                self.note_user(event, key);
                Vec::new()
            }
            Whose::Several => {
                let rivals = self.runs.at_home(source.ip());
                rivals.map(|(name, _)| name.to_owned()).collect()
            }
            Whose::Run(run) => {
                let run = run.to_owned();
                if transport == Transport::Udp {
                    self.last_by_udp.note(&run, event.at);
                }
                self.last_by_any.note(&run, event.at);
                if let Happening::Turn(Event::Allocated {
                    session,
                    client,
                    relayed,
                    ..
                }) = &event.what
                {
                    self.allocated(&run, (event.worker, *session), *client, *relayed);
                }
                vec![run]
            }
        }
    }

    fn allocated(
        &mut self,
        name: &str,
        id: (usize, SessionId),
        client: Client,
        relayed: RelayedAddr,
    ) {
        let transport = transport_of(client.transport);
        let allocation = Allocation {
            worker: id.0,
            session: id.1,
            sighting: AllocationSighting {
                transport,
                client: as_fact(client.addr),
                relayed: as_fact(relayed.0),
                sent_packets: 0,
                sent_bytes: 0,
                received_packets: 0,
                received_bytes: 0,
                unpermitted_packets: 0,
                closed: false,
            },
        };
        if let Some(run) = self.runs.get_mut(name)
            && run.add_allocation(allocation)
        {
            let flow = (transport, client.addr);
            self.runs_by_session.insert(id, (name.to_owned(), flow));
        }
    }

    fn observe_session(&mut self, event: &RelayEvent, session: SessionId) -> Vec<String> {
        let id = (event.worker, session);
        let Some((name, key)) = self.runs_by_session.get(&id).cloned() else {
            return Vec::new();
        };
        let run = self.runs.get_mut(&name);
        let allocation = run.and_then(|run| run.allocation(event.worker, session));
        match (&event.what, allocation) {
            (Happening::Turn(Event::Usage { usage, .. }), Some(allocation)) => {
                allocation.used(usage);
            }
            (Happening::Turn(Event::Closed { .. }), Some(allocation)) => {
                allocation.sighting.closed = true;
                self.runs_by_session.remove(&id);
            }
            (Happening::Turn(Event::Refreshed { .. } | Event::Permitted { .. }), _) => {
                if let Some(flow) = self.flows.get_mut(&key) {
                    flow.last = event.at;
                    flow.answered();
                }
            }
            _ => {}
        }
        vec![name]
    }

    fn witnessed(&mut self, at: SystemTime, ufrag: &str, source: SocketAddr) -> Vec<String> {
        let run = self.runs.get_mut(ufrag);
        match run.is_some_and(|run| run.witnessed(at, source)) {
            true => vec![ufrag.to_owned()],
            false => Vec::new(),
        }
    }

    fn whose<'a>(&'a self, flow: &'a Flow, source: IpAddr) -> Whose<'a> {
        whose(&self.runs, flow, source)
    }
}

fn whose<'a>(runs: &'a Runs, flow: &'a Flow, source: IpAddr) -> Whose<'a> {
    if let Some(scope) = &flow.scope {
        // The scope of an unknown run is still not one of the known ones.
        return match runs.get(scope) {
            Some(_) => Whose::Run(scope),
            None => Whose::Nobody,
        };
    }
    let mut candidates = runs
        .at_home(source)
        .filter(|(_, run)| run.is_under_way(flow.first, flow.last));
    match (candidates.next(), candidates.next()) {
        (None, _) => Whose::Nobody,
        (Some((run, _)), None) => Whose::Run(run),
        (Some(_), Some(_)) => Whose::Several,
    }
}

/// Whoever got so far has shown the run's password, and so is at home where it came from.
fn knew_the_password(what: &Happening) -> bool {
    match what {
        Happening::Turn(Event::Allocated { .. }) => true,
        Happening::Turn(Event::Refused { reason, .. }) => matches!(
            reason,
            Refusal::Quota | Refusal::Capacity | Refusal::PeerDenied | Refusal::PeerOutOfScope
        ),
        _ => false,
    }
}

fn is_outside(ip: IpAddr) -> bool {
    !AddressRange::from(ip).is_local() && !own_addresses().contains(&ip)
}

fn scope_in(what: &Happening) -> Option<&str> {
    let username = match what {
        Happening::Turn(Event::Allocated { username, .. }) => username,
        Happening::Turn(Event::Refused {
            username: Some(username),
            ..
        }) => username,
        _ => return None,
    };
    scope_of(username)
}
