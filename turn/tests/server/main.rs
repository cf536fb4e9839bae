//! The server as its clients and peers see it.

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
