//! The probes: the only code that touches WebRTC, WebAudio and media devices.
//!
//! Each probe is a future that owns everything it made in the browser – connections, listeners, timers, audio nodes.
//! Dropping the future ends all of it.

pub(crate) mod attention;
mod connection;
pub mod devices;
mod direct;
pub mod environment;
pub mod gather;
mod js;
pub mod leg;
pub mod nat_mapping;
pub mod pair;
mod player;
pub mod sound;
mod stats;
pub mod tone;
pub mod wait;
pub mod witness;
pub mod wrong_password;

pub use connection::Server;
pub(crate) use js::{ignore, now_ms, words};
pub use wait::Signal;
