//! Which sockets of links are open, in all processes that share the database.

use super::{
    Store, StoreError,
    link_events::LinkId,
    link_seats::{AWAY, SocketId, gone_if_last, seats},
    millis,
    pool::ask,
    turn::within,
};
use futures_util::TryFutureExt;
use std::time::{Duration, SystemTime};

/// Each process says so often which sockets it has.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// How a socket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It goes on.
    Open,
    /// A newer one has taken its place.
    Replaced,
    /// Nothing is known of it: this process was silent for too long.
    Lost,
    /// The link was deleted.
    NoLink,
}

impl Store {
    /// How that socket stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn standing(&self, link: &LinkId, socket: SocketId) -> Result<Standing, StoreError> {
        let row: Option<(Option<i64>,)> = ask!(self, |pool| sqlx::query_as(
            "SELECT link_sockets.replaced FROM links \
             LEFT JOIN link_sockets ON link_sockets.link = links.token AND link_sockets.id = $2 \
             WHERE links.token = $1"
        )
        .bind(&link.0)
        .bind(socket.id)
        .fetch_optional(pool))?;
        Ok(match row {
            None => Standing::NoLink,
            Some((None,)) => Standing::Lost,
            Some((Some(0),)) => Standing::Open,
            Some((Some(_),)) => Standing::Replaced,
        })
    }

    /// The sockets of this process are still open; forgets those of processes that have not said so for long, and
    /// tells who waits there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep_sockets(&self, node: i64, now: SystemTime) -> Result<(), StoreError> {
        self.answered(self.try_beat(node, now)).await?;
        let silent = millis(now - AWAY);
        let lost: Vec<(Vec<u8>, i64)> = ask!(self, |pool| sqlx::query_as(
            "SELECT link, id FROM link_sockets WHERE seen < $1 LIMIT 1000"
        )
        .bind(silent)
        .fetch_all(pool))?;
        self.forget_sockets(lost, silent).await
    }

    /// This process ends, and its sockets with it: who was there may come back by another process.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close_sockets(&self, node: i64) -> Result<(), StoreError> {
        let own: Vec<(Vec<u8>, i64)> = ask!(self, |pool| sqlx::query_as(
            "SELECT link, id FROM link_sockets WHERE node = $1"
        )
        .bind(node)
        .fetch_all(pool))?;
        self.forget_sockets(own, i64::MAX).await
    }

    /// Forgets those of them that nothing was heard of since then, and tells who waits there.
    async fn forget_sockets(
        &self,
        sockets: Vec<(Vec<u8>, i64)>,
        silent: i64,
    ) -> Result<(), StoreError> {
        for (link, id) in sockets {
            let link = LinkId(link);
            self.answered(self.try_forget(&link, id, silent)).await?;
            self.wake_link(&link).await;
        }
        Ok(())
    }

    async fn try_beat(&self, node: i64, now: SystemTime) -> Result<(), sqlx::Error> {
        let mut turn = self.turn().await?;
        // Links before sockets, as everywhere: two that wait for each other would never end.
        within!(&mut turn, |one| sqlx::query(
            "UPDATE links SET seat_seen = $2 WHERE token IN (SELECT link FROM link_sockets \
             WHERE node = $1 AND who > 0 AND replaced = 0)"
        )
        .bind(node)
        .bind(millis(now))
        .execute(one)
        .map_ok(drop))?;
        within!(&mut turn, |one| sqlx::query(
            "UPDATE link_sockets SET seen = $2 WHERE node = $1"
        )
        .bind(node)
        .bind(millis(now))
        .execute(one)
        .map_ok(drop))?;
        turn.commit().await
    }

    async fn try_forget(&self, link: &LinkId, id: i64, silent: i64) -> Result<(), sqlx::Error> {
        let mut turn = self.turn().await?;
        if seats(&mut turn, link).await?.is_none() {
            return Ok(());
        }
        let row: Option<(i64, i64)> = within!(&mut turn, |one| sqlx::query_as(
            "DELETE FROM link_sockets WHERE id = $1 AND seen < $2 RETURNING who, replaced"
        )
        .bind(id)
        .bind(silent)
        .fetch_optional(one))?;
        if let Some((who, 0)) = row {
            gone_if_last(&mut turn, link, who).await?;
        }
        turn.commit().await
    }
}
