//! The whole system on real parts: the program's binary, Chromium, Debian's coturn and its clients, PostgreSQL.

mod accessibility;
mod check_browser;
mod coturn_words;
mod deploy;
mod devices;
mod faults;
mod help;
mod kill;
mod languages;
mod links;
#[cfg(feature = "measure")]
mod many_links;
mod page;
mod program;
mod relay;
mod second_page;
mod several;
mod status;
mod store;
mod turnutils;
