//! One network, built and taken away.

use super::{
    addresses::{HOSTS, Net, RELAY, RELAY_PRIVATE, USER, USER_PUBLIC},
    dns,
    error::LabError,
    fault::{Fault, Place, Surroundings},
    guard::Guard,
    layout::{Family, Layout, Nat},
    namespace::Namespace,
    proxy,
    topology::{self, Topology},
};
use crate::{real_part, skip};
use std::{
    net::{IpAddr, SocketAddr},
    process::Child,
    sync::{Mutex, PoisonError},
};

/// The namespaces of one case. Dropped, they are gone, with everything that runs in them.
#[derive(Debug)]
pub struct Network {
    topology: Topology,
    layout: Layout,
    proxy: Option<proxy::Running>,
    applied: Mutex<Vec<Applied>>,
    parts: Vec<Child>,
    guard: Option<Guard>,
}

/// A fault that is in force.
#[derive(Debug)]
struct Applied {
    of_second_user: bool,
    place: Place,
    table: String,
}

impl Network {
    /// Builds it. Says why where this machine or this user may not.
    pub fn build(layout: &Layout) -> Result<Self, LabError> {
        let guard = Guard::start()?;
        topology::may_build(&guard)?;
        let mut parts = Vec::new();
        let topology = Topology::build(layout, &guard, &mut parts)?;
        // Whatever fails from here on, dropping the network clears it away.
        let mut network = Self {
            topology,
            layout: layout.clone(),
            proxy: None,
            applied: Mutex::default(),
            parts,
            guard: Some(guard),
        };
        let Topology { internet, home, .. } = &network.topology;
        network.parts.extend(dns::serve(internet, home, layout)?);
        if let Some(settings) = &layout.proxy {
            let (lan, is_v4) = (lan(layout), layout.families.v4());
            let running = proxy::serve(&network.topology.home, lan, is_v4, settings)?;
            network.proxy = Some(running);
        }
        Ok(network)
    }

    /// Builds it for a test. `None`, after saying that the test is skipped and why: this machine lacks a program for it,
    /// or may not make namespaces (see [`skip`]).
    pub fn real(layout: &Layout) -> Option<Self> {
        real_part("ip", "iproute2")?;
        real_part("nft", "nftables")?;
        real_part("dnsmasq", "dnsmasq-base")?;
        if layout.proxy.is_some() {
            real_part("tinyproxy", "tinyproxy-bin")?;
        }
        match Self::build(layout) {
            Ok(network) => Some(network),
            Err(error @ LabError::NotAllowed(_)) => {
                skip(&error.to_string());
                None
            }
            Err(error) => panic!("{layout:?} could not be built: {error}"),
        }
    }

    /// The user's host.
    pub fn user(&self) -> &Namespace {
        &self.topology.user
    }

    /// The second user's host, where the layout has one.
    pub fn second_user(&self) -> Option<&Namespace> {
        self.topology.second_user.as_ref().map(|user| &user.host)
    }

    /// The relay's host.
    pub fn relay(&self) -> &Namespace {
        &self.topology.relay
    }

    /// The internet itself, with the DNS server and two hosts at [`Network::internet_addresses`].
    pub fn internet(&self) -> &Namespace {
        &self.topology.internet
    }

    /// The user's router.
    pub fn router(&self) -> &Namespace {
        &self.topology.home
    }

    /// The second router, where the layout's NAT has two.
    pub fn outer_router(&self) -> Option<&Namespace> {
        self.topology.isp.as_ref()
    }

    /// Where the relay is reached.
    pub fn relay_address(&self, family: Family) -> IpAddr {
        ip(RELAY.host, family)
    }

    /// The address that the relay's host has itself.
    pub fn relay_own_address(&self, family: Family) -> IpAddr {
        if self.layout.relay_behind_nat {
            ip(RELAY_PRIVATE.host, family)
        } else {
            self.relay_address(family)
        }
    }

    /// The user's own address.
    pub fn user_address(&self, family: Family) -> IpAddr {
        ip(lan(&self.layout).host, family)
    }

    /// Two public addresses on the internet, neither of them the relay's.
    pub fn internet_addresses(&self, family: Family) -> [IpAddr; 2] {
        HOSTS.map(|host| ip(host, family))
    }

    /// The proxy of the user's network, where the layout has one.
    pub fn proxy(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().map(|proxy| proxy.address)
    }

    /// Pulls the user's cable, or puts it back. (What IPv6 the router has there is gone for good.)
    pub fn plug_user(&self, is_in: bool) -> Result<(), LabError> {
        let state = if is_in { "up" } else { "down" };
        self.topology.home.ip(&format!("link set lan {state}"))
    }

    /// Makes something wrong, besides what is wrong already. It holds from the next packet on, in running calls too.
    pub fn apply(&self, fault: Fault) -> Result<(), LabError> {
        self.apply_at(fault, false)
    }

    /// The same, with the second user's network for the user's.
    pub fn apply_to_second_user(&self, fault: Fault) -> Result<(), LabError> {
        self.apply_at(fault, true)
    }

    fn apply_at(&self, fault: Fault, of_second_user: bool) -> Result<(), LabError> {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Applied {
            of_second_user,
            place: fault.place(),
            table: format!("fault_{}", applied.len()),
        };
        let surroundings = Surroundings {
            ports: &self.layout.ports,
            relay: RELAY.host,
        };
        let rules = fault.table(&new.table, &surroundings);
        self.place(&new)?.nft(&rules)?;
        applied.push(new);
        Ok(())
    }

    /// Mends everything that was made wrong.
    pub fn lift(&self) -> Result<(), LabError> {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(last) = applied.last() {
            self.place(last)?
                .nft(&format!("delete table inet {}", last.table))?;
            applied.pop();
        }
        Ok(())
    }

    fn place(&self, applied: &Applied) -> Result<&Namespace, LabError> {
        let second = self.topology.second_user.as_ref();
        match applied.place {
            Place::Home if applied.of_second_user => second
                .map(|user| &user.router)
                .ok_or_else(|| LabError::NotReady("this network has no second user".to_owned())),
            Place::Home => Ok(&self.topology.home),
            Place::Edge => Ok(&self.topology.edge),
            Place::Relay => Ok(&self.topology.relay),
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.guard.take());
        for part in &mut self.parts {
            let _ = part.wait();
        }
    }
}

/// The user's own network.
pub(super) fn lan(layout: &Layout) -> &'static Net {
    if layout.nat == Nat::None {
        &USER_PUBLIC
    } else {
        &USER
    }
}

fn ip([v4, v6]: [&str; 2], family: Family) -> IpAddr {
    let text = match family {
        Family::V4 => v4,
        Family::V6 => v6,
    };
    text.parse().expect("the table of addresses has addresses")
}
