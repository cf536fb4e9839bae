//! What was dropped at the sockets: a relay that cannot keep up drops, and says so.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counted by all workers together since the start.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) unsent: AtomicU64,
    pub(super) sibling_full: AtomicU64,
    pub(super) stream_full: AtomicU64,
    pub(super) untold_events: AtomicU64,
    pub(super) turned_away: AtomicU64,
}

/// [`Counters`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Datagrams that the kernel did not take: its buffer was full, or there is no way to the address.
    pub unsent: u64,
    /// Packets for another worker that was too busy to take them.
    pub sibling_full: u64,
    /// Packets for a stream client that does not read fast enough.
    pub stream_full: u64,
    /// Events that were not told because nobody took them in time.
    pub untold_events: u64,
    /// Connections turned away because there are as many as a worker takes.
    pub turned_away: u64,
}

impl Counters {
    /// What has been counted so far.
    pub fn read(&self) -> Drops {
        Drops {
            unsent: self.unsent.load(Relaxed),
            sibling_full: self.sibling_full.load(Relaxed),
            stream_full: self.stream_full.load(Relaxed),
            untold_events: self.untold_events.load(Relaxed),
            turned_away: self.turned_away.load(Relaxed),
        }
    }

    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }
}
