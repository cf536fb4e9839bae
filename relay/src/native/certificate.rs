//! A TLS client that notes what is wrong with a certificate and goes on: the probe sends nothing secret but a
//! message authentication code, and wants to know what is behind the certificate.

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::{Arc, Mutex, PoisonError};

/// What the verifier had to say about a certificate, in rustls' words.
pub(super) type Complaint = Arc<Mutex<Option<String>>>;

/// A configuration for one handshake, and where its complaint will be found.
pub(super) fn noting_config() -> anyhow::Result<(Arc<ClientConfig>, Complaint)> {
    let provider = Arc::new(ring::default_provider());
    let strict =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots()), provider.clone()).build()?;
    let complaint = Complaint::default();
    let verifier = Noting {
        strict,
        provider: provider.clone(),
        complaint: complaint.clone(),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok((Arc::new(config), complaint))
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

#[derive(Debug)]
struct Noting {
    strict: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
    complaint: Complaint,
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
        if let Err(error) = judged {
            let mut complaint = self
                .complaint
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *complaint = Some(error.to_string().chars().take(200).collect());
        }
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
