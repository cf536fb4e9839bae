//! Certificate and key, as they lie in their files.

use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// What keeps coturn from using them: what it is, and what follows.
pub(super) fn what_is_wrong(chain: &[u8], key: &[u8]) -> Option<(&'static str, &'static str)> {
    const WHY: &str = "coturn says so in its log, and every turns: address fails.";
    let chain = certificates(chain);
    if chain.is_empty() {
        return Some(("The file of cert holds no certificate in PEM", WHY));
    }
    let Ok(key) = PrivateKeyDer::from_pem_slice(key) else {
        return Some(("The file of pkey holds no private key in PEM", WHY));
    };
    let provider = rustls::crypto::ring::default_provider();
    match CertifiedKey::from_der(chain, key, &provider) {
        Err(rustls::Error::InconsistentKeys(_)) => {
            Some(("The private key is not that of the certificate", WHY))
        }
        // Whatever else it says may be a matter of this library: coturn uses another one.
        _ => None,
    }
}

/// From when to when the server's own certificate is good, in seconds since 1970. `None`: it does not say so that it can
/// be read here.
pub(super) fn validity(chain: &[u8]) -> Option<(i64, i64)> {
    let chain = certificates(chain);
    let (_, first) = X509Certificate::from_der(chain.first()?).ok()?;
    let validity = first.validity();
    Some((
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    ))
}

fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem)
        .filter_map(Result::ok)
        .collect()
}
