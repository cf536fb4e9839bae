//! `earshot check` as operators and CI start it.
#![cfg(target_os = "linux")]

mod api;
mod dtls;
mod lab;
mod program;
mod watch;
