//! Tones: which one each leg and direction has, and how one is recognised. Pure.

use earshot_report::limits;

/// The lowest tone in hertz: above the hum of mains and its first harmonics.
const LOWEST_HZ: f32 = 400.0;

/// Between two tones, in hertz: at 48 kHz and [`FFT_SIZE`] four bins, so that their main lobes do not meet.
const STEP_HZ: f32 = 96.0;

/// So many tones stay below 3.5 kHz, where every codec of WebRTC is faithful.
const TONES: usize = 32;

/// Samples in one spectrum: 43 ms at 48 kHz.
pub(crate) const FFT_SIZE: usize = 2_048;

/// A tone spreads over so many bins to each side (the main lobe of the Blackman window that an AnalyserNode uses).
const MAIN_LOBE_BINS: usize = 2;

/// What is between the tone and the rest of the spectrum belongs to neither: a codec smears a tone a little.
const SKIRT_BINS: usize = 3;

/// Speech, and any other tone of ours, lies within this range in hertz.
const LISTENED_HZ: std::ops::RangeInclusive<f32> = 200.0..=4_000.0;

/// The tone must have so many times the power of everything else together: 6 dB. A tone through Opus has more than
/// 15 dB; with another tone beside it, it can have no more than 0 dB.
const RATIO: f32 = 4.0;

/// A tone fainter than this, in dB of full scale, is not heard: ours is sent at about -12 dB.
const FAINTEST_DB: f32 = -60.0;

/// A tone that stands out by chance in one spectrum does not in the next.
const LOOKS: u32 = 2;

/// The tones of the leg at this place, in hertz: from the first end, and from the second. No two legs of a run of
/// ordinary size have the same.
pub fn tones_of_leg(place: usize) -> [f32; 2] {
    let tone = |number: usize| LOWEST_HZ + STEP_HZ * (number % TONES) as f32;
    [tone(2 * place), tone(2 * place + 1)]
}

/// Whether the tone of `frequency` hertz stands out of `spectrum`, given in dB of full scale for each bin.
pub fn stands_out(spectrum: &[f32], sample_rate: f32, frequency: f32) -> bool {
    let bin_hz = sample_rate / 2.0 / spectrum.len() as f32;
    if !bin_hz.is_finite() || bin_hz <= 0.0 || !LISTENED_HZ.contains(&frequency) {
        return false;
    }
    let centre = (frequency / bin_hz).round() as usize;
    let (mut tone, mut rest, mut peak) = (0.0, 0.0, f32::NEG_INFINITY);
    for (bin, &level) in spectrum.iter().enumerate() {
        let distance = bin.abs_diff(centre);
        if distance <= MAIN_LOBE_BINS {
            tone += power(level);
            peak = peak.max(level);
        } else if distance > SKIRT_BINS && LISTENED_HZ.contains(&(bin as f32 * bin_hz)) {
            rest += power(level);
        }
    }
    peak >= FAINTEST_DB && tone >= RATIO * rest
}

/// An AnalyserNode gives minus infinity for silence.
fn power(db: f32) -> f32 {
    if !db.is_finite() {
        return 0.0;
    }
    let exponent = f64::from(db / 10.0);
    // The page has the browser's function and need not bring one.
    if cfg!(target_family = "wasm") {
        js_sys::Math::pow(10.0, exponent) as f32
    } else {
        10f64.powf(exponent) as f32
    }
}

/// The level of `samples`, 0 to 1: the amplitude of a tone with their power.
pub fn level(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32;
    (2.0 * power).sqrt().clamp(0.0, 1.0)
}

/// What a meter shows for silence, in dB of full scale: below the last bit of sound with 16 bits.
pub const SILENCE_DBFS: f64 = -100.0;

/// A [`level`] in dB of full scale: 0 for a tone of the greatest amplitude (AES17).
pub fn dbfs(level: f32) -> f64 {
    let level = f64::from(level);
    let db = match (level > 0.0, cfg!(target_family = "wasm")) {
        (false, _) => SILENCE_DBFS,
        (true, true) => 20.0 * js_sys::Math::log10(level),
        (true, false) => 20.0 * level.log10(),
    };
    // A tenth is finer than anybody can hear, and keeps a report short.
    (db.clamp(SILENCE_DBFS, 0.0) * 10.0).round() / 10.0
}

