//! What the person's clicks and the course of a check of the devices share.

mod course;

use super::{DeviceUpdate, chime, echo::Recording, microphone::Asked};
use crate::probe::{
    connection::Server,
    player::Player,
    wait::{Events, Inbox, Signal},
};
pub(super) use course::run;
use earshot_report::facts::DeviceFacts;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

/// Wishes that wait: each is a click.
const CLICKS: usize = 8;

/// What the person wishes.
enum Wish {
    Microphone(Asked),
    Echo(Server),
}

/// What the person's clicks and the course share.
pub(super) struct Check {
    emit: Box<dyn Fn(DeviceUpdate)>,
    facts: RefCell<DeviceFacts>,
    is_news: Cell<bool>,
    wishes: Inbox<Wish>,
    /// What plays now, and what it plays.
    playing: RefCell<Option<Rc<Playing>>>,
    speaker: RefCell<String>,
    over: Signal,
}

struct Playing {
    player: Player,
    ended: Events,
    is_echo: bool,
    _sound: Recording,
}

impl Check {
    pub(super) fn new(emit: Box<dyn Fn(DeviceUpdate)>) -> Self {
        Self {
            emit,
            facts: RefCell::default(),
            is_news: Cell::new(false),
            wishes: Inbox::new(CLICKS),
            playing: RefCell::default(),
            speaker: RefCell::default(),
            over: Signal::default(),
        }
    }

    fn tell(&self, update: DeviceUpdate) {
        if !self.over.is_given() {
            (self.emit)(update);
        }
    }

    /// Reads or changes the facts.
    pub(super) fn facts<T>(&self, work: impl FnOnce(&mut DeviceFacts) -> T) -> T {
        self.is_news.set(true);
        work(&mut self.facts.borrow_mut())
    }

    fn tell_facts(&self) {
        if self.is_news.take() {
            let facts = self.facts.borrow().clone();
            self.tell(DeviceUpdate::Facts(Box::new(facts)));
        }
    }

    pub(super) fn ask(&self, id: Option<&str>) {
        if !self.over.is_given() {
            self.wishes.put(Wish::Microphone(Asked::new(id)));
        }
    }

    pub(super) fn echo(&self, server: Server) {
        self.wishes.put(Wish::Echo(server));
    }

    pub(super) fn choose_speaker(&self, id: &str) {
        self.speaker.replace(id.to_owned());
        if let Some(playing) = &*self.playing.borrow() {
            playing.player.set_output(id);
        }
    }

    pub(super) fn play_chime(&self) {
        let file = chime();
        if let Ok(sound) = file.and_then(|file| Recording::new(&file)) {
            self.play(sound, false);
        }
    }

    fn play(&self, sound: Recording, is_echo: bool) {
        let Ok(player) = Player::of_url(&sound.url) else {
            return;
        };
        player.set_output(&self.speaker.borrow());
        player.play();
        self.playing.replace(Some(Rc::new(Playing {
            ended: Events::of(player.element(), &["ended"]),
            player,
            is_echo,
            _sound: sound,
        })));
    }

    pub(super) fn resume(&self) {
        if let Some(playing) = &*self.playing.borrow() {
            playing.player.play();
        }
    }

    pub(super) fn end(&self) {
        self.tell_facts();
        self.over.give();
        self.playing.replace(None);
    }
}

fn chime() -> Result<Blob, JsValue> {
    let bytes = js_sys::Uint8Array::from(&chime::wav()[..]);
    let options = BlobPropertyBag::new();
    options.set_type("audio/wav");
    Blob::new_with_u8_array_sequence_and_options(&js_sys::Array::of1(&bytes), &options)
}
