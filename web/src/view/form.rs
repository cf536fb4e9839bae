//! The form for another server.

use super::{Action, HEADING, Scene};
use crate::{
    locale::{Key, keys},
    state::{Form, FormError, Msg},
};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// One field of the form.
struct Field {
    id: &'static str,
    label: Key,
    hint: Option<Key>,
    kind: &'static str,
    value: String,
    typed: fn(String) -> Msg,
    is_mine: fn(&FormError) -> bool,
}

/// The screen with the form.
pub(super) fn screen(form: &Form, scene: &Scene) -> Html {
    let fields = [
        Field {
            id: "urls",
            label: keys::FORM_URLS,
            hint: Some(keys::FORM_URLS_HINT),
            kind: "text",
            value: form.urls.clone(),
            typed: Msg::TypedUrls,
            is_mine: FormError::is_about_urls,
        },
        Field {
            id: "username",
            label: keys::FORM_USERNAME,
            hint: None,
            kind: "text",
            value: form.username.clone(),
            typed: Msg::TypedUsername,
            is_mine: |error| *error == FormError::NoUsername,
        },
        Field {
            id: "password",
            label: keys::FORM_PASSWORD,
            hint: None,
            kind: "password",
            value: form.password.clone(),
            typed: Msg::TypedPassword,
            is_mine: |error| *error == FormError::NoPassword,
        },
    ];
    let act = scene.act.clone();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        act.emit(Action::Tell(Msg::SubmitForm));
    });
    html! {
        <section class="form">
            <h1 id={HEADING} tabindex="-1">{ scene.text(keys::FORM_TITLE) }</h1>
            <p class="lead">{ scene.text(keys::FORM_LEAD) }</p>
            <form {onsubmit} novalidate=true autocomplete="off">
                { for fields.iter().map(|one| field(one, &form.errors, scene)) }
                <p class="promise">{ scene.text(keys::FORM_PROMISE) }</p>
                <p class="actions">
                    <button type="submit" id="test-server" class="primary">{ scene.text(keys::FORM_SUBMIT) }</button>
                    { scene.button("quiet", "back", keys::FORM_BACK, || Action::Tell(Msg::CloseForm)) }
                </p>
            </form>
        </section>
    }
}

fn field(field: &Field, errors: &[FormError], scene: &Scene) -> Html {
    let mine: Vec<&FormError> = errors
        .iter()
        .filter(|error| (field.is_mine)(error))
        .collect();
    let hint_id = format!("{}-hint", field.id);
    let errors_id = format!("{}-errors", field.id);
    let act = scene.act.clone();
    let typed = field.typed;
    let oninput = Callback::from(move |event: InputEvent| {
        let value = event.target_unchecked_into::<HtmlInputElement>().value();
        act.emit(Action::Tell(typed(value)));
    });
    let described = match (mine.is_empty(), field.hint) {
        (false, _) => Some(errors_id.clone()),
        (true, Some(_)) => Some(hint_id.clone()),
        (true, None) => None,
    };
    html! {
        <div class="field">
            <label for={field.id}>{ scene.text(field.label) }</label>
            <input
                id={field.id}
                type={field.kind}
                value={field.value.clone()}
                {oninput}
                autocomplete={if field.kind == "password" { "new-password" } else { "off" }}
                autocapitalize="none"
                spellcheck="false"
                aria-invalid={(!mine.is_empty()).to_string()}
                aria-describedby={described}
            />
            if let Some(hint) = field.hint {
                <p class="hint" id={hint_id}>{ scene.text(hint) }</p>
            }
            if !mine.is_empty() {
                <ul class="errors" id={errors_id} role="alert">
                    { for mine.iter().map(|error| html! { <li>{ scene.locale.form_error(error) }</li> }) }
                </ul>
            }
        </div>
    }
}
