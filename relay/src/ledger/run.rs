//! What the relay saw of one run, and which runs are at home at which address.

use super::flow::{as_fact, millis, transport_of};
use crate::events::Happening;
use earshot_report::facts::{AllocationSighting, WitnessSighting};
use earshot_turn::{Client, Event, RelayedAddr, SessionId, event::Usage};
use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, SocketAddr},
    time::{Duration, SystemTime},
};

/// What came this long before a run began may still be of it: the clocks of two threads, and packets in a queue.
const BEFORE_START: Duration = Duration::from_secs(2);
/// A run lasts ten seconds; after this, nothing nameless is of it any more.
const AFTER_START: Duration = Duration::from_secs(30);
/// Allocations, witness checks and addresses of one run: a page makes some twenty allocations.
pub(super) const MOST_ALLOCATIONS: usize = 64;
pub(super) const MOST_CHECKS: usize = 32;
const MOST_ADDRESSES: usize = 32;

#[derive(Debug)]
pub(super) struct Run {
    pub(super) started: SystemTime,
    ended: Option<SystemTime>,
    /// Where the run is at home.
    addresses: BTreeSet<IpAddr>,
    /// Where its name came from, right or wrong: there its flows are.
    pub(super) sources: BTreeSet<IpAddr>,
    pub(super) allocations: Vec<Allocation>,
    pub(super) witness: Vec<WitnessSighting>,
}

#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) worker: usize,
    pub(super) session: SessionId,
    pub(super) sighting: AllocationSighting,
}

impl Allocation {
    pub(super) fn new(
        (worker, session): (usize, SessionId),
        client: Client,
        relayed: RelayedAddr,
    ) -> Self {
        Self {
            worker,
            session,
            sighting: AllocationSighting {
                transport: transport_of(client.transport),
                client: as_fact(client.addr),
                relayed: as_fact(relayed.0),
                sent_packets: 0,
                sent_bytes: 0,
                received_packets: 0,
                received_bytes: 0,
                unpermitted_packets: 0,
                closed: false,
            },
        }
    }

    /// Takes note of what happened to it.
    pub(super) fn observe(&mut self, what: &Happening) {
        match what {
            Happening::Turn(Event::Usage { usage, .. }) => self.used(usage),
            Happening::Turn(Event::Closed { .. }) => self.sighting.closed = true,
            _ => {}
        }
    }

    fn used(&mut self, usage: &Usage) {
        let sighting = &mut self.sighting;
        // The server counts as coturn does: “received” is what came from the client.
        sighting.sent_packets = usage.received_packets;
        sighting.sent_bytes = usage.received_bytes;
        sighting.received_packets = usage.sent_packets;
        sighting.received_bytes = usage.sent_bytes;
        sighting.unpermitted_packets = usage.unpermitted_packets;
    }
}

impl Run {
    /// Whether something without a name, between these times, can be of this run.
    pub(super) fn is_under_way(&self, first: SystemTime, last: SystemTime) -> bool {
        let end = self.ended.unwrap_or(self.started + AFTER_START);
        last + BEFORE_START >= self.started && first <= end
    }

    /// Notes an allocation; `false`: there are too many already.
    pub(super) fn add_allocation(&mut self, allocation: Allocation) -> bool {
        let fits = self.allocations.len() < MOST_ALLOCATIONS;
        if fits {
            self.allocations.push(allocation);
        }
        fits
    }

    pub(super) fn allocation(
        &mut self,
        worker: usize,
        session: SessionId,
    ) -> Option<&mut Allocation> {
        self.allocations
            .iter_mut()
            .find(|known| (known.worker, known.session) == (worker, session))
    }

    /// Notes a check that reached the witness. ICE repeats its checks; the first one from each address tells it all.
    pub(super) fn witnessed(&mut self, at: SystemTime, source: SocketAddr) -> bool {
        let source = as_fact(source);
        let is_new = self.witness.len() < MOST_CHECKS
            && !self.witness.iter().any(|seen| seen.source == source);
        if is_new {
            let at_ms = millis(self.started, at);
            self.witness.push(WitnessSighting { source, at_ms });
        }
        is_new
    }
}

/// All known runs. Their number is bounded by whoever begins and forgets them.
#[derive(Debug, Default)]
pub(super) struct Runs {
    by_name: HashMap<String, Run>,
    by_address: HashMap<IpAddr, BTreeSet<String>>,
}

impl Runs {
    pub(super) fn begin(&mut self, name: &str, started: SystemTime, addresses: &[IpAddr]) {
        let run = Run {
            started,
            ended: None,
            addresses: BTreeSet::new(),
            sources: BTreeSet::new(),
            allocations: Vec::new(),
            witness: Vec::new(),
        };
        self.by_name.insert(name.to_owned(), run);
        for address in addresses {
            self.settle(name, *address);
        }
    }

    pub(super) fn end(&mut self, name: &str, at: SystemTime) {
        if let Some(run) = self.by_name.get_mut(name) {
            run.ended.get_or_insert(at);
        }
    }

    pub(super) fn forget(&mut self, name: &str) {
        let Some(run) = self.by_name.remove(name) else {
            return;
        };
        for address in run.addresses {
            if let Some(names) = self.by_address.get_mut(&address) {
                names.remove(name);
                if names.is_empty() {
                    self.by_address.remove(&address);
                }
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Run> {
        self.by_name.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Run> {
        self.by_name.get_mut(name)
    }

    /// The run is at home at this address: what comes from there without a name may be of it.
    pub(super) fn settle(&mut self, name: &str, address: IpAddr) {
        let address = address.to_canonical();
        let Some(run) = self.by_name.get_mut(name) else {
            return;
        };
        if run.addresses.len() >= MOST_ADDRESSES {
            return;
        }
        run.addresses.insert(address);
        run.sources.insert(address);
        let names = self.by_address.entry(address).or_default();
        names.insert(name.to_owned());
    }

    /// The run's name was used from this address, right or wrong.
    pub(super) fn named_from(&mut self, name: &str, address: IpAddr) {
        if let Some(run) = self.by_name.get_mut(name)
            && run.sources.len() < MOST_ADDRESSES
        {
            run.sources.insert(address.to_canonical());
        }
    }

    /// The runs that are at home at this address.
    pub(super) fn at_home(&self, address: IpAddr) -> impl Iterator<Item = (&str, &Run)> {
        self.by_address
            .get(&address.to_canonical())
            .into_iter()
            .flatten()
            .filter_map(|name| Some((name.as_str(), self.by_name.get(name)?)))
    }
}
