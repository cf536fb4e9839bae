//! Opening the microphone, and why it did not open.

use crate::{
    browser,
    probe::{
        js::{property, text, words},
        sound::{Meter, Sound, stream_of},
        tone::dbfs,
        wait::Inbox,
    },
};
use earshot_report::{facts::MicrophoneOpened, limits};
use js_sys::{Function, Object, Promise, Reflect};
use std::task::{Context, Poll};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack, MediaTrackConstraints,
};

/// An open microphone. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Microphone {
    stream: MediaStream,
    track: MediaStreamTrack,
    /// The same before the browser's processing, where that can be had beside.
    raw: Option<MediaStreamTrack>,
}

/// What tells how loud a microphone is.
pub(crate) struct Loudness {
    processed: Meter,
    raw: Option<Meter>,
}

impl Loudness {
    /// The level just now, in dB of full scale: of what is sent, unless nothing comes of the device itself. Then the
    /// browser has made it: while somebody else's voice is played, Firefox' echo canceller makes noise of its own, which
    /// its gain control raises (from digital silence −68 to −44 dBFS).
    pub(crate) fn dbfs(&self) -> f64 {
        let raw = self.raw.as_ref().map(|it| dbfs(it.level()));
        raw.filter(|raw| *raw < limits::SILENT_DBFS)
            .unwrap_or_else(|| dbfs(self.processed.level()))
    }
}

impl Microphone {
    /// What it hears, as a stream.
    pub(crate) fn stream(&self) -> &MediaStream {
        &self.stream
    }

    /// The same as a track.
    pub(crate) fn track(&self) -> &MediaStreamTrack {
        &self.track
    }

    /// Measures how loud it is.
    pub(crate) fn loudness(&self, sound: &Sound) -> Option<Loudness> {
        let raw = self.raw.as_ref().and_then(|raw| stream_of(raw).ok());
        Some(Loudness {
            processed: sound.meter(&self.stream).ok()?,
            raw: raw.and_then(|raw| sound.meter(&raw).ok()),
        })
    }

    /// The device, by the browser's id for it.
    pub(crate) fn device(&self) -> Option<String> {
        text(&self.track.get_settings(), "deviceId")
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.track.stop();
        if let Some(raw) = &self.raw {
            raw.stop();
        }
    }
}

/// A question for the microphone that the person or the browser has not answered yet. Where it is dropped before, the
/// microphone is closed as soon as it opens.
#[derive(Debug)]
pub(crate) struct Asked(Inbox<Result<Microphone, MicrophoneOpened>>);

impl Asked {
    /// Asks for the microphone with this id, or for the one that the browser would choose. To be called in the call
    /// stack of a click: some browsers ask the person only then.
    pub(crate) fn new(device: Option<&str>) -> Self {
        let inbox = Inbox::new(1);
        let answer = inbox.clone();
        let begun = begin(device);
        spawn_local(async move {
            let result = match begun {
                Ok(promise) => match JsFuture::from(promise).await {
                    Ok(stream) => microphone(stream).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            answer.put(match result {
                Ok(microphone) => Ok(microphone),
                Err(error) => Err(why_not(&error).await),
            });
        });
        Self(inbox)
    }

    /// Ready when it is answered.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<Microphone, MicrophoneOpened>> {
        self.0.poll(cx)
    }
}

fn begin(device: Option<&str>) -> Result<Promise, JsValue> {
    // As a voice chat asks for it: what is tested is what will be used.
    let audio = processing(true)?;
    if let Some(device) = device {
        let exact = Object::new();
        Reflect::set(&exact, &"exact".into(), &device.into())?;
        Reflect::set(&audio, &"deviceId".into(), &exact)?;
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&audio);
    media_devices()
        .ok_or("this page has no access to devices")?
        .get_user_media_with_constraints(&constraints)
}

/// Whether the browser works on what a microphone gives (W3C Media Capture and Streams section 4.3.8).
fn processing(is_on: bool) -> Result<Object, JsValue> {
    let audio = Object::new();
    for name in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
        Reflect::set(&audio, &name.into(), &is_on.into())?;
    }
    Ok(audio)
}

async fn microphone(stream: JsValue) -> Result<Microphone, JsValue> {
    let stream: MediaStream = stream.unchecked_into();
    let track: MediaStreamTrack = stream.get_audio_tracks().get(0).dyn_into()?;
    let raw = match browser::is_gecko() {
        true => unprocessed(&track).await.ok(),
        // No other browser gives one device to two tracks in two ways, nor needs it.
        false => None,
    };
    Ok(Microphone { track, stream, raw })
}

