//! The echo test: three seconds of the person's voice through the relay, from one relay candidate to another, and what
//! arrives is recorded there. It stays in this page's memory and is forgotten with it.

use super::EchoFailure;
use crate::probe::{
    attention::Patience,
    connection::{Connection, PeerEvent, Policy, Server},
    player::Player,
    sound::stream_of,
    wait::{Events, Timer, sleep},
};
use earshot_report::limits;
use std::{future::poll_fn, task::Poll};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobEvent, MediaRecorder, MediaStream, MediaStreamTrack, RtcPeerConnectionState, Url,
};

/// A recorded voice. Dropping it forgets it.
#[derive(Debug)]
pub(super) struct Recording {
    /// The address by which this page can play it.
    pub(super) url: String,
}

impl Recording {
    pub(super) fn new(sound: &Blob) -> Result<Self, JsValue> {
        let url = Url::create_object_url_with_blob(sound)?;
        Ok(Self { url })
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.url);
    }
}

/// Records `voice` at the far end of a call through `server`. Tells when the recording begins.
pub(super) async fn record(
    server: &Server,
    voice: &MediaStream,
    tell_begin: impl Fn(),
) -> Result<Recording, EchoFailure> {
    let call = Call::begin(server, voice)
        .await
        .map_err(|_| EchoFailure::NoWay)?;
    let far = call.connect().await.ok_or(EchoFailure::NoWay)?;
    tell_begin();
    record_stream(&far)
        .await
        .map_err(|_| EchoFailure::NoRecorder)
}

/// A call within this page, with the voice in one direction.
struct Call {
    near: Connection,
    far: Connection,
}

impl Call {
    async fn begin(server: &Server, voice: &MediaStream) -> Result<Self, JsValue> {
        let server = std::slice::from_ref(server);
        let near = Connection::new(server, Policy::Relay)?;
        let far = Connection::new(server, Policy::Relay)?;
        let track: MediaStreamTrack = voice.get_audio_tracks().get(0).dyn_into()?;
        near.send_audio(Some((&track, voice)));
        let offer = near.offer().await?;
        let answer = far.answer(&offer).await?;
        near.accept(&answer).await?;
        Ok(Self { near, far })
    }

    /// What arrives at the far end, when both are connected; `None`: they did not connect.
    async fn connect(&self) -> Option<MediaStream> {
        let time = Patience::new(limits::PAIR_CONNECT_MS);
        let mut arriving = None;
        let mut has_candidate = [false; 2];
        loop {
            let (is_near, event) = self.next(&time).await?;
            let other = if is_near { &self.far } else { &self.near };
            match event {
                PeerEvent::Candidate(candidate) => {
                    has_candidate[usize::from(is_near)] = true;
                    other.add_candidate(&candidate.candidate());
                }
                // The relay gave this end nothing to be reached at.
                PeerEvent::GatheringComplete if !has_candidate[usize::from(is_near)] => {
                    return None;
                }
                PeerEvent::Track(track) => arriving = stream_of(&track).ok(),
                _ => {}
            }
            let states = [&self.near, &self.far].map(Connection::state);
            if states.contains(&RtcPeerConnectionState::Failed) {
                return None;
            }
            if states == [RtcPeerConnectionState::Connected; 2] && arriving.is_some() {
                return arriving;
            }
        }
    }

    async fn next(&self, time: &Patience) -> Option<(bool, PeerEvent)> {
        poll_fn(|cx| {
            for (is_near, connection) in [(true, &self.near), (false, &self.far)] {
                if let Poll::Ready(event) = connection.poll_next(cx) {
                    return Poll::Ready(Some((is_near, event)));
                }
            }
            time.over.poll(cx).map(|_| None)
        })
        .await
    }
}

async fn record_stream(stream: &MediaStream) -> Result<Recording, JsValue> {
    // Chromium decodes what arrives only while an element plays it.
    let silent = Player::of_stream(stream)?;
    silent.element().set_muted(true);
    silent.play();
    let recorder = MediaRecorder::new_with_media_stream(stream)?;
    let events = Events::of(&recorder, &["dataavailable", "error"]);
    recorder.start()?;
    sleep(limits::ECHO_MS).await;
    recorder.stop()?;
    let time = Timer::new(limits::API_MS);
    let event = events.next(&[&time.over]).await;
    let event = event.filter(|it| it.type_() == "dataavailable");
    let event: BlobEvent = event.ok_or("nothing was recorded")?.unchecked_into();
    let sound = event.data().filter(|it| it.size() > 0.0);
    Recording::new(&sound.ok_or("nothing was recorded")?)
}
