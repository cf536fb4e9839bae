//! What happens under a link: each event has a number, so that who comes back is told what was missed.

use super::{
    Store, StoreError, Topic,
    links::{hash, number_of},
    pool::ask,
    turn::{Turn, within},
};
use earshot_report::api::link::{LinkEvent, LinkReport, Progress, Signal, Who};
use futures_util::TryFutureExt;
use std::fmt::Write;

/// What one call may send: two people, some forty legs of two descriptions and twenty candidates each.
const MOST_SIGNALS: i64 = 2_000;
/// The same in bytes.
const MOST_SIGNAL_BYTES: i64 = 4 << 20;
/// A message of one of so many calls before the newest is known for an old one.
const CALLS_KNOWN: usize = 16;

/// The link of a token, as tables and wakes name it: its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkId(pub(super) Vec<u8>);

impl LinkId {
    /// The link of that token, if there is one.
    pub fn of(token: &str) -> Self {
        Self(hash(token))
    }

    /// What a wake for it is called.
    pub fn topic(&self) -> String {
        let mut text = String::with_capacity(2 * self.0.len());
        for byte in &self.0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// What became of a message from page to page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalled {
    /// It is on its way.
    Sent,
    /// It belongs to an older call, or nobody is at the other side.
    Dropped,
    /// Its call has sent as much as a call may.
    TooMuch,
}

/// An event that is not stored yet.
pub(super) struct NewEvent {
    pub(super) for_owner: bool,
    /// 0 is none, -1 whoever has the seat.
    pub(super) for_guest: i64,
    /// A newer event of the same slot replaces it.
    pub(super) slot: Option<String>,
    pub(super) is_signal: bool,
    pub(super) json: String,
}

impl Store {
    /// The events of that link after that number that this one may see, in order, at most so many: their numbers and
    /// each as JSON.
    ///
    /// # Errors
    /// What the database says.
    pub async fn link_events(
        &self,
        link: &LinkId,
        reader: Who,
        after: u64,
        most: u32,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows: Vec<(i64, String)> = ask!(self, |pool| {
            sqlx::query_as(
            "SELECT number, json FROM link_events WHERE link = $1 AND number > $2 \
             AND (($3 = 0 AND for_owner = 1) OR ($3 > 0 AND for_guest IN ($3, -1))) ORDER BY number LIMIT $4"
        )
        .bind(&link.0)
        .bind(after)
        .bind(number_of(reader))
        .bind(i64::from(most))
        .fetch_all(pool)
        })?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(number, json)| (number.unsigned_abs(), json))
            .collect())
    }

    /// How far somebody's test is, for the owner.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tell_progress(
        &self,
        link: &LinkId,
        who: Who,
        progress: Progress,
    ) -> Result<(), StoreError> {
        let progress = Box::new(progress);
        let event = NewEvent {
            for_owner: true,
            for_guest: 0,
            slot: Some(progress_slot(number_of(who))),
            is_signal: false,
            json: serde_json::to_string(&LinkEvent::Progress { who, progress })?,
        };
        self.tell(link, event).await
    }

    /// A test was saved.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tell_report(&self, link: &LinkId, report: LinkReport) -> Result<(), StoreError> {
        let event = NewEvent {
            for_owner: true,
            for_guest: number_of(report.who),
            // Nothing replaces it; it goes with its report.
            slot: Some(report_slot(&report.id)),
            is_signal: false,
            json: serde_json::to_string(&LinkEvent::Report(report))?,
        };
        self.tell(link, event).await
    }

    async fn tell(&self, link: &LinkId, event: NewEvent) -> Result<(), StoreError> {
        let telling = async {
            let mut turn = self.turn().await?;
            push(&mut turn, &link.0, event).await?;
            turn.commit().await
        };
        self.answered(telling).await?;
        self.wake_link(link).await;
        Ok(())
    }

    /// A message to the other side: of the owner for the guest who has the seat, of that guest for the owner.
    ///
    /// # Errors
    /// What the database says.
    pub async fn signal(
        &self,
        link: &LinkId,
        from: Who,
        signal: Signal,
    ) -> Result<Signalled, StoreError> {
        let (call, nth) = (signal.call.clone(), signal.nth);
        // The count is between the page and the program.
        let signal = Signal { nth: 0, ..signal };
        let json = serde_json::to_string(&LinkEvent::Signal(signal))?;
        let done = self
            .answered(self.try_signal(link, from, (&call, nth), json))
            .await?;
        if done == Signalled::Sent {
            self.wake_link(link).await;
        }
        Ok(done)
    }

    async fn try_signal(
        &self,
        link: &LinkId,
        from: Who,
        (call, nth): (&str, u64),
        json: String,
    ) -> Result<Signalled, sqlx::Error> {
        let mut turn = self.turn().await?;
        // Writing nothing new locks the row of PostgreSQL until the turn is over.
        let row: Option<(Option<i64>, String, i64, i64, i64, i64)> = within!(&mut turn, |one| {
            sqlx::query_as(
                "UPDATE links SET calls = calls WHERE token = $1 \
             RETURNING seat, calls, signals, signal_bytes, owner_said, guest_said",
            )
            .bind(&link.0)
            .fetch_optional(one)
        })?;
        let Some((Some(seat), calls, mut signals, mut bytes, mut owner_said, mut guest_said)) = row
        else {
            return Ok(Signalled::Dropped);
        };
        if from != Who::Owner && number_of(from) != seat {
            return Ok(Signalled::Dropped);
        }
        let mut calls = calls_of(&calls);
        match calls.iter().position(|known| known == call) {
            Some(0) => {}
            Some(_) => return Ok(Signalled::Dropped),
            None => {
                forget_calls(&mut turn, link).await?;
                calls.insert(0, call.to_owned());
                calls.truncate(CALLS_KNOWN);
                (signals, bytes) = (0, 0);
                (owner_said, guest_said) = (0, 0);
            }
        }
        let said = match from {
            Who::Owner => &mut owner_said,
            Who::Guest(_) => &mut guest_said,
        };
        let nth = i64::try_from(nth).unwrap_or(i64::MAX);
        // Sent again by a page that could not know that it had come.
        if nth > 0 && nth <= *said {
            return Ok(Signalled::Sent);
        }
        *said = nth.max(*said);
        let length = i64::try_from(json.len()).unwrap_or(i64::MAX);
        signals += 1;
        bytes = bytes.saturating_add(length);
        if signals > MOST_SIGNALS || bytes > MOST_SIGNAL_BYTES {
            return Ok(Signalled::TooMuch);
        }
        within!(&mut turn, |one| {
            sqlx::query(
            "UPDATE links SET calls = $2, signals = $3, signal_bytes = $4, owner_said = $5, guest_said = $6 \
             WHERE token = $1"
        )
        .bind(&link.0)
        .bind(serde_json::to_string(&calls).unwrap_or_default())
        .bind(signals)
        .bind(bytes)
        .bind(owner_said)
        .bind(guest_said)
        .execute(one)
        .map_ok(drop)
        })?;
        let event = NewEvent {
            for_owner: from != Who::Owner,
            for_guest: if from == Who::Owner { seat } else { 0 },
            slot: None,
            is_signal: true,
            json,
        };
        push(&mut turn, &link.0, event).await?;
        turn.commit().await?;
        Ok(Signalled::Sent)
    }

    /// Wakes who waits for this link, wherever they are. Another process that cannot be told looks again by itself
    /// before long.
    pub async fn wake_link(&self, link: &LinkId) {
        if let Err(error) = self.notify(Topic::Link, &link.topic()).await {
            tracing::warn!("other processes learn later what happened under a link: {error}");
        }
    }
}

