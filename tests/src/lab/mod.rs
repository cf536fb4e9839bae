//! The fault lab: real networks with real faults, in which a verdict must name each fault by its cause.

pub mod net;
