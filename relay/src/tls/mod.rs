//! Certificates of the shared TLS port: from files, read again when they change, or of an authority of our own.

mod alert;
mod own;
#[cfg(test)]
mod tests;

pub(crate) use alert::alert_name;
pub use alert::alert_received;

use crate::{data_dir::DataDir, settings::TlsSettings};
use anyhow::Context;
use own::OwnAuthority;
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
    time::{Duration, SystemTime},
};
use time::OffsetDateTime;

/// How often the files are looked at. A new certificate need not be in use within seconds.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The certificate in use, and where the next one comes from.
pub struct Certificates {
    current: Arc<Current>,
    origin: Origin,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

enum Origin {
    Files {
        cert: PathBuf,
        key: PathBuf,
        changed: Option<(SystemTime, SystemTime)>,
    },
    Own {
        authority: Box<OwnAuthority>,
        names: Vec<String>,
        renew_at: OffsetDateTime,
    },
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().ok().map(|current| current.clone())
    }
}

impl Certificates {
    /// Reads the files, or makes a certificate for these names.
    ///
    /// # Errors
    /// The files hold no certificate with its key, or ours cannot be made.
    pub fn open(
        settings: &TlsSettings,
        directory: &DataDir,
        names: Vec<String>,
    ) -> anyhow::Result<Self> {
        let (first, origin) = if let (Some(cert), Some(key)) = (&settings.cert, &settings.key) {
            let origin = Origin::Files {
                cert: cert.clone(),
                key: key.clone(),
                changed: changed(cert, key),
            };
            (read_files(cert, key)?, origin)
        } else {
            let authority = Box::new(OwnAuthority::open(directory)?);
            let issued = authority.issue(&names)?;
            let origin = Origin::Own {
                authority,
                names,
                renew_at: issued.renew_at,
            };
            (certified(issued.chain, issued.key)?, origin)
        };
        let current = Arc::new(Current(RwLock::new(Arc::new(first))));
        Ok(Self { current, origin })
    }

    /// What the TLS port is configured with. It follows the certificates as they change.
    ///
    /// # Errors
    /// None in practice: the protocol versions are those of the provider.
    pub fn server_config(&self) -> anyhow::Result<Arc<ServerConfig>> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.current.clone());
        // TURN clients that name themselves (RFC 7443) would be refused if it were missing here.
        config.alpn_protocols = vec![b"h2".into(), b"http/1.1".into(), b"stun.turn".into()];
        Ok(Arc::new(config))
    }

    /// The file of our own authority, where there is one: who trusts it sees no warning.
    pub fn own_authority(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Own { authority, .. } => Some(&authority.file),
            Origin::Files { .. } => None,
        }
    }

    /// Replaces the certificate whenever a better one is to be had. A bad one replaces nothing.
    pub async fn keep_fresh(mut self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.renewed() {
                Ok(None) => {}
                Ok(Some(new)) => {
                    if let Ok(mut current) = self.current.0.write() {
                        *current = Arc::new(new);
                    }
                    tracing::info!("the TLS certificate was replaced");
                }
                Err(error) => {
                    tracing::error!(
                        "the new TLS certificate cannot be used, the old one stays: {error:#}"
                    );
                }
            }
        }
    }

    fn renewed(&mut self) -> anyhow::Result<Option<CertifiedKey>> {
        match &mut self.origin {
            Origin::Files {
                cert,
                key,
                changed: known,
            } => {
                let found = changed(cert, key);
                if found.is_none() || found == *known {
                    return Ok(None);
                }
                // Certificate and key are two files: while only one of them is new they do not fit, and the next
                // change is waited for.
                *known = found;
                read_files(cert, key).map(Some)
            }
            Origin::Own {
                authority,
                names,
                renew_at,
            } => {
                if own::now() < *renew_at {
                    return Ok(None);
                }
                let issued = authority.issue(names)?;
                *renew_at = issued.renew_at;
                certified(issued.chain, issued.key).map(Some)
            }
        }
    }
}

fn changed(cert: &Path, key: &Path) -> Option<(SystemTime, SystemTime)> {
    let modified = |path| {
        std::fs::metadata(path)
            .and_then(|data| data.modified())
            .ok()
    };
    Some((modified(cert)?, modified(key)?))
}

fn read_files(cert: &Path, key: &Path) -> anyhow::Result<CertifiedKey> {
    let chain = std::fs::read(cert)
        .with_context(|| format!("TLS_CERT: {} cannot be read", cert.display()))?;
    let chain = certificates(&chain)
        .with_context(|| format!("TLS_CERT: {} holds no certificate in PEM", cert.display()))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|_| {
        // The error could quote the file.
        anyhow::anyhow!("TLS_KEY: {} holds no private key in PEM", key.display())
    })?;
    certified(chain, private).with_context(|| {
        format!(
            "TLS_CERT and TLS_KEY: the key in {} is not that of the certificate in {}",
            key.display(),
            cert.display()
        )
    })
}

fn certificates(pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    anyhow::ensure!(!chain.is_empty(), "no certificate");
    Ok(chain)
}

fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> anyhow::Result<CertifiedKey> {
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