/// A page in a hidden tab may look once a second only. Fewer looks than this cannot say that a tone is missing.
const TELLING_LOOKS: u32 = 10;

/// Recognises one tone by several looks in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recogniser {
    in_a_row: u32,
    looks: u32,
    /// When the first look was.
    since: Option<f64>,
}

impl Recogniser {
    /// Takes one look in, at this time in milliseconds; whether the tone is recognised by now. `None`: no audio ran that
    /// could be looked at.
    pub(crate) fn look(&mut self, now: f64, stands_out: Option<bool>) -> bool {
        if stands_out.is_some() {
            self.looks += 1;
            self.since.get_or_insert(now);
        }
        self.in_a_row = match stands_out {
            Some(true) => self.in_a_row + 1,
            _ => 0,
        };
        self.in_a_row >= LOOKS
    }

    /// There were enough looks, and time enough, to say that a tone which was not recognised is not there.
    pub(crate) fn can_deny(&self, now: f64) -> bool {
        let is_over = |since| now - since >= f64::from(limits::SOUND_MS);
        self.looks >= TELLING_LOOKS && self.since.is_some_and(is_over)
    }
}

// A leg must be able to be heard within its time, and denied within the longest that it can get.
const _: () = assert!(LOOKS < TELLING_LOOKS && TELLING_LOOKS * limits::LOOK_MS < limits::SOUND_MS);
const _: () = assert!(limits::SOUND_MS < limits::QUALITY_MS && limits::QUALITY_MS < limits::RUN_MS);

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const RATES: [f32; 2] = [48_000.0, 44_100.0];
    const NOISE_DB: f32 = -100.0;

    /// The spectrum of tones of (frequency, amplitude) by the definition of W3C Web Audio section 1.8.6: Blackman
    /// window with alpha 0.16, Fourier transform, divided by the number of samples, in dB.
    fn spectrum(tones: &[(f32, f32)], rate: f32) -> Vec<f32> {
        use std::f64::consts::TAU;
        let n = FFT_SIZE as f64;
        let windowed: Vec<f64> = (0..FFT_SIZE)
            .map(|i| {
                let at = i as f64;
                let window = 0.42 - 0.5 * (TAU * at / n).cos() + 0.08 * (2.0 * TAU * at / n).cos();
                let wave = |(hz, amplitude): &(f32, f32)| {
                    f64::from(*amplitude) * (TAU * f64::from(*hz) * at / f64::from(rate)).sin()
                };
                window * tones.iter().map(wave).sum::<f64>()
            })
            .collect();
        let highest = (4_200.0 / (f64::from(rate) / n)) as usize;
        (0..FFT_SIZE / 2)
            .map(|bin| {
                if bin > highest {
                    return NOISE_DB;
                }
                let turn = TAU * bin as f64 / n;
                let (mut re, mut im) = (0.0, 0.0);
                for (i, sample) in windowed.iter().enumerate() {
                    re += sample * (turn * i as f64).cos();
                    im -= sample * (turn * i as f64).sin();
                }
                ((re.hypot(im) / n).log10() * 20.0).max(f64::from(NOISE_DB)) as f32
            })
            .collect()
    }

    #[test]
    fn every_tone_is_told_from_every_other() {
        let all: Vec<f32> = (0..TONES / 2).flat_map(tones_of_leg).collect();
        for rate in RATES {
            for &played in &all {
                let spectrum = spectrum(&[(played, 0.25)], rate);
                for &expected in &all {
                    let heard = stands_out(&spectrum, rate, expected);
                    assert_eq!(
                        heard,
                        played == expected,
                        "{played} for {expected} at {rate}"
                    );
                }
            }
        }
    }

    #[test]
    fn two_tones_at_once_are_neither() {
        let [one, other] = tones_of_leg(0);
        for rate in RATES {
            let both = spectrum(&[(one, 0.25), (other, 0.25)], rate);
            assert!(!stands_out(&both, rate, one) && !stands_out(&both, rate, other));
        }
    }

    #[test]
    fn silence_noise_and_faint_tones_are_not_heard() {
        let [tone, _] = tones_of_leg(3);
        for nothing in [NOISE_DB, f32::NEG_INFINITY, -30.0] {
            assert!(!stands_out(&[nothing; FFT_SIZE / 2], 48_000.0, tone));
        }
        let faint = spectrum(&[(tone, 0.000_3)], 48_000.0);
        assert!(!stands_out(&faint, 48_000.0, tone));
        assert!(!stands_out(&[], 48_000.0, tone));
    }

    #[test]
    fn a_tone_in_some_noise_is_heard() {
        let [tone, _] = tones_of_leg(5);
        let mut noisy = spectrum(&[(tone, 0.25)], 48_000.0);
        for level in &mut noisy {
            *level = level.max(-55.0);
        }
        assert!(stands_out(&noisy, 48_000.0, tone));
    }

    #[test]
    fn legs_of_an_ordinary_run_have_different_tones() {
        let mut all: Vec<f32> = (0..16).flat_map(tones_of_leg).collect();
        assert!(all.iter().all(|hz| (400.0..=3_400.0).contains(hz)));
        all.sort_by(f32::total_cmp);
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] >= 90.0));
    }

    #[test]
    fn looks_must_follow_each_other() {
        let mut recogniser = Recogniser::default();
        for (stands_out, is_recognised) in [
            (Some(true), false),
            (Some(false), false),
            (Some(true), false),
            (None, false),
            (Some(true), false),
            (Some(true), true),
        ] {
            assert_eq!(recogniser.look(0.0, stands_out), is_recognised);
        }
    }

    const GIVEN_MS: f64 = limits::SOUND_MS as f64;

    #[test]
    fn a_few_looks_do_not_deny_a_tone() {
        let mut recogniser = Recogniser::default();
        for _ in 1..TELLING_LOOKS {
            recogniser.look(0.0, Some(false));
        }
        assert!(!recogniser.can_deny(GIVEN_MS));
        recogniser.look(GIVEN_MS, Some(false));
        assert!(recogniser.can_deny(GIVEN_MS));
    }

    #[test]
    fn a_tone_is_not_denied_before_it_had_its_time() {
        let mut recogniser = Recogniser::default();
        for _ in 0..TELLING_LOOKS {
            recogniser.look(70.0, Some(false));
        }
        assert!(!recogniser.can_deny(69.0 + GIVEN_MS));
        assert!(recogniser.can_deny(70.0 + GIVEN_MS));
    }

    #[test]
    fn audio_that_does_not_run_was_not_looked_at() {
        let mut recogniser = Recogniser::default();
        for _ in 0..TELLING_LOOKS {
            recogniser.look(0.0, None);
        }
        assert!(!recogniser.can_deny(GIVEN_MS));
        for _ in 0..TELLING_LOOKS {
            recogniser.look(GIVEN_MS, Some(false));
        }
        assert!(!recogniser.can_deny(GIVEN_MS));
        assert!(recogniser.can_deny(2.0 * GIVEN_MS));
    }

    #[test]
    fn full_scale_is_zero_and_silence_has_a_number() {
        let cases = [
            (1.0, 0.0),
            (0.5, -6.0),
            (0.1, -20.0),
            (1.0e-9, SILENCE_DBFS),
            (0.0, SILENCE_DBFS),
        ];
        for (level, expected) in cases {
            assert_eq!(dbfs(level), expected, "{level}");
        }
        assert_eq!(dbfs(f32::NAN), SILENCE_DBFS);
    }

    #[test]
    fn the_level_is_the_amplitude() {
        let wave: Vec<f32> = (0..4_800)
            .map(|i| 0.25 * (i as f32 * std::f32::consts::TAU / 48.0).sin())
            .collect();
        assert!((level(&wave) - 0.25).abs() < 0.001);
        assert_eq!(level(&[]), 0.0);
        assert_eq!(level(&[0.0; 10]), 0.0);
        assert_eq!(level(&[5.0; 10]), 1.0);
    }
}
