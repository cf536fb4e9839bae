//! Who is at a link: its owner, and one guest at a time. Sockets of several processes are told apart by rows.

use super::{
    Store, StoreError,
    link_events::{LinkId, NewEvent, calls_of, forget_calls, progress_slot, push},
    links::{hash, is_hash_of, number_of, who_of},
    millis,
    pool::ask,
    turn::{Turn, within},
};
use earshot_report::api::link::{LinkEvent, Taken, Who};
use futures_util::TryFutureExt;
use std::time::{Duration, SystemTime};

/// A guest who was not there for so long has left the seat: longer than a phone needs to come back from another
/// network, and two heartbeats.
pub const AWAY: Duration = Duration::from_secs(45);
/// Tabs of one owner.
const MOST_OWNERS: usize = 4;
/// Guests of one link, one after the other. Whoever helps more people makes another link.
const MOST_GUESTS: i64 = 500;
/// Of so many guests the owner finds the progress again, the latest.
const PROGRESS_KEPT: i64 = 4;

/// A socket of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketId {
    /// It alone.
    pub id: i64,
    /// The process that has it.
    pub node: i64,
}

/// What became of somebody who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Join {
    /// They are in.
    In {
        /// Who they are.
        who: Who,
        /// When the link closes.
        expires: SystemTime,
        /// The number of the newest event before they came.
        newest: u64,
        /// What has come of their messages.
        taken: Taken,
    },
    /// Somebody else has the seat.
    Taken,
    /// It had all guests that a link may have.
    Full,
    /// The link is closed.
    Closed,
    /// There is no such link.
    NoLink,
}

pub(super) struct Seats {
    owner: Vec<u8>,
    expires: i64,
    guests: i64,
    seat: Option<i64>,
    seat_seen: i64,
    last_event: i64,
    calls: String,
    owner_said: i64,
    guest_said: i64,
}

impl Seats {
    /// What has come of the messages of this one in the newest call.
    fn taken_of(&self, who: Who) -> Taken {
        let said = match who {
            Who::Owner => self.owner_said,
            Who::Guest(number) if self.seat == Some(number.into()) => self.guest_said,
            // Of who had the seat before.
            Who::Guest(_) => 0,
        };
        let newest = calls_of(&self.calls).into_iter().next();
        Taken {
            call: newest.unwrap_or_default(),
            nth: said.unsigned_abs(),
        }
    }
}

impl Store {
    /// Somebody comes with a key: the owner's secret, or one that a guest made. Who comes with a guest's key that is
    /// known is that guest again. An older socket of the same guest is replaced, and the oldest of too many owners'.
    ///
    /// # Errors
    /// What the database says.
    pub async fn join_link(
        &self,
        link: &LinkId,
        key: &str,
        socket: SocketId,
        now: SystemTime,
    ) -> Result<Join, StoreError> {
        let joined = self.answered(self.try_join(link, key, socket, now)).await?;
        if matches!(joined, Join::In { .. }) {
            self.wake_link(link).await;
        }
        Ok(joined)
    }

    async fn try_join(
        &self,
        link: &LinkId,
        key: &str,
        socket: SocketId,
        now: SystemTime,
    ) -> Result<Join, sqlx::Error> {
        let mut turn = self.turn().await?;
        let Some(seats) = seats(&mut turn, link).await? else {
            return Ok(Join::NoLink);
        };
        let expires = super::at(seats.expires);
        if expires <= now {
            return Ok(Join::Closed);
        }
        let who = if is_hash_of(&seats.owner, key) {
            replace_oldest_owner(&mut turn, link).await?;
            Who::Owner
        } else {
            match sit_down(&mut turn, link, &seats, key, now).await? {
                Ok(number) => who_of(number),
                Err(refused) => return Ok(refused),
            }
        };
        within!(&mut turn, |one| {
            sqlx::query(
            "INSERT INTO link_sockets (id, link, who, node, seen, opened) VALUES ($1, $2, $3, $4, $5, $5)"
        )
        .bind(socket.id)
        .bind(&link.0)
        .bind(number_of(who))
        .bind(socket.node)
        .bind(millis(now))
        .execute(one)
            .map_ok(drop)
        })?;
        present(&mut turn, link, who, true).await?;
        turn.commit().await?;
        Ok(Join::In {
            who,
            expires,
            newest: seats.last_event.unsigned_abs(),
            taken: seats.taken_of(who),
        })
    }

