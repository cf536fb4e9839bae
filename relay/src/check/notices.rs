//! What is worth an operator's attention and harms no call.

use super::{
    run::Checked,
    steps::{self, Check, State},
};
use earshot_report::AddressRange;
use serde::Serialize;
use std::net::IpAddr;

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Notice {
    /// Its stable name.
    pub(super) code: &'static str,
    /// The URIs that show it.
    pub(super) uris: Vec<String>,
    pub(super) says: String,
    /// What to set.
    pub(super) advice: &'static str,
}

const LOOPBACK: &str = "coturn: take out `allow-loopback-peers`. earshot refuses these addresses unless \
                        `ALLOWED_PEERS` names them.";
const LINK_LOCAL: &str = "coturn: `denied-peer-ip=169.254.0.0-169.254.255.255`. earshot refuses these addresses \
                          unless `ALLOWED_PEERS` names them.";
const PRIVATE: &str = "coturn: `denied-peer-ip=10.0.0.0-10.255.255.255`, `denied-peer-ip=172.16.0.0-172.31.255.255`, \
                       `denied-peer-ip=192.168.0.0-192.168.255.255`, `denied-peer-ip=100.64.0.0-100.127.255.255`; where \
                       callers are in such a network, `allowed-peer-ip=` with that one. earshot refuses these addresses \
                       unless `ALLOWED_PEERS` names them.";
const CERTIFICATE: &str = "Renew it and let the relay load it: earshot `TLS_CERT`, `TLS_KEY`; coturn `cert=`, `pkey=`, \
                           then SIGUSR2.";

const REFRESH: &str = "Look whether something between here and the relay changes its packets. coturn: look at \
                       `max-allocate-lifetime=` and `stale-nonce=`. earshot has no such setting.";
const EXPIRY: &str = "Look at the relay's log, and whether another version does the same. Neither coturn nor earshot \
                      has a setting for it.";

/// All of them.
pub(super) fn of(checked: &Checked) -> Vec<Notice> {
    let mut notices: Vec<Notice> = Vec::new();
    for (place, target) in checked.facts.targets.iter().enumerate() {
        let uri = target.target.url.to_string();
        for notice in of_target(checked, place) {
            match notices.iter_mut().find(|known| known.says == notice.says) {
                Some(known) => known.uris.push(uri.clone()),
                None => notices.push(Notice {
                    uris: vec![uri.clone()],
                    ..notice
                }),
            }
        }
    }
    notices
}

fn of_target(checked: &Checked, place: usize) -> Vec<Notice> {
    let notice = |code, says, advice| Notice {
        code,
        uris: Vec::new(),
        says,
        advice,
    };
    let call = checked.beside[place].call.as_ref();
    let permitted: Vec<IpAddr> = call
        .iter()
        .flat_map(|call| &call.peers)
        .filter(|peer| peer.permitted.is_yes())
        .map(|peer| peer.address)
        .collect();
    let mut notices = Vec::new();
    for (code, advice, what, is_meant) in [
        (
            "peers-loopback",
            LOOPBACK,
            "its own host's inner services",
            (|range| range == AddressRange::Loopback) as fn(AddressRange) -> bool,
        ),
        (
            "peers-link-local",
            LINK_LOCAL,
            "link-local addresses, where clouds tell a machine its secrets",
            |range| range == AddressRange::LinkLocal,
        ),
        (
            "peers-private",
            PRIVATE,
            "private networks behind it",
            |range| {
                range.is_local()
                    && !matches!(range, AddressRange::Loopback | AddressRange::LinkLocal)
            },
        ),
    ] {
        let named: Vec<String> = permitted
            .iter()
            .filter(|address| is_meant(AddressRange::from(**address)))
            .map(ToString::to_string)
            .collect();
        if !named.is_empty() {
            let says = format!(
                "The relay lets its users reach {what} ({}).",
                named.join(", ")
            );
            notices.push(notice(code, says, advice));
        }
    }
    let warned = steps::of(checked, place)
        .into_iter()
        .filter(|step| step.state == State::Warning);
    for step in warned {
        let (code, what, advice) = match step.check {
            Check::Certificate => (
                "certificate-ends-soon",
                "The relay's certificate ends soon",
                CERTIFICATE,
            ),
            Check::Refresh => ("refresh-refused", "Calls end after minutes", REFRESH),
            Check::Expiry => ("relays-kept", "The relay runs out of ports", EXPIRY),
            _ => continue,
        };
        let says = format!("{what}: {}.", step.says);
        notices.push(notice(code, says, advice));
    }
    notices
}
