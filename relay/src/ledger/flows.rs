//! The flows that are remembered, by source address.

use super::flow::{Flow, FlowKey};
use earshot_report::Transport;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
    time::{Duration, SystemTime},
};

/// Flows remembered at once; the oldest goes first.
const MOST_FLOWS: usize = 16_384;
/// A flow that belongs to no known run is remembered this long: its page may ask for a run a moment later.
const KEPT: Duration = Duration::from_secs(60);

/// All flows, bounded in number.
#[derive(Debug, Default)]
pub(super) struct Flows {
    by_address: HashMap<IpAddr, BTreeMap<(Transport, u16), Flow>>,
    /// In the order of their making.
    oldest: VecDeque<(SystemTime, FlowKey)>,
}

impl Flows {
    pub(super) fn get(&self, key: &FlowKey) -> Option<&Flow> {
        let (transport, source) = key;
        let address = source.ip().to_canonical();
        self.by_address
            .get(&address)?
            .get(&(*transport, source.port()))
    }

    pub(super) fn get_mut(&mut self, key: &FlowKey) -> Option<&mut Flow> {
        let (transport, source) = key;
        let address = source.ip().to_canonical();
        self.by_address
            .get_mut(&address)?
            .get_mut(&(*transport, source.port()))
    }

    /// The flow of that key, made where it is missing.
    pub(super) fn enter(&mut self, key: FlowKey, at: SystemTime) -> &mut Flow {
        let (transport, source) = key;
        let address = source.ip().to_canonical();
        let flows = self.by_address.entry(address).or_default();
        flows.entry((transport, source.port())).or_insert_with(|| {
            self.oldest.push_back((at, key));
            Flow::new(at)
        })
    }

    /// The flows from one address.
    pub(super) fn from(&self, address: IpAddr) -> impl Iterator<Item = (Transport, &Flow)> {
        self.by_address
            .get(&address)
            .into_iter()
            .flatten()
            .map(|((transport, _), flow)| (*transport, flow))
    }

    /// Forgets old flows, and the oldest of too many. What is `kept` stays while there is room; whoever keeps it says
    /// when it goes by [`Flows::forget`].
    pub(super) fn purge(&mut self, now: SystemTime, kept: impl Fn(&Flow) -> bool) {
        while let Some((made, key)) = self.oldest.front().copied() {
            let full = self.oldest.len() >= MOST_FLOWS;
            if !full && now.duration_since(made).unwrap_or_default() < KEPT {
                break;
            }
            self.oldest.pop_front();
            match self.get(&key) {
                Some(flow) if !full && kept(flow) => self.oldest.push_back((now, key)),
                _ => self.remove(&key),
            }
        }
    }

    /// Forgets the flows of one scope.
    pub(super) fn forget(&mut self, scope: &str) {
        let others = |flow: &Flow| flow.scope.as_deref() != Some(scope);
        self.by_address.retain(|_, flows| {
            flows.retain(|_, flow| others(flow));
            !flows.is_empty()
        });
        let by_address = &self.by_address;
        self.oldest.retain(|(_, (transport, source))| {
            by_address
                .get(&source.ip().to_canonical())
                .is_some_and(|flows| flows.contains_key(&(*transport, source.port())))
        });
    }

    fn remove(&mut self, key: &FlowKey) {
        let (transport, source) = key;
        let address = source.ip().to_canonical();
        if let Some(flows) = self.by_address.get_mut(&address) {
            flows.remove(&(*transport, source.port()));
            if flows.is_empty() {
                self.by_address.remove(&address);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_address.values().map(BTreeMap::len).sum()
    }
}
