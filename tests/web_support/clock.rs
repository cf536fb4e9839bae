//! The page's clock.

/// Milliseconds of a clock that never goes back.
pub(crate) fn now_ms() -> f64 {
    web_sys::window().unwrap().performance().unwrap().now()
}