/// A second track of the same device, and no second question to the person.
async fn unprocessed(track: &MediaStreamTrack) -> Result<MediaStreamTrack, JsValue> {
    // The W3C's clone, not Rust's.
    let raw = MediaStreamTrack::clone(track);
    let done = process(&raw, false).await;
    let is_kept = property(&track.get_settings(), "echoCancellation");
    if done.is_ok() && is_kept.is_some_and(|it| it.is_truthy()) {
        return Ok(raw);
    }
    raw.stop();
    // An older Firefox has one way for all tracks of a device.
    process(track, true).await?;
    Err(JsValue::UNDEFINED)
}

async fn process(track: &MediaStreamTrack, is_on: bool) -> Result<(), JsValue> {
    let constraints: MediaTrackConstraints = processing(is_on)?.unchecked_into();
    let applied = track.apply_constraints_with_constraints(&constraints)?;
    JsFuture::from(applied).await.map(drop)
}

/// The browser's devices; `None`: on a page that is not secure there are none.
pub(super) fn media_devices() -> Option<MediaDevices> {
    let navigator = web_sys::window()?.navigator();
    Some(property(&navigator, "mediaDevices")?.unchecked_into())
}

async fn why_not(error: &JsValue) -> MicrophoneOpened {
    let name = text(error, "name").unwrap_or_default();
    let message = text(error, "message").unwrap_or_else(|| words(error));
    let state = permission().await.and_then(|it| text(&it, "state"));
    opened_by(&name, &message, state.as_deref())
}

/// What the page may do, a PermissionStatus; `None`: this browser does not tell.
pub(super) async fn permission() -> Option<JsValue> {
    JsFuture::from(ask_permission()?).await.ok()
}

fn ask_permission() -> Option<Promise> {
    let permissions = property(&web_sys::window()?.navigator(), "permissions")?;
    let query: Function = property(&permissions, "query")?.dyn_into().ok()?;
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"name".into(), &"microphone".into()).ok()?;
    query.call1(&permissions, &descriptor).ok()?.dyn_into().ok()
}

/// Reads an exception of `getUserMedia` (W3C Media Capture and Streams section 10.2), with what the Permissions API says of
/// the page.
fn opened_by(name: &str, message: &str, permission: Option<&str>) -> MicrophoneOpened {
    use MicrophoneOpened::{Busy, Denied, DeniedBySystem, Missing, NotAsked};
    match name {
        // Chromium's words where the person closes the question without an answer: it may be asked again.
        "NotAllowedError" if message.contains("dismissed") => NotAsked,
        // Chromium's words again.
        "NotAllowedError" if message.contains("by system") => DeniedBySystem,
        "NotAllowedError" if permission == Some("granted") => DeniedBySystem,
        "NotAllowedError" | "SecurityError" => Denied,
        // The chosen one was pulled out.
        "NotFoundError" | "OverconstrainedError" => Missing,
        "NotReadableError" | "AbortError" => Busy,
        _ => NotAsked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_refusal_has_its_reason() {
        use MicrophoneOpened::{Busy, Denied, DeniedBySystem, Missing, NotAsked};
        let cases = [
            (
                "the page's permission is denied",
                "NotAllowedError",
                "Permission denied",
                Some("denied"),
                Denied,
            ),
            (
                "Safari does not tell more",
                "NotAllowedError",
                "The request is not allowed",
                None,
                Denied,
            ),
            (
                "Chromium names the system",
                "NotAllowedError",
                "Permission denied by system",
                Some("prompt"),
                DeniedBySystem,
            ),
            (
                "Firefox: the page may, the system forbids",
                "NotAllowedError",
                "The request is not allowed",
                Some("granted"),
                DeniedBySystem,
            ),
            (
                "the question was closed",
                "NotAllowedError",
                "Permission dismissed",
                Some("prompt"),
                NotAsked,
            ),
            (
                "none",
                "NotFoundError",
                "Requested device not found",
                Some("granted"),
                Missing,
            ),
            (
                "pulled out",
                "OverconstrainedError",
                "",
                Some("granted"),
                Missing,
            ),
            (
                "another program has it",
                "NotReadableError",
                "Could not start audio source",
                Some("granted"),
                Busy,
            ),
            ("no such page", "TypeError", "undefined", None, NotAsked),
        ];
        for (case, name, message, permission, expected) in cases {
            assert_eq!(opened_by(name, message, permission), expected, "{case}");
        }
    }
}
