//! A small picture of a leg over time.

use super::super::{
    Scene,
    element::{Element, element},
    text::append,
};
use crate::locale::keys;
use earshot_report::facts::Sample;

// Tenths of a pixel: points are whole numbers.
const WIDTH: f64 = 2000.0;
const HEIGHT: f64 = 440.0;
const VIEW_BOX: &str = "0 0 2000 440";

/// Levels of sound each way and round trip, each line scaled to its own largest value. Where nothing was measured
/// there is no line.
pub(crate) fn course(samples: &[Sample], scene: &Scene) -> Option<Element> {
    let (first, last) = (samples.first()?, samples.last()?);
    let span = f64::from(last.at_ms.saturating_sub(first.at_ms)).max(1.0);
    let line = |class: &'static str, value: &dyn Fn(&Sample) -> Option<f64>| {
        let largest = samples
            .iter()
            .filter_map(value)
            .fold(f64::EPSILON, f64::max);
        let mut points = String::new();
        for sample in samples {
            let Some(value) = value(sample) else { continue };
            let x = f64::from(sample.at_ms.saturating_sub(first.at_ms)) / span * WIDTH;
            let y = HEIGHT - value / largest * (HEIGHT - 40.0) - 20.0;
            let point = format!("{},{}", x.round() as u32, y.round() as u32);
            append(&mut points, " ", &point);
        }
        element("polyline").class(class).set("points", points)
    };
    let rtt = samples.iter().filter_map(|sample| sample.rtt_ms);
    let rtt = rtt.reduce(f64::max).map(|ms| scene.ms(ms));
    let rtt = rtt.unwrap_or_else(|| scene.locale.text(keys::VALUE_UNKNOWN).to_owned());
    let title = scene.locale.fill(keys::PLOT_TITLE, &[("rtt", &rtt)]);
    let plot = element("svg")
        .class("plot")
        .set("viewBox", VIEW_BOX)
        .set("role", "img")
        .set("aria-label", title)
        .with(line("from-you", &|sample| {
            sample.level_from_you.map(f64::from)
        }))
        .with(line("to-you", &|sample| sample.level_to_you.map(f64::from)))
        .with(line("rtt", &|sample| sample.rtt_ms));
    Some(plot)
}
