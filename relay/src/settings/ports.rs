//! Which ports are free, and which are taken twice.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
};

/// The longest run of ports without any of the taken ones.
pub(super) fn largest_gap(range: &RangeInclusive<u16>, taken: &[u16]) -> RangeInclusive<u16> {
    let mut taken: Vec<u16> = taken.to_vec();
    taken.sort_unstable();
    let mut best = 0..0u32;
    let mut first = u32::from(*range.start());
    let end = u32::from(*range.end()) + 1;
    for port in taken.into_iter().map(u32::from).chain([end]) {
        let gap = first..port.min(end);
        if gap.len() > best.len() {
            best = gap;
        }
        first = first.max(port + 1);
    }
    let port = |port: u32| u16::try_from(port).unwrap_or(u16::MAX);
    port(best.start)..=port(best.end.saturating_sub(1))
}

/// This port on all addresses.
pub(super) fn everywhere(port: u16) -> Vec<SocketAddr> {
    vec![
        (Ipv4Addr::UNSPECIFIED, port).into(),
        (Ipv6Addr::UNSPECIFIED, port).into(),
    ]
}

/// The first wanted address that cannot be bound beside the taken ones.
pub(super) fn clash(taken: &[SocketAddr], wanted: &[SocketAddr]) -> Option<SocketAddr> {
    let same = |a: &SocketAddr, b: &SocketAddr| {
        let overlapping = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
        a.port() != 0 && a.port() == b.port() && a.is_ipv4() == b.is_ipv4() && overlapping
    };
    wanted
        .iter()
        .copied()
        .find(|wanted| taken.iter().any(|taken| same(taken, wanted)))
}
