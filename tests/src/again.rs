//! Reading with a time limit, to its end.

use std::io::{ErrorKind, Result};

/// Asks the system again while it was only interrupted. The standard library does so by itself where it reads to an end,
/// but not in a single read; one with a time limit ends so whenever its process was stopped and goes on (signal(7)), as
/// with the machine that it runs on.
///
/// # Errors
/// Those of `read`.
pub fn uninterrupted<T>(mut read: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
