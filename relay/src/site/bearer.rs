//! `Authorization: Bearer …` (RFC 6750): who shows which secret.

use super::Site;
use axum::http::{HeaderMap, header::AUTHORIZATION};
use subtle::ConstantTimeEq;

/// What a request shows.
pub(super) enum Shown<'a> {
    /// No such header.
    Nothing,
    /// A secret of whatever kind; empty: something that is none.
    Secret(&'a str),
}

/// What this request shows.
pub(super) fn shown(headers: &HeaderMap) -> Shown<'_> {
    let Some(given) = headers.get(AUTHORIZATION) else {
        return Shown::Nothing;
    };
    let secret = given
        .to_str()
        .ok()
        .and_then(|given| given.split_at_checked("Bearer ".len()))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer "))
        .map_or("", |(_, secret)| secret);
    Shown::Secret(secret)
}

impl Shown<'_> {
    /// The operator's key.
    pub(super) fn is_operator(&self, site: &Site) -> bool {
        self.is(site.0.config.operator_key.expose())
    }

    /// This very secret.
    pub(super) fn is(&self, secret: &str) -> bool {
        self.secret()
            .is_some_and(|shown| bool::from(shown.as_bytes().ct_eq(secret.as_bytes())))
    }

    /// What is shown, if it may be a secret at all.
    pub(super) fn secret(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Secret(secret) => Some(secret).copied().filter(|secret| !secret.is_empty()),
        }
    }
}
