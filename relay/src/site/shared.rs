//! Several processes with one database serve as one: each knows the runs of all, and tells what its own relay sees.
//!
//! Nothing of a test waits here for the database but its beginning, and that not for long. While the database is away
//! each process goes on with what it knows itself.

mod greeting;
mod standing;
mod telling;

use super::{
    Site, client,
    elsewhere::Awaited,
    lock,
    runs::{OfLink, Run},
};
use crate::{
    mint,
    store::{
        StoreError, Topic,
        nodes::Place,
        runs::{StoredRun, topic_id},
    },
};
use earshot_report::facts::{NativeProbe, Sightings};
use standing::{News, Standing};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize},
    },
    time::{Duration, Instant, SystemTime},
};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// Five times a second, as a page is told.
const BETWEEN: Duration = Duration::from_millis(200);
/// A test begins, and is judged, without other relays when the database takes longer.
const PATIENCE: Duration = Duration::from_secs(1);
/// What is said to others at the end: some ten round trips to the database, and as many again for each link that
/// somebody here looks at. A process is given 30 seconds to end, and what is left of them is for its sessions.
const FAREWELL: Duration = Duration::from_secs(5);
/// While the database is away it is asked again so soon.
const RETRY: Duration = Duration::from_secs(1);
/// Runs of which others are told at once: some connections are for requests.
const AT_ONCE: usize = 4;

/// What this process knows of the others.
#[derive(Default)]
pub(super) struct Shared {
    /// The number of the newest run that is known.
    newest: Mutex<i64>,
    /// What the others were told last of each run.
    told: Mutex<HashMap<String, Told>>,
    meeting: Mutex<()>,
    others: AtomicUsize,
    /// Where their relays are.
    places: Mutex<Vec<Place>>,
    database: Mutex<Standing>,
    has_warned: AtomicBool,
}

#[derive(Clone, Default)]
struct Told {
    sightings: Option<Sightings>,
    probes: Option<Vec<NativeProbe>>,
}

impl Site {
    /// Learns of the runs that are under way already, begun before a restart or elsewhere, and says to others that
    /// this process is there.
    pub async fn join(&self) {
        self.greet().await;
        self.learn().await;
    }

    /// Says to others that this process ends.
    pub async fn leave(&self) {
        let store = &self.0.store;
        let farewell = async {
            // Whatever becomes of the first, the second is tried.
            let _ = store.leave(self.0.node).await;
            let _ = store.close_sockets(self.0.node).await;
        };
        // What is not said in time is noticed by others soon.
        let _ = timeout(FAREWELL, farewell).await;
    }

    fn is_away(&self) -> bool {
        lock(&self.0.shared.database).is_away()
    }

    /// Whether this very process began the run.
    pub(super) fn began(&self, run: &Run) -> bool {
        run.node == self.0.node
    }

    /// Whose word of the run this relay has to wait for.
    pub(super) fn awaited(&self, run: &Run) -> Awaited {
        match (self.began(run), self.0.outbox.is_open()) {
            (true, false) => Awaited::Nobody,
            _ if self.is_away() => Awaited::InVain,
            (true, true) => Awaited::Others,
            (false, _) => Awaited::Node(run.node),
        }
    }

    /// A run is known from now on; its page is at home at these addresses.
    pub(super) fn begin(&self, run: &Arc<Run>, homes: &[IpAddr]) {
        let gone = lock(&self.0.runs).add(run.clone());
        self.forget(&gone);
        lock(&self.0.ledger).begin(&run.id, run.started, homes);
        // What was seen of it before, and that it was seen at all, may be news elsewhere.
        run.changed();
    }

    /// These runs are over their time, or too many.
    pub(super) fn forget(&self, runs: &[String]) {
        for run in runs {
            lock(&self.0.ledger).forget(run);
            lock(&self.0.shared.told).remove(run);
        }
    }

    /// Keeps a run that begins here, for others and for after a restart.
    pub(super) async fn keep_run(&self, run: &Arc<Run>) {
        let was_away = self.is_away();
        let (site, stored) = (self.clone(), stored(run));
        let keeping = tokio::spawn(async move {
            site.ask(site.0.store.keep_run(&stored)).await;
        });
        if !was_away {
            let _ = timeout(PATIENCE, keeping).await;
        }
    }

    /// The report of a run is saved.
    pub(super) fn tell_end(&self, run: &Run) {
        let (site, id) = (self.clone(), run.id.clone());
        tokio::spawn(async move {
            site.ask(site.0.store.tell_end(&id)).await;
        });
    }

