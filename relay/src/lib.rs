//! The native program `earshot`: sockets around the TURN state machine, the page's server, live facts, storage.

pub mod data_dir;
pub mod events;
pub mod external;
pub mod settings;
pub mod tls;
pub mod workers;
