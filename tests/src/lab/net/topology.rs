//! The hosts, routers and cables of a network.
//!
//! ```text
//! user ── home ──(isp)──(wire)── internet ── edge ── relay
//!                                   │
//!                 second-user ── second-home
//! ```

use super::{
    addresses::{
        ACCESS, BETWEEN, CARRIER, DNS, HOSTING, HOSTS, Net, RELAY, RELAY_PRIVATE, SECOND_ACCESS,
        SECOND_USER, VPN,
    },
    error::LabError,
    guard::Guard,
    layout::{Families, Layout, Nat},
    namespace::Namespace,
    nat::one_to_one,
    network::lan,
    run::ip,
    wire,
};
use std::{process::Child, sync::OnceLock};

/// The namespaces.
#[derive(Debug)]
pub(super) struct Topology {
    pub(super) user: Namespace,
    pub(super) home: Namespace,
    pub(super) isp: Option<Namespace>,
    pub(super) internet: Namespace,
    pub(super) edge: Namespace,
    pub(super) relay: Namespace,
    pub(super) second_user: Option<SecondUser>,
}

/// The second user's network.
#[derive(Debug)]
pub(super) struct SecondUser {
    pub(super) host: Namespace,
    pub(super) router: Namespace,
}

/// Whether network namespaces with firewalls may be made here: asked once, by making one.
pub(super) fn may_build(guard: &Guard) -> Result<(), LabError> {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let attempt = || Namespace::make(guard.name("attempt"))?.nft("table inet attempt {}");
        attempt().map_err(|error| error.to_string())
    });
    answer.clone().map_err(LabError::NotAllowed)
}

impl Topology {
    pub(super) fn build(
        layout: &Layout,
        guard: &Guard,
        parts: &mut Vec<Child>,
    ) -> Result<Self, LabError> {
        let families = layout.families;
        let host = |role: &str| Namespace::make(guard.name(role));
        let router = |role: &str| router(guard.name(role));

        let internet = router("internet")?;
        for [v4, v6] in HOSTS.into_iter().chain([DNS]) {
            internet.ip(&format!("addr add {v4} dev lo\naddr add {v6} dev lo"))?;
        }
        // Whatever is addressed to nobody disappears, private addresses among it.
        internet.ip("route add blackhole 0.0.0.0/0\nroute add blackhole ::/0")?;
        internet.settled("lo")?;

        let edge = router("edge")?;
        let relay = host("relay")?;
        let relay_net = if layout.relay_behind_nat {
            &RELAY_PRIVATE
        } else {
            &RELAY
        };
        cable((&internet, "to-edge"), (&edge, "wan"))?;
        join(
            (&internet, "to-edge"),
            (&edge, "wan"),
            &HOSTING,
            Families::Dual,
        )?;
        cable((&edge, "lan"), (&relay, "eth0"))?;
        join((&edge, "lan"), (&relay, "eth0"), relay_net, Families::Dual)?;
        internet.ip(&format!(
            "route add {}/32 via {}\nroute add {} via {}",
            RELAY.host[0], HOSTING.host[0], RELAY.v6, HOSTING.host[1]
        ))?;
        if layout.relay_behind_nat {
            edge.nft(&one_to_one(RELAY.host[0], RELAY_PRIVATE.host[0]))?;
        }

        let user = host("user")?;
        let home = router("home")?;
        let lan = lan(layout);
        cable((&home, "lan"), (&user, "eth0"))?;
        join((&home, "lan"), (&user, "eth0"), lan, families)?;
        let isp = match layout.nat.has_two_routers() {
            true => Some(router("isp")?),
            false => None,
        };
        let outermost = isp.as_ref().unwrap_or(&home);
        match layout.delay {
            None => cable((&internet, "to-user"), (outermost, "wan"))?,
            Some(delay) => {
                let ends = [(&internet, "to-user"), (outermost, "wan")];
                let ends = ends.map(|(namespace, device)| wire::End { namespace, device });
                parts.push(wire::lay(ends, delay)?);
            }
        }
        join(
            (&internet, "to-user"),
            (outermost, "wan"),
            &ACCESS,
            families,
        )?;
        if let Some(isp) = &isp {
            let between = match layout.nat {
                Nat::Cgnat => &CARRIER,
                _ => &BETWEEN,
            };
            cable((isp, "lan"), (&home, "wan"))?;
            join((isp, "lan"), (&home, "wan"), between, families)?;
            isp.nft(&layout.nat.home().rules(between.host[0]))?;
            if families.v6() {
                isp.ip(&format!("route add {} via {}", lan.v6, between.host[1]))?;
                let access = ACCESS.host[1];
                internet.ip(&format!("route add {} via {access}", between.v6))?;
            }
        }
        home.nft(&layout.nat.home().rules(lan.host[0]))?;
        way_back(&internet, lan, &ACCESS, families, layout.nat == Nat::None)?;
        if layout.second_interface {
            dead_interface(&user, &home, families)?;
        }

        let second_user = match layout.second_user {
            Some(nat) => Some(SecondUser::build(
                &internet,
                host("second-user")?,
                router("second-home")?,
                nat,
            )?),
            None => None,
        };

        for asks in [&user, &home] {
            asks.ask_dns_servers(&dns_servers(families))?;
        }
        relay.ask_dns_servers(&dns_servers(Families::Dual))?;
        internet.ask_dns_servers(&dns_servers(Families::Dual))?;
        Ok(Self {
            user,
            home,
            isp,
            internet,
            edge,
            relay,
            second_user,
        })
    }
}

