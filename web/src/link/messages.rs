//! What comes on the socket of a link, read by its tags first: the derived reading takes in any order, and weighs as much
//! again as all the facts. What this page does not know comes from a newer program, and is nothing.

use crate::json::{field, from_value, parse};
use earshot_report::api::link::{CallMessage, FromLink, LinkEvent};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// Reads what [`FromLink`] derives.
pub(super) fn read_from_link(text: &str) -> Option<FromLink> {
    let (kind, data) = tagged(&parse(text).ok()?)?;
    Some(match kind.as_str() {
        "welcome" => FromLink::Welcome {
            you: of(&data, "you")?,
            expires: of(&data, "expires")?,
            taken: of(&data, "taken").unwrap_or_default(),
        },
        "event" => FromLink::Event {
            number: of(&data, "number")?,
            event: event(&field(&data, "event"))?,
        },
        "refused" => FromLink::Refused {
            error: of(&data, "error")?,
            reason: of(&data, "reason")?,
        },
        _ => return None,
    })
}

fn event(value: &JsValue) -> Option<LinkEvent> {
    let (kind, data) = tagged(value)?;
    Some(match kind.as_str() {
        "presence" => LinkEvent::Presence {
            who: of(&data, "who")?,
            here: of(&data, "here")?,
        },
        "progress" => LinkEvent::Progress {
            who: of(&data, "who")?,
            progress: of(&data, "progress")?,
        },
        "report" => LinkEvent::Report(from_value(data).ok()?),
        "signal" => LinkEvent::Signal(from_value(data).ok()?),
        _ => return None,
    })
}

/// Reads what [`CallMessage`] derives.
pub(super) fn read_call_message(text: &str) -> Option<CallMessage> {
    let (kind, data) = tagged(&parse(text).ok()?)?;
    Some(match kind.as_str() {
        "ring" => CallMessage::Ring(from_value(data).ok()?),
        "accept" => CallMessage::Accept(from_value(data).ok()?),
        "hang-up" => CallMessage::HangUp,
        "way-lost" => CallMessage::WayLost,
        "description" => CallMessage::Description {
            leg: of(&data, "leg")?,
            sdp_type: of(&data, "sdp_type")?,
            sdp: of(&data, "sdp")?,
        },
        "candidate" => CallMessage::Candidate {
            leg: of(&data, "leg")?,
            candidate: of(&data, "candidate")?,
        },
        "measured" => CallMessage::Measured {
            leg: of(&data, "leg")?,
            arrived: of(&data, "arrived")?,
            sent: of(&data, "sent")?,
        },
        "speak" => CallMessage::Speak {
            leg: of(&data, "leg")?,
        },
        "voice" => CallMessage::Voice(from_value(data).ok()?),
        _ => return None,
    })
}

fn tagged(value: &JsValue) -> Option<(String, JsValue)> {
    let kind = field(value, "kind").as_string()?;
    Some((kind, field(value, "data")))
}

fn of<T: DeserializeOwned>(value: &JsValue, name: &str) -> Option<T> {
    from_value(field(value, name)).ok()
}
