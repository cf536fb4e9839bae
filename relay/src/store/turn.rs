//! Several statements that happen together or not at all, one after the other.

use super::{Pool, Store, StoreError, postgres};
use sqlx::{Postgres, Sqlite, Transaction};
use tokio::time::timeout;

/// A transaction that writes. SQLite lets one write at a time, and here they wait in line for it.
pub(super) enum Turn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Asks within a [`Turn`], as [`super::pool::ask`] asks a pool: `$one` is a connection of either database.
macro_rules! within {
    ($turn:expr, |$one:ident| $asking:expr) => {
        match $turn {
            $crate::store::turn::Turn::Sqlite(turn) => {
                let $one = &mut **turn;
                $asking.await
            }
            $crate::store::turn::Turn::Postgres(turn) => {
                let $one = &mut **turn;
                $asking.await
            }
        }
    };
}
pub(super) use within;

impl Turn {
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(turn) => turn.commit().await,
            Self::Postgres(turn) => turn.commit().await,
        }
    }
}

impl Store {
    /// Begins one. It is undone unless it is committed.
    pub(super) async fn turn(&self) -> Result<Turn, sqlx::Error> {
        match &self.pool {
            // A transaction that begins as a reader may find later that it cannot write any more.
            Pool::Sqlite(_, turns) => Ok(Turn::Sqlite(turns.begin_with("BEGIN IMMEDIATE").await?)),
            Pool::Postgres(pool, _) => Ok(Turn::Postgres(pool.begin().await?)),
        }
    }

    /// Waits for an answer as long as a request may wait.
    pub(super) async fn answered<T>(
        &self,
        asking: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let Pool::Postgres(_, place) = &self.pool else {
            return asking.await.map_err(StoreError::Query);
        };
        match timeout(postgres::ANSWER, asking).await {
            Ok(answer) => answer.map_err(|error| StoreError::on_the_way(error, place)),
            Err(_) => Err(StoreError::no_answer(postgres::ANSWER, place)),
        }
    }
}
