//! JSON by the browser's own parser and printer.
//!
//! Between its values and serde stand two thin layers of our own: every visitor pays for what the page weighs, and
//! general libraries bring a second parser, tables for numbers, and a sentence for each way in which each field can
//! be wrong. Here there is one word for that, because page and program are built from the same types.

mod read;
mod write;

use js_sys::{JSON, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;
use wasm_bindgen::JsValue;

/// A text that is no JSON, or not of the form that was asked for; or a value that has no form in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongForm;

impl fmt::Display for WrongForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not of the form that this page knows")
    }
}

impl std::error::Error for WrongForm {}

impl serde::de::Error for WrongForm {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl serde::ser::Error for WrongForm {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// What `text` says.
///
/// # Errors
/// It is no JSON, or of another form.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, WrongForm> {
    from_value(parse(text)?)
}

/// `text` as the browser's value.
///
/// # Errors
/// It is no JSON.
pub fn parse(text: &str) -> Result<JsValue, WrongForm> {
    JSON::parse(text).map_err(|_| WrongForm)
}

/// What the browser's `value` says.
///
/// # Errors
/// It is of another form.
pub fn from_value<T: DeserializeOwned>(value: JsValue) -> Result<T, WrongForm> {
    T::deserialize(read::Reader(value))
}

/// A field of an object; undefined where there is none.
pub fn field(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// `value` as JSON, each line indented by `indent` spaces; 0: all in one line.
///
/// # Errors
/// It has no form in JSON, such as a map whose keys are not texts.
pub fn write<T: Serialize>(value: &T, indent: u32) -> Result<String, WrongForm> {
    let value = value.serialize(write::Writer)?;
    JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &indent.into())
        .map(String::from)
        .map_err(|_| WrongForm)
}
