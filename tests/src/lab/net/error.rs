//! Why a network could not be had.

use std::{io, process::Command};

/// Why a network could not be built or changed.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// This machine or this user may not have network namespaces.
    #[error(
        "network namespaces may not be made here: {0} (the lab needs Linux and root, and in a container the \
         capabilities NET_ADMIN and SYS_ADMIN)"
    )]
    NotAllowed(String),
    /// A program refused what it was asked.
    #[error("`{command}` failed: {said}")]
    Refused {
        /// What was called.
        command: String,
        /// Its standard error, or how it ended.
        said: String,
    },
    /// The system refused.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A part of the network was started and did not get ready.
    #[error("{0}")]
    NotReady(String),
}

impl LabError {
    pub(super) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }

    pub(super) fn refused(command: &Command, said: impl Into<String>) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
        Self::Refused {
            command: words.join(" "),
            said: said.into(),
        }
    }
}
