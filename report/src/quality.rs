//! How well speech can be understood: the mean opinion score by the E-model (ITU-T G.107), simplified.

/// The E-model's rating of a connection without delay or loss, with G.107's default values.
const R_UNIMPAIRED: f64 = 93.2;

/// What a playing buffer, coding and decoding add to the way itself, in milliseconds.
const PROCESSING_MS: f64 = 10.0;

/// Below this one-way delay, in milliseconds, people do not notice it much; above it they begin to talk at once.
const NOTICED_DELAY_MS: f64 = 160.0;

/// Packet-loss robustness (Bpl of G.107 section 3.5) assumed for Opus with its concealment, in percent. G.113 has no
/// value for Opus; G.711 with concealment has 25.1 and G.729A 19. We take one between them, near the lower end.
const OPUS_ROBUSTNESS: f64 = 20.0;

/// Mean opinion score, 1 to 4.5, from round-trip time and jitter in milliseconds and lost packets as a fraction, 0 to
/// 1. `None` where one of them was not measured or is no such number: a missing figure is never zero.
///
/// It never rises when one of the three grows.
pub fn mos(rtt_ms: Option<f64>, jitter_ms: Option<f64>, loss: Option<f64>) -> Option<f64> {
    let delay = measured(rtt_ms?, f64::MAX)? / 2.0 + 2.0 * measured(jitter_ms?, f64::MAX)?;
    let loss = measured(loss?, 1.0)?;
    let rating = R_UNIMPAIRED - delay_impairment(delay + PROCESSING_MS) - loss_impairment(loss);
    Some(mos_of_rating(rating))
}

fn measured(value: f64, highest: f64) -> Option<f64> {
    (0.0..=highest).contains(&value).then_some(value)
}

/// Id, by the usual two straight lines, which meet at [`NOTICED_DELAY_MS`].
fn delay_impairment(delay_ms: f64) -> f64 {
    if delay_ms < NOTICED_DELAY_MS {
        delay_ms / 40.0
    } else {
        (delay_ms - 120.0) / 10.0
    }
}

/// Ie-eff (G.107 equation 7-29) with Ie = 0 and random loss (BurstR = 1).
fn loss_impairment(loss: f64) -> f64 {
    let percent = loss * 100.0;
    95.0 * percent / (percent + OPUS_ROBUSTNESS)
}

/// G.107 annex B. The polynomial dips below 1 for the lowest ratings, where it is cut off.
fn mos_of_rating(rating: f64) -> f64 {
    if rating <= 0.0 {
        return 1.0;
    }
    let r = rating.min(100.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7.0e-6).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rating and score side by side in ITU-T G.107, table B.1, which rounds to two digits.
    #[test]
    fn scores_are_those_of_the_standard() {
        for (rating, score) in [
            (90.0, 4.34),
            (80.0, 4.03),
            (70.0, 3.60),
            (60.0, 3.10),
            (50.0, 2.58),
        ] {
            assert!((mos_of_rating(rating) - score).abs() < 0.01, "{rating}");
        }
    }

    #[test]
    fn what_is_missing_or_no_number_gives_no_score() {
        let fine = Some(1.0);
        assert!(mos(fine, fine, Some(0.0)).is_some());
        for (rtt, jitter, loss) in [
            (None, fine, fine),
            (fine, None, fine),
            (fine, fine, None),
            (Some(f64::NAN), fine, fine),
            (fine, Some(-1.0), fine),
            (fine, fine, Some(1.5)),
            (Some(f64::INFINITY), fine, fine),
        ] {
            assert_eq!(mos(rtt, jitter, loss), None, "{rtt:?} {jitter:?} {loss:?}");
        }
    }

    /// Twilio's bands score 3 % loss lower than 4 %: ours must not.
    #[test]
    fn a_percent_more_of_loss_is_heard() {
        let at = |loss| mos(Some(100.0), Some(10.0), Some(loss)).unwrap();
        assert!(at(0.0) > 4.2 && at(0.03) > at(0.04) && at(0.05) > 3.5 && at(0.3) < 2.0);
    }

    proptest! {
        #[test]
        fn worse_is_never_scored_better(
            rtt in 0.0..5_000.0f64, jitter in 0.0..1_000.0f64, loss in 0.0..=1.0f64,
            more_rtt in 0.0..5_000.0f64, more_jitter in 0.0..1_000.0f64, more_loss in 0.0..=1.0f64,
        ) {
            let score = |rtt, jitter, loss| mos(Some(rtt), Some(jitter), Some(loss)).unwrap();
            let now = score(rtt, jitter, loss);
            prop_assert!((1.0..=4.5).contains(&now));
            prop_assert!(score(rtt + more_rtt, jitter, loss) <= now);
            prop_assert!(score(rtt, jitter + more_jitter, loss) <= now);
            prop_assert!(score(rtt, jitter, (loss + more_loss).min(1.0)) <= now);
        }

        #[test]
        fn no_number_is_too_strange(rtt: Option<f64>, jitter: Option<f64>, loss: Option<f64>) {
            if let Some(score) = mos(rtt, jitter, loss) {
                prop_assert!((1.0..=4.5).contains(&score));
            }
        }
    }
}
