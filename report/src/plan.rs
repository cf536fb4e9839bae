//! Which probes to run, as data: printable and comparable. Holds no secrets.

mod form;

use crate::{IceUrl, Scheme, Transport};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One server URL to test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its place in [`Plan::targets`].
    pub id: u16,
    /// The configured server it belongs to: an index into the run's `ice_servers`.
    pub server: u16,
    /// The URL.
    pub url: IceUrl,
    /// It is this program's own relay, whose testimony we have.
    pub own: bool,
}

/// One thing to measure. `target` is a [`Target::id`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", try_from = "form::ProbeForm")]
pub enum Probe {
    /// Gather candidates from one URL.
    Gather {
        /// The URL.
        target: u16,
    },
    /// Try a password that must be refused.
    WrongPassword {
        /// The URL.
        target: u16,
    },
    /// Compare the server-reflexive ports that two STUN ports of one server see.
    NatMapping {
        /// The two STUN URLs.
        stun_pair: [IceUrl; 2],
    },
    /// Both ends use a relay candidate of this URL.
    RelayToRelay {
        /// The URL.
        target: u16,
    },
    /// The first end uses a relay candidate of this URL, the second only direct ones.
    RelayToDirect {
        /// The URL.
        target: u16,
        /// Where the direct end learns its outer address.
        stun: Option<IceUrl>,
    },
    /// From a relay candidate of this URL to the witness.
    Witness {
        /// The URL.
        target: u16,
    },
}

impl fmt::Display for Plan {
    /// One probe a line, such as `relay ↔ direct turn:relay.example.org:3478?transport=udp`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for probe in &self.probes {
            f.write_str(match probe {
                Probe::Gather { .. } => "gather",
                Probe::WrongPassword { .. } => "wrong password",
                Probe::NatMapping { .. } => "NAT mapping",
                Probe::RelayToRelay { .. } => "relay ↔ relay",
                Probe::RelayToDirect { .. } => "relay ↔ direct",
                Probe::Witness { .. } => "relay → witness",
            })?;
            let target = probe
                .target()
                .and_then(|id| self.targets.iter().find(|target| target.id == id));
            if let Some(target) = target {
                write!(f, " {}", target.url)?;
            }
            match probe {
                Probe::NatMapping {
                    stun_pair: [one, other],
                } => write!(f, " {one} {other}")?,
                Probe::RelayToDirect {
                    stun: Some(stun), ..
                } => write!(f, " by {stun}")?,
                _ => {}
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl Probe {
    /// The target this probe is about, where it is about one.
    pub fn target(&self) -> Option<u16> {
        match *self {
            Self::Gather { target }
            | Self::WrongPassword { target }
            | Self::RelayToRelay { target }
            | Self::RelayToDirect { target, .. }
            | Self::Witness { target } => Some(target),
            Self::NatMapping { .. } => None,
        }
    }

    /// A call between two ends, as opposed to a look at one server.
    pub fn is_leg(&self) -> bool {
        matches!(
            self,
            Self::RelayToRelay { .. } | Self::RelayToDirect { .. } | Self::Witness { .. }
        )
    }
}

/// Everything one run measures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The server URLs.
    pub targets: Vec<Target>,
    /// What to do with them. All start at once; a leg starts when its target has shown a relay candidate.
    pub probes: Vec<Probe>,
}

/// What a plan is made for.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The URLs of each configured server, in order.
    pub servers: Vec<Vec<IceUrl>>,
    /// Which of those servers is this program's own relay.
    pub own: Option<u16>,
    /// Two STUN ports of one server, if there are two.
    pub stun_pair: Option<[IceUrl; 2]>,
    /// A witness can be reached.
    pub witness: bool,
}

impl Plan {
    /// The probes for these circumstances: the wrong password once per server, the legs for every TURN URL.
    pub fn new(circumstances: &Circumstances) -> Self {
        let mut plan = Self::default();
        for (server, urls) in circumstances.servers.iter().enumerate() {
            let server = server as u16;
            for url in urls {
                let id = plan.targets.len() as u16;
                plan.targets.push(Target {
                    id,
                    server,
                    url: url.clone(),
                    own: circumstances.own == Some(server),
                });
            }
        }
        // The direct end learns its outer address from any server there is.
        let pair = circumstances.stun_pair.as_ref();
        let stun = pair.map(|pair| pair[0].clone()).or_else(|| {
            let udp = |target: &&Target| target.url.transport == Transport::Udp;
            plan.targets.iter().find(udp)?.url.as_stun()
        });
        for target in &plan.targets {
            plan.probes.push(Probe::Gather { target: target.id });
        }
        let turn_targets: Vec<&Target> = plan
            .targets
            .iter()
            .filter(|target| target.url.scheme == Scheme::Turn)
            .collect();
        let mut asked = Vec::new();
        for target in &turn_targets {
            if !asked.contains(&target.server) {
                asked.push(target.server);
                plan.probes.push(Probe::WrongPassword { target: target.id });
            }
        }
        if let Some(pair) = &circumstances.stun_pair {
            plan.probes.push(Probe::NatMapping {
                stun_pair: pair.clone(),
            });
        }
        for target in &turn_targets {
            plan.probes.push(Probe::RelayToRelay { target: target.id });
        }
        for target in &turn_targets {
            plan.probes.push(Probe::RelayToDirect {
                target: target.id,
                stun: stun.clone(),
            });
        }
        if circumstances.witness {
            for target in &turn_targets {
                plan.probes.push(Probe::Witness { target: target.id });
            }
        }
        plan
    }
}
