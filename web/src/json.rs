//! JSON by the browser's own parser and printer: a second one in the page would cost every visitor its weight.

use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

/// What `text` says; else what is wrong with it.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let value = js_sys::JSON::parse(text).map_err(|error| format!("{error:?}"))?;
    serde_wasm_bindgen::from_value(value).map_err(|error| error.to_string())
}

/// `value` as JSON, each line indented by `indent` spaces; 0: all in one line.
pub fn write<T: Serialize>(value: &T, indent: u32) -> Result<String, String> {
    let value = value
        .serialize(&Serializer::json_compatible())
        .map_err(|error| error.to_string())?;
    js_sys::JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &indent.into())
        .map(String::from)
        .map_err(|error| format!("{error:?}"))
}
