//! Sounds that nobody hears: tones made for one leg, ears at its far ends, and meters. Nothing here is ever connected to
//! the loudspeaker.

use super::{
    js::ignore,
    tone::{self, FFT_SIZE},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AnalyserNode, AudioContext, AudioContextState, GainNode, HtmlAudioElement, MediaStream,
    MediaStreamAudioDestinationNode, MediaStreamAudioSourceNode, MediaStreamTrack, OscillatorNode,
};

/// The amplitude of a tone: loud enough to stand out, far from clipping.
const AMPLITUDE: f32 = 0.25;

/// The audio of one run. Dropping it ends it.
#[derive(Debug)]
pub struct Sound {
    context: AudioContext,
}

impl Drop for Sound {
    fn drop(&mut self) {
        if let Ok(closed) = self.context.close() {
            ignore(closed);
        }
    }
}

impl Sound {
    /// Must be called in the call stack of the person's click: browsers let audio run only then. `None`: this browser
    /// has no audio to offer.
    pub fn new() -> Option<Self> {
        let context = AudioContext::new().ok()?;
        if let Ok(resumed) = context.resume() {
            ignore(resumed);
        }
        Some(Self { context })
    }

    /// The browser lets it run.
    pub fn is_running(&self) -> bool {
        self.context.state() == AudioContextState::Running
    }

    /// A tone of `frequency` hertz, as a track to be sent.
    ///
    /// # Errors
    /// The browser's.
    pub fn tone(&self, frequency: f32) -> Result<Tone, JsValue> {
        let oscillator = self.context.create_oscillator()?;
        oscillator.frequency().set_value(frequency);
        let gain = self.context.create_gain()?;
        gain.gain().set_value(AMPLITUDE);
        let destination = self.context.create_media_stream_destination()?;
        let stream = destination.stream();
        let track = stream.get_audio_tracks().get(0).dyn_into()?;
        let tone = Tone {
            oscillator,
            gain,
            destination,
            stream,
            track,
        };
        tone.oscillator.connect_with_audio_node(&tone.gain)?;
        tone.gain.connect_with_audio_node(&tone.destination)?;
        tone.oscillator.start()?;
        Ok(tone)
    }

    /// An ear for `frequency` hertz on a track that was received.
    ///
    /// # Errors
    /// The browser's.
    pub fn listen(&self, track: &MediaStreamTrack, frequency: f32) -> Result<Ear, JsValue> {
        let stream = stream_of(track)?;
        let ear = Ear {
            meter: self.meter(&stream)?,
            sink: HtmlAudioElement::new()?,
            frequency,
            sample_rate: self.context.sample_rate(),
        };
        // Chromium decodes a remote track only while an element plays it; muted is enough.
        ear.sink.set_muted(true);
        ear.sink.set_src_object(Some(&stream));
        ignore(ear.sink.play()?);
        Ok(ear)
    }

    /// A meter for what `stream` sounds like.
    ///
    /// # Errors
    /// The browser's.
    pub(crate) fn meter(&self, stream: &MediaStream) -> Result<Meter, JsValue> {
        let analyser = self.context.create_analyser()?;
        analyser.set_fft_size(FFT_SIZE as u32);
        // Each spectrum by itself: two looks in a row must be two observations.
        analyser.set_smoothing_time_constant(0.0);
        let meter = Meter {
            source: self.context.create_media_stream_source(stream)?,
            analyser,
        };
        meter.source.connect_with_audio_node(&meter.analyser)?;
        Ok(meter)
    }
}

/// A stream of this track alone.
pub(crate) fn stream_of(track: &MediaStreamTrack) -> Result<MediaStream, JsValue> {
    let stream = MediaStream::new()?;
    stream.add_track(track);
    Ok(stream)
}

/// A tone being made. Dropping it ends it.
#[derive(Debug)]
pub struct Tone {
    oscillator: OscillatorNode,
    gain: GainNode,
    destination: MediaStreamAudioDestinationNode,
    stream: MediaStream,
    track: MediaStreamTrack,
}

impl Tone {
    /// What is to be sent.
    pub fn track(&self) -> (&MediaStreamTrack, &MediaStream) {
        (&self.track, &self.stream)
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        // Each fails only where it has ended already.
        let _ = self.oscillator.stop();
        let _ = self.oscillator.disconnect();
        let _ = self.gain.disconnect();
        let _ = self.destination.disconnect();
        self.track.stop();
    }
}

/// Measures how loud a stream is. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Meter {
    source: MediaStreamAudioSourceNode,
    analyser: AnalyserNode,
}

impl Meter {
    /// The level of the last 43 ms, 0 to 1.
    pub(crate) fn level(&self) -> f32 {
        let mut samples = [0.0; FFT_SIZE];
        self.analyser.get_float_time_domain_data(&mut samples);
        tone::level(&samples)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let _ = self.source.disconnect();
        let _ = self.analyser.disconnect();
    }
}

/// Listens to one track. Dropping it ends it.
#[derive(Debug)]
pub struct Ear {
    meter: Meter,
    sink: HtmlAudioElement,
    frequency: f32,
    sample_rate: f32,
}

impl Ear {
    /// The expected tone stands out of what is heard just now.
    pub fn hears(&self) -> bool {
        let mut spectrum = [0.0; FFT_SIZE / 2];
        self.meter.analyser.get_float_frequency_data(&mut spectrum);
        tone::stands_out(&spectrum, self.sample_rate, self.frequency)
    }

    /// The level just now, 0 to 1.
    pub fn level(&self) -> f32 {
        // Shown as a share of what was sent, so that a meter is full when all of it arrives.
        (self.meter.level() / AMPLITUDE).min(1.0)
    }

    /// The level just now, 0 to 1 of full scale.
    pub(crate) fn full_scale(&self) -> f32 {
        self.meter.level()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let _ = self.sink.pause();
        self.sink.set_src_object(None);
    }
}