    /// A socket is closed; for good: a guest gives up the seat.
    ///
    /// # Errors
    /// What the database says.
    pub async fn leave_link(
        &self,
        link: &LinkId,
        socket: SocketId,
        for_good: bool,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.answered(self.try_leave(link, socket, for_good, now))
            .await?;
        self.wake_link(link).await;
        Ok(())
    }

    async fn try_leave(
        &self,
        link: &LinkId,
        socket: SocketId,
        for_good: bool,
        now: SystemTime,
    ) -> Result<(), sqlx::Error> {
        let mut turn = self.turn().await?;
        if seats(&mut turn, link).await?.is_none() {
            return Ok(());
        }
        let row: Option<(i64, i64)> = within!(&mut turn, |one| sqlx::query_as(
            "DELETE FROM link_sockets WHERE id = $1 RETURNING who, replaced"
        )
        .bind(socket.id)
        .fetch_optional(one))?;
        let Some((who, 0)) = row else {
            return turn.commit().await;
        };
        if for_good {
            within!(&mut turn, |one| sqlx::query(
                "UPDATE links SET seat = NULL WHERE token = $1 AND seat = $2"
            )
            .bind(&link.0)
            .bind(who)
            .execute(one)
            .map_ok(drop))?;
        } else {
            within!(&mut turn, |one| sqlx::query(
                "UPDATE links SET seat_seen = $3 WHERE token = $1 AND seat = $2"
            )
            .bind(&link.0)
            .bind(who)
            .bind(millis(now))
            .execute(one)
            .map_ok(drop))?;
        }
        gone_if_last(&mut turn, link, who).await?;
        turn.commit().await
    }

    /// The guest who holds the seat of that link by this key.
    ///
    /// # Errors
    /// What the database says.
    pub async fn seated(&self, link: &LinkId, key: &str) -> Result<Option<Who>, StoreError> {
        let row: Option<(i64,)> = ask!(self, |pool| sqlx::query_as(
            "SELECT number FROM link_guests JOIN links ON token = link AND seat = number \
             WHERE link = $1 AND key = $2"
        )
        .bind(&link.0)
        .bind(hash(key))
        .fetch_optional(pool))?;
        Ok(row.map(|(number,)| who_of(number)))
    }
}

/// How the seats of a link stand. Nobody else changes them until the turn is over.
pub(super) async fn seats(turn: &mut Turn, link: &LinkId) -> Result<Option<Seats>, sqlx::Error> {
    type Row = (Vec<u8>, i64, i64, Option<i64>, i64, i64, String, i64, i64);
    // Writing nothing new locks the row of PostgreSQL.
    let row: Option<Row> = within!(turn, |one| {
        sqlx::query_as(
        "UPDATE links SET guests = guests WHERE token = $1 \
         RETURNING owner, expires, guests, seat, seat_seen, last_event, calls, owner_said, guest_said"
    )
    .bind(&link.0)
    .fetch_optional(one)
    })?;
    Ok(row.map(
        |(owner, expires, guests, seat, seat_seen, last_event, calls, owner_said, guest_said)| {
            Seats {
                owner,
                expires,
                guests,
                seat,
                seat_seen,
                last_event,
                calls,
                owner_said,
                guest_said,
            }
        },
    ))
}

async fn replace_oldest_owner(turn: &mut Turn, link: &LinkId) -> Result<(), sqlx::Error> {
    let owners: Vec<(i64,)> = within!(turn, |one| {
        sqlx::query_as(
        "SELECT id FROM link_sockets WHERE link = $1 AND who = 0 AND replaced = 0 ORDER BY opened DESC"
    )
    .bind(&link.0)
    .fetch_all(one)
    })?;
    for (id,) in owners.into_iter().skip(MOST_OWNERS - 1) {
        within!(turn, |one| sqlx::query(
            "UPDATE link_sockets SET replaced = 1 WHERE id = $1"
        )
        .bind(id)
        .execute(one)
        .map_ok(drop))?;
    }
    Ok(())
}

