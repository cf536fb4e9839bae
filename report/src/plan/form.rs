//! A probe as it is read. What serde derives for an enum whose variant stands among its fields first keeps
//! everything it meets, of any type, and weighs in the page as much as all the rest of the plan.

use super::Probe;
use crate::IceUrl;
use serde::Deserialize;

/// The fields of every kind of probe.
#[derive(Deserialize)]
pub(super) struct ProbeForm {
    kind: Kind,
    target: Option<u16>,
    stun: Option<IceUrl>,
    stun_pair: Option<[IceUrl; 2]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Gather,
    WrongPassword,
    NatMapping,
    RelayToRelay,
    RelayToDirect,
    Witness,
}

impl TryFrom<ProbeForm> for Probe {
    type Error = &'static str;

    fn try_from(form: ProbeForm) -> Result<Self, Self::Error> {
        let target = form.target.ok_or("this kind of probe has a target");
        Ok(match form.kind {
            Kind::Gather => Self::Gather { target: target? },
            Kind::WrongPassword => Self::WrongPassword { target: target? },
            Kind::NatMapping => Self::NatMapping {
                stun_pair: form.stun_pair.ok_or("this kind of probe has a stun_pair")?,
            },
            Kind::RelayToRelay => Self::RelayToRelay { target: target? },
            Kind::RelayToDirect => Self::RelayToDirect {
                target: target?,
                stun: form.stun,
            },
            Kind::Witness => Self::Witness { target: target? },
        })
    }
}
