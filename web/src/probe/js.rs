//! Reading values of the browser that may not be what they should be.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The milliseconds of a clock that never goes back.
pub(crate) fn now_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// Whole milliseconds since `start`, a value of [`now_ms`].
pub(crate) fn elapsed_ms(start: f64) -> u32 {
    (now_ms() - start).max(0.0).round() as u32
}

/// What an exception says: its name and its message. An array prints what it holds, whatever that is.
pub(crate) fn words(error: &JsValue) -> String {
    Array::of1(error).join("").into()
}

/// A property; `None` where it is missing, undefined or null.
pub(crate) fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A property that is a text.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    property(object, name)?.as_string()
}

/// A property that is a number.
pub(crate) fn number(object: &JsValue, name: &str) -> Option<f64> {
    property(object, name)?.as_f64()
}

/// A property that is a natural number.
pub(crate) fn count(object: &JsValue, name: &str) -> Option<u64> {
    number(object, name)
        .filter(|number| *number >= 0.0)
        .map(|number| number as u64)
}

/// Lets a promise end as it may; a rejection that nobody takes would be written to the console as an error.
pub(crate) fn ignore(promise: Promise) {
    drop(JsFuture::from(promise));
}
