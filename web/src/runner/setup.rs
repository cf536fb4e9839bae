//! What a run works with: the ticket, the servers with their credentials, and what probes have to tell each other.

use super::RunRequestKind;
use crate::probe::{Server, Signal, leg::Far, witness};
use earshot_report::{
    Address, IceUrl, Plan, Probe, Target, Transport,
    api::{IceServer, RunTicket, Witness},
    facts::NativeProbe,
    plan::Circumstances,
};
use std::{cell::RefCell, rc::Rc};

/// Everything about one target.
pub(super) struct TargetSetup {
    pub(super) target: Target,
    pub(super) server: Server,
    /// Its gathering has shown a relay candidate.
    pub(super) relays: Signal,
    /// The server challenges without a realm: browsers would ask for ever.
    pub(super) asks_for_ever: Signal,
    /// The same server by the addresses that the program found.
    pub(super) by_address: RefCell<Vec<Server>>,
}

/// Everything about one run.
pub(super) struct Setup {
    /// With the page's own plan where there is one.
    pub(super) ticket: Rc<RunTicket>,
    pub(super) targets: Vec<TargetSetup>,
    pub(super) witness: Option<Witness>,
}

impl Setup {
    /// `None`: there is nothing to test. `ticket` is missing where the program did not answer; a person's own servers
    /// can be tested all the same.
    pub(super) fn new(request: RunRequestKind, ticket: Option<RunTicket>) -> Option<Self> {
        let ticket = match (request, ticket) {
            (RunRequestKind::Configured | RunRequestKind::ByLink(_), ticket) => ticket?,
            (RunRequestKind::AdHoc(servers), ticket) => ad_hoc(servers, ticket),
        };
        let targets = ticket.plan.targets.iter().map(|target| TargetSetup {
            server: Server::of(target, &ticket.ice_servers),
            target: target.clone(),
            relays: Signal::default(),
            asks_for_ever: Signal::default(),
            by_address: RefCell::default(),
        });
        Some(Self {
            targets: targets.collect(),
            witness: ticket.witness.clone().and_then(witness::usable),
            ticket: Rc::new(ticket),
        })
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.ticket.plan
    }

    pub(super) fn client_address(&self) -> Option<&Address> {
        self.ticket.client_address.as_ref()
    }

    /// The target with this id, and its place.
    pub(super) fn target(&self, id: u16) -> Option<(usize, &TargetSetup)> {
        let mut targets = self.targets.iter().enumerate();
        targets.find(|(_, it)| it.target.id == id)
    }

    /// Takes in what the program found out itself.
    pub(super) fn hear(&self, probe: &NativeProbe) {
        for target in &self.targets {
            if target.target.url != probe.url {
                continue;
            }
            let mut by_address = Vec::new();
            if probe.realm.as_deref() == Some("") {
                target.asks_for_ever.give();
            } else if target.target.url.transport != Transport::Tls {
                // A certificate would hold for the name alone.
                by_address.extend(probe.addresses.iter().map(|address| by(address, target)));
            }
            target.by_address.replace(by_address);
        }
    }

    /// The second end of a leg from a relay candidate of `target` to a direct candidate.
    pub(super) fn direct(target: &Target, stun: Option<&IceUrl>) -> Far {
        let own = target.url.as_stun();
        let mut urls: Vec<IceUrl> = stun.cloned().into_iter().collect();
        if let Some(own) = own
            && !urls.contains(&own)
        {
            urls.push(own);
        }
        // A loopback address that another host's STUN server saw would mean nothing to this relay.
        let same_machine = urls.iter().all(|url| url.host == target.url.host);
        let stun = urls.iter().map(|url| Server::open(url.to_string()));
        Far::Direct {
            stun: stun.collect(),
            same_machine,
        }
    }
}

/// The target's server, with an address for its name.
fn by(address: &Address, target: &TargetSetup) -> Server {
    let url = IceUrl {
        host: address.as_str().to_owned(),
        ..target.target.url.clone()
    };
    Server {
        url: url.to_string(),
        ..target.server.clone()
    }
}

/// The page's own plan for the servers that a person typed. URLs that are none are left out: the form names them.
fn ad_hoc(servers: Vec<IceServer>, ticket: Option<RunTicket>) -> RunTicket {
    let urls = |server: &IceServer| {
        server
            .urls
            .iter()
            .filter_map(|url| url.parse().ok())
            .collect()
    };
    let mut ticket = ticket.unwrap_or_else(no_ticket);
    ticket.plan = Plan::new(&Circumstances {
        servers: servers.iter().map(urls).collect(),
        own: None,
        stun_pair: ticket.stun_pair.clone(),
        witness: ticket.witness.is_some(),
    });
    ticket.ice_servers = servers;
    ticket
}

