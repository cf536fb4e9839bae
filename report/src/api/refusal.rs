//! Why the program says no, for pages that tell it in the person's own language.

use serde::{Deserialize, Serialize};

/// The reasons that a person at a page may meet. Scripts and operators read the sentence beside it, which tells more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// There is no such link.
    NoLink,
    /// The link's time is over.
    LinkClosed,
    /// Somebody else is using the link.
    LinkTaken,
    /// The link had all the guests that one may have.
    LinkUsedUp,
    /// The link was opened again elsewhere, and goes on there.
    OpenedElsewhere,
    /// This page does not have the link's seat any more.
    SeatLost,
    /// Only the operator makes links here.
    KeyNeeded,
    /// As many links are open as this server allows.
    LinksFull,
    /// As many people look at links as this server allows.
    VisitorsFull,
    /// The link has as many reports as a link may have.
    ReportsFull,
    /// Too much was asked from this address, or by this page, in a short time.
    TooOften,
    /// The test is not known any more.
    NoTest,
    /// Its report is saved already.
    AlreadySaved,
    /// What this page says is not understood, or too much: one of another version would do better.
    Reload,
    /// Something failed here, and the log says what.
    ServerFault,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::NoLink,
        Self::LinkClosed,
        Self::LinkTaken,
        Self::LinkUsedUp,
        Self::OpenedElsewhere,
        Self::SeatLost,
        Self::KeyNeeded,
        Self::LinksFull,
        Self::VisitorsFull,
        Self::ReportsFull,
        Self::TooOften,
        Self::NoTest,
        Self::AlreadySaved,
        Self::Reload,
        Self::ServerFault,
    ];
}
