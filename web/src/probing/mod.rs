//! The probes for tests of another project: one call in, facts and verdict out.
//!
//! ```no_run
//! # async fn test() -> Result<(), earshot_web::ProbeError> {
//! use earshot_web::{probe, report::Status};
//!
//! let outcome = probe("http://127.0.0.1:8080").await?;
//! assert_eq!(outcome.verdict.status, Status::Good, "{outcome}");
//! # Ok(())
//! # }
//! ```

mod error;
mod outcome;
mod request;

pub use error::ProbeError;
pub use outcome::Outcome;
pub use request::ProbeRequest;

use crate::{
    browser,
    probe::Signal,
    runner::{RunRequestKind, start_alone, start_at},
    state::{Origin, Run},
    update::Update,
};
use error::no_program;
use request::Checked;
use std::{cell::RefCell, rc::Rc};

/// Makes one test as the page makes it, and judges it: every server by every transport, with a sound in each direction.
/// It takes some three seconds where all is well, and measures for nine at most. A program that is slow to answer is
/// waited for besides, five seconds each time that it is asked.
///
/// A `&str` is the address of a running `earshot`, whose configured servers are tested; see [`ProbeRequest`] for
/// others. That something is broken is no error but a verdict. Dropping the future ends the test at once.
///
/// To be called in a page of a browser that lets sound run without a click
/// (`--autoplay-policy=no-user-gesture-required`). A program of another origin has to let the page in, by its setting
/// `CORS_ORIGIN`.
///
/// # Errors
/// The test could not be made. Each error says the way out: see [`ProbeError`].
pub async fn probe(request: impl Into<ProbeRequest>) -> Result<Outcome, ProbeError> {
    let request = request.into();
    let checked = request.check()?;
    if !browser::is_page() {
        return Err(ProbeError::NoPage);
    }
    let origin = match checked {
        Checked::Program(_) => Origin::Configured,
        Checked::Servers(..) => Origin::AdHoc,
    };
    let run = Rc::new(RefCell::new(Run::new(origin)));
    let over = Signal::default();
    let take = {
        let (run, over) = (run.clone(), over.clone());
        move |update: Update| {
            // A report that cannot be saved is tried again for ever, for a person to wait for; a test does not.
            let is_last = matches!(update, Update::Saved(_) | Update::NotSaved(_));
            request.tell(&update);
            run.borrow_mut().apply(update);
            if is_last {
                over.give();
            }
        }
    };
    let (handle, program) = match checked {
        Checked::Program(base) => (
            start_at(&base, RunRequestKind::Configured, take),
            Some(base),
        ),
        Checked::Servers(servers, None) => (start_alone(servers, take), None),
        Checked::Servers(servers, Some(base)) => (
            start_at(&base, RunRequestKind::AdHoc(servers), take),
            Some(base),
        ),
    };
    over.wait().await;
    drop(handle);
    let run = run.replace(Run::new(origin));
    match program {
        Some(base) if !has_begun(&run) => Err(no_program(base, run)),
        program => Ok(Outcome::new(run, program)),
    }
}

/// The program took part. It cannot be judged by the report alone, which may be lost at the end.
fn has_begun(run: &Run) -> bool {
    run.saved.is_some() || run.facts.environment.server_time_ms.is_some()
}
