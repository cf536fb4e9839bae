//! What the server is given at the start.

use crate::open_ports::OpenPorts;
use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
    time::Duration,
};

/// The settings of one server. Several servers of one host, one per core, differ only in `ports`.
#[derive(Clone)]
pub struct Config {
    /// The REALM of the challenge (RFC 8489 section 9.2). Never empty: browsers would retry for ever.
    pub realm: String,
    /// Who may use the relay.
    pub credentials: Credentials,
    /// The IPv4 address announced in relayed addresses; `None`: none can be allocated.
    pub relay_v4: Option<Ipv4Addr>,
    /// The IPv6 address announced in relayed addresses; `None`: none can be allocated.
    pub relay_v6: Option<Ipv6Addr>,
    /// The relayed ports that this server may open.
    pub ports: RangeInclusive<u16>,
    /// The relayed ports of all servers of this host: a peer within these on a relay address is one of our own.
    pub all_ports: RangeInclusive<u16>,
    /// Those of them that are open now; the same table for all servers of this host.
    pub open_ports: OpenPorts,
    /// Peers allowed in spite of the default denials.
    pub allowed_peers: Vec<IpNet>,
    /// Where the witness listens, as peers see it: scoped credentials may reach it.
    pub witness: Vec<SocketAddr>,
    /// Bounds.
    pub limits: Limits,
}

/// Where another relay that serves the same tests has its relayed ports, or its witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRelay {
    /// As peers see it.
    pub address: IpAddr,
    /// The ports.
    pub ports: RangeInclusive<u16>,
    /// It is a listener with a witness, which takes connectivity checks and nothing else.
    pub is_witness: bool,
}

impl OtherRelay {
    pub(crate) fn is_at(&self, peer: SocketAddr) -> bool {
        self.address.to_canonical() == peer.ip().to_canonical() && self.ports.contains(&peer.port())
    }
}

/// Who may use the relay.
#[derive(Clone, Default)]
pub struct Credentials {
    /// Static users and passwords (coturn's `lt-cred-mech` with `user=`).
    pub users: Vec<(String, String)>,
    /// Shared secrets for time-limited user names (coturn's `use-auth-secret`): the user name is `expiry:name`, the
    /// password base64(HMAC-SHA1(secret, user name)). More than one while a secret is being replaced.
    pub secrets: Vec<String>,
    /// The key of the stateless nonces and of the witness' passwords, the same on all servers of one deployment.
    pub nonce_key: [u8; 32],
}

/// Bounds on what clients may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Allocations of one user name with a scoped credential.
    pub scoped_allocations: usize,
    /// Bytes per second that one allocation with a scoped credential may carry in each direction.
    pub scoped_bytes_per_second: u64,
    /// Longest lifetime of an allocation with a scoped credential.
    pub scoped_lifetime: Duration,
    /// Allocations of one other user name; 0: no bound.
    pub user_allocations: usize,
    /// Permissions per allocation.
    pub permissions: usize,
    /// Channels per allocation.
    pub channels: usize,
    /// 401 answers per second to one source address (IPv6: one /64).
    pub challenges_per_second: u32,
    /// How long a nonce is good (RFC 8489 section 9.2 leaves it to the server; RFC 8656 section 5 says one hour).
    pub nonce_lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            scoped_allocations: 40,
            scoped_bytes_per_second: 64 * 1024,
            scoped_lifetime: Duration::from_secs(600),
            user_allocations: 0,
            permissions: 128,
            channels: 128,
            challenges_per_second: 200,
            nonce_lifetime: Duration::from_secs(3600),
        }
    }
}
