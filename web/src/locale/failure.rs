//! Why the program did not do what it was asked, in the person's language.

use super::{Key, Locale, keys};
use crate::api::Failure;
use earshot_report::api::Refusal;
use std::borrow::Cow;

impl Locale {
    /// Why something was not done: a sentence that goes on after a colon. What gives no reason, as scripts are told, is
    /// in the words of the program.
    pub fn failure<'a>(&self, failure: &'a Failure) -> Cow<'a, str> {
        match failure {
            Failure::Unreachable(words) => {
                Cow::Owned(self.fill(keys::REFUSAL_NO_ANSWER, &[("words", words)]))
            }
            Failure::Refused(_, Some(reason)) => Cow::Borrowed(self.text(key(*reason))),
            Failure::Refused(sentence, None) => Cow::Borrowed(sentence),
        }
    }
}

fn key(reason: Refusal) -> Key {
    match reason {
        Refusal::NoLink => keys::REFUSAL_NO_LINK,
        Refusal::LinkClosed => keys::REFUSAL_LINK_CLOSED,
        Refusal::LinkTaken => keys::REFUSAL_LINK_TAKEN,
        Refusal::LinkUsedUp => keys::REFUSAL_LINK_USED_UP,
        Refusal::OpenedElsewhere => keys::REFUSAL_OPENED_ELSEWHERE,
        Refusal::SeatLost => keys::REFUSAL_SEAT_LOST,
        Refusal::KeyNeeded => keys::REFUSAL_KEY_NEEDED,
        Refusal::LinksFull => keys::REFUSAL_LINKS_FULL,
        Refusal::VisitorsFull => keys::REFUSAL_VISITORS_FULL,
        Refusal::ReportsFull => keys::REFUSAL_REPORTS_FULL,
        Refusal::TooOften => keys::REFUSAL_TOO_OFTEN,
        Refusal::NoTest => keys::REFUSAL_NO_TEST,
        Refusal::AlreadySaved => keys::REFUSAL_ALREADY_SAVED,
        Refusal::Reload => keys::REFUSAL_RELOAD,
        Refusal::ServerFault => keys::REFUSAL_SERVER_FAULT,
    }
}
