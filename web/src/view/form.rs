//! The form for another server.

use super::{
    Action, Scene,
    element::{Element, On, element},
};
use crate::{
    locale::{Key, keys},
    state::{Form, FormError, Msg},
};
use web_sys::HtmlInputElement;
use yew::TargetCast;

/// One field of the form.
struct Field {
    id: &'static str,
    label: Key,
    hint: Option<Key>,
    kind: &'static str,
    autocomplete: &'static str,
    value: String,
    typed: fn(String) -> Msg,
    is_mine: fn(&FormError) -> bool,
}

/// The screen with the form.
pub(super) fn screen(form: &Form, scene: &Scene) -> Element {
    let fields = [
        Field {
            id: "urls",
            label: keys::FORM_URLS,
            hint: Some(keys::FORM_URLS_HINT),
            kind: "text",
            autocomplete: "off",
            value: form.urls.clone(),
            typed: Msg::TypedUrls,
            is_mine: FormError::is_about_urls,
        },
        Field {
            id: "username",
            label: keys::FORM_USERNAME,
            hint: None,
            kind: "text",
            autocomplete: "off",
            value: form.username.clone(),
            typed: Msg::TypedUsername,
            is_mine: |error| *error == FormError::NoUsername,
        },
        Field {
            id: "password",
            label: keys::FORM_PASSWORD,
            hint: None,
            kind: "password",
            autocomplete: "new-password",
            value: form.password.clone(),
            typed: Msg::TypedPassword,
            is_mine: |error| *error == FormError::NoPassword,
        },
    ];
    let act = scene.act.clone();
    let submit = scene
        .say("button", "primary", keys::FORM_SUBMIT)
        .set("type", "submit")
        .set("id", "test-server");
    let back = scene.button("quiet", "back", keys::FORM_BACK, || {
        Action::Tell(Msg::CloseForm)
    });
    let whole = element("form")
        .set("novalidate", "novalidate")
        .set("autocomplete", "off")
        .on(On::Submit, move |event| {
            event.prevent_default();
            act.emit(Action::Tell(Msg::SubmitForm));
        })
        .each(fields.iter().map(|one| field(one, &form.errors, scene)))
        .with(scene.say("p", "promise", keys::FORM_PROMISE))
        .with(element("p").class("actions").with(submit).with(back));
    element("section")
        .class("form")
        .with(scene.heading(keys::FORM_TITLE))
        .with(scene.say("p", "lead", keys::FORM_LEAD))
        .with(whole)
}

fn field(field: &Field, errors: &[FormError], scene: &Scene) -> Element {
    let mut mine = errors
        .iter()
        .filter(|error| (field.is_mine)(error))
        .peekable();
    let is_wrong = mine.peek().is_some();
    let hint_id = format!("{}-hint", field.id);
    let errors_id = format!("{}-errors", field.id);
    let act = scene.act.clone();
    let typed = field.typed;
    let input = element("input")
        .set("id", field.id)
        .set("type", field.kind)
        .set("autocomplete", field.autocomplete)
        .set("autocapitalize", "none")
        .set("spellcheck", "false")
        .set("aria-invalid", is_wrong.to_string())
        .value(field.value.clone())
        .on(On::Input, move |event| {
            let value = event.target_unchecked_into::<HtmlInputElement>().value();
            act.emit(Action::Tell(typed(value)));
        });
    let input = match (is_wrong, field.hint) {
        (true, _) => input.set("aria-describedby", errors_id.clone()),
        (false, Some(_)) => input.set("aria-describedby", hint_id.clone()),
        (false, None) => input,
    };
    let label = scene.plain("label", field.label).set("for", field.id);
    let hint = field
        .hint
        .map(|hint| scene.say("p", "hint", hint).set("id", hint_id));
    let errors = is_wrong.then(|| {
        let list = element("ul")
            .class("errors")
            .each(mine.map(|error| element("li").text(scene.locale.form_error(error))));
        // Around the list: a list that is an alert is no list any more.
        element("div")
            .set("id", errors_id)
            .set("role", "alert")
            .with(list)
    });
    element("div")
        .class("field")
        .with(label)
        .with(input)
        .each(hint)
        .each(errors)
}
