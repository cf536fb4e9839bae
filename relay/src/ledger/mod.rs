//! Which of the relay's events belong to which run: the relay's testimony. No clock and no network of its own.
//!
//! An event belongs to the run whose id stands in the TURN user name. Before a user name is known (a Binding, a first
//! request, a TLS handshake) it belongs to the run that is at home at the source address; where two runs are at home
//! at one address, as behind one NAT, it belongs to neither, and what cannot be told is “not measured”.

mod early;
mod flow;
mod flows;
mod latest;
mod merge;
mod run;
#[cfg(test)]
mod tests;

pub use merge::{merged, without_denials};

use crate::{
    events::{Happening, RelayEvent},
    external::own_addresses,
};
use early::Early;
use earshot_report::{
    AddressRange, Transport,
    facts::{Fact, Sightings},
};
use earshot_turn::{Event, SessionId, event::Refusal, scope_of};
use flow::{Flow, FlowKey, flow_of, millis};
use flows::Flows;
use latest::Latest;
use run::{Allocation, Runs};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{SystemTime, UNIX_EPOCH},
};

const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

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
            // This relay speaks no DTLS.
            Transport::Dtls => false,
        }
    }
}

/// What the relay saw, by run.
#[derive(Debug)]
pub struct Ledger {
    listening: Listening,
    /// Where a hosting platform may forward web traffic only: nothing has come to the relay from outside.
    platform_web_only: Fact,
    /// Since when it sees what happens.
    since: SystemTime,
    runs: Runs,
    early: Early,
    flows: Flows,
    /// Open allocations of known runs, by worker and session.
    runs_by_session: HashMap<(usize, SessionId), (String, FlowKey)>,
    last_by_udp: Latest,
    last_by_any: Latest,
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
            since: UNIX_EPOCH,
            runs: Runs::default(),
            early: Early::default(),
            flows: Flows::default(),
            runs_by_session: HashMap::new(),
            last_by_udp: Latest::default(),
            last_by_any: Latest::default(),
        }
    }

    /// It sees what happens from this time on: of a run that began before, nothing can be denied.
    pub fn since(mut self, since: SystemTime) -> Self {
        self.since = since;
        self
    }

    /// A run begins; its page is at home at these addresses. The caller bounds the number of runs.
    pub fn begin(&mut self, run: &str, at: SystemTime, addresses: &[IpAddr]) {
        self.runs.begin(run, at, addresses);
        let Some(begun) = self.runs.get_mut(run) else {
            return;
        };
        let mut sources = Vec::new();
        for (flow, allocation) in self.early.take(run) {
            let id = (allocation.worker, allocation.session);
            let is_open = !allocation.sighting.closed;
            sources.push(flow.1.ip());
            if begun.add_allocation(allocation) && is_open {
                self.runs_by_session.insert(id, (run.to_owned(), flow));
            }
        }
        for source in sources {
            self.runs.settle(run, source);
        }
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

    /// Whether a hosting platform may forward web traffic only: nothing has come to the relay from outside. Not measured
    /// where no platform says where it wants its web traffic served.
    pub fn platform_web_only(&self) -> Fact {
        self.platform_web_only
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
        let sees_all = run.started >= self.since;
        for transport in TRANSPORTS {
            let seen = sightings.transport_mut(transport);
            seen.listening = self.listening.on(transport).into();
            if seen.listening.is_yes() && sees_all {
                seen.seen = Fact::No;
            }
        }
        let mut of_several = Vec::new();
        for source in &run.sources {
            for (transport, flow) in self.flows.from(*source) {
                let seen = sightings.transport_mut(transport);
                match self.whose(flow, *source) {
                    Whose::Run(owner) if owner == name => {
                        seen.seen = Fact::Yes;
                        let at = millis(run.started, flow.first);
                        seen.first_ms = Some(seen.first_ms.map_or(at, |first| first.min(at)));
                        seen.last_ms = seen.last_ms.max(Some(millis(run.started, flow.last)));
                        flow.add_to(seen);
                    }
                    // It may have been of this run or of another one.
                    Whose::Several if run.is_under_way(flow.first, flow.last) => {
                        if seen.seen.is_no() {
                            seen.seen = Fact::NotMeasured;
                        }
                        of_several.push(transport);
                    }
                    _ => {}
                }
            }
        }
        for transport in TRANSPORTS {
            let again = &mut sightings.transport_mut(transport).asked_again;
            if again.is_no() && (!sees_all || of_several.contains(&transport)) {
                *again = Fact::NotMeasured;
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
        if self.platform_web_only.is_yes() && came_from_outside(&event.what, source.ip()) {
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
                if let Some(scope) = scope
                    && let Some(allocation) = allocation_of(event)
                {
                    self.early.add(scope, event.at, key, allocation);
                }
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
                if let Some(allocation) = allocation_of(event) {
                    self.allocated(&run, key, allocation);
                }
                vec![run]
            }
        }
    }

    fn allocated(&mut self, name: &str, key: FlowKey, allocation: Allocation) {
        let id = (allocation.worker, allocation.session);
        if let Some(run) = self.runs.get_mut(name)
            && run.add_allocation(allocation)
        {
            self.runs_by_session.insert(id, (name.to_owned(), key));
        }
    }

    fn observe_session(&mut self, event: &RelayEvent, session: SessionId) -> Vec<String> {
        let id = (event.worker, session);
        let Some((name, key)) = self.runs_by_session.get(&id).cloned() else {
            if let Some(allocation) = self.early.get_mut(&id) {
                allocation.observe(&event.what);
            }
            return Vec::new();
        };
        let run = self.runs.get_mut(&name);
        if let Some(allocation) = run.and_then(|run| run.allocation(event.worker, session)) {
            allocation.observe(&event.what);
        }
        match &event.what {
            Happening::Turn(Event::Closed { .. }) => {
                self.runs_by_session.remove(&id);
            }
            Happening::Turn(Event::Refreshed { .. } | Event::Permitted { .. }) => {
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

/// The platform's own network and this program's look at itself are not outside; but whoever has a password and comes
/// out of the platform's network was let through by a proxy for TCP.
fn came_from_outside(what: &Happening, ip: IpAddr) -> bool {
    let may_be = !AddressRange::from(ip).is_local() || knew_the_password(what);
    may_be && !ip.is_loopback() && !own_addresses().contains(&ip)
}

fn allocation_of(event: &RelayEvent) -> Option<Allocation> {
    let Happening::Turn(Event::Allocated {
        session,
        client,
        relayed,
        ..
    }) = &event.what
    else {
        return None;
    };
    Some(Allocation::new((event.worker, *session), *client, *relayed))
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
