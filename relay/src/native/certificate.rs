//! A TLS client that notes what is wrong with a certificate and goes on: the probe sends nothing secret but a
//! message authentication code, and wants to know what is behind the certificate.

use super::beside::Certificate;
use crate::terminal;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, OnceLock},
};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer};

/// How much of what a stranger writes into a certificate is kept.
const LONGEST_TEXT: usize = 200;
const MOST_NAMES: usize = 20;

/// What was seen of a certificate.
pub(super) type Noted = Arc<OnceLock<Certificate>>;

/// A configuration for one handshake, and where its certificate will be found.
pub(super) fn noting_config() -> anyhow::Result<(Arc<ClientConfig>, Noted)> {
    let provider = Arc::new(ring::default_provider());
    let strict = strict(provider.clone())?;
    let noted = Noted::default();
    let verifier = Noting {
        strict,
        provider: provider.clone(),
        noted: noted.clone(),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok((Arc::new(config), noted))
}

/// What a handshake by other means than rustls' showed: the chain from the server's own certificate on, each in DER,
/// judged for this host as in a TLS handshake. `None`: there is none, or the host is no name that could be in one.
pub(super) fn judged(chain: &[Vec<u8>], host: &str) -> Option<Certificate> {
    let name = ServerName::try_from(host).ok()?;
    let chain: Vec<_> = chain
        .iter()
        .map(|der| CertificateDer::from(der.as_slice()))
        .collect();
    let (end_entity, intermediates) = chain.split_first()?;
    let strict = strict(Arc::new(ring::default_provider())).ok()?;
    let judged = strict.verify_server_cert(end_entity, intermediates, &name, &[], UnixTime::now());
    Some(noted(end_entity, judged))
}

fn strict(provider: Arc<CryptoProvider>) -> anyhow::Result<Arc<WebPkiServerVerifier>> {
    let roots = Arc::new(roots());
    Ok(WebPkiServerVerifier::builder_with_provider(roots, provider).build()?)
}

fn noted(
    end_entity: &CertificateDer<'_>,
    judged: Result<ServerCertVerified, rustls::Error>,
) -> Certificate {
    Certificate {
        complaint: judged.err().map(|error| shortened(&error.to_string())),
        ..read(end_entity)
    }
}

/// Whom browsers trust, and whom this machine trusts besides (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others): a
/// company's own authority is on its people's machines too.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    // What cannot be read there is of no use, and nothing else follows from it.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// What a certificate says of itself (RFC 5280 section 4.1). One that cannot be read says nothing.
fn read(der: &[u8]) -> Certificate {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return Certificate::default();
    };
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names
        .into_iter()
        .flat_map(|names| &names.value.general_names);
    Certificate {
        complaint: None,
        not_after_s: Some(certificate.validity().not_after.timestamp()),
        names: names.filter_map(name).take(MOST_NAMES).collect(),
        issuer: Some(shortened(&certificate.issuer().to_string())),
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(shortened(name)),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|it| IpAddr::V4(Ipv4Addr::from(it)));
            let v6 = <[u8; 16]>::try_from(*bytes).map(|it| IpAddr::V6(Ipv6Addr::from(it)));
            v4.or(v6).ok().map(|ip| ip.to_string())
        }
        _ => None,
    }
}

fn shortened(text: &str) -> String {
    text.chars()
        .take(LONGEST_TEXT)
        .map(terminal::shown)
        .collect()
}

#[derive(Debug)]
struct Noting {
    strict: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
    noted: Noted,
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.strict.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        // One handshake shows one certificate.
        let _ = self.noted.set(noted(end_entity, judged));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    /// 2031-01-01 is 1,924,992,000 seconds after 1970 (`date -ud 2031-01-01 +%s`).
    #[test]
    fn a_certificate_tells_its_end_and_its_names() {
        let names = ["relay.example.org", "203.0.113.7", "2001:db8::7"].map(str::to_owned);
        let mut params = CertificateParams::new(names.clone()).unwrap();
        params.not_after = date_time_ymd(2031, 1, 1);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let seen = read(made.der());
        assert_eq!(seen.not_after_s, Some(1_924_992_000));
        assert_eq!(seen.names, names);
        assert!(seen.issuer.is_some() && seen.complaint.is_none());
        assert_eq!(read(b"no certificate"), Certificate::default());
    }
}
