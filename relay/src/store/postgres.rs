//! A database of PostgreSQL, which several relays may share.

use super::{Pool, STATEMENTS, Store, StoreError, migrations, notify::Wakes};
use crate::settings::Postgres;
use sqlx::{
    ConnectOptions, Connection, PgConnection, migrate::MigrateError, postgres::PgPoolOptions,
};
use std::time::Duration;
use tokio::time::timeout;

/// How long the start waits for the server: a busy one on another continent has answered by then.
const START: Duration = Duration::from_secs(10);
/// How long a request waits for a connection: a server that restarts is back by then, and a person still waits.
const CONNECTION: Duration = Duration::from_secs(5);
/// How long a request waits for its connection and its answer together.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// Reports are few and small, and PostgreSQL usually allows a hundred connections, for all relays together. One of them
/// hears what other relays do.
const MOST_CONNECTIONS: u32 = 9;
const WAY_OUT: &str = "see to it that its server runs and can be reached from here, that user and password are right, \
                       and that the database is earshot's own and this user may make tables in it; or name a file of \
                       SQLite as sqlite:FILE";

pub(super) async fn open(place: &Postgres) -> Result<Store, StoreError> {
    let cannot_open = |reason: String| StoreError::Open {
        place: place.to_string(),
        reason,
        way_out: WAY_OUT,
    };
    let options = place.expose().clone().log_statements(STATEMENTS);
    // First one connection by itself: a pool tries for long, and does not tell why it was in vain.
    let first = timeout(START, PgConnection::connect_with(&options))
        .await
        .map_err(|_| cannot_open(format!("no answer within {} s", START.as_secs())))?
        .map_err(|error| cannot_open(reason(&error)))?;
    drop(first);
    let pool = PgPoolOptions::new()
        .max_connections(MOST_CONNECTIONS)
        .acquire_timeout(CONNECTION)
        .connect_lazy_with(options);
    // Relays that start together take turns here: the migrator holds a lock of the database.
    match migrations::POSTGRES.run(&pool).await {
        Ok(()) => {}
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            return Err(cannot_open(reason(&error)));
        }
        Err(error) => {
            return Err(StoreError::Schema {
                place: place.to_string(),
                reason: error.to_string(),
            });
        }
    }
    Ok(Store {
        wakes: Wakes::listening(&pool, place).await,
        pool: Pool::Postgres(pool, place.clone()),
    })
}

fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}
