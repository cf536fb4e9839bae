//! Connections to either database, and how both are asked with one text.

use crate::settings::Postgres;
use sqlx::{PgPool, SqlitePool};

/// Connections to the database. The two kinds of pool are different types, and each query is compiled for both.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    /// The second is one connection for whole turns, for which writers wait in line; what it writes lasts through a
    /// kill, but the latest of it may not last through a power failure.
    Sqlite(SqlitePool, SqlitePool),
    Postgres(PgPool, Postgres),
}

/// Asks the database of a [`super::Store`] by a future that is written once and serves both: `$pool` is either pool.
/// The result's error is a [`super::StoreError`].
///
/// After `lightly`, SQLite does not wait for the disk: what is written lasts through a kill, but the latest of it may
/// not last through a power failure.
macro_rules! ask {
    ($store:expr, |$pool:ident| $asking:expr) => {
        $crate::store::pool::ask!($store, Sqlite($pool, _), $pool, $asking)
    };
    ($store:expr, lightly |$pool:ident| $asking:expr) => {
        $crate::store::pool::ask!($store, Sqlite(_, $pool), $pool, $asking)
    };
    ($store:expr, Sqlite($($sqlite:pat),+), $pool:ident, $asking:expr) => {
        match &$store.pool {
            $crate::store::pool::Pool::Sqlite($($sqlite),+) => {
                $asking.await.map_err($crate::store::StoreError::Query)
            }
            $crate::store::pool::Pool::Postgres($pool, place) => {
                match tokio::time::timeout($crate::store::postgres::ANSWER, $asking).await {
                    Ok(answer) => {
                        answer.map_err(|error| $crate::store::StoreError::on_the_way(error, place))
                    }
                    Err(_) => Err($crate::store::StoreError::no_answer(
                        $crate::store::postgres::ANSWER,
                        place,
                    )),
                }
            }
        }
    };
}
pub(super) use ask;
