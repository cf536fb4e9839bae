//! `GET /api/links/<token>/live`: a WebSocket between a page and what happens under its link.

use super::{
    is_key,
    refusal::End,
    talk::{Talk, say},
};
use crate::{
    site::{Site, error::Problem, reports::rfc3339},
    store::{
        Topic,
        link_events::LinkId,
        link_seats::{Join, SocketId},
    },
};
use axum::{
    extract::{
        Path, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    response::Response,
};
use earshot_report::api::link::{FromLink, Hello, LONGEST_MESSAGE, ToLink};
use std::{
    error::Error,
    time::{Duration, SystemTime},
};
use tokio::time::{sleep, timeout};

/// A page says at once who it is.
const HELLO: Duration = Duration::from_secs(5);
/// Each socket keeps it for as long as it is open; what is larger is read in pieces.
const READ_BUFFER: usize = 4 * 1024;
/// A client that takes nothing for so long is gone.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Closing a connection at once on which more arrives resets it, and takes back what was said last. Who sends too much
/// has so long to read why it is refused.
const LINGER: Duration = Duration::from_secs(2);

pub(in crate::site) async fn live(
    State(site): State<Site>,
    Path(token): Path<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade =
        upgrade.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE);
    // A browser shows a page no answer but a WebSocket, so whatever is refused is refused on it.
    Ok(upgrade.on_upgrade(async move |mut socket| {
        let end = match site.0.link_sockets.clone().try_acquire_owned() {
            Ok(_permit) => converse(&site, &LinkId::of(&token), &mut socket).await,
            Err(_) => End::full(),
        };
        close(socket, end).await;
    }))
}

async fn converse(site: &Site, link: &LinkId, socket: &mut WebSocket) -> End {
    let hello = match first(socket).await {
        Ok(hello) => hello,
        Err(end) => return end,
    };
    let store = &site.0.store;
    let socket_id = SocketId {
        id: rand::random(),
        node: site.0.node,
    };
    // Before anything is read, so that nothing is missed between.
    let news = store.subscribe(Topic::Link, &link.topic());
    let joined = store
        .join_link(link, &hello.key, socket_id, SystemTime::now())
        .await;
    let joined = match joined {
        Ok(joined) => joined,
        Err(error) => return failed(&error),
    };
    let Join::In {
        who,
        expires,
        newest,
        taken,
    } = joined
    else {
        return End::of_join(joined);
    };
    // A page that says it has more than there is would be told nothing for long.
    let told = hello.after.min(newest);
    let welcome = rfc3339(expires).map(|expires| FromLink::Welcome {
        you: who,
        expires,
        taken,
    });
    let end = match welcome {
        Err(error) => failed(&error),
        Ok(welcome) => match say(socket, &welcome).await {
            Err(end) => end,
            Ok(()) => {
                let id = socket_id;
                Talk::new(site, link, id, who, told)
                    .go_on(socket, news, expires)
                    .await
            }
        },
    };
    let for_good = end == End::Left;
    if let Err(error) = store
        .leave_link(link, socket_id, for_good, SystemTime::now())
        .await
    {
        tracing::warn!("that somebody left a link is noticed later: {error}");
    }
    end
}

async fn first(socket: &mut WebSocket) -> Result<Hello, End> {
    let Ok(said) = timeout(HELLO, next(socket)).await else {
        return Err(End::no_hello());
    };
    match said? {
        ToLink::Hello(hello) if is_key(&hello.key) => Ok(hello),
        ToLink::Hello(_) => Err(End::short_key()),
        ToLink::Leave => Err(End::Gone),
        ToLink::Progress(_) | ToLink::Signal(_) => Err(End::no_hello()),
    }
}

async fn next(socket: &mut WebSocket) -> Result<ToLink, End> {
    loop {
        if let Some(said) = read(socket.recv().await)? {
            return Ok(said);
        }
    }
}

/// What a page said; `None`: only that it is there.
pub(super) fn read(received: Option<Result<Message, axum::Error>>) -> Result<Option<ToLink>, End> {
    match received {
        Some(Ok(Message::Text(text))) => serde_json::from_str(text.as_str())
            .map(Some)
            .map_err(|error| End::not_understood(&error)),
        Some(Ok(Message::Binary(_))) => Err(End::no_text()),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Err(error)) if is_too_large(&error) => Err(End::too_large()),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    let inner = error.source().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(tungstenite::Error::Capacity(_)))
}

pub(super) fn failed(error: &dyn std::fmt::Display) -> End {
    tracing::error!("a link cannot be served: {error}");
    End::Failed
}

/// Says why, and closes.
async fn close(mut socket: WebSocket, end: End) {
    // What follows in the middle of a message cannot be read as messages.
    let is_readable = end != End::too_large();
    let (code, reason) = match end {
        End::Gone | End::Left => (close_code::NORMAL, "good-bye"),
        End::Failed => (close_code::AGAIN, "something failed here: come again"),
        End::Refused(error, reason) => {
            // The other end may be gone already, here and below.
            let _ = say(&mut socket, &FromLink::Refused { error, reason }).await;
            (close_code::POLICY, "refused: the last message says why")
        }
    };
    let frame = Message::Close(Some(CloseFrame {
        code,
        reason: reason.into(),
    }));
    if let Ok(Ok(())) = timeout(SEND_TIMEOUT, socket.send(frame)).await
        && code == close_code::POLICY
    {
        let answered = async { while let Some(Ok(_)) = socket.recv().await {} };
        match is_readable {
            true => drop(timeout(LINGER, answered).await),
            false => sleep(LINGER).await,
        }
    }
}
