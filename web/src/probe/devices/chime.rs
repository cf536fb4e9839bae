//! The sound by which a person knows that their speaker works: two soft notes, as a WAV file. Pure.

/// Samples a second: enough for the notes and what sounds with them.
const RATE: u32 = 16_000;

/// A note: where it begins, in samples, and `2 cos(2π f / RATE)` for its frequency, by which each sample of a sine
/// follows from the two before. The page needs no sine for it.
const NOTES: [Note; 2] = [
    // C5, 523.25 Hz.
    Note {
        begin: 0,
        turn: 1.957_926_4,
        first: 0.204_036_88,
    },
    // G5, 783.99 Hz.
    Note {
        begin: 3_200,
        turn: 1.905_961,
        first: 0.303_031_53,
    },
];

struct Note {
    begin: usize,
    turn: f32,
    /// `sin(2π f / RATE)`.
    first: f32,
}

/// 1.4 seconds.
const SAMPLES: usize = 22_400;
/// Each note alone; both together stay far from clipping.
const AMPLITUDE: f32 = 0.25;
/// A note swells for 20 ms, so that it does not click.
const SWELL: usize = 320;
/// What is left of a note from one sample to the next: half of it after 0.17 s.
const DECAY: f32 = 0.999_75;
/// The end is drawn to silence for 50 ms.
const FADE: usize = 800;

/// The whole file: RIFF WAVE with one channel of 16-bit PCM.
pub(super) fn wav() -> Vec<u8> {
    let size = (2 * SAMPLES) as u32;
    let mut file = Vec::with_capacity(44 + 2 * SAMPLES);
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend([1, 0, 1, 0]);
    file.extend(RATE.to_le_bytes());
    file.extend((2 * RATE).to_le_bytes());
    // Bytes and bits of a sample.
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    for sample in samples() {
        let sample = (sample * f32::from(i16::MAX)) as i16;
        file.extend(sample.to_le_bytes());
    }
    file
}

fn samples() -> Vec<f32> {
    let mut samples = vec![0.0; SAMPLES];
    for note in &NOTES {
        let (mut before, mut now) = (0.0, note.first);
        let mut left = AMPLITUDE;
        for (at, sample) in samples[note.begin..].iter_mut().enumerate() {
            let swell = (at as f32 / SWELL as f32).min(1.0);
            *sample += before * left * swell;
            left *= DECAY;
            (before, now) = (now, note.turn * now - before);
        }
    }
    for (at, sample) in samples.iter_mut().rev().take(FADE).enumerate() {
        *sample *= at as f32 / FADE as f32;
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_numbers_are_those_of_the_notes() {
        for (note, hz) in NOTES.iter().zip([523.25, 783.99]) {
            let angle = TAU * hz / f64::from(RATE);
            assert!(
                (f64::from(note.turn) - 2.0 * angle.cos()).abs() < 1e-6,
                "{hz}"
            );
            assert!((f64::from(note.first) - angle.sin()).abs() < 1e-6, "{hz}");
        }
    }

    #[test]
    fn it_neither_clips_nor_clicks() {
        let samples = samples();
        let loudest = samples
            .iter()
            .fold(0.0_f32, |it, sample| it.max(sample.abs()));
        assert!((0.2..0.6).contains(&loudest), "{loudest}");
        assert_eq!((samples[0], samples[SAMPLES - 1]), (0.0, 0.0));
        // A step between two samples that is greater than that of the highest note at full amplitude is a click.
        let steepest = samples
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0_f32, f32::max);
        assert!(steepest <= 2.0 * AMPLITUDE * 0.304, "{steepest}");
    }

    /// The power of `hz` in `samples` (Goertzel).
    fn power(samples: &[f32], hz: f64) -> f64 {
        let turn = 2.0 * (TAU * hz / f64::from(RATE)).cos();
        let (mut one, mut two) = (0.0, 0.0);
        for &sample in samples {
            (one, two) = (f64::from(sample) + turn * one - two, one);
        }
        one * one + two * two - turn * one * two
    }

    #[test]
    fn both_notes_sound() {
        let samples = samples();
        let (first, second) = (&samples[800..3_000], &samples[4_000..8_000]);
        assert!(power(first, 523.25) > 100.0 * power(first, 783.99));
        assert!(power(second, 783.99) > 100.0 * power(second, 1_100.0));
    }

    #[test]
    fn the_header_is_that_of_a_wave_file() {
        let file = wav();
        assert_eq!(file.len(), 44 + 2 * SAMPLES);
        assert_eq!(
            (&file[..4], &file[8..16], &file[36..40]),
            (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..])
        );
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        assert_eq!(number(4) as usize, file.len() - 8);
        assert_eq!((number(24), number(28)), (RATE, 2 * RATE));
        assert_eq!(number(40) as usize, 2 * SAMPLES);
    }
}