/// Gives the seat to the guest of this key, if it is free or theirs.
async fn sit_down(
    turn: &mut Turn,
    link: &LinkId,
    seats: &Seats,
    key: &str,
    now: SystemTime,
) -> Result<Result<i64, Join>, sqlx::Error> {
    let known: Option<(i64,)> = within!(turn, |one| sqlx::query_as(
        "SELECT number FROM link_guests WHERE link = $1 AND key = $2"
    )
    .bind(&link.0)
    .bind(hash(key))
    .fetch_optional(one))?;
    let known = known.map(|(number,)| number);
    let is_theirs = seats.seat.is_some() && seats.seat == known;
    let is_held = seats.seat.is_some() && seats.seat_seen >= millis(now - AWAY);
    if is_held && !is_theirs {
        return Ok(Err(Join::Taken));
    }
    let number = match known {
        Some(number) => number,
        None if seats.guests >= MOST_GUESTS => return Ok(Err(Join::Full)),
        None => {
            let number = seats.guests + 1;
            within!(turn, |one| sqlx::query(
                "INSERT INTO link_guests (link, number, key) VALUES ($1, $2, $3)"
            )
            .bind(&link.0)
            .bind(number)
            .bind(hash(key))
            .execute(one)
            .map_ok(drop))?;
            number
        }
    };
    if !is_theirs {
        // What was said to another is not for them.
        forget_calls(turn, link).await?;
        within!(turn, |one| sqlx::query(
            "DELETE FROM link_events WHERE link = $1 AND slot = $2"
        )
        .bind(&link.0)
        .bind(progress_slot(number - PROGRESS_KEPT))
        .execute(one)
        .map_ok(drop))?;
    }
    within!(turn, |one| {
        sqlx::query(
        "UPDATE links SET guests = CASE WHEN guests < $2 THEN $2 ELSE guests END, seat = $2, seat_seen = $3 \
         WHERE token = $1"
    )
    .bind(&link.0)
    .bind(number)
    .bind(millis(now))
    .execute(one)
    .map_ok(drop)
    })?;
    within!(turn, |one| sqlx::query(
        "UPDATE link_sockets SET replaced = 1 WHERE link = $1 AND who > 0"
    )
    .bind(&link.0)
    .execute(one)
    .map_ok(drop))?;
    Ok(Ok(number))
}

/// The last socket of somebody is closed.
pub(super) async fn gone_if_last(
    turn: &mut Turn,
    link: &LinkId,
    who: i64,
) -> Result<(), sqlx::Error> {
    let (others,): (i64,) = within!(turn, |one| sqlx::query_as(
        "SELECT count(*) FROM link_sockets WHERE link = $1 AND who = $2 AND replaced = 0"
    )
    .bind(&link.0)
    .bind(who)
    .fetch_one(one))?;
    match others {
        0 => present(turn, link, who_of(who), false).await,
        _ => Ok(()),
    }
}

/// Somebody is there, or gone. Nothing is told that was told already.
async fn present(turn: &mut Turn, link: &LinkId, who: Who, here: bool) -> Result<(), sqlx::Error> {
    let json = serde_json::to_string(&LinkEvent::Presence { who, here });
    let json = json.map_err(|error| sqlx::Error::Encode(error.into()))?;
    let (slot, for_guest) = match who {
        Who::Owner => ("owner-here", -1),
        Who::Guest(number) => ("guest-here", number.into()),
    };
    let told: Option<(String,)> = within!(turn, |one| sqlx::query_as(
        "SELECT json FROM link_events WHERE link = $1 AND slot = $2"
    )
    .bind(&link.0)
    .bind(slot)
    .fetch_optional(one))?;
    if told.is_some_and(|(told,)| told == json) {
        return Ok(());
    }
    let event = NewEvent {
        for_owner: true,
        for_guest,
        slot: Some(slot.to_owned()),
        is_signal: false,
        json,
    };
    push(turn, &link.0, event).await
}