    /// Brings what other relays know of a run to it, until this is dropped.
    pub(super) fn follow(&self, run: &Arc<Run>) -> Option<AbortOnDropHandle<()>> {
        if !self.0.store.may_be_shared() {
            return None;
        }
        let (site, run) = (self.clone(), run.clone());
        let mut woken = site.0.store.subscribe(Topic::Run, &topic_id(&run.id));
        Some(AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                site.hear(&run).await;
                woken.woken().await;
                sleep(BETWEEN).await;
            }
        })))
    }

    /// Brings the latest that other relays know of a run to it, and what follows until this is dropped.
    pub(super) async fn catch_up(&self, run: &Arc<Run>) -> Option<AbortOnDropHandle<()>> {
        let is_alone = !self.0.outbox.is_open() && self.began(run);
        if is_alone || !self.0.store.may_be_shared() {
            return None;
        }
        if timeout(PATIENCE, self.hear(run)).await.is_err() {
            run.hear_nothing();
        }
        self.follow(run)
    }

    async fn hear(&self, run: &Run) {
        let hearing = self.0.store.hear_of_run(&run.id, self.0.node);
        let Some(heard) = self.ask(hearing).await else {
            return run.hear_nothing();
        };
        let over = heard.over;
        run.hear(heard, self.began(run));
        if over {
            self.end(run);
        }
    }

    fn end(&self, run: &Run) {
        lock(&self.0.ledger).end(&run.id, SystemTime::now());
        run.end();
    }

    /// Learns and tells what all relays share. Never ends, where there is something to share.
    pub(super) async fn share(&self) {
        if self.0.store.may_be_shared() {
            tokio::join!(
                self.keep_greeting(),
                self.keep_learning(),
                self.keep_telling()
            );
        }
    }

    async fn keep_learning(&self) {
        let mut runs = self.0.store.subscribe(Topic::Relays, "runs");
        loop {
            runs.woken().await;
            self.learn().await;
        }
    }

    async fn learn(&self) {
        let newest = *lock(&self.0.shared.newest);
        let reading = self.0.store.runs_after(newest, SystemTime::now());
        let Some((runs, newest)) = self.ask(reading).await else {
            return;
        };
        for run in runs {
            self.meet(run);
        }
        *lock(&self.0.shared.newest) = newest;
    }

    /// Learns of one run: a page may ask another relay sooner than that has heard of it.
    pub(super) async fn look_up(&self, id: &str) {
        if !self.0.store.may_be_shared() || !mint::is_id(id) {
            return;
        }
        let finding = self.0.store.kept_run(id, SystemTime::now());
        if let Some(Some(run)) = self.ask(finding).await {
            self.meet(run);
        }
    }

    fn meet(&self, stored: StoredRun) {
        // Nobody else may begin the same run meanwhile.
        let _meeting = lock(&self.0.shared.meeting);
        let known = lock(&self.0.runs).get(&stored.id).cloned();
        match known {
            Some(run) if stored.over => self.end(&run),
            None if !stored.over => {
                let link = stored.link.map(|(link, who)| OfLink { link, who });
                let run = Run::new(stored.id, stored.started, stored.client, &stored.targets);
                let run = run.by(link).of(stored.node, &self.0.outbox);
                let run = Arc::new(run);
                self.begin(&run, &stored.homes);
                if !self.0.store.may_be_shared() {
                    self.look_again(&run);
                }
            }
            _ => {}
        }
    }

    /// Asks the database, and heeds whether it answers. That it is away is said once, and that it is back.
    async fn ask<T>(&self, question: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        let asked = Instant::now();
        let answer = question.await;
        let news = lock(&self.0.shared.database).heed(answer.is_ok(), asked, Instant::now());
        match (news, &answer) {
            (Some(News::Away), Err(error)) => tracing::warn!(
                "tests go on, but are not kept for after a restart nor shared with other relays: {error}"
            ),
            (Some(News::Back), _) => tracing::info!("what is under way is shared again"),
            _ => {}
        }
        answer.ok()
    }
}

fn stored(run: &Run) -> StoredRun {
    let homes = client::homes(run.client);
    let probes = lock(&run.probes);
    StoredRun {
        id: run.id.clone(),
        node: run.node,
        started: run.started,
        client: run.client,
        // Another machine's loopback is somebody else's.
        homes: homes.into_iter().filter(|ip| !ip.is_loopback()).collect(),
        targets: probes.iter().map(|probe| probe.url.clone()).collect(),
        link: run.link.clone().map(|of| (of.link, of.who)),
        over: false,
    }
}
