//! The page's few doors to the browser: address bar, clipboard, share sheet, download, languages. Each does nothing
//! where the browser lacks it.

use crate::probe::{ignore, words};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Blob, BlobPropertyBag, Document, Element, HtmlAnchorElement, HtmlDocument,
    HtmlElement, HtmlTextAreaElement, RequestInit, Response, Storage, Url, Window,
};

const LANGUAGE: &str = "language";

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

/// The element of this id.
pub fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// Gives the element of this id the focus.
pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Sets an attribute of `<html>`, or takes it away.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|document| document.document_element()) else {
        return;
    };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Sets the title of the page.
pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// The path and the query of the address bar.
pub fn location() -> (String, String) {
    let read = || {
        let location = window()?.location();
        Some((location.pathname().ok()?, location.search().ok()?))
    };
    read().unwrap_or_default()
}

/// The address of `path` on this page's server.
pub fn absolute(path: &str) -> String {
    let origin = window().and_then(|window| window.location().origin().ok());
    format!("{}{path}", origin.unwrap_or_default())
}

/// Shows `path` in the address bar, without loading it and without a new entry in the history.
pub fn show_path(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// The languages that the person prefers, the first choice first.
pub fn languages() -> Vec<String> {
    let Some(window) = window() else {
        return Vec::new();
    };
    let tags = window.navigator().languages();
    tags.iter().filter_map(|tag| tag.as_string()).collect()
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// The language chosen on this page before.
pub fn remembered_language() -> Option<String> {
    storage()?.get_item(LANGUAGE).ok()?
}

/// Remembers the language chosen.
pub fn remember_language(tag: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(LANGUAGE, tag);
    }
}

/// A method that this browser may lack.
fn method(object: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(object, &name.into()).ok()?.dyn_into().ok()
}

/// Puts `text` on the clipboard; `false` when the browser does not allow it.
pub async fn copy(text: &str) -> bool {
    copy_by_clipboard(text).await || copy_by_selection(text).is_some()
}

async fn copy_by_clipboard(text: &str) -> bool {
    let promise = || {
        let navigator = window()?.navigator();
        // Absent on plain http.
        let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
        let write = method(&clipboard, "writeText")?;
        let promise = write.call1(&clipboard, &text.into()).ok()?;
        promise.dyn_into::<Promise>().ok()
    };
    match promise() {
        Some(promise) => JsFuture::from(promise).await.is_ok(),
        None => false,
    }
}

/// The old way, which plain http allows too.
fn copy_by_selection(text: &str) -> Option<()> {
    let document = document()?;
    let area = document.create_element("textarea").ok()?;
    let area = area.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_value(text);
    area.set_class_name("unseen");
    document.body()?.append_child(&area).ok()?;
    area.select();
    let document = document.dyn_into::<HtmlDocument>().ok()?;
    let copied = document.exec_command("copy").unwrap_or(false);
    area.remove();
    copied.then_some(())
}

/// The browser has a share sheet.
pub fn can_share() -> bool {
    window().is_some_and(|window| method(&window.navigator(), "share").is_some())
}

/// Opens the share sheet. That the person closes it again is no error.
pub fn share(title: &str, text: &str, url: &str) {
    let Some(window) = window() else { return };
    let navigator = window.navigator();
    let data = js_sys::Object::new();
    for (name, value) in [("title", title), ("text", text), ("url", url)] {
        let _ = Reflect::set(&data, &name.into(), &value.into());
    }
    let Some(share) = method(&navigator, "share") else {
        return;
    };
    let Ok(promise) = share.call1(&navigator, &data) else {
        return;
    };
    if let Ok(promise) = promise.dyn_into::<Promise>() {
        ignore(promise);
    }
}

/// Offers `text` as a file.
pub fn download(name: &str, text: &str) {
    let offer = || {
        let url = Url::create_object_url_with_blob(&json_blob(text).ok()?).ok()?;
        let anchor = document()?.create_element("a").ok()?;
        let anchor = anchor.dyn_into::<HtmlAnchorElement>().ok()?;
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
        Url::revoke_object_url(&url).ok()
    };
    let _ = offer();
}

/// Asks the server: with a body, which is JSON, by a POST. The status and the body of the answer; an error in the
/// browser's words. Dropping it aborts the request.
pub async fn fetch(url: &str, body: Option<&str>) -> Result<(u16, String), String> {
    exchange(url, body).await.map_err(|error| words(&error))
}

async fn exchange(url: &str, body: Option<&str>) -> Result<(u16, String), JsValue> {
    let abort = AbortOnDrop(AbortController::new()?);
    let init = RequestInit::new();
    init.set_signal(Some(&abort.0.signal()));
    if let Some(body) = body {
        init.set_method("POST");
        init.set_body(json_blob(body)?.as_ref());
    }
    let window = window().ok_or("there is no window")?;
    let response = JsFuture::from(window.fetch_with_str_and_init(url, &init)).await?;
    let response: Response = response.unchecked_into();
    let body = JsFuture::from(response.text()?).await?;
    Ok((response.status(), body.as_string().unwrap_or_default()))
}

/// Aborts a request when it is dropped; one that is over does not mind.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// It tells its type by itself, to a server and to a disk.
fn json_blob(text: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &options)
}
