//! The lab's networks do what their presets say, and what a preset does not break still works.
#![cfg(target_os = "linux")]

mod fault_table;
mod faults;
mod jitter;
mod layouts;
mod life;
mod names;
mod nats;
mod packets;
mod survey;
