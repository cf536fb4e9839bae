//! Why a socket of a link is closed, in sentences for the person who looks at the page.

use super::{CLOSED, NO_LINK};
use crate::store::link_seats::Join;
use earshot_report::api::{
    Refusal,
    link::{LONGEST_MESSAGE, LONGEST_SIGNAL, SHORTEST_KEY},
};

/// How a conversation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The other end is gone, or does not answer; it may come back.
    Gone,
    /// It goes away for good.
    Left,
    /// Something here failed; it may try again.
    Failed,
    /// It need not try again: why, in a sentence, and for the person's own language.
    Refused(String, Refusal),
}

impl End {
    fn refused(reason: Refusal, why: impl Into<String>) -> Self {
        Self::Refused(why.into(), reason)
    }

    pub(super) fn closed() -> Self {
        Self::refused(Refusal::LinkClosed, CLOSED)
    }

    pub(super) fn deleted() -> Self {
        Self::refused(Refusal::NoLink, NO_LINK)
    }

    pub(super) fn replaced() -> Self {
        Self::refused(
            Refusal::OpenedElsewhere,
            "this link was opened again elsewhere, and goes on there: close this page, or reload it to go on here",
        )
    }

    pub(super) fn full() -> Self {
        Self::refused(
            Refusal::VisitorsFull,
            "as many people look at links as this server allows (MOST_LINK_SOCKETS): try again in some minutes",
        )
    }

    pub(super) fn no_hello() -> Self {
        Self::refused(
            Refusal::Reload,
            "the first message, which says who this is (“hello”), did not come in time: reload the page",
        )
    }

    pub(super) fn second_hello() -> Self {
        Self::refused(
            Refusal::Reload,
            "this page said a second time who it is (“hello”): reload the page",
        )
    }

    pub(super) fn short_key() -> Self {
        Self::refused(
            Refusal::Reload,
            format!(
                "“hello.key” is no key: a page makes 128 random bits or more, as {SHORTEST_KEY} letters of base64url or more"
            ),
        )
    }

    pub(super) fn too_large() -> Self {
        Self::refused(
            Refusal::Reload,
            format!(
                "a message of this page had more than the {LONGEST_MESSAGE} bytes that one may have: reload the page"
            ),
        )
    }

    pub(super) fn too_many() -> Self {
        Self::refused(
            Refusal::TooOften,
            "this page sent too many messages in a short time: reload it",
        )
    }

    pub(super) fn not_understood(error: &serde_json::Error) -> Self {
        Self::refused(
            Refusal::Reload,
            format!(
                "a message of this page cannot be read, at line {}, column {}: reload the page, to have that of this \
             version",
                error.line(),
                error.column()
            ),
        )
    }

    pub(super) fn no_text() -> Self {
        Self::refused(
            Refusal::Reload,
            "a message of this page is no text, and here all are JSON: reload the page",
        )
    }

    pub(super) fn bad_signal() -> Self {
        Self::refused(
            Refusal::Reload,
            format!(
                "a message for the other side has no call, or more than {LONGEST_SIGNAL} bytes: reload the page"
            ),
        )
    }

    pub(super) fn call_too_large() -> Self {
        Self::refused(
            Refusal::TooOften,
            "this call has sent more messages than a call may: reload the page and call again",
        )
    }

    /// Why somebody is not let in.
    pub(super) fn of_join(join: Join) -> Self {
        match join {
            Join::In { .. } => Self::Gone,
            Join::Taken => Self::refused(
                Refusal::LinkTaken,
                "somebody else is using this link just now: ask who sent it for a link of your own, or try again in a \
                 minute",
            ),
            Join::Full => Self::refused(
                Refusal::LinkUsedUp,
                "so many people have used this link that it takes no more: ask who sent it for a new one",
            ),
            Join::Closed => Self::closed(),
            Join::NoLink => Self::deleted(),
        }
    }
}
