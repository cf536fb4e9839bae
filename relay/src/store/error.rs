//! What goes wrong with storage.

use std::time::Duration;

/// What goes wrong with storage. Each sentence names the place and the way out, and never a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened.
    #[error("DATABASE_URL: the database {place} cannot be opened ({reason}): {way_out}")]
    Open {
        /// The file, or the database and its server.
        place: String,
        /// What the system or the database says.
        reason: String,
        /// What an operator can do.
        way_out: &'static str,
    },
    /// The database was made by a newer version.
    #[error(
        "DATABASE_URL: the database {place} does not fit this version of earshot ({reason}): start the newer version \
         again, or name another database"
    )]
    Schema {
        /// The file, or the database and its server.
        place: String,
        /// What is different.
        reason: String,
    },
    /// There is a report of this run already.
    #[error("a report of this run has been saved already")]
    Duplicate,
    /// There is no link with that token.
    #[error("the link of this report is not there any more: it has been deleted")]
    NoLink,
    /// There is no run with that id.
    #[error("this run is not kept: its time is over, or the storage was away when it began")]
    NoRun,
    /// The server of the database was lost. A connection is made anew with the next request.
    #[error(
        "the storage failed: the database {place} cannot be reached ({reason}): see to it that its server runs and can \
         be reached from here; the next request tries again"
    )]
    Lost {
        /// The database and its server.
        place: String,
        /// What the system says.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("the storage failed: {0}")]
    Query(#[from] sqlx::Error),
    /// A stored report cannot be read.
    #[error("a stored report cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

impl StoreError {
    /// What went wrong between here and that server.
    pub(super) fn on_the_way(error: sqlx::Error, place: &impl ToString) -> Self {
        let reason = match &error {
            sqlx::Error::Io(error) => error.to_string(),
            sqlx::Error::Tls(error) => error.to_string(),
            // It is the pool that waits for a server that refuses connections, and tells nothing of it.
            sqlx::Error::PoolTimedOut => "no connection in time".into(),
            _ => return Self::Query(error),
        };
        Self::Lost {
            place: place.to_string(),
            reason,
        }
    }

    /// That server took longer than this to answer.
    pub(super) fn no_answer(after: Duration, place: &impl ToString) -> Self {
        Self::Lost {
            place: place.to_string(),
            reason: format!("no answer within {} s", after.as_secs()),
        }
    }
}
