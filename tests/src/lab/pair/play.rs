//! One case of two people: a link is made, both open it, test, and call each other; the reports tell what each reads.

use super::{
    case::PairCase,
    stage::{ORIGIN, Stage},
};
use crate::lab::{case::Expected, company::Company};
use serde_json::Value;
use std::time::Duration;

/// Two browsers start on a busy machine, test, call, and save.
const PATIENCE: Duration = Duration::from_secs(90);
/// Each tests alone, and then both make a call.
const REPORTS: usize = 4;

/// How a case ended.
#[derive(Clone, Debug)]
pub struct Played {
    /// What who made the link reads.
    pub owner: Expected,
    /// What who opened it reads.
    pub guest: Expected,
    /// How long the longer of the two reports took.
    pub duration: Duration,
    /// Both reports, and what program and browsers said.
    pub story: String,
}

impl Played {
    /// Both read what they must.
    pub fn is_right(&self, case: &PairCase) -> bool {
        self.owner == case.owner.expected && self.guest == case.guest.expected
    }
}

/// Plays a case in this company. `None`, after saying why: it is skipped, because this machine lacks something.
///
/// # Errors
/// There was no report; everything that was said.
pub fn play(case: &PairCase, _company: &Company) -> Option<Result<Played, String>> {
    let mut stage = Stage::set(&case.owner, &case.guest)?;
    let link = stage.ask("POST", "/api/links", "", "{}");
    let text = |name: &str| link[name].as_str().expect("a link has it").to_owned();
    let (token, secret) = (text("token"), text("owner"));
    // What follows the # is sent to nobody.
    let for_owner = format!("{ORIGIN}/s/{token}?auto#owner={secret}");
    let owner = stage.open(&case.owner, true, &for_owner)?;
    let guest = stage.open(&case.guest, false, &format!("{ORIGIN}/s/{token}?auto"))?;
    // `test <run>: <cause>, <duration> ms` is the program's line for a saved report.
    let is_over = stage.page.says_times(" ms\n", REPORTS, PATIENCE);
    let said = format!(
        "The program:\n{}\nThe owner's browser:\n{}\nThe guest's browser:\n{}",
        stage.page.log(),
        owner.running.log(),
        guest.running.log()
    );
    if !is_over {
        return Some(Err(format!("not all reports came\n{said}")));
    }
    let of = |is_owner: bool| stage.call_of(&token, &secret, is_owner);
    let (Some(of_owner), Some(of_guest)) = (of(true), of(false)) else {
        return Some(Err(format!("two calls are missing\n{said}")));
    };
    let took = |report: &Value| report["duration_ms"].as_u64().unwrap_or(u64::MAX);
    Some(Ok(Played {
        owner: Expected::of(&of_owner, &case.owner.expected),
        guest: Expected::of(&of_guest, &case.guest.expected),
        duration: Duration::from_millis(took(&of_owner).max(took(&of_guest))),
        story: format!("{of_owner:#}\n{of_guest:#}\n{said}"),
    }))
}
