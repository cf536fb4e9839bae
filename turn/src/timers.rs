//! What is due when.

use crate::event::SessionId;
use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// An allocation may be over its time.
    Expiry(SessionId),
    /// The usage of a scoped allocation is to be told.
    Usage(SessionId),
    /// Scopes may be over their time.
    Scopes,
}

/// Timers by time. Entries are not moved: whoever is woken looks whether it is too early and sets another.
#[derive(Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Duration, Timer)>>,
}

impl Timers {
    pub(crate) fn set(&mut self, at: Duration, timer: Timer) {
        self.heap.push(Reverse((at, timer)));
    }

    /// When the next is due.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the next out, if it is due.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<(Duration, Timer)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}
