//! The runs under way, in memory.

use super::{
    elsewhere::{Awaited, Elsewhere},
    lock,
    outbox::Outbox,
};
use crate::store::{
    link_events::LinkId,
    runs::{Heard, LONGEST},
};
use earshot_report::{
    IceUrl,
    api::link::Who,
    facts::{NativeProbe, Sightings},
};
use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};
use tokio::sync::{Semaphore, watch};

/// Runs at once; the oldest goes first. A run takes ten seconds, so this is 200 new ones each second.
const MOST: usize = 2_000;
/// Live links of one run: the page, and those who watch it.
const MOST_SOCKETS: usize = 8;

/// One run.
pub(super) struct Run {
    pub(super) id: String,
    pub(super) started: SystemTime,
    /// The client's address as the server sees it.
    pub(super) client: IpAddr,
    /// The program's own look at each target, in the plan's order.
    pub(super) probes: Mutex<Vec<NativeProbe>>,
    /// One permit for each live link.
    pub(super) sockets: Arc<Semaphore>,
    /// The link by which it was begun.
    pub(super) link: Option<OfLink>,
    /// The process that began it.
    pub(super) node: i64,
    /// What other relays know of it.
    elsewhere: Mutex<Elsewhere>,
    /// Where news of it goes that are for other relays.
    outbox: Arc<Outbox>,
    progress: watch::Sender<Progress>,
    reported: AtomicBool,
}

/// A test that is made by a link.
#[derive(Clone)]
pub(super) struct OfLink {
    pub(super) link: LinkId,
    /// Who is tested.
    pub(super) who: Who,
}

/// What those who wait are told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Grows with each piece of news.
    news: u64,
    /// Nothing more will come.
    pub(super) over: bool,
}

impl Run {
    pub(super) fn new(id: String, started: SystemTime, client: IpAddr, targets: &[IceUrl]) -> Self {
        let probes = targets.iter().cloned().map(NativeProbe::new).collect();
        Self {
            id,
            started,
            client,
            probes: Mutex::new(probes),
            sockets: Arc::new(Semaphore::new(MOST_SOCKETS)),
            link: None,
            node: 0,
            elsewhere: Mutex::default(),
            outbox: Arc::default(),
            progress: watch::Sender::default(),
            reported: AtomicBool::new(false),
        }
    }

    /// It is made by a link.
    pub(super) fn by(mut self, link: Option<OfLink>) -> Self {
        self.link = link;
        self
    }

    /// It was begun by that process, and other relays are told of it by this way.
    pub(super) fn of(mut self, node: i64, outbox: &Arc<Outbox>) -> Self {
        self.node = node;
        self.outbox = outbox.clone();
        self
    }

    /// There is news of it, here.
    pub(super) fn changed(&self) {
        self.progress.send_modify(|progress| progress.news += 1);
        self.outbox.note(&self.id);
    }

    /// Other relays have told what they know of it.
    pub(super) fn hear(&self, heard: Heard, is_begun_here: bool) {
        let probes = lock(&self.elsewhere).hear(heard);
        if let Some(found) = probes.filter(|_| !is_begun_here) {
            let mut known = lock(&self.probes);
            if known.len() == found.len() {
                *known = found;
            }
        }
        self.progress.send_modify(|progress| progress.news += 1);
    }

    /// Other relays could not be asked.
    pub(super) fn hear_nothing(&self) {
        lock(&self.elsewhere).miss();
    }

    /// What all relays saw, by what this one saw and what the others told.
    pub(super) fn seen(&self, here: Option<Sightings>, awaited: Awaited) -> Option<Sightings> {
        lock(&self.elsewhere).join(here, awaited)
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        self.progress.send_modify(|progress| progress.over = true);
    }

    pub(super) fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Only one may save a report; `None`: someone has done so, or is about to.
    pub(super) fn claim_report(&self) -> Option<Claim<'_>> {
        let is_claimed = self.reported.swap(true, Ordering::AcqRel);
        (!is_claimed).then_some(Claim(&self.reported))
    }
}

/// The right to save a report. Dropping it gives it back: saving failed, or its page has gone away in the middle of it, and
/// it may be tried again.
pub(super) struct Claim<'a>(&'a AtomicBool);

impl Claim<'_> {
    /// The report is saved.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Runs {
    by_id: HashMap<String, Arc<Run>>,
    oldest: VecDeque<Arc<Run>>,
}

impl Runs {
    /// Adds a run. Returns those that had to go.
    pub(super) fn add(&mut self, run: Arc<Run>) -> Vec<String> {
        let mut gone = Vec::new();
        while self.oldest.len() >= MOST {
            gone.extend(self.drop_oldest());
        }
        self.by_id.insert(run.id.clone(), run.clone());
        self.oldest.push_back(run);
        gone
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Run>> {
        self.by_id.get(id)
    }

    /// Forgets those over their time. Returns which.
    pub(super) fn expire(&mut self, now: SystemTime) -> Vec<String> {
        let mut gone = Vec::new();
        while let Some(run) = self.oldest.front()
            && now.duration_since(run.started).unwrap_or_default() >= LONGEST
        {
            gone.extend(self.drop_oldest());
        }
        gone
    }

    fn drop_oldest(&mut self) -> Option<String> {
        let run = self.oldest.pop_front()?;
        run.end();
        self.by_id.remove(&run.id);
        Some(run.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        net::Ipv4Addr,
        time::{Duration, UNIX_EPOCH},
    };

    fn run(nth: u64) -> Arc<Run> {
        let started = UNIX_EPOCH + Duration::from_secs(nth);
        Arc::new(Run::new(
            nth.to_string(),
            started,
            Ipv4Addr::LOCALHOST.into(),
            &[],
        ))
    }

    #[test]
    fn the_oldest_go_first_and_are_over() {
        let mut runs = Runs::default();
        let first = run(0);
        let watch = first.watch();
        assert!(runs.add(first).is_empty());
        for nth in 1..MOST as u64 {
            assert!(runs.add(run(nth)).is_empty());
        }
        assert!(!watch.borrow().over);
        assert_eq!(runs.add(run(5000)), ["0"]);
        assert!(watch.borrow().over);
        assert!(runs.get("0").is_none());
        let soon = UNIX_EPOCH + LONGEST + Duration::from_secs(2);
        assert_eq!(runs.expire(soon), ["1", "2"]);
    }

    #[test]
    fn a_report_is_claimed_once() {
        let run = run(1);
        let claim = run.claim_report().expect("nobody has it");
        assert!(run.claim_report().is_none());
        drop(claim);
        run.claim_report().expect("it was given back").keep();
        assert!(run.claim_report().is_none());
    }
}
