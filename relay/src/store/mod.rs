//! Storage of reports: SQLite, embedded, or PostgreSQL, which several relays may share.

mod error;
pub mod link_events;
pub mod link_seats;
pub mod link_sockets;
pub mod links;
mod migrations;
pub mod nodes;
mod notify;
mod pool;
mod postgres;
pub mod runs;
mod sqlite;
#[cfg(test)]
mod tests;
mod turn;

pub use error::StoreError;
pub use notify::{Subscription, Topic};

use crate::settings::Database;

use earshot_report::{Report, api::link::Who};
use futures_util::TryFutureExt;
use notify::Wakes;
use pool::{Pool, ask};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Reports are kept for 30 days: long enough for a supporter to come back to one, short enough to be no archive.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// No more reports than this are kept, the newest: a flood must not fill the disk.
const MOST_REPORTS: i64 = 20_000;

/// Each statement is a matter of tracing; slow ones are warned of all the same.
const STATEMENTS: log::LevelFilter = log::LevelFilter::Trace;

/// Where reports are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
    wakes: Arc<Wakes>,
}

/// An open database.
#[derive(Debug)]
pub struct Opened {
    /// It.
    pub store: Store,
    /// The file of SQLite was damaged: where it was kept aside. A new one was begun.
    pub kept_aside: Option<PathBuf>,
}

/// A report in a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// When the run began, to the second.
    pub started: SystemTime,
    /// The verdict's status, by its name.
    pub status: String,
    /// The verdict's cause, by its code.
    pub cause: String,
    /// Of a test that was made by a link: who was tested.
    pub who: Option<Who>,
}

impl Listed {
    fn from_row(
        (id, started, status, cause, who): (String, i64, String, String, Option<i64>),
    ) -> Self {
        Self {
            id,
            started: at(started),
            status,
            cause,
            who: who.map(links::who_of),
        }
    }
}

impl Store {
    /// Opens the database and brings its tables to this version. A file of SQLite is made where it is missing; one
    /// that is damaged is kept aside under another name and a new one is begun.
    ///
    /// # Errors
    /// It cannot be opened for another reason than damage, its server does not answer, or it belongs to a newer
    /// version.
    pub async fn open(database: &Database) -> Result<Opened, StoreError> {
        match database {
            Database::Sqlite(path) => sqlite::open(path).await,
            Database::Postgres(place) => Ok(Opened {
                store: postgres::open(place).await?,
                kept_aside: None,
            }),
        }
    }

    /// Saves a report. When this returns, the report is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] if this run has one; else what the database says.
    pub async fn save(
        &self,
        report: &Report,
        run: &str,
        started: SystemTime,
    ) -> Result<(), StoreError> {
        self.insert(report, run, started, None).await
    }

