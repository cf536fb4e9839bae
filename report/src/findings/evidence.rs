//! What a finding rests on.

use crate::Address;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor},
};
use std::fmt;

/// One fact that a finding rests on, named as in the report's `facts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The fact's name, such as `native_probes.answers`.
    pub fact: String,
    /// Its value in words.
    pub value: EvidenceValue,
}

impl Evidence {
    pub(super) fn new(fact: &str, value: impl Into<EvidenceValue>) -> Self {
        Self {
            fact: fact.to_owned(),
            value: value.into(),
        }
    }
}

/// The value of a piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

impl From<bool> for EvidenceValue {
    fn from(value: bool) -> Self {
        Self::Text(if value { "yes" } else { "no" }.to_owned())
    }
}

impl From<&str> for EvidenceValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<u16> for EvidenceValue {
    fn from(value: u16) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for EvidenceValue {
    fn from(value: u64) -> Self {
        Self::Number(value as f64)
    }
}

impl From<f64> for EvidenceValue {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&Address> for EvidenceValue {
    fn from(address: &Address) -> Self {
        Self::Address {
            address: address.clone(),
        }
    }
}

/// An address is told as an object: the only one there is.
impl<'de> Deserialize<'de> for EvidenceValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = EvidenceValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, words, or {\"address\": …}")
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<EvidenceValue, E> {
        Ok(EvidenceValue::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<EvidenceValue, E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<EvidenceValue, E> {
        self.visit_f64(number as f64)
    }

    fn visit_str<E: de::Error>(self, words: &str) -> Result<EvidenceValue, E> {
        Ok(EvidenceValue::Text(words.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<EvidenceValue, A::Error> {
        match fields.next_entry::<String, Address>()? {
            Some((name, address)) if name == "address" => Ok(EvidenceValue::Address { address }),
            _ => Err(de::Error::missing_field("address")),
        }
    }
}
