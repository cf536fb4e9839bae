//! Storage of reports: SQLite, embedded.

mod open;
#[cfg(test)]
mod tests;

pub use open::Opened;

use earshot_report::Report;
use sqlx::SqlitePool;
use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Reports are kept for 30 days: long enough for a supporter to come back to one, short enough to be no archive.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// No more reports than this are kept, the newest: a flood must not fill the disk.
const MOST_REPORTS: i64 = 20_000;

/// Where reports are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
}

/// What goes wrong with storage. Each sentence names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened.
    #[error(
        "DATABASE_URL: the database {} cannot be opened ({reason}): make the file and its folder readable and writable \
         for this user, or name another file as sqlite:FILE",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// The database was made by a newer version.
    #[error(
        "DATABASE_URL: the database {} does not fit this version of earshot ({reason}): start the newer version again, \
         or name another file as sqlite:FILE",
        path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
    /// There is a report of this run already.
    #[error("a report of this run has been saved already")]
    Duplicate,
    /// Reading or writing failed.
    #[error("the storage failed: {0}")]
    Query(#[from] sqlx::Error),
    /// A stored report cannot be read.
    #[error("a stored report cannot be read: {0}")]
    Json(#[from] serde_json::Error),
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
}

impl Store {
    /// Opens the database, and makes it where it is missing. A file that is damaged is kept aside under another name
    /// and a new one is begun.
    ///
    /// # Errors
    /// It cannot be opened for another reason than damage, or belongs to a newer version.
    pub async fn open(path: &Path) -> Result<Opened, StoreError> {
        open::open(path).await
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
        let json = serde_json::to_string(report)?;
        let status = serde_json::to_value(report.verdict.status)?;
        let saved = sqlx::query(
            "INSERT INTO reports (id, run, started, expires, cause, status, json) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&report.id)
        .bind(run)
        .bind(seconds(started))
        .bind(seconds(started + KEPT))
        .bind(report.verdict.cause.as_str())
        .bind(status.as_str().unwrap_or_default())
        .bind(json)
        .execute(&self.pool)
        .await;
        match saved {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Err(StoreError::Duplicate)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The report of that id, if there is one that has not expired.
    ///
    /// # Errors
    /// What the database says.
    pub async fn report(&self, id: &str, now: SystemTime) -> Result<Option<Report>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT json FROM reports WHERE id = ? AND expires > ?")
                .bind(id)
                .bind(seconds(now))
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?)
    }

    /// The newest reports, at most `most`, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn latest(&self, most: u32, now: SystemTime) -> Result<Vec<Listed>, StoreError> {
        let rows: Vec<(String, i64, String, String)> = sqlx::query_as(
            "SELECT id, started, status, cause FROM reports WHERE expires > ? ORDER BY started DESC, rowid DESC LIMIT ?",
        )
        .bind(seconds(now))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let listed = rows.into_iter().map(|(id, started, status, cause)| Listed {
            id,
            started: UNIX_EPOCH + Duration::from_secs(started.try_into().unwrap_or_default()),
            status,
            cause,
        });
        Ok(listed.collect())
    }

    /// Deletes what has expired, and the oldest reports beyond the bound. Returns how many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purge(&self, now: SystemTime) -> Result<u64, StoreError> {
        let expired = sqlx::query("DELETE FROM reports WHERE expires <= ?")
            .bind(seconds(now))
            .execute(&self.pool)
            .await?;
        let oldest = sqlx::query(
            "DELETE FROM reports WHERE id IN (SELECT id FROM reports ORDER BY started DESC LIMIT -1 OFFSET ?)",
        )
        .bind(MOST_REPORTS)
        .execute(&self.pool)
        .await?;
        Ok(expired.rows_affected() + oldest.rows_affected())
    }

    /// Whether the storage answers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT count(*) FROM (SELECT 1 FROM reports LIMIT 1)")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Closes it in good order: all of it is in the one file that an operator copies.
    pub async fn close(&self) {
        // SQLite does this when the last connection closes, but not where two close at the same moment: each takes
        // the other for one that stays.
        let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.pool)
            .await;
        if let Err(error) = emptied {
            tracing::warn!(%error, "the write-ahead log stays beside the database; the next start reads it");
        }
        self.pool.close().await;
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
