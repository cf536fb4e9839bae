//! Causes in the certificate of a relay by TLS or DTLS.

use super::view::{Ground, Reach, View, reach};
use super::{Evidence, EvidenceValue, Finding};
use crate::{
    Code, Facts, Transport,
    facts::{NO_ANSWER, TargetFacts},
    words::says,
};

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

/// The server's certificate is fine, says the program's handshake, and the browser refuses what it is shown. This
/// relay sees the browser's alert; a browser says only that it could not connect, which a closed port gives too:
/// therefore such connections must be known to get through otherwise.
pub(super) fn intercepted(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::TlsIntercepted, |target| {
        (target.target.url.transport == Transport::Tls).then_some(())?;
        let probe = view.finished_native(target)?;
        let fine = probe.certificate_error.is_none() && probe.speaks_stun.is_yes();
        (is_refused(target) && fine).then_some(())?;
        let mut evidence = vec![Evidence::new("native_probes.speaks_stun", true)];
        let sightings = view.testimony(target).into_iter();
        let mut alerts = sightings.flat_map(|it| &it.tls.tls_alerts);
        if let Some(alert) = alerts.find(|alert| is_about_certificate(alert)) {
            evidence.push(Evidence::new("sightings.tls.tls_alerts", alert.as_str()));
            return Ground::sure(evidence);
        }
        // By TLS to that port the page came.
        let web_port = facts.environment.https_port == Some(target.target.url.port)
            && facts.environment.api_reachable.is_yes();
        let mut errors = target.gathering.errors.iter();
        let error = errors.find(|it| it.code == NO_ANSWER && it.counts())?;
        let resolved = !target
            .gathering
            .errors
            .iter()
            .any(|it| it.is_lookup_failure());
        (resolved && (web_port || view.relays_without_udp())).then_some(())?;
        evidence.push(Evidence::new("targets.gathering.errors.code", error.code));
        Ground::likely(evidence)
    })
}

/// The names of RFC 8446 section 6.2 for a certificate that was not accepted.
fn is_about_certificate(alert: &str) -> bool {
    alert.contains("certificate") || alert == "unknown_ca"
}

fn is_refused(target: &TargetFacts) -> bool {
    target.target.url.transport.is_secure() && reach(target) == Reach::Failed
}

/// The program's handshake complains and the page gets no relay by this URL. A browser that trusts what the program
/// does not, as with a company's own authority, gets one, and then nothing is wrong.
fn with_complaint(facts: &Facts, cause: Code) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(cause, |target| {
        is_refused(target).then_some(())?;
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
