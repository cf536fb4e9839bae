//! A conversation with one page of a link: what happens goes out, what the page says comes in.

use super::{
    live::{SEND_TIMEOUT, failed, read},
    refusal::End,
};
use crate::{
    site::Site,
    store::{
        Subscription,
        link_events::{LinkId, Signalled},
        link_seats::SocketId,
        link_sockets::Standing,
    },
};
use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};

use earshot_report::api::link::{
    FromLink, LONGEST_CALL, LONGEST_SIGNAL, Progress, Signal, ToLink, Who,
};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

/// A ping so often shows who is still there; and the tables are read, in case a wake did not arrive.
const PING: Duration = Duration::from_secs(20);
/// A page from which nothing came for so long, not even an answer to two pings, is gone.
const SILENCE: Duration = Duration::from_secs(45);
/// Messages that a page may send at once: a call's candidates come in a row.
const BURST: f64 = 200.0;
/// After that, so many in a second.
const PER_SECOND: f64 = 50.0;
/// Progress is stored no more often: a person sees no more.
const BETWEEN_PROGRESS: Duration = Duration::from_millis(250);
/// Events that are read at once.
const PAGE: u32 = 100;

/// What one side of it knows.
pub(super) struct Talk<'a> {
    site: &'a Site,
    link: &'a LinkId,
    socket: SocketId,
    who: Who,
    /// The number of the last event that this page has.
    told: u64,
    heard: Instant,
    allowance: f64,
    /// What is stored when its time has come.
    progress: Option<Box<Progress>>,
    progress_at: Instant,
}

impl<'a> Talk<'a> {
    pub(super) fn new(
        site: &'a Site,
        link: &'a LinkId,
        socket: SocketId,
        who: Who,
        told: u64,
    ) -> Self {
        let now = Instant::now();
        Self {
            site,
            link,
            socket,
            who,
            told,
            heard: now,
            allowance: BURST,
            progress: None,
            progress_at: now,
        }
    }

    /// Until one of the two goes away, or the link does.
    pub(super) async fn go_on(
        mut self,
        socket: &mut WebSocket,
        mut news: Subscription,
        expires: SystemTime,
    ) -> End {
        let closes = expires
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        let closes = Instant::now() + closes;
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_news = true;
        let ended = loop {
            if std::mem::take(&mut is_news)
                && let Err(end) = self.tell(socket).await
            {
                break end;
            }
            let step = tokio::select! {
                () = news.woken() => {
                    is_news = true;
                    Ok(())
                }
                received = socket.recv() => match read(received) {
                    Ok(said) => self.hear(said).await,
                    Err(end) => Err(end),
                },
                () = sleep_until(self.progress_at), if self.progress.is_some() => self.store_progress().await,
                _ = pings.tick() => {
                    is_news = true;
                    self.ping(socket).await
                }
                () = sleep_until(closes) => Err(End::closed()),
            };
            if let Err(end) = step {
                break end;
            }
        };
        match self.store_progress().await {
            Err(end) if ended != End::Left => end,
            _ => ended,
        }
    }

    /// Tells the page what it does not have yet, if this socket still counts.
    async fn tell(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let store = &self.site.0.store;
        match store.standing(self.link, self.socket).await {
            Ok(Standing::Open) => {}
            Ok(Standing::Replaced) => return Err(End::replaced()),
            Ok(Standing::NoLink) => return Err(End::deleted()),
            Ok(Standing::Lost) => return Err(End::Failed),
            Err(error) => return Err(failed(&error)),
        }
        loop {
            let events = store
                .link_events(self.link, self.who, self.told, PAGE)
                .await;
            let events = events.map_err(|error| failed(&error))?;
            let is_all = events.len() < PAGE as usize;
            for (number, event) in events {
                // The event is JSON already.
                let text =
                    format!(r#"{{"kind":"event","data":{{"number":{number},"event":{event}}}}}"#);
                send(socket, Message::text(text)).await?;
                self.told = number;
            }
            if is_all {
                return Ok(());
            }
        }
    }

    /// Takes what the page said; `None`: only that it is there.
    async fn hear(&mut self, said: Option<ToLink>) -> Result<(), End> {
        let now = Instant::now();
        let since = now.duration_since(self.heard).as_secs_f64();
        self.allowance = (self.allowance + since * PER_SECOND).min(BURST) - 1.0;
        self.heard = now;
        if self.allowance < 0.0 {
            return Err(End::too_many());
        }
        match said {
            None => Ok(()),
            Some(ToLink::Hello(_)) => Err(End::second_hello()),
            Some(ToLink::Leave) => Err(End::Left),
            Some(ToLink::Signal(signal)) => self.pass_on(signal).await,
            Some(ToLink::Progress(progress)) => {
                self.progress = Some(progress);
                match now >= self.progress_at {
                    true => self.store_progress().await,
                    false => Ok(()),
                }
            }
        }
    }

    async fn pass_on(&self, signal: Signal) -> Result<(), End> {
        let has_call = (1..=LONGEST_CALL).contains(&signal.call.len());
        if !has_call || signal.body.len() > LONGEST_SIGNAL {
            return Err(End::bad_signal());
        }
        match self.site.0.store.signal(self.link, self.who, signal).await {
            // Who is called is not there: presence says so.
            Ok(Signalled::Sent | Signalled::Dropped) => Ok(()),
            Ok(Signalled::TooMuch) => Err(End::call_too_large()),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn store_progress(&mut self) -> Result<(), End> {
        let Some(mut progress) = self.progress.take() else {
            return Ok(());
        };
        self.progress_at = Instant::now() + BETWEEN_PROGRESS;
        let facts = &mut progress.facts;
        facts.mask_addresses();
        // What is drawn from them is drawn at the other end of the test only.
        facts.legs.iter_mut().for_each(|leg| leg.samples.clear());
        if let Some(pair) = &mut facts.pair {
            pair.legs.iter_mut().for_each(|leg| leg.samples.clear());
        }
        let told = self
            .site
            .0
            .store
            .tell_progress(self.link, self.who, *progress)
            .await;
        told.map_err(|error| failed(&error))
    }

    async fn ping(&self, socket: &mut WebSocket) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(End::Gone);
        }
        send(socket, Message::Ping(Bytes::new())).await
    }
}

/// Says something to a page.
pub(super) async fn say(socket: &mut WebSocket, message: &FromLink) -> Result<(), End> {
    let text = serde_json::to_string(message).map_err(|error| failed(&error))?;
    send(socket, Message::text(text)).await
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(SEND_TIMEOUT, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}
