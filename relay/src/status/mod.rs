//! `earshot status`: how the running program is, told by the program itself. It is the health check of containers, so
//! it needs nothing but the settings that the program was started with.

mod ask;
mod document;
mod story;
mod text;

pub use document::{Heard, Proof, Refusals, Refused, Sessions, Status};
pub use story::{Announced, Listeners, Origin, Relay, SettingStory, Story};

use crate::{
    settings::{Look, Sources},
    terminal::harmless_json,
};
use ask::Unasked;
use std::{io::Write, process::ExitCode};

/// What an operator is told where a platform may forward web traffic alone.
pub(crate) const WEB_ONLY: &str = "Many platforms forward web traffic alone, and then nobody can reach the relay here, whatever is set \
     (web-only-host): run it where UDP ports can be opened, and here TURN_LISTEN=none with ICE_SERVERS.";

/// It does not serve, or does not run.
const UNHEALTHY: u8 = 1;
/// It could not be asked.
const UNKNOWN: u8 = 2;

/// What is to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// JSON instead of a text.
    pub json: bool,
    /// The operator's key instead of anything else.
    pub show_key: bool,
}

/// Asks the running program and prints what it says. The exit code is 0 where it serves all that it is set to serve,
/// 1 where it does not, and 2 where that could not be found out.
///
/// # Errors
/// The settings are wrong, or the operator's key cannot be read.
pub fn run(sources: &Sources, options: Options) -> anyhow::Result<ExitCode> {
    let look = Look::load(sources)?;
    let key = look.operator_key()?;
    if options.show_key {
        let key = key.ok_or_else(|| look.no_key())?;
        say(key.expose());
        return Ok(ExitCode::SUCCESS);
    }
    let asked = match &key {
        Some(key) => ask::ask(look.http(), key)?,
        // Whether it runs can be said without a key.
        None => ask::knock(look.http())?,
    };
    let unasked = match asked {
        Ok(status) => {
            let code = if status.healthy { 0 } else { UNHEALTHY };
            say(&match options.json {
                true => harmless_json(&serde_json::to_string_pretty(&status)?),
                false => text::text(&status),
            });
            return Ok(code.into());
        }
        Err(unasked) => unasked,
    };
    let (code, told) = match unasked {
        Unasked::NotRunning => (UNHEALTHY, text::not_running(&look)),
        Unasked::NoKey => (UNKNOWN, look.no_key().to_string()),
        Unasked::Silent => (UNHEALTHY, text::silent(&look)),
        Unasked::KeyRefused => (UNKNOWN, text::key_refused(&look)),
        Unasked::Other(answer) => (UNKNOWN, text::other(&look, &answer)),
    };
    match options.json {
        true => say(&serde_json::to_string_pretty(&serde_json::json!({
            "healthy": (code == UNHEALTHY).then_some(false),
            "problems": [told],
        }))?),
        false => say(&told),
    }
    Ok(code.into())
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody may be reading, and the exit code says it as well.
    let _ = writeln!(out, "{}", text.trim_end());
}
