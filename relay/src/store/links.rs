//! Links by which a supporter watches somebody's test.

use super::{Listed, Store, StoreError, at, pool::ask, seconds};
use earshot_report::Report;
use futures_util::TryFutureExt;
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use subtle::ConstantTimeEq;

/// A link is open for a day: long enough for somebody who reads it tomorrow morning.
pub const OPEN: Duration = Duration::from_secs(24 * 3600);
/// A test that began while its link was open is saved by then, though the link was closed in the meantime.
pub(super) const LATE: Duration = Duration::from_secs(3600);

/// A link. It is kept, closed, for as long as there is a report of it.
#[derive(Clone, Debug)]
pub struct Link {
    /// What its owner calls it.
    pub label: Option<String>,
    /// When it was made, to the second.
    pub created: SystemTime,
    /// When it closes, to the second.
    pub expires: SystemTime,
    owner: Vec<u8>,
}

impl Link {
    /// Whether a test may begin by it.
    pub fn is_open(&self, now: SystemTime) -> bool {
        now < self.expires
    }

    /// Whether this is the secret that its owner was given.
    pub fn is_owned_by(&self, secret: &str) -> bool {
        self.owner.ct_eq(&hash(secret)).into()
    }
}

impl Store {
    /// Keeps a link with this token, which is open for [`OPEN`] from now. The token and its owner's secret are ids as
    /// [`crate::mint::id`] makes them; only their SHA-256 is stored.
    ///
    /// # Errors
    /// What the database says.
    pub async fn make_link(
        &self,
        token: &str,
        owner: &str,
        label: Option<&str>,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        ask!(self, |pool| sqlx::query(
            "INSERT INTO links (token, owner, label, created, expires) VALUES ($1, $2, $3, $4, $5)"
        )
        .bind(hash(token))
        .bind(hash(owner))
        .bind(label)
        .bind(seconds(now))
        .bind(seconds(now + OPEN))
        .execute(pool)
        .map_ok(drop))
    }

    /// The link of that token, open or closed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn link(&self, token: &str) -> Result<Option<Link>, StoreError> {
        let row: Option<(Option<String>, i64, i64, Vec<u8>)> = ask!(self, |pool| sqlx::query_as(
            "SELECT label, created, expires, owner FROM links WHERE token = $1"
        )
        .bind(hash(token))
        .fetch_optional(pool))?;
        Ok(row.map(|(label, created, expires, owner)| Link {
            label,
            created: at(created),
            expires: at(expires),
            owner,
        }))
    }

    /// Saves a report of a test that was made by that link.
    ///
    /// # Errors
    /// [`StoreError::NoLink`] if there is no such link; else as [`Store::save`].
    pub async fn save_of_link(
        &self,
        report: &Report,
        run: &str,
        started: SystemTime,
        token: &str,
    ) -> Result<(), StoreError> {
        self.insert(report, run, started, Some(hash(token))).await
    }

    /// The newest reports of that link, at most `most`, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reports_of_link(
        &self,
        token: &str,
        most: u32,
        now: SystemTime,
    ) -> Result<Vec<Listed>, StoreError> {
        let rows = ask!(self, |pool| sqlx::query_as(
            "SELECT id, started, status, cause FROM reports WHERE link = $1 AND expires > $2 \
             ORDER BY started DESC, rowid DESC LIMIT $3",
        )
        .bind(hash(token))
        .bind(seconds(now))
        .bind(i64::from(most))
        .fetch_all(pool))?;
        Ok(rows.into_iter().map(Listed::from_row).collect())
    }

    /// Deletes a link with its reports. Returns whether there was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delete_link(&self, token: &str) -> Result<bool, StoreError> {
        // Its reports go with it: their column says so to the database.
        let deleted = ask!(self, |pool| sqlx::query(
            "DELETE FROM links WHERE token = $1"
        )
        .bind(hash(token))
        .execute(pool)
        .map_ok(|done| done.rows_affected()))?;
        Ok(deleted > 0)
    }

    /// Deletes the links that are over and have no report left.
    pub(super) async fn purge_links(&self, now: SystemTime) -> Result<(), StoreError> {
        ask!(self, |pool| sqlx::query(
            "DELETE FROM links WHERE expires <= $1 \
             AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.link = links.token)",
        )
        .bind(seconds(now - LATE))
        .execute(pool)
        .map_ok(drop))
    }
}

/// No salt and no slow function: the ids are random, and nobody tries 130 bits.
fn hash(id: &str) -> Vec<u8> {
    Sha256::digest(id).to_vec()
}
