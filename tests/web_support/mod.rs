//! What tests in a real browser share: the program that they need, and standing in for a method of the browser.

mod program;

pub(crate) use program::program;

use js_sys::{Function, Reflect};
use wasm_bindgen::JsValue;

/// Puts a function of JavaScript in the place of a method until it is dropped.
pub(crate) struct Stub {
    object: JsValue,
    name: &'static str,
    before: JsValue,
}

impl Stub {
    pub(crate) fn new(path: &[&str], name: &'static str, body: &str) -> Self {
        let object = window_value(path);
        let before = Reflect::get(&object, &name.into()).unwrap();
        // What was there before is at hand as `before`, of `self`.
        let make = Function::new_with_args("before, self", &format!("return {body}"));
        let stub = make.call2(&JsValue::NULL, &before, &object).unwrap();
        Reflect::set(&object, &name.into(), &stub).unwrap();
        Self {
            object,
            name,
            before,
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = Reflect::set(&self.object, &self.name.into(), &self.before);
    }
}

pub(crate) fn window_value(path: &[&str]) -> JsValue {
    let window = JsValue::from(js_sys::global());
    path.iter().fold(window, |it, name| {
        Reflect::get(&it, &(*name).into()).unwrap()
    })
}