/// Adds an event with the next number.
pub(super) async fn push(turn: &mut Turn, link: &[u8], event: NewEvent) -> Result<(), sqlx::Error> {
    let next: Option<(i64,)> = within!(turn, |one| sqlx::query_as(
        "UPDATE links SET last_event = last_event + 1 WHERE token = $1 RETURNING last_event"
    )
    .bind(link)
    .fetch_optional(one))?;
    let Some((number,)) = next else {
        // The link was deleted meanwhile, and nobody reads of it.
        return Ok(());
    };
    if let Some(slot) = &event.slot {
        within!(turn, |one| sqlx::query(
            "DELETE FROM link_events WHERE link = $1 AND slot = $2"
        )
        .bind(link)
        .bind(slot)
        .execute(one)
        .map_ok(drop))?;
    }
    within!(turn, |one| sqlx::query(
        "INSERT INTO link_events (link, number, for_owner, for_guest, slot, is_signal, json) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(link)
    .bind(number)
    .bind(i64::from(event.for_owner))
    .bind(event.for_guest)
    .bind(event.slot)
    .bind(i64::from(event.is_signal))
    .bind(event.json)
    .execute(one)
    .map_ok(drop))
}

/// The ids of the latest calls, the newest first. It is our own text, and a list that cannot be read is no reason to
/// keep people from calling.
pub(super) fn calls_of(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Deletes what was sent for calls so far.
pub(super) async fn forget_calls(turn: &mut Turn, link: &LinkId) -> Result<(), sqlx::Error> {
    within!(turn, |one| sqlx::query(
        "DELETE FROM link_events WHERE link = $1 AND is_signal = 1"
    )
    .bind(&link.0)
    .execute(one)
    .map_ok(drop))
}

pub(super) fn report_slot(id: &str) -> String {
    format!("report-{id}")
}

pub(super) fn progress_slot(number: i64) -> String {
    format!("progress-{number}")
}
