//! A certificate authority of our own, for those who have no certificate yet.
//!
//! It is made once and kept, so that it has to be trusted once; the certificates it signs live in memory and are made
//! anew whenever they run low.

use crate::data_dir::DataDir;
use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use time::{Duration, OffsetDateTime};

const AUTHORITY_LIFETIME: Duration = Duration::days(3650);
/// Browsers refuse certificates that are good for more than 398 days.
const LEAF_LIFETIME: Duration = Duration::days(90);
/// Clocks of other machines run late.
const BACKDATED: Duration = Duration::days(1);

/// The authority.
pub(super) struct OwnAuthority {
    params: CertificateParams,
    key: KeyPair,
    certificate: String,
    /// The file to trust.
    pub(super) file: PathBuf,
}

impl OwnAuthority {
    pub(super) fn open(directory: &DataDir) -> anyhow::Result<Self> {
        let key = directory.keep("ca-key.pem", || Ok(KeyPair::generate()?.serialize_pem()))?;
        let file = directory.path().join("ca.pem");
        let key = KeyPair::from_pem(&key).with_context(|| {
            format!(
                "{} holds no private key: remove it and {}, and new ones are made",
                directory.path().join("ca-key.pem").display(),
                file.display()
            )
        })?;
        let params = authority_params(&key);
        let certificate = directory.keep("ca.pem", || Ok(params.self_signed(&key)?.pem()))?;
        Ok(Self {
            params,
            key,
            certificate,
            file,
        })
    }

    /// A new certificate with its key, and when another one should be made.
    pub(super) fn issue(&self, names: &[String]) -> anyhow::Result<Issued> {
        let now = now();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "earshot");
        params.not_before = now - BACKDATED;
        params.not_after = now + LEAF_LIFETIME;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let issuer = Issuer::from_params(&self.params, &self.key);
        let leaf = params.signed_by(&key, &issuer)?;
        let authority = super::certificates(self.certificate.as_bytes()).with_context(|| {
            format!(
                "{} holds no certificate: remove it, and it is made again",
                self.file.display()
            )
        })?;
        Ok(Issued {
            chain: std::iter::once(leaf.der().clone())
                .chain(authority)
                .collect(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            renew_at: now + LEAF_LIFETIME * 2 / 3,
        })
    }
}

/// A certificate of our own.
pub(super) struct Issued {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) renew_at: OffsetDateTime,
}

fn authority_params(key: &KeyPair) -> CertificateParams {
    // Each authority has a name of its own: some browsers mix up two that are called alike.
    let digest = Sha256::digest(key.der_bytes());
    let mark: String = digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let now = now();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("earshot own authority {mark}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - BACKDATED;
    params.not_after = now + AUTHORITY_LIFETIME;
    params
}

pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
