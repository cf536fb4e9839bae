//! Playing to the person, and whether the browser lets it.

use super::{
    js::{ignore, property, text},
    wait::Inbox,
};
use earshot_report::facts::Fact;
use js_sys::{Function, Promise};
use std::task::{Context, Poll};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlAudioElement, MediaStream};

/// More answers than this are never waiting: each click asks once.
const ANSWERS: usize = 8;

/// An `<audio>` element that nobody sees. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Player {
    element: HtmlAudioElement,
    answers: Inbox<Fact>,
}

impl Player {
    /// For what comes from the other end.
    pub(crate) fn of_stream(stream: &MediaStream) -> Result<Self, JsValue> {
        let player = Self::new()?;
        player.element.set_src_object(Some(stream));
        Ok(player)
    }

    /// For a sound that the page has at hand.
    pub(crate) fn of_url(url: &str) -> Result<Self, JsValue> {
        let player = Self::new()?;
        player.element.set_src(url);
        Ok(player)
    }

    fn new() -> Result<Self, JsValue> {
        Ok(Self {
            element: HtmlAudioElement::new()?,
            answers: Inbox::new(ANSWERS),
        })
    }

    /// Plays it, or goes on. Browsers that block playback let it begin in the call stack of a click.
    pub(crate) fn play(&self) {
        let Ok(promise) = self.element.play() else {
            return;
        };
        let answers = self.answers.clone();
        spawn_local(async move {
            match JsFuture::from(promise).await {
                Ok(_) => answers.put(Fact::Yes),
                Err(error) if is_blocked(&error) => answers.put(Fact::No),
                // It was ended, or the sound could not be read: nothing follows for the browser's policy.
                Err(_) => {}
            }
        });
    }

    /// Ready when the browser has begun to play (`Yes`), or has blocked it (`No`).
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Fact> {
        self.answers.poll(cx)
    }

    /// Plays through this output from now on, where the browser has the choice; empty: through the system's.
    pub(crate) fn set_output(&self, device: &str) {
        let set =
            property(&self.element, "setSinkId").and_then(|it| it.dyn_into::<Function>().ok());
        let promise = set.and_then(|set| set.call1(&self.element, &device.into()).ok());
        if let Some(promise) = promise.and_then(|it| it.dyn_into::<Promise>().ok()) {
            ignore(promise);
        }
    }

    /// For its events.
    pub(crate) fn element(&self) -> &HtmlAudioElement {
        &self.element
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.element.pause();
        self.element.set_src_object(None);
    }
}

/// W3C HTML, `play()`: the browser wants a click first.
fn is_blocked(error: &JsValue) -> bool {
    text(error, "name").as_deref() == Some("NotAllowedError")
}

/// The browser lets the page choose where it plays.
pub(crate) fn has_output_choice() -> bool {
    HtmlAudioElement::new().is_ok_and(|element| property(&element, "setSinkId").is_some())
}
