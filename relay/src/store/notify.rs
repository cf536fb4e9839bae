//! Waking those who wait for rows: within this process at once, between processes by LISTEN and NOTIFY of PostgreSQL.
//!
//! A wake says where to look and nothing else; what there is stands in the tables. So it may come twice, or for
//! nothing, and whoever waits reads the tables again each time. After a connection was lost everybody is woken.

use super::{Pool, Store, StoreError, postgres};
use crate::settings::Postgres;
use sqlx::{PgPool, postgres::PgListener};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

/// The one channel of PostgreSQL. A database is Earshot's own, and its channels are of this database alone.
const CHANNEL: &str = "earshot";
/// A server that is away is asked again so soon.
const RETRY: Duration = Duration::from_secs(1);
/// A connection on which nothing came for so long is tried: a firewall on the way may have forgotten it without a word.
const SILENCE: Duration = Duration::from_secs(30);

/// What one can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A link: its events, its seat, its end.
    Link,
    /// A run: what a relay sees of it.
    Run,
    /// What concerns all relays: `runs` are begun, `nodes` come and go.
    Relays,
}

impl Topic {
    const ALL: [Self; 3] = [Self::Link, Self::Run, Self::Relays];

    fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Run => "run",
            Self::Relays => "relays",
        }
    }
}

impl Store {
    /// Wakes all who wait for this: in this process at once, even if this fails, and in every other process that
    /// shares the database. Call it when the rows are written. An id is short, and no secret: the database's other
    /// users see it.
    ///
    /// # Errors
    /// The other processes could not be told.
    pub async fn notify(&self, topic: Topic, id: &str) -> Result<(), StoreError> {
        self.wakes.wake(topic, id);
        self.notify_others(topic, id).await
    }

    /// The same for the other processes alone.
    pub(super) async fn notify_others(&self, topic: Topic, id: &str) -> Result<(), StoreError> {
        let Pool::Postgres(pool, place) = &self.pool else {
            return Ok(());
        };
        let payload = format!("{}:{}:{id}", self.wakes.node, topic.name());
        let telling = sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(payload)
            .execute(pool);
        match timeout(postgres::ANSWER, telling).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(StoreError::on_the_way(error, place)),
            Err(_) => Err(StoreError::no_answer(postgres::ANSWER, place)),
        }
    }

    /// To wait for this from now on. Subscribe first and read the tables then: what is written after that wakes.
    pub fn subscribe(&self, topic: Topic, id: &str) -> Subscription {
        let place = (topic, id.to_owned());
        let woken = self
            .wakes
            .waiting()
            .entry(place.clone())
            .or_default()
            .subscribe();
        Subscription {
            woken,
            place,
            wakes: self.wakes.clone(),
        }
    }
}

/// Is woken when there may be something new.
pub struct Subscription {
    woken: watch::Receiver<u64>,
    place: (Topic, String),
    wakes: Arc<Wakes>,
}

impl Subscription {
    /// Waits for the next wake, or returns at once if there was one since the last call. May be dropped while it
    /// waits: no wake is lost by that.
    pub async fn woken(&mut self) {
        // The sender stays for as long as there is a subscription.
        let _ = self.woken.changed().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut waiting = self.wakes.waiting();
        let is_last = waiting
            .get(&self.place)
            .is_some_and(|wake| wake.receiver_count() <= 1);
        if is_last {
            waiting.remove(&self.place);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("topic", &self.place.0)
            .finish_non_exhaustive()
    }
}

type Waiting = HashMap<(Topic, String), watch::Sender<u64>>;

/// All who wait in this process.
#[derive(Default)]
pub(super) struct Wakes {
    /// Tells this process from the others: it has woken its own already.
    node: u64,
    waiting: Mutex<Waiting>,
    listener: Mutex<Option<AbortOnDropHandle<()>>>,
}

impl fmt::Debug for Wakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wakes")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl Wakes {
    /// Wakes by what other processes say in this database, too: from now on, or as soon as the database lets us.
    pub(super) async fn listening(pool: &PgPool, place: &Postgres) -> Arc<Self> {
        let wakes = Arc::new(Self {
            node: rand::random(),
            ..Self::default()
        });
        let first = connect(pool).await;
        let listening = listen(
            first,
            Arc::downgrade(&wakes),
            pool.clone(),
            place.to_string(),
        );
        *lock(&wakes.listener) = Some(AbortOnDropHandle::new(tokio::spawn(listening)));
        wakes
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }

    fn wake(&self, topic: Topic, id: &str) {
        if let Some(wake) = self.waiting().get(&(topic, id.to_owned())) {
            wake.send_modify(|wakes| *wakes += 1);
        }
    }

    fn wake_all(&self) {
        for wake in self.waiting().values() {
            wake.send_modify(|wakes| *wakes += 1);
        }
    }

    /// Another process, or this one, has said so in the channel. What is not understood is of another version.
    fn heard(&self, payload: &str) {
        let mut parts = payload.splitn(3, ':');
        let (Some(node), Some(name), Some(id)) = (parts.next(), parts.next(), parts.next()) else {
            return;
        };
        let topic = Topic::ALL.into_iter().find(|topic| topic.name() == name);
        if let Some(topic) = topic
            && node.parse() != Ok(self.node)
        {
            self.wake(topic, id);
        }
    }
}

/// Hears what other processes say, until the pool is closed.
async fn listen(first: Connected, wakes: Weak<Wakes>, pool: PgPool, place: String) {
    let mut connected = first;
    let mut was_told = false;
    loop {
        let trouble = match connected {
            Ok(listener) => {
                if std::mem::take(&mut was_told) {
                    tracing::info!("{place} tells again what other processes do");
                }
                hear(listener, &wakes).await
            }
            Err(error) => error.to_string(),
        };
        if pool.is_closed() {
            return;
        }
        if !std::mem::replace(&mut was_told, true) {
            tracing::warn!(
                "{place} does not tell what other processes do ({trouble}): trying again each second"
            );
        }
        sleep(RETRY).await;
        connected = connect(&pool).await;
        // Whatever was said meanwhile was not heard.
        if let Some(wakes) = wakes.upgrade().filter(|_| connected.is_ok()) {
            wakes.wake_all();
        }
    }
}

type Connected = Result<PgListener, sqlx::Error>;

async fn connect(pool: &PgPool) -> Connected {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Until the connection is lost. Returns how.
async fn hear(mut listener: PgListener, wakes: &Weak<Wakes>) -> String {
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(said))) => {
                if let Some(wakes) = wakes.upgrade() {
                    wakes.heard(said.payload());
                }
            }
            Ok(Ok(None)) => return "the connection was lost".into(),
            Ok(Err(error)) => return error.to_string(),
            Err(_) => {
                let alive = sqlx::query("SELECT 1").execute(&mut listener);
                match timeout(postgres::ANSWER, alive).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return error.to_string(),
                    Err(_) => return "it does not answer".into(),
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
