//! What was observed of a voice path, and what follows from it.
//!
//! [`facts`] are what was measured, [`plan`] is what was to be measured, [`findings`] are what the facts mean and
//! [`verdict`] is the one sentence that a person reads. Everything here is pure: no clock, no network, no browser,
//! so that the page, the relay and the command line judge alike.

pub mod address;
pub mod api;
pub mod candidate;
pub mod code;
pub mod facts;
pub mod findings;
pub mod ice_url;
pub mod limits;
pub mod plan;
pub mod quality;
pub mod report;
pub mod verdict;
mod words;

pub use address::{Address, AddressRange};
pub use code::{Actor, Code, Severity, Status};
pub use facts::{Fact, Facts};
pub use findings::Finding;
pub use ice_url::{IceUrl, Scheme, Transport};
pub use plan::{Plan, Probe, Target};
pub use report::Report;
pub use verdict::Verdict;