impl SecondUser {
    fn build(
        internet: &Namespace,
        host: Namespace,
        router: Namespace,
        nat: Nat,
    ) -> Result<Self, LabError> {
        let families = Families::Dual;
        cable((&router, "lan"), (&host, "eth0"))?;
        join((&router, "lan"), (&host, "eth0"), &SECOND_USER, families)?;
        cable((internet, "to-second"), (&router, "wan"))?;
        join(
            (internet, "to-second"),
            (&router, "wan"),
            &SECOND_ACCESS,
            families,
        )?;
        router.nft(&nat.home().rules(SECOND_USER.host[0]))?;
        way_back(
            internet,
            &SECOND_USER,
            &SECOND_ACCESS,
            families,
            nat == Nat::None,
        )?;
        host.ask_dns_servers(&dns_servers(families))?;
        Ok(Self { host, router })
    }
}

fn router(name: String) -> Result<Namespace, LabError> {
    let router = Namespace::make(name)?;
    router.set(&[
        ("ipv4/ip_forward", "1"),
        ("ipv6/conf/all/forwarding", "1"),
        // A relay behind 1:1 NAT reaches itself through it: that is no detour to be told of.
        ("ipv4/conf/all/send_redirects", "0"),
        ("ipv4/conf/default/send_redirects", "0"),
        // The host of the lab may have set another default.
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/default/rp_filter", "0"),
    ])?;
    Ok(router)
}

/// A cable between two namespaces, as a device in each.
fn cable(
    (left, left_device): (&Namespace, &str),
    (right, right_device): (&Namespace, &str),
) -> Result<(), LabError> {
    let right = right.name();
    left.ip(&format!(
        "link add {left_device} type veth peer name {right_device} netns {right}"
    ))
}

/// Gives the two ends of a cable or wire their addresses, and the host or inner router its default route.
fn join(
    (router, router_device): (&Namespace, &str),
    (host, host_device): (&Namespace, &str),
    net: &Net,
    families: Families,
) -> Result<(), LabError> {
    let mut router_lines = format!("link set {router_device} up\n");
    let mut host_lines = format!("link set {host_device} up\n");
    for family in families.each() {
        router_lines += &address(router_device, net.router[family], net.prefix[family]);
        host_lines += &address(host_device, net.host[family], net.prefix[family]);
        host_lines += &default_route(host_device, net.router[family], 100);
    }
    router.ip(&router_lines)?;
    host.ip(&host_lines)?;
    router.settled(router_device)?;
    host.settled(host_device)
}

/// Tells the internet where a user's network is.
fn way_back(
    internet: &Namespace,
    net: &Net,
    access: &Net,
    families: Families,
    is_v4_public: bool,
) -> Result<(), LabError> {
    let mut lines = String::new();
    if is_v4_public && families.v4() {
        lines += &format!("route add {}/32 via {}\n", net.host[0], access.host[0]);
    }
    if families.v6() {
        lines += &format!("route add {} via {}\n", net.v6, access.host[1]);
    }
    internet.ip(&lines)
}

/// A second interface of the user's behind which nobody is: what is sent there disappears.
fn dead_interface(user: &Namespace, home: &Namespace, families: Families) -> Result<(), LabError> {
    cable((home, "vpn-end"), (user, "vpn0"))?;
    home.ip("link set vpn-end up")?;
    let mut lines = "link set vpn0 up\n".to_owned();
    for family in families.each() {
        let (own, gateway) = (VPN.host[family], VPN.router[family]);
        lines += &address("vpn0", own, VPN.prefix[family]);
        lines += &default_route("vpn0", gateway, 1_000);
        // A gateway that never answered would make the system tell the program; a dead tunnel tells nothing.
        lines += &format!("neigh add {gateway} lladdr 02:00:00:00:00:01 dev vpn0 nud permanent\n");
        // What is bound to this address goes through the tunnel, as VPN programs see to.
        let whole = ["0.0.0.0/0", "::/0"][family];
        lines += &format!("route add {whole} via {gateway} dev vpn0 table 100\n");
        let option = ["-4", "-6"][family];
        let rule = ["rule", "add", "from", own, "table", "100"];
        ip(&[&[option, "-n", user.name()], &rule[..]].concat())?;
    }
    user.ip(&lines)?;
    user.settled("vpn0")
}

fn address(device: &str, address: &str, prefix: u8) -> String {
    format!("addr add {address}/{prefix} dev {device}\n")
}

fn default_route(device: &str, gateway: &str, metric: u32) -> String {
    let whole = if gateway.contains(':') {
        "::/0"
    } else {
        "0.0.0.0/0"
    };
    format!("route add {whole} via {gateway} dev {device} metric {metric}\n")
}

fn dns_servers(families: Families) -> Vec<String> {
    let servers = families.each().into_iter().map(|family| DNS[family]);
    servers.map(str::to_owned).collect()
}
