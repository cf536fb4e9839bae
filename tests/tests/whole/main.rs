//! The whole system on real parts: the program's binary, Chromium, Debian's coturn and its clients, PostgreSQL.

mod faults;
mod kill;
mod page;
mod program;
mod relay;
mod store;
mod turnutils;
