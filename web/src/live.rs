//! The WebSocket by which the program tells what it sees of a run.

use crate::{
    browser, json,
    probe::{Signal, wait::Events},
};
use earshot_report::api::LiveMessage;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, WebSocket};

/// What happens on the link.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveEvent {
    /// It is open.
    Opened,
    /// The program tells something.
    Told(Box<LiveMessage>),
    /// It is closed, or could not be opened.
    Closed,
}

/// The link. Dropping it closes it.
#[derive(Debug)]
pub struct Live {
    socket: WebSocket,
    events: Events,
}

impl Drop for Live {
    fn drop(&mut self) {
        // It fails only for a code or a reason, and none is given.
        let _ = self.socket.close();
    }
}

impl Live {
    /// Opens the link at `path` of the program at `base`; empty: where the page comes from.
    ///
    /// # Errors
    /// The browser's.
    pub fn open(base: &str, path: &str) -> Result<Self, JsValue> {
        let (socket, events) = open(base, path)?;
        Ok(Self { socket, events })
    }

    /// Waits for what happens next; `None`: `limit` was given before.
    pub async fn next(&self, limit: &Signal) -> Option<LiveEvent> {
        loop {
            let event = self.events.next(&[limit]).await?;
            match event.type_().as_str() {
                "open" => return Some(LiveEvent::Opened),
                // An error is always followed by it.
                "close" => return Some(LiveEvent::Closed),
                _ => {
                    let event: &MessageEvent = event.unchecked_ref();
                    let text = event.data().as_string();
                    if let Some(message) = text.and_then(|text| read_message(&text)) {
                        return Some(LiveEvent::Told(Box::new(message)));
                    }
                }
            }
        }
    }
}

/// A socket at `path` of the program at `base`, and what happens to it.
pub(crate) fn open(base: &str, path: &str) -> Result<(WebSocket, Events), JsValue> {
    let url = if base.is_empty() {
        browser::absolute(path)
    } else {
        format!("{base}{path}")
    };
    let socket = WebSocket::new(&address(&url))?;
    let events = Events::of(&socket, &["open", "message", "close"]);
    Ok((socket, events))
}

/// Reads what [`LiveMessage`] derives, by its tag first: the derived reading takes in any order, and weighs as much
/// again as all the facts. What this page does not know comes from a newer program, and is nothing.
pub fn read_message(text: &str) -> Option<LiveMessage> {
    let value = json::parse(text).ok()?;
    let data = json::field(&value, "data");
    match json::field(&value, "kind").as_string()?.as_str() {
        "sightings" => json::from_value(data).ok().map(LiveMessage::Sightings),
        "native-probe" => json::from_value(data).ok().map(LiveMessage::NativeProbe),
        _ => None,
    }
}

/// The WebSocket's address for one of http(s).
fn address(url: &str) -> String {
    format!("ws{}", url.strip_prefix("http").unwrap_or(url))
}

#[cfg(test)]
mod tests {
    use super::address;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_secure_page_gets_a_secure_link() {
        let cases = [
            ("http://127.0.0.1:8080/a", "ws://127.0.0.1:8080/a"),
            ("https://example.org/a", "wss://example.org/a"),
        ];
        for (page, link) in cases {
            assert_eq!(address(page), link);
        }
    }
}
