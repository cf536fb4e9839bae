//! The few signs, each told apart by its shape before its colour. All are decoration: the words stand beside them.

use super::element::{Element, element};
use crate::state::{Light, Mark};
use earshot_report::Status;

fn icon(class: &'static str, view_box: &'static str, paths: &[&'static str]) -> Element {
    let paths = paths.iter().map(|path| element("path").set("d", *path));
    element("svg")
        .class(class)
        .set("viewBox", view_box)
        .set("aria-hidden", "true")
        .set("focusable", "false")
        .each(paths)
}

/// The name's sign: an ear's curve and a sound before it.
pub(crate) fn brand() -> Element {
    icon(
        "brand-icon",
        "0 0 24 24",
        &[
            "M8 10a5 5 0 0 1 10 0c0 4-4 4-4 8a3 3 0 0 1-5.5 1.5",
            "M11 11a2 2 0 0 1 4-1",
            "M4 6a9 9 0 0 0 0 8",
        ],
    )
}

/// The sign of a verdict: circle, triangle, octagon or diamond.
pub(crate) fn sign(status: Status) -> Element {
    let paths: &[&'static str] = match status {
        Status::Good => &[
            "M32 4a28 28 0 1 1 0 56a28 28 0 1 1 0-56z",
            "M19 33l9 9 17-19",
        ],
        Status::Degraded => &[
            "M32 5a4 4 0 0 1 3.5 2l25 44a4 4 0 0 1-3.5 6h-50a4 4 0 0 1-3.5-6l25-44a4 4 0 0 1 3.5-2z",
            "M32 23v16M32 47v.5",
        ],
        Status::Broken => &[
            "M20.4 4h23.2L60 20.4v23.2L43.6 60H20.4L4 43.6V20.4z",
            "M22 22l20 20M42 22L22 42",
        ],
        Status::Unknown => &[
            "M32 3l29 29-29 29L3 32z",
            "M26 26a6 6 0 1 1 8.5 5.5c-1.8.9-2.5 2-2.5 4M32 43v.5",
        ],
    };
    icon("sign", "0 0 64 64", paths)
}

/// A place of the picture: person, house, relay, person.
pub(crate) fn node(index: usize) -> Element {
    let paths: &[&'static str] = match index {
        1 => &[
            "M4 11l8-7 8 7M6 10v10h12V10",
            "M9.5 14.5a3.5 3.5 0 0 1 5 0M12 17v.2",
        ],
        2 => &[
            "M4 5h16v6H4zM4 13h16v6H4z",
            "M7.5 8h.2M7.5 16h.2M12 8h5M12 16h5",
        ],
        _ => &[
            "M12 4a4 4 0 1 1 0 8a4 4 0 1 1 0-8z",
            "M4.5 20a7.5 7.5 0 0 1 15 0",
        ],
    };
    icon("node-icon", "0 0 24 24", paths)
}

/// The small sign on a part of the picture.
pub(crate) fn badge(light: Light) -> Option<Element> {
    let path = match light {
        Light::Idle | Light::Trying => return None,
        Light::Proved => "M4 8.5l3 3 5-6",
        Light::Poor => "M8 3.5v6M8 12.3v.2",
        Light::Broken => "M4.5 4.5l7 7M11.5 4.5l-7 7",
    };
    Some(icon("badge", "0 0 16 16", &[path]))
}

/// The sign before a step.
pub(crate) fn mark(mark: Mark) -> Element {
    let paths: &[&'static str] = match mark {
        Mark::Waiting => &["M8 7.9v.2"],
        Mark::Running => &["M4 5.5L8 8l-4 2.5M9 5.5L13 8l-4 2.5"],
        Mark::Works => &["M3.5 8.5l3 3 6-7"],
        Mark::Fails => &["M4 4l8 8M12 4l-8 8"],
        Mark::NotTested => &["M4 8h8"],
    };
    icon("mark", "0 0 16 16", paths)
}