    /// The report of that id, if there is one that has not expired.
    ///
    /// # Errors
    /// What the database says.
    pub async fn report(&self, id: &str, now: SystemTime) -> Result<Option<Report>, StoreError> {
        let row: Option<(String,)> = ask!(self, |pool| sqlx::query_as(
            "SELECT json FROM reports WHERE id = $1 AND expires > $2"
        )
        .bind(id)
        .bind(seconds(now))
        .fetch_optional(pool))?;
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?)
    }

    /// The report of that run, if there is one that has not expired, by whichever process it was saved.
    ///
    /// # Errors
    /// What the database says.
    pub async fn report_of_run(
        &self,
        run: &str,
        now: SystemTime,
    ) -> Result<Option<Report>, StoreError> {
        let row: Option<(String,)> = ask!(self, |pool| sqlx::query_as(
            "SELECT json FROM reports WHERE run = $1 AND expires > $2"
        )
        .bind(run)
        .bind(seconds(now))
        .fetch_optional(pool))?;
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?)
    }

    /// Whether there is a report of that run, by whichever process it was saved.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_reported(&self, run: &str) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = ask!(self, |pool| sqlx::query_as(
            "SELECT count(*) FROM reports WHERE run = $1"
        )
        .bind(run)
        .fetch_optional(pool))?;
        Ok(row.is_some_and(|(count,)| count > 0))
    }

    /// The newest reports, at most `most`, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn latest(&self, most: u32, now: SystemTime) -> Result<Vec<Listed>, StoreError> {
        let rows = ask!(self, |pool| sqlx::query_as(
            "SELECT id, started, status, cause, who FROM reports WHERE expires > $1 \
             ORDER BY started DESC, rowid DESC LIMIT $2",
        )
        .bind(seconds(now))
        .bind(i64::from(most))
        .fetch_all(pool))?;
        Ok(rows.into_iter().map(Listed::from_row).collect())
    }

    /// Deletes the report of that id, and that it was told. Returns whether there was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delete(&self, id: &str) -> Result<bool, StoreError> {
        ask!(self, |pool| {
            sqlx::query(
            "DELETE FROM link_events WHERE slot = $1 AND link = (SELECT link FROM reports WHERE id = $2)"
        )
        .bind(link_events::report_slot(id))
        .bind(id)
        .execute(pool)
        .map_ok(drop)
        })?;
        let deleted = ask!(self, |pool| sqlx::query(
            "DELETE FROM reports WHERE id = $1"
        )
        .bind(id)
        .execute(pool)
        .map_ok(|done| done.rows_affected()))?;
        Ok(deleted > 0)
    }

    /// Deletes what has expired, and the oldest reports beyond the bound. Returns how many reports.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purge(&self, now: SystemTime) -> Result<u64, StoreError> {
        let expired = ask!(self, |pool| sqlx::query(
            "DELETE FROM reports WHERE expires <= $1"
        )
        .bind(seconds(now))
        .execute(pool)
        .map_ok(|done| done.rows_affected()))?;
        // SQLite wants a LIMIT before an OFFSET.
        let oldest = ask!(self, |pool| {
            sqlx::query(
            "DELETE FROM reports WHERE id IN (SELECT id FROM reports ORDER BY started DESC LIMIT $1 OFFSET $2)",
        )
        .bind(i64::MAX)
        .bind(MOST_REPORTS)
        .execute(pool)
        .map_ok(|done| done.rows_affected())
        })?;
        self.purge_links(now).await?;
        Ok(expired + oldest)
    }

    /// Whether the storage answers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ping(&self) -> Result<(), StoreError> {
        ask!(self, |pool| sqlx::query(
            "SELECT count(*) FROM (SELECT 1 FROM reports LIMIT 1) AS one"
        )
        .execute(pool)
        .map_ok(drop))
    }

    /// Closes it in good order.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool, turns) => sqlite::close(pool, turns).await,
            Pool::Postgres(pool, _) => pool.close().await,
        }
    }

    /// Saves a report; of the link whose token has this hash, of this person.
    async fn insert(
        &self,
        report: &Report,
        run: &str,
        started: SystemTime,
        of_link: Option<(Vec<u8>, i64)>,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(report)?;
        let (link, who) = of_link.unzip();
        let status = serde_json::to_value(report.verdict.status)?;
        let saved = ask!(self, |pool| sqlx::query(
            "INSERT INTO reports (id, run, started, expires, cause, status, json, link, who) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&report.id)
        .bind(run)
        .bind(seconds(started))
        .bind(seconds(started + KEPT))
        .bind(report.verdict.cause.as_str())
        .bind(status.as_str().unwrap_or_default())
        .bind(json)
        .bind(link)
        .bind(who)
        .execute(pool)
        .map_ok(drop));
        match saved {
            Err(StoreError::Query(sqlx::Error::Database(error))) if error.is_unique_violation() => {
                Err(StoreError::Duplicate)
            }
            Err(StoreError::Query(sqlx::Error::Database(error)))
                if error.is_foreign_key_violation() =>
            {
                Err(StoreError::NoLink)
            }
            saved => saved,
        }
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn at_millis(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis.try_into().unwrap_or_default())
}

fn at(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap_or_default())
}
