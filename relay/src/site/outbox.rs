//! Runs of which other relays are to be told.

use super::lock;
use std::{
    collections::HashSet,
    mem,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// Their ids. It takes none while nobody is to be told, and is bounded by the number of runs.
#[derive(Default)]
pub(super) struct Outbox {
    is_open: AtomicBool,
    runs: Mutex<HashSet<String>>,
    more: Notify,
}

impl Outbox {
    /// Somebody is to be told, or nobody any more. Returns whether somebody was before.
    pub(super) fn open(&self, is_open: bool) -> bool {
        self.is_open.swap(is_open, Ordering::AcqRel)
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// There is news of this run.
    pub(super) fn note(&self, run: &str) {
        if self.is_open() {
            lock(&self.runs).insert(run.to_owned());
            self.more.notify_one();
        }
    }

    /// Waits for runs of which there is news.
    pub(super) async fn take(&self) -> HashSet<String> {
        loop {
            let runs = mem::take(&mut *lock(&self.runs));
            if !runs.is_empty() {
                return runs;
            }
            self.more.notified().await;
        }
    }
}
