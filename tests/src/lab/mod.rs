//! The fault lab: real networks with real faults, in which a verdict must name each fault by its cause.

pub mod authority;
pub mod browser;
mod calm;
pub mod case;
pub mod check;
pub mod company;
pub use crate::devices;
pub mod driven;
pub mod matrix;
pub mod net;
pub mod pair;
pub mod play;
pub mod server;
