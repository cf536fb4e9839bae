//! What the facts mean.

use crate::{Actor, Address, Code, Facts, Severity};
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

/// One fact that a finding rests on, named as in the report's `facts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The fact's name, such as `native_probes.answers`.
    pub fact: String,
    /// Its value in words.
    pub value: EvidenceValue,
}

/// The value of a piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EvidenceValue {
    /// A number.
    Number(f64),
    /// An address, that can be masked.
    Address {
        /// It.
        address: Address,
    },
    /// Words.
    Text(String),
}

impl Finding {
    /// Hides the addresses in the evidence.
    pub fn mask_addresses(&mut self) {
        for evidence in &mut self.evidence {
            if let EvidenceValue::Address { address } = &mut evidence.value {
                *address = address.masked();
            }
        }
    }
}

/// Everything that follows from `facts`, the one to be mended first at the head; those that another explains carry
/// its code.
pub fn find(_facts: &Facts) -> Vec<Finding> {
    Vec::new()
}
