//! The processes that share a database, and whether they were given the same secret.

use super::{Store, StoreError, Topic, pool::ask};
use futures_util::TryFutureExt;
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, time::Duration};

/// Each process says so often that it is there.
pub const BEAT: Duration = Duration::from_secs(15);
/// Who has said nothing for so long, in seconds, is gone: three beats.
const SILENT: i64 = 45;
/// A row of so long ago, in seconds, is nobody's.
const FORGOTTEN: i64 = 600;

/// Another process that shares the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// It alone.
    pub id: i64,
    /// The keyed hash of its secret.
    pub secret: Vec<u8>,
    /// Where its relay is reached by the others' tests.
    pub relay: Vec<Place>,
}

/// Relayed ports, or a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// As peers see it.
    pub address: IpAddr,
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
    /// A witness is there.
    pub is_witness: bool,
}

impl Store {
    /// Says that this process is there. Returns the others that are.
    ///
    /// # Errors
    /// What the database says.
    pub async fn beat(&self, me: &Node) -> Result<Vec<Node>, StoreError> {
        if !self.may_be_shared() {
            return Ok(Vec::new());
        }
        let relay = serde_json::to_string(&me.relay)?;
        // The clocks of the machines may differ; the database has one.
        let is_new = ask!(self, |pool| {
            sqlx::query_as::<_, (bool,)>(
                "INSERT INTO nodes (id, secret, relay, seen) \
             VALUES ($1, $2, $3, extract(epoch FROM now())::bigint) \
             ON CONFLICT (id) DO UPDATE SET seen = excluded.seen RETURNING xmax = 0",
            )
            .bind(me.id)
            .bind(&me.secret)
            .bind(&relay)
            .fetch_one(pool)
        })?;
        ask!(self, |pool| sqlx::query(
            "DELETE FROM nodes WHERE seen < extract(epoch FROM now())::bigint - $1"
        )
        .bind(FORGOTTEN)
        .execute(pool)
        .map_ok(drop))?;
        let rows: Vec<(i64, Vec<u8>, String)> = ask!(self, |pool| {
            sqlx::query_as(
            "SELECT id, secret, relay FROM nodes \
             WHERE id <> $1 AND seen >= extract(epoch FROM now())::bigint - $2 ORDER BY id LIMIT 100"
        )
        .bind(me.id)
        .bind(SILENT)
        .fetch_all(pool)
        })?;
        if is_new.0 {
            self.notify_others(Topic::Relays, "nodes").await?;
        }
        Ok(rows
            .into_iter()
            .map(|(id, secret, relay)| Node {
                id,
                secret,
                // What is not understood is of another version.
                relay: serde_json::from_str(&relay).unwrap_or_default(),
            })
            .collect())
    }

    /// Says that this process ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn leave(&self, node: i64) -> Result<(), StoreError> {
        if !self.may_be_shared() {
            return Ok(());
        }
        ask!(self, |pool| sqlx::query("DELETE FROM nodes WHERE id = $1")
            .bind(node)
            .execute(pool)
            .map_ok(drop))?;
        self.notify_others(Topic::Relays, "nodes").await
    }
}
