//! The server as its clients and peers see it.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions for tests, not their helpers"
)]

mod allocations;
mod authentication;
mod model;
mod permissions;
mod relaying;
mod robustness;
mod scopes;
#[path = "../support/mod.rs"]
mod support;
mod witness;
