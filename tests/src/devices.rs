//! Microphones and speakers for browsers that nobody sits at.

use std::{fs, path::Path, str::FromStr};

/// The person's microphone and speaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Devices {
    /// The page has no permission for a microphone, and nobody is there to give it. It plays without being touched.
    #[default]
    Usual,
    /// A microphone with a sound, which the page may use.
    Talking,
    /// A microphone that gives nothing but silence.
    Silent,
    /// A microphone with a sound, which the person denies the page.
    Denied,
    /// A microphone with a sound, and a page that plays nothing until it is touched.
    Unplayed,
}

impl FromStr for Devices {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "talking" => Ok(Self::Talking),
            "silent" => Ok(Self::Silent),
            "denied" => Ok(Self::Denied),
            "unplayed" => Ok(Self::Unplayed),
            other => Err(format!(
                "“{other}” is none of talking, silent, denied, unplayed"
            )),
        }
    }
}

impl Devices {
    /// Options of Chromium for it. What it plays into the microphone is kept in `home`.
    pub(crate) fn chromium(self, home: &Path) -> Vec<String> {
        let fake = "--use-fake-device-for-media-stream";
        let allow = "--use-fake-ui-for-media-stream";
        let play = "--autoplay-policy=no-user-gesture-required";
        let words = match self {
            Self::Usual => vec![play],
            Self::Talking => vec![play, fake, allow],
            Self::Silent => {
                let silence = home.join("silence.wav");
                fs::write(&silence, silent_wave()).expect("a file can be written");
                let file = format!("--use-file-for-fake-audio-capture={}", silence.display());
                return vec![play.to_owned(), fake.to_owned(), allow.to_owned(), file];
            }
            Self::Denied => vec![play, fake, "--deny-permission-prompts"],
            Self::Unplayed => vec![fake, allow, "--autoplay-policy=user-gesture-required"],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// Preferences of Firefox for it. The silent microphone is the null source of the audio server.
    pub(crate) fn firefox(self) -> String {
        let fake =
            |is_fake: bool| format!("user_pref(\"media.navigator.streams.fake\", {is_fake});\n");
        match self {
            Self::Usual => String::new(),
            Self::Talking => fake(true),
            Self::Silent => fake(false),
            Self::Denied => fake(true) + FIREFOX_DENIED,
            Self::Unplayed => fake(true) + "user_pref(\"media.autoplay.default\", 1);\n",
        }
    }
}

const FIREFOX_DENIED: &str = "\
user_pref(\"media.navigator.permission.disabled\", false);
user_pref(\"permissions.default.microphone\", 2);
";

/// A second of silence as a RIFF WAVE file: 16 bits, 48 kHz, one channel. Chromium repeats it.
fn silent_wave() -> Vec<u8> {
    const SAMPLES: u32 = 48_000;
    let mut wave = Vec::new();
    wave.extend(b"RIFF");
    wave.extend((36 + 2 * SAMPLES).to_le_bytes());
    wave.extend(b"WAVEfmt ");
    wave.extend(16_u32.to_le_bytes());
    wave.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    wave.extend([SAMPLES, 2 * SAMPLES].map(u32::to_le_bytes).concat());
    wave.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    wave.extend(b"data");
    wave.extend((2 * SAMPLES).to_le_bytes());
    wave.resize(wave.len() + 2 * SAMPLES as usize, 0);
    wave
}
