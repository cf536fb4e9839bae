//! Real parts for whole-system tests: the program, a browser, Debian's coturn and PostgreSQL, a plain TURN client.

pub mod again;
pub mod browser;
pub mod child;
pub mod coturn;
pub mod devices;
pub mod forward;
pub mod http;
#[cfg(target_os = "linux")]
pub mod lab;
pub mod net;
pub mod postgres;
pub mod program;
pub mod turn_client;
mod wire;

use std::path::PathBuf;

/// Where a program lies, or `None` after saying that the test is skipped and why (see [`skip`]).
pub fn real_part(program: &str, debian_package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let found = std::env::split_paths(&path)
        .chain(extra)
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file());
    if found.is_none() {
        skip(&format!(
            "{program} is not installed (Debian's package {debian_package})"
        ));
    }
    found
}

/// Says that a test is skipped and why. With `EARSHOT_REQUIRE_REAL=1`, as in CI, nothing is skipped: then this panics.
pub fn skip(reason: &str) {
    let required = std::env::var_os("EARSHOT_REQUIRE_REAL").is_some_and(|value| value == "1");
    assert!(
        !required,
        "{reason}, and EARSHOT_REQUIRE_REAL=1 asks for it"
    );
    println!("skipped: {reason}");
}
