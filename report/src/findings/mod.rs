//! What the facts mean.

mod certificate;
mod credentials;
pub(crate) mod devices;
mod environment;
mod evidence;
mod figures;
mod media;
mod order;
pub(crate) mod pair;
mod peer;
mod reach;
mod relay_address;
mod udp;
mod unexplained;
pub(crate) mod view;

pub use evidence::{Evidence, EvidenceValue};

use crate::{Actor, Code, Facts, Severity};
use serde::{Deserialize, Serialize};

/// One thing found. Data only: the texts live with the page, keyed by [`Code`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// How bad it is for a call.
    pub severity: Severity,
    /// Who can mend it.
    pub actor: Actor,
    /// Proved, or only the likeliest explanation.
    pub certainty: Certainty,
    /// The targets it is about, by [`crate::Target::id`]; empty: about all.
    #[serde(default)]
    pub targets: Vec<u16>,
    /// What it rests on.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// The finding that explains this one: mend that first, and this may be gone.
    #[serde(default)]
    pub explained_by: Option<Code>,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The facts allow nothing else.
    Sure,
    /// The likeliest explanation; another is possible.
    Likely,
}

impl Finding {
    /// A sure finding about the whole run, with nothing yet to rest on.
    fn new(code: Code, severity: Severity) -> Self {
        Self {
            code,
            severity,
            actor: code.actor(),
            certainty: Certainty::Sure,
            targets: Vec::new(),
            evidence: Vec::new(),
            explained_by: None,
        }
    }

    fn about(mut self, targets: Vec<u16>) -> Self {
        self.targets = targets;
        self
    }

    fn because(mut self, fact: &str, value: impl Into<EvidenceValue>) -> Self {
        self.evidence.push(Evidence::new(fact, value));
        self
    }

    fn likely(mut self) -> Self {
        self.certainty = Certainty::Likely;
        self
    }

    /// Hides the addresses in the evidence.
    pub fn mask_addresses(&mut self) {
        for evidence in &mut self.evidence {
            match &mut evidence.value {
                EvidenceValue::Address { address } => *address = address.masked(),
                EvidenceValue::Text(words) => crate::facts::mask_text(words),
                EvidenceValue::Number(_) => {}
            }
        }
    }
}

/// A rule: what the facts say of one cause. What is not measured says nothing.
type Rule = fn(&Facts) -> Vec<Finding>;

/// Every rule. Their order means nothing: [`order`] says what is mended first.
const RULES: &[Rule] = &[
    environment::insecure_page,
    environment::webrtc_unavailable,
    environment::webrtc_proxied_only,
    environment::offline,
    environment::live_link_blocked,
    devices::devices,
    reach::server_name_unresolved,
    reach::server_name_blocked,
    reach::server_unreachable,
    reach::web_only_host,
    reach::not_a_turn_server,
    reach::web_only_network,
    udp::server_udp_closed,
    udp::udp_blocked,
    udp::udp_answers_lost,
    certificate::expired,
    certificate::wrong_name,
    certificate::untrusted,
    certificate::intercepted,
    credentials::clock_wrong,
    credentials::credentials_expired,
    credentials::credentials_wrong,
    credentials::server_open,
    credentials::realm_missing,
    credentials::quota_reached,
    credentials::capacity_reached,
    relay_address::relay_address_private,
    relay_address::relay_address_wrong,
    relay_address::relay_ports_closed,
    peer::peer_forbidden,
    peer::relay_lost,
    media::media_blocked,
    media::one_way_from_you,
    media::one_way_to_you,
    figures::heavy_loss,
    figures::high_delay,
    figures::high_jitter,
    pair::pair,
];

/// Everything that follows from `facts`, the one to be mended first at the head; those that another explains carry
/// its code and stand last.
pub fn find(facts: &Facts) -> Vec<Finding> {
    settle(facts, RULES.iter().flat_map(|rule| rule(facts)).collect())
}

/// The same, as if there were no rule for `cause`: what is found in its place shows what the rule is needed for.
pub fn find_without(facts: &Facts, cause: Code) -> Vec<Finding> {
    let rules = RULES.iter().flat_map(|rule| rule(facts));
    settle(facts, rules.filter(|found| found.code != cause).collect())
}

fn settle(facts: &Facts, mut findings: Vec<Finding>) -> Vec<Finding> {
    // A cause that names its targets says more than the same one, told by an end of a call for the whole of it.
    let named: Vec<Code> = findings
        .iter()
        .filter(|finding| !finding.targets.is_empty())
        .map(|finding| finding.code)
        .collect();
    findings.retain(|finding| !finding.targets.is_empty() || !named.contains(&finding.code));
    findings.extend(unexplained::unknown(facts, &findings));
    order::explain(facts, &mut findings);
    order::sorted(findings)
}
