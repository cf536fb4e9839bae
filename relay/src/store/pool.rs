//! Connections to either database, and how both are asked with one text.

use crate::settings::Postgres;
use sqlx::{PgPool, SqlitePool};

/// Connections to the database. The two kinds of pool are different types, and each query is compiled for both.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool, Postgres),
}

/// Asks the database of a [`super::Store`] by a future that is written once and serves both: `$pool` is either pool.
/// The result's error is a [`super::StoreError`].
macro_rules! ask {
    ($store:expr, |$pool:ident| $asking:expr) => {
        match &$store.pool {
            $crate::store::pool::Pool::Sqlite($pool) => {
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
