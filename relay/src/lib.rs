//! The native program `earshot`: sockets around the TURN state machine, the page's server, live facts, storage.

pub mod banner;
pub mod check;
pub mod check_browser;
pub mod cli;
pub mod coturn;
pub mod data_dir;
pub mod events;
pub mod external;
pub mod http;
pub mod ledger;
pub mod mint;
pub mod native;
pub mod serve;
pub mod session_log;
pub mod settings;
pub mod site;
pub mod status;
pub mod store;
mod terminal;
pub mod tls;
pub mod workers;
