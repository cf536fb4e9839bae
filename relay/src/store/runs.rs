//! The tests under way, by which a restart loses none, and every relay that shares the database serves all.

use super::{
    Pool, Store, StoreError, Topic, at_millis,
    link_events::LinkId,
    links::{number_of, who_of},
    millis,
    pool::ask,
};
use earshot_report::{
    IceUrl,
    api::link::Who,
    facts::{NativeProbe, Sightings},
    limits,
};
use futures_util::TryFutureExt;
use sha2::{Digest, Sha256};
use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

/// A test is known for so long.
pub const LONGEST: Duration = Duration::from_millis(limits::SAVE_MS as u64);
/// Rows of runs that are kept, the newest, for all relays together.
const MOST_RUNS: i64 = 20_000;
/// So many of the latest are looked at again each time: they may be over meanwhile, and since a number is given before
/// its row is seen, rows may appear in another order.
const LOOKED_AT_AGAIN: i64 = 64;
/// Runs that are read at once.
const MOST_READ: i64 = 2_000;

/// A test as other processes, or a later one, know it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// Its id.
    pub id: String,
    /// The process that began it.
    pub node: i64,
    /// When, to the millisecond.
    pub started: SystemTime,
    /// The client's address as the server saw it.
    pub client: IpAddr,
    /// Where its page is at home.
    pub homes: Vec<IpAddr>,
    /// The URLs under test, in the plan's order.
    pub targets: Vec<IceUrl>,
    /// The link by which it is made, and who is tested.
    pub link: Option<(LinkId, Who)>,
    /// Its report is saved.
    pub over: bool,
}

/// What one process knows of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// What its relay saw.
    Sightings(Box<Sightings>),
    /// Its own look at each target, in the plan's order.
    Probes(Vec<NativeProbe>),
}

/// What all other processes know of a run.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    /// Its report is saved.
    pub over: bool,
    /// What each process knows.
    pub news: Vec<(i64, News)>,
}

type Row = (
    i64,
    String,
    i64,
    i64,
    String,
    String,
    String,
    Option<Vec<u8>>,
    Option<i64>,
    bool,
);

/// Whether the run is over, and one piece of news, if there is any.
type NewsRow = (bool, Option<i64>, Option<String>, Option<String>);

impl Store {
    /// Whether other processes may share this database.
    pub fn may_be_shared(&self) -> bool {
        matches!(self.pool, Pool::Postgres(..))
    }

