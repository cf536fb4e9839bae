//! The elements that the page is made of, each part of one a call. `html!` writes the whole making of an element out
//! wherever one stands; with it the page weighs 6 KB more, compressed.

use super::Scene;
use crate::locale::Key;
use std::rc::Rc;
use web_sys::Event;
use yew::{
    AttrValue, Html,
    virtual_dom::{Listener, ListenerKind, VList, VTag, VText},
};

/// An element under way.
pub(crate) struct Element(Box<VTag>);

/// An element with nothing in it yet.
pub(crate) fn element(tag: &'static str) -> Element {
    Element(Box::new(VTag::new(tag)))
}

impl Element {
    /// Sets its class, or several with spaces between them.
    pub(crate) fn class(self, class: impl Into<AttrValue>) -> Self {
        self.set("class", class)
    }

    /// Sets an attribute.
    pub(crate) fn set(mut self, name: &'static str, value: impl Into<AttrValue>) -> Self {
        self.0.add_attribute(name, value);
        self
    }

    /// Adds a text.
    pub(crate) fn text(self, words: impl Into<AttrValue>) -> Self {
        self.with(VText::new(words))
    }

    /// Adds a child.
    pub(crate) fn with(mut self, child: impl Into<Html>) -> Self {
        self.0.add_child(child.into());
        self
    }

    /// Adds a list of children. Empty, it keeps its place: Yew knows the children that follow by their places.
    pub(crate) fn each(self, children: impl IntoIterator<Item = Self>) -> Self {
        let mut list = VList::new();
        for child in children {
            list.add_child(child.into());
        }
        self.with(list)
    }

    /// What an `input` holds.
    pub(crate) fn value(mut self, value: String) -> Self {
        self.0.set_value(value);
        self
    }

    /// Does `act` at each event of this kind.
    pub(crate) fn on(mut self, event: On, act: impl Fn(Event) + 'static) -> Self {
        let act = Box::new(act);
        self.0.add_listener(Rc::new(Reaction { event, act }));
        self
    }
}

/// The events that the page listens to.
#[derive(Clone, Copy)]
pub(crate) enum On {
    Click,
    Input,
    Submit,
}

/// What is done at an event.
struct Reaction {
    event: On,
    act: Box<dyn Fn(Event)>,
}

impl Listener for Reaction {
    fn kind(&self) -> ListenerKind {
        match self.event {
            On::Click => ListenerKind::onclick,
            On::Input => ListenerKind::oninput,
            On::Submit => ListenerKind::onsubmit,
        }
    }

    fn handle(&self, event: Event) {
        (self.act)(event);
    }

    fn passive(&self) -> bool {
        false
    }
}

impl From<Element> for Html {
    fn from(element: Element) -> Self {
        (*element.0).into()
    }
}

impl Scene<'_> {
    /// An element with a class and a text.
    pub(crate) fn say(&self, tag: &'static str, class: &'static str, key: Key) -> Element {
        element(tag).class(class).text(self.text(key))
    }

    /// An element with a text and without a class.
    pub(crate) fn plain(&self, tag: &'static str, key: Key) -> Element {
        element(tag).text(self.text(key))
    }
}
