//! What else is played on this machine meanwhile. Browsers keep it busy, and a test program plays several things at once,
//! so how long a verdict takes is judged where nothing else is played.

use std::sync::{
    PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicUsize, Ordering},
};

static PLAYED: RwLock<()> = RwLock::new(());
/// How many were begun in this process, and how many of them go on.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static GOING_ON: AtomicUsize = AtomicUsize::new(0);

/// Leave to play something in this process, for as long as it is held.
pub struct Company {
    _leave: Leave,
    /// How many had begun with this one.
    begun: usize,
    found_others: bool,
}

enum Leave {
    Shared {
        _guard: RwLockReadGuard<'static, ()>,
    },
    Alone {
        _guard: RwLockWriteGuard<'static, ()>,
    },
}

impl Company {
    /// Others may be played beside it. Waits for whatever is played alone.
    pub fn welcome() -> Self {
        let guard = PLAYED.read().unwrap_or_else(PoisonError::into_inner);
        Self::begin(Leave::Shared { _guard: guard })
    }

    /// Nothing is played beside it. Waits until all that is played is over.
    pub fn none() -> Self {
        let guard = PLAYED.write().unwrap_or_else(PoisonError::into_inner);
        Self::begin(Leave::Alone { _guard: guard })
    }

    fn begin(leave: Leave) -> Self {
        Self {
            _leave: leave,
            begun: BEGUN.fetch_add(1, Ordering::SeqCst) + 1,
            found_others: GOING_ON.fetch_add(1, Ordering::SeqCst) > 0,
        }
    }

    /// Whether anything else was played since this began.
    pub fn had_others(&self) -> bool {
        self.found_others || BEGUN.load(Ordering::SeqCst) > self.begun
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        GOING_ON.fetch_sub(1, Ordering::SeqCst);
    }
}