    /// Keeps a run, and tells other processes that there is one more. Keeping it twice is keeping it once.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep_run(&self, run: &StoredRun) -> Result<(), StoreError> {
        let homes = serde_json::to_string(&run.homes)?;
        let targets = serde_json::to_string(&run.targets)?;
        let of_link = run.link.as_ref();
        let (link, who) = of_link
            .map(|(link, who)| (&link.0, number_of(*who)))
            .unzip();
        ask!(
            self,
            lightly
                | pool
                | sqlx::query(
                    "INSERT INTO runs (id, node, started, client, homes, targets, link, who) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING"
                )
                .bind(&run.id)
                .bind(run.node)
                .bind(millis(run.started))
                .bind(run.client.to_string())
                .bind(homes)
                .bind(targets)
                .bind(link)
                .bind(who)
                .execute(pool)
                .map_ok(drop)
        )?;
        self.notify_others(Topic::Relays, "runs").await
    }

    /// The runs that were kept after that number, the oldest first, and some that were kept shortly before it; and the
    /// number of the newest.
    ///
    /// # Errors
    /// What the database says.
    pub async fn runs_after(
        &self,
        number: i64,
        now: SystemTime,
    ) -> Result<(Vec<StoredRun>, i64), StoreError> {
        let rows: Vec<Row> = ask!(self, |pool| {
            sqlx::query_as(
                "SELECT number, id, node, started, client, homes, targets, link, who, \
             EXISTS (SELECT 1 FROM reports WHERE reports.run = runs.id) FROM runs \
             WHERE number > $1 AND started > $2 ORDER BY number DESC LIMIT $3",
            )
            .bind(number.saturating_sub(LOOKED_AT_AGAIN))
            .bind(millis(now - LONGEST))
            .bind(MOST_READ)
            .fetch_all(pool)
        })?;
        let newest = rows.first().map_or(number, |row| row.0.max(number));
        let runs = rows.into_iter().rev().filter_map(from_row).collect();
        Ok((runs, newest))
    }

    /// The run of that id, if there is one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn kept_run(
        &self,
        id: &str,
        now: SystemTime,
    ) -> Result<Option<StoredRun>, StoreError> {
        let row: Option<Row> = ask!(self, |pool| {
            sqlx::query_as(
                "SELECT number, id, node, started, client, homes, targets, link, who, \
             EXISTS (SELECT 1 FROM reports WHERE reports.run = runs.id) FROM runs \
             WHERE id = $1 AND started > $2",
            )
            .bind(id)
            .bind(millis(now - LONGEST))
            .fetch_optional(pool)
        })?;
        Ok(row.and_then(from_row))
    }

    /// Wakes other processes that wait for news of a run whose report is saved.
    ///
    /// # Errors
    /// They could not be told.
    pub async fn tell_end(&self, run: &str) -> Result<(), StoreError> {
        self.notify_others(Topic::Run, &topic_id(run)).await?;
        self.notify_others(Topic::Relays, "runs").await
    }

    /// Tells other processes what this one knows of a run, in place of what it told before.
    ///
    /// # Errors
    /// [`StoreError::NoRun`] if the run is not kept; else what the database says.
    pub async fn tell_of_run(&self, run: &str, node: i64, news: &News) -> Result<(), StoreError> {
        if !self.may_be_shared() {
            return Ok(());
        }
        let (kind, json) = match news {
            News::Sightings(sightings) => ("sightings", serde_json::to_string(sightings)?),
            News::Probes(probes) => ("probes", serde_json::to_string(probes)?),
        };
        let told = ask!(self, |pool| sqlx::query(
            "INSERT INTO run_news (run, node, kind, json) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (run, node, kind) DO UPDATE SET json = excluded.json"
        )
        .bind(run)
        .bind(node)
        .bind(kind)
        .bind(json)
        .execute(pool)
        .map_ok(drop));
        match told {
            Err(StoreError::Query(sqlx::Error::Database(error)))
                if error.is_foreign_key_violation() =>
            {
                return Err(StoreError::NoRun);
            }
            told => told?,
        }
        self.notify_others(Topic::Run, &topic_id(run)).await
    }

    /// What all processes but this one have told of a run. What is not understood is of another version.
    ///
    /// # Errors
    /// What the database says.
    pub async fn hear_of_run(&self, run: &str, node: i64) -> Result<Heard, StoreError> {
        if !self.may_be_shared() {
            return Ok(Heard::default());
        }
        let rows: Vec<NewsRow> = ask!(self, |pool| {
            sqlx::query_as(
                "SELECT EXISTS (SELECT 1 FROM reports WHERE reports.run = runs.id), \
                 run_news.node, run_news.kind, run_news.json FROM runs \
                 LEFT JOIN run_news ON run_news.run = runs.id AND run_news.node <> $2 WHERE runs.id = $1 LIMIT 256"
            )
            .bind(run)
            .bind(node)
            .fetch_all(pool)
        })?;
        let over = rows.first().is_some_and(|(over, ..)| *over);
        let news = rows.into_iter().filter_map(|(_, node, kind, json)| {
            let json = json?;
            let news = match kind?.as_str() {
                "sightings" => News::Sightings(serde_json::from_str(&json).ok()?),
                "probes" => News::Probes(serde_json::from_str(&json).ok()?),
                _ => return None,
            };
            Some((node?, news))
        });
        Ok(Heard {
            over,
            news: news.collect(),
        })
    }

    /// Deletes the runs that are over their time, and the oldest of too many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purge_runs(&self, now: SystemTime) -> Result<(), StoreError> {
        ask!(
            self,
            lightly
                | pool
                | sqlx::query("DELETE FROM runs WHERE started <= $1")
                    .bind(millis(now - LONGEST))
                    .execute(pool)
                    .map_ok(drop)
        )?;
        // SQLite wants a LIMIT before an OFFSET.
        ask!(
            self,
            lightly
                | pool
                | {
                    sqlx::query(
            "DELETE FROM runs WHERE id IN (SELECT id FROM runs ORDER BY number DESC LIMIT $1 OFFSET $2)",
        )
        .bind(i64::MAX)
        .bind(MOST_RUNS)
        .execute(pool)
        .map_ok(drop)
                }
        )
    }
}

/// The name of a run where other users of the database may see it: who has a run's id may send its report.
pub fn topic_id(run: &str) -> String {
    let hash = Sha256::digest(run);
    hash.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A row that is not understood is of another version.
fn from_row(row: Row) -> Option<StoredRun> {
    let (_, id, node, started, client, homes, targets, link, who, over) = row;
    Some(StoredRun {
        id,
        node,
        started: at_millis(started),
        client: client.parse().ok()?,
        homes: serde_json::from_str(&homes).ok()?,
        targets: serde_json::from_str(&targets).ok()?,
        link: link.zip(who).map(|(link, who)| (LinkId(link), who_of(who))),
        over,
    })
}
