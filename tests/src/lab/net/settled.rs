//! Waiting until a network that was told to be is there.
//!
//! What `ip` is told, the kernel does in part only later, on a busy machine much later: it notices that a cable has got
//! its other end, and until then drops what is sent into it; it gives the device its link-local address, without which
//! resolvers ask for no IPv6 address (`AI_ADDRCONFIG`); and it lets IPv6 addresses be used.

use super::{error::LabError, namespace::Namespace};
use std::{
    collections::HashSet,
    fs, thread,
    time::{Duration, Instant},
};

/// Less than ten milliseconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_millis(1);

/// `IFA_F_TENTATIVE` of `linux/if_addr.h`: not yet usable.
const TENTATIVE: u32 = 0x40;
/// `RTF_LOCAL` of `linux/ipv6_route.h`: packets to it are for this host.
const LOCAL: u32 = 0x8000_0000;

impl Namespace {
    /// Waits until this device, which is up and whose other end is, can be used with all its addresses.
    pub(super) fn settled(&self, device: &str) -> Result<(), LabError> {
        self.enter(|| {
            let deadline = Instant::now() + PATIENCE;
            loop {
                let (addresses, routes) = (read("if_inet6")?, read("ipv6_route")?);
                if is_settled(device, &addresses, &routes) {
                    return Ok(());
                }
                if Instant::now() > deadline {
                    return Err(LabError::NotReady(format!(
                        "{device} in {} did not get ready; the addresses:\n{addresses}the routes:\n{routes}",
                        self.name()
                    )));
                }
                thread::sleep(AGAIN);
            }
        })?
    }
}

fn read(table: &str) -> Result<String, LabError> {
    let path = format!("/proc/thread-self/net/{table}");
    fs::read_to_string(&path).map_err(LabError::system(path))
}

/// A link-local address says that the device carries packets: until then it is given none. The loopback has none.
fn is_settled(device: &str, addresses: &str, routes: &str) -> bool {
    let local: HashSet<&str> = routes.lines().filter_map(local_address).collect();
    let own: Vec<(&str, u32)> = addresses
        .lines()
        .filter_map(|line| address(line, device))
        .collect();
    let is_link_local = |(address, _): &(&str, u32)| address.starts_with("fe80");
    let is_usable =
        |(address, flags): &(&str, u32)| flags & TENTATIVE == 0 && local.contains(address);
    (device == "lo" || own.iter().any(is_link_local)) && own.iter().all(is_usable)
}

/// The address and flags of this device's line: address, index, length of the prefix, scope, flags, device.
fn address<'a>(line: &'a str, device: &str) -> Option<(&'a str, u32)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[address, _, _, _, flags, name] = words.as_slice() else {
        return None;
    };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    (name == device).then_some((address, flags))
}

/// The address of a line that says that it is this host's: destination and source, each with the length of its prefix,
/// next hop, metric, two counters, flags, device.
fn local_address(line: &str) -> Option<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[address, "80", _, _, _, _, _, _, flags, _] = words.as_slice() else {
        return None;
    };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    (flags & LOCAL != 0).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Linux 6 shows them, of a host with a cable and one address of its own.
    const ADDRESSES: &str = "\
        00000000000000000000000000000001 01 80 10 80       lo\n\
        fd000000000000000000000000000002 02 40 00 80     eth0\n\
        fe80000000000000508e43fffe696278 02 40 20 80     eth0\n";
    const ROUTES: &str = "\
        00000000000000000000000000000001 80 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo\n\
        fd000000000000000000000000000002 80 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 00000000 00000002 00000000 80200001     eth0\n\
        fe80000000000000508e43fffe696278 80 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 00000000 00000002 00000000 80200001     eth0\n";

    #[test]
    fn a_device_with_its_addresses_and_their_routes_is_settled() {
        assert!(is_settled("eth0", ADDRESSES, ROUTES));
        assert!(is_settled("lo", ADDRESSES, ROUTES));
    }

    #[test]
    fn what_is_still_to_come_is_awaited() {
        let without = |text: &str, number| {
            let lines = text.lines().enumerate().filter(|(at, _)| *at != number);
            lines
                .map(|(_, line)| format!("{line}\n"))
                .collect::<String>()
        };
        assert!(!is_settled("eth0", &without(ADDRESSES, 2), ROUTES));
        assert!(!is_settled("eth0", ADDRESSES, &without(ROUTES, 1)));
        let tentative = ADDRESSES.replace("00 80     eth0", "00 c0     eth0");
        assert!(!is_settled("eth0", &tentative, ROUTES));
    }
}
