//! Causes in the certificate of a TLS relay.

use super::view::{Ground, Reach, View, reach};
use super::{Evidence, EvidenceValue, Finding};
use crate::{Code, Facts, Transport, words::says};

/// Over its time, or before it.
pub(super) fn expired(facts: &Facts) -> Vec<Finding> {
    with_complaint(facts, Code::TlsCertificateExpired)
}

/// For another host.
pub(super) fn wrong_name(facts: &Facts) -> Vec<Finding> {
    with_complaint(facts, Code::TlsCertificateWrongName)
}

/// Signed by nobody that browsers trust, or broken otherwise.
pub(super) fn untrusted(facts: &Facts) -> Vec<Finding> {
    with_complaint(facts, Code::TlsCertificateUntrusted)
}

/// The program's handshake complains and the page gets no relay by this URL. A browser that trusts what the program
/// does not, as with a company's own authority, gets one, and then nothing is wrong.
fn with_complaint(facts: &Facts, cause: Code) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(cause, |target| {
        let by_tls = target.target.url.transport == Transport::Tls;
        if !by_tls || reach(target) != Reach::Failed {
            return None;
        }
        let words = view.finished_native(target)?.certificate_error.as_ref()?;
        (classify(words) == cause).then_some(())?;
        Ground::sure(vec![Evidence::new(
            "native_probes.certificate_error",
            EvidenceValue::Text(words.clone()),
        )])
    })
}

/// By rustls' words for `CertificateError`, with and without context.
fn classify(words: &str) -> Code {
    let words = words.to_ascii_lowercase();
    let says = |part: &str| says(&words, part);
    if says("expired") || says("not valid yet") || says("notvalidyet") {
        return Code::TlsCertificateExpired;
    }
    if says("not valid for name") || says("notvalidforname") {
        return Code::TlsCertificateWrongName;
    }
    Code::TlsCertificateUntrusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of rustls 0.23, `impl Display for CertificateError`.
    #[test]
    fn complaints_are_told_apart() {
        for (words, cause) in [
            (
                "invalid peer certificate: Expired",
                Code::TlsCertificateExpired,
            ),
            (
                "invalid peer certificate: certificate expired: verification time 1 (UNIX), but certificate is not valid after 0 (0 seconds ago)",
                Code::TlsCertificateExpired,
            ),
            (
                "invalid peer certificate: certificate not valid yet: verification time 0 (UNIX), but certificate is not valid before 1 (1 seconds in future)",
                Code::TlsCertificateExpired,
            ),
            (
                "invalid peer certificate: certificate not valid for name \"turn.example.org\"; certificate is only valid for DnsName(\"example.net\")",
                Code::TlsCertificateWrongName,
            ),
            (
                "invalid peer certificate: NotValidForName",
                Code::TlsCertificateWrongName,
            ),
            (
                "invalid peer certificate: UnknownIssuer",
                Code::TlsCertificateUntrusted,
            ),
            (
                "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
                Code::TlsCertificateUntrusted,
            ),
        ] {
            assert_eq!(classify(words), cause, "{words}");
        }
    }
}
