//! All allocations, found by 5-tuple, by relayed address and by number in the same time however many there are.

use crate::{
    allocation::Allocation,
    event::SessionId,
    types::{Client, RelayedAddr},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The allocations of one server, and what is counted of them.
#[derive(Default)]
pub(crate) struct Tables {
    allocations: HashMap<SessionId, Allocation>,
    sessions_by_client: HashMap<Client, SessionId>,
    sessions_by_relayed: HashMap<RelayedAddr, SessionId>,
    counts_by_username: HashMap<Arc<str>, usize>,
    /// Addresses whose sockets are still being opened for allocations that are gone.
    orphans: HashSet<RelayedAddr>,
    last: u64,
}

impl Tables {
    /// A number that was never given before.
    pub(crate) fn next_session(&mut self) -> SessionId {
        self.last += 1;
        SessionId(self.last)
    }

    pub(crate) fn insert(&mut self, allocation: Allocation) {
        let session = allocation.session;
        self.sessions_by_client.insert(allocation.client, session);
        self.sessions_by_relayed.insert(allocation.relayed, session);
        *self
            .counts_by_username
            .entry(allocation.username.clone())
            .or_default() += 1;
        self.allocations.insert(session, allocation);
    }

    pub(crate) fn remove(&mut self, session: SessionId) -> Option<Allocation> {
        let allocation = self.allocations.remove(&session)?;
        self.sessions_by_client.remove(&allocation.client);
        self.sessions_by_relayed.remove(&allocation.relayed);
        if let Some(count) = self.counts_by_username.get_mut(&allocation.username) {
            *count -= 1;
            if *count == 0 {
                self.counts_by_username.remove(&allocation.username);
            }
        }
        if !allocation.is_open() {
            self.orphans.insert(allocation.relayed);
        }
        Some(allocation)
    }

    /// Gives an allocation that is still being opened another relayed address.
    pub(crate) fn move_to(&mut self, session: SessionId, relayed: RelayedAddr) {
        if let Some(allocation) = self.allocations.get_mut(&session) {
            self.sessions_by_relayed.remove(&allocation.relayed);
            allocation.relayed = relayed;
            self.sessions_by_relayed.insert(relayed, session);
        }
    }

    pub(crate) fn get_mut(&mut self, session: SessionId) -> Option<&mut Allocation> {
        self.allocations.get_mut(&session)
    }

    pub(crate) fn of_client(&mut self, client: Client) -> Option<&mut Allocation> {
        let session = self.sessions_by_client.get(&client)?;
        self.allocations.get_mut(session)
    }

    pub(crate) fn at(&mut self, relayed: RelayedAddr) -> Option<&mut Allocation> {
        let session = self.sessions_by_relayed.get(&relayed)?;
        self.allocations.get_mut(session)
    }

    /// Whether no socket is or will be open at this address.
    pub(crate) fn is_free(&self, relayed: RelayedAddr) -> bool {
        !self.sessions_by_relayed.contains_key(&relayed) && !self.orphans.contains(&relayed)
    }

    /// The socket of an allocation that is gone was opened after all, or not. Whether there was such a one.
    pub(crate) fn settle_orphan(&mut self, relayed: RelayedAddr) -> bool {
        self.orphans.remove(&relayed)
    }

    /// Allocations of this user name, those still being opened included.
    pub(crate) fn count_of(&self, username: &str) -> usize {
        self.counts_by_username.get(username).copied().unwrap_or(0)
    }

    /// All numbers, in the order of their beginning.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<_> = self.allocations.keys().copied().collect();
        sessions.sort_unstable();
        sessions
    }
}
