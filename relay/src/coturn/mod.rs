//! coturn, which others run: its configuration explained (`earshot check-conf`), its log read (`earshot explain-log`).
//!
//! What is found is a value, made from bytes alone; files are read and words printed in [`commands`] only.

pub mod commands;
pub mod conf;
pub mod finding;
pub mod log;
mod print;
mod text;