fn no_ticket() -> RunTicket {
    RunTicket {
        run: String::new(),
        plan: Plan::default(),
        ice_servers: Vec::new(),
        stun_pair: None,
        witness: None,
        client_address: None,
        server_time_ms: 0,
        live: String::new(),
    }
}

/// The place of each leg of the plan among its legs, in order.
pub(super) fn legs(plan: &Plan) -> impl Iterator<Item = (usize, &Probe)> {
    plan.probes
        .iter()
        .filter(|probe| probe.is_leg())
        .enumerate()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn typed() -> Vec<IceServer> {
        vec![IceServer {
            urls: vec![
                "turn:relay.example.org?transport=tcp".to_owned(),
                "nonsense".to_owned(),
                "stun:relay.example.org".to_owned(),
            ],
            username: Some("anna".to_owned()),
            credential: Some("secret".to_owned()),
        }]
    }

    #[test]
    fn a_typed_server_is_planned_for_without_the_program() {
        let setup = Setup::new(RunRequestKind::AdHoc(typed()), None).unwrap();
        let urls: Vec<&str> = setup
            .targets
            .iter()
            .map(|it| it.server.url.as_str())
            .collect();
        let expected = [
            "turn:relay.example.org:3478?transport=tcp",
            "stun:relay.example.org:3478",
        ];
        assert_eq!(urls, expected);
        assert_eq!(
            setup.targets[0].server.credential.as_deref(),
            Some("secret")
        );
        assert_eq!(setup.targets[1].server.credential, None);
        assert_eq!(legs(setup.plan()).count(), 2);
        assert!(setup.targets.iter().all(|it| !it.target.own));
    }

    #[test]
    fn without_the_program_there_is_no_plan_for_configured_servers() {
        assert!(Setup::new(RunRequestKind::Configured, None).is_none());
    }

    #[test]
    fn loopback_means_something_only_where_relay_and_stun_are_one_host() {
        let setup = Setup::new(RunRequestKind::AdHoc(typed()), None).unwrap();
        let target = &setup.targets[0].target;
        let case = |stun: &str| match Setup::direct(target, Some(&stun.parse().unwrap())) {
            Far::Direct { stun, same_machine } => (stun.len(), same_machine),
            Far::Relay => panic!("the second end is direct"),
        };
        assert_eq!(case("stun:relay.example.org:3478"), (1, true));
        assert_eq!(case("stun:relay.example.org:3479"), (2, true));
        assert_eq!(case("stun:127.0.0.1:3478"), (2, false));
    }

    #[test]
    fn a_server_is_known_by_its_addresses_where_no_certificate_needs_its_name() {
        let mut typed = typed();
        typed[0].urls = vec![
            "turn:relay.example.org:3479?transport=tcp".to_owned(),
            "turns:relay.example.org".to_owned(),
        ];
        let setup = Setup::new(RunRequestKind::AdHoc(typed), None).unwrap();
        for target in &setup.targets[..2] {
            let mut probe = NativeProbe::new(target.target.url.clone());
            probe.addresses = vec!["192.0.2.7".into(), "2001:db8::7".into()];
            setup.hear(&probe);
        }
        let known = |index: usize| {
            let servers = setup.targets[index].by_address.take();
            servers.into_iter().map(|server| server.url).collect()
        };
        let urls: Vec<String> = known(0);
        let expected = [
            "turn:192.0.2.7:3479?transport=tcp",
            "turn:[2001:db8::7]:3479?transport=tcp",
        ];
        assert_eq!(urls, expected);
        assert_eq!(known(1), Vec::<String>::new());
    }

    #[test]
    fn only_an_empty_realm_ends_a_gathering() {
        let setup = Setup::new(RunRequestKind::AdHoc(typed()), None).unwrap();
        let asked = |index: usize| setup.targets[index].asks_for_ever.is_given();
        let mut probe = NativeProbe::new(setup.targets[0].target.url.clone());
        setup.hear(&probe);
        probe.realm = Some("example.org".to_owned());
        setup.hear(&probe);
        assert!(!asked(0));
        probe.realm = Some(String::new());
        setup.hear(&probe);
        assert!(asked(0) && !asked(1));
    }
}
