//! Networks to break: a user, the user's router, the internet with its names, a relay, a second user, each a network
//! namespace of its own. They need Linux and root; nothing of them is seen from outside, and several stand side by
//! side.
//!
//! ```text
//! user ── home ──(isp)──(wire)── internet ── edge ── relay
//!                                   │
//!                 second-user ── second-home
//! ```
//!
//! A [`Network`] is built from a [`Layout`], is broken by [`Network::apply`] and mended by [`Network::lift`]. Programs
//! run inside by [`Namespace::command`], sockets are opened there by [`Namespace::enter`]. Dropped, it is gone; when its
//! program is interrupted or killed, too (`guard.rs`).
//!
//! # What each preset does, and how that is proved
//!
//! `tests/tests/networks/` builds every preset and sends real packets through it; every proof also shows that what is
//! not broken still works.
//!
//! | preset | does | proof |
//! | --- | --- | --- |
//! | [`Nat`] `none` | the user's public address is seen, anybody reaches it | source address seen outside; a stranger's datagram arrives |
//! | `endpoint-independent` | one outer port for all destinations, open for all | source ports at two hosts are the same; strangers arrive |
//! | `address-dependent` | one outer port, open for addresses sent to | another port of a known host arrives, a stranger's does not |
//! | `symmetric` | another outer port per destination, open for that alone | source ports differ; another port of a known host does not arrive |
//! | `double`, `cgnat` | translated twice; `cgnat` through 100.64.0.0/10 | the source address on each of the two sides of the outer router |
//! | [`Families`] | what the user's access offers | each family reaches the relay, or has no route |
//! | `relay_behind_nat` | private address, reached at the public one | both ways, the addresses each end sees; the relay reaches itself |
//! | `second_user` | another network | it reaches the relay; both users reach each other's mapping when both send |
//! | `second_interface` | what is bound to it disappears | datagrams by each of the two addresses |
//! | [`Proxy`] | the only way out, by CONNECT | direct TCP and UDP fail; CONNECT passes, or is answered 403 |
//! | [`Delay`] | milliseconds each way, in order; or held and let go in bursts | round-trip times, order and RFC 3550's jitter of datagrams |
//! | [`Dns`] | fast, slow, silent, or silent of the relay's name to the user | names asked through the system's resolver inside |
//! | [`Fault`] | see each | UDP and TCP, out and back, to the relay and to others; RTP, DTLS and STUN in each wrapping |

mod addresses;
pub mod agent;
mod dns;
mod error;
mod fault;
mod guard;
mod layout;
mod media;
mod names;
mod namespace;
mod nat;
mod network;
mod proxy;
mod run;
mod settled;
mod topology;
mod wire;

pub use dns::Dns;
pub use error::LabError;
pub use fault::{Fault, INTERCEPTOR};
pub use layout::{Families, Family, Layout, Nat, Ports};
pub use names::UnknownName;
pub use namespace::Namespace;
pub use network::Network;
pub use proxy::Proxy;
pub use wire::Delay;
