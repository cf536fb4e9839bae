//! The WebSocket by which the program tells what it sees of a run.

use crate::{json, probe::words};
use earshot_report::api::LiveMessage;
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use gloo_events::EventListener;
use wasm_bindgen::JsCast;
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
    _listeners: [EventListener; 3],
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
    /// The browser's words.
    pub fn open(base: &str, path: &str) -> Result<(Self, UnboundedReceiver<LiveEvent>), String> {
        let origin = web_sys::window().and_then(|window| window.location().origin().ok());
        let origin = if base.is_empty() {
            origin.ok_or("there is no window")?
        } else {
            base.to_owned()
        };
        let socket = WebSocket::new(&address(&origin, path)).map_err(|error| words(&error))?;
        let (tell, events) = unbounded();
        let listener = |name: &'static str, read: fn(&web_sys::Event) -> Option<LiveEvent>| {
            let tell = tell.clone();
            EventListener::new(&socket, name, move |event| {
                if let Some(event) = read(event) {
                    // Nobody listens any more: the run is over.
                    let _ = tell.unbounded_send(event);
                }
            })
        };
        let listeners = [
            listener("open", |_| Some(LiveEvent::Opened)),
            listener("message", |event| {
                let event: &MessageEvent = event.unchecked_ref();
                let message = read_message(&event.data().as_string()?)?;
                Some(LiveEvent::Told(Box::new(message)))
            }),
            // An error is always followed by it.
            listener("close", |_| Some(LiveEvent::Closed)),
        ];
        let live = Self {
            socket,
            _listeners: listeners,
        };
        Ok((live, events))
    }
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

/// The WebSocket's address for an http(s) origin.
fn address(origin: &str, path: &str) -> String {
    let rest = origin.strip_prefix("http").unwrap_or(origin);
    format!("ws{rest}{path}")
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_secure_page_gets_a_secure_link() {
        assert_eq!(
            address("http://127.0.0.1:8080", "/a"),
            "ws://127.0.0.1:8080/a"
        );
        assert_eq!(address("https://example.org", "/a"), "wss://example.org/a");
    }
}
