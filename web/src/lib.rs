//! The page.

pub mod update;
