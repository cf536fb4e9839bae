//! Links by which a supporter watches somebody's test.

use super::{Listed, Store, StoreError, at, link_events::LinkId, pool::ask, seconds};
use earshot_report::{Report, api::link::Who};
use futures_util::TryFutureExt;
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use subtle::ConstantTimeEq;

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
        is_hash_of(&self.owner, secret)
    }
}

/// Who may do what with a report.
#[derive(Clone, Debug)]
pub struct Access {
    /// The run that it is of.
    pub run: String,
    /// Of a report that belongs to a link: who was tested.
    pub who: Option<Who>,
    owner: Option<Vec<u8>>,
    guest: Option<Vec<u8>>,
}

impl Access {
    /// Whether the report belongs to a link.
    pub fn is_of_link(&self) -> bool {
        self.owner.is_some()
    }

    /// Whether this is the secret of the owner of the report's link.
    pub fn is_owned_by(&self, secret: &str) -> bool {
        self.owner
            .as_ref()
            .is_some_and(|hash| is_hash_of(hash, secret))
    }

    /// Whether this is the key of the guest who was tested.
    pub fn is_guests(&self, key: &str) -> bool {
        self.guest
            .as_ref()
            .is_some_and(|hash| is_hash_of(hash, key))
    }
}

impl Store {
    /// Keeps a link with this token, which is open until then, to the second; returns that second. The token and its owner's secret are ids as
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
        expires: SystemTime,
    ) -> Result<SystemTime, StoreError> {
        ask!(self, |pool| sqlx::query(
            "INSERT INTO links (token, owner, label, created, expires) VALUES ($1, $2, $3, $4, $5)"
        )
        .bind(hash(token))
        .bind(hash(owner))
        .bind(label)
        .bind(seconds(now))
        .bind(seconds(expires))
        .execute(pool)
        .map_ok(|_| at(seconds(expires))))
    }

    /// How many links are open.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_links(&self, now: SystemTime) -> Result<u64, StoreError> {
        let (count,): (i64,) = ask!(self, |pool| sqlx::query_as(
            "SELECT count(*) FROM links WHERE expires > $1"
        )
        .bind(seconds(now))
        .fetch_one(pool))?;
        Ok(count.unsigned_abs())
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

    /// Saves a report of a test of that person, which was made by that link.
    ///
    /// # Errors
    /// [`StoreError::NoLink`] if there is no such link; else as [`Store::save`].
    pub async fn save_of_link(
        &self,
        report: &Report,
        run: &str,
        started: SystemTime,
        link: &LinkId,
        who: Who,
    ) -> Result<(), StoreError> {
        let of_link = Some((link.0.clone(), number_of(who)));
        self.insert(report, run, started, of_link).await
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
        let rows = ask!(self, |pool| {
            sqlx::query_as(
            "SELECT id, started, status, cause, who FROM reports WHERE link = $1 AND expires > $2 \
             ORDER BY started DESC, rowid DESC LIMIT $3",
        )
        .bind(hash(token))
        .bind(seconds(now))
        .bind(i64::from(most))
        .fetch_all(pool)
        })?;
        Ok(rows.into_iter().map(Listed::from_row).collect())
    }

    /// Who may do what with the report of that id; `None`: there is none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn access(&self, id: &str) -> Result<Option<Access>, StoreError> {
        type Row = (String, Option<i64>, Option<Vec<u8>>, Option<Vec<u8>>);
        let row: Option<Row> = ask!(self, |pool| {
            sqlx::query_as(
            "SELECT reports.run, reports.who, links.owner, link_guests.key FROM reports \
             LEFT JOIN links ON links.token = reports.link \
             LEFT JOIN link_guests ON link_guests.link = reports.link AND link_guests.number = reports.who \
             WHERE reports.id = $1"
        )
        .bind(id)
        .fetch_optional(pool)
        })?;
        Ok(row.map(|(run, who, owner, guest)| Access {
            run,
            who: who.map(who_of),
            owner,
            guest,
        }))
    }

    /// Deletes a link with its reports. Returns whether there was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delete_link(&self, token: &str) -> Result<bool, StoreError> {
        // Its reports, guests and events go with it: their column says so to the database.
        let deleted = ask!(self, |pool| sqlx::query(
            "DELETE FROM links WHERE token = $1"
        )
        .bind(hash(token))
        .execute(pool)
        .map_ok(|done| done.rows_affected()))?;
        Ok(deleted > 0)
    }

    /// Deletes the links that are over and have no report left, and what happened under those that are over.
    pub(super) async fn purge_links(&self, now: SystemTime) -> Result<(), StoreError> {
        let over = seconds(now - LATE);
        ask!(self, |pool| sqlx::query(
            "DELETE FROM links WHERE expires <= $1 \
             AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.link = links.token)",
        )
        .bind(over)
        .execute(pool)
        .map_ok(drop))?;
        ask!(self, |pool| sqlx::query(
            "DELETE FROM link_events WHERE link IN (SELECT token FROM links WHERE expires <= $1)",
        )
        .bind(over)
        .execute(pool)
        .map_ok(drop))
    }
}

/// No salt and no slow function: the ids are random, and nobody tries 130 bits.
pub(super) fn hash(id: &str) -> Vec<u8> {
    Sha256::digest(id).to_vec()
}

pub(super) fn is_hash_of(hashed: &[u8], id: &str) -> bool {
    hashed.ct_eq(&hash(id)).into()
}

/// As tables have it: 0 is the owner, 1 the first guest.
pub(super) fn number_of(who: Who) -> i64 {
    match who {
        Who::Owner => 0,
        Who::Guest(number) => number.into(),
    }
}

pub(super) fn who_of(number: i64) -> Who {
    match u32::try_from(number) {
        Ok(0) | Err(_) => Who::Owner,
        Ok(number) => Who::Guest(number),
    }
}
