//! The whole program over real sockets on loopback, with independent clients.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod house;
#[path = "../support/net.rs"]
mod net;
mod ports;
mod site;
mod streams;
mod tls;
mod turnutils;
