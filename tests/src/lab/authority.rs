//! A certificate authority that the lab's browsers trust, and certificates that are wrong in one way each.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The authority, with its files.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Its time is over.
    Expired,
    /// It names another host.
    WrongName,
    /// It is signed by itself.
    SelfSigned,
}

impl Authority {
    /// Makes one whose files lie in `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn make(folder: &Path) -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "Authority of the lab");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        fs::write(folder.join("authority.pem"), issuer.pem())?;
        Ok(Self {
            issuer,
            folder: folder.to_owned(),
        })
    }

    /// The authority's own certificate, for whoever is to trust it.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// A certificate for `host` and its key, as files.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn issue(&self, host: &str, flaw: Flaw) -> anyhow::Result<(PathBuf, PathBuf)> {
        let name = match flaw {
            Flaw::WrongName => "other.test.example",
            _ => host,
        };
        let mut params = CertificateParams::new([name.to_owned()])?;
        if flaw == Flaw::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate()?;
        let certificate = match flaw {
            Flaw::SelfSigned => params.self_signed(&key)?,
            _ => params.signed_by(&key, &self.issuer)?,
        };
        let (certificate_file, key_file) = (
            self.folder.join("server.pem"),
            self.folder.join("server.key"),
        );
        fs::write(&certificate_file, certificate.pem())?;
        fs::write(&key_file, key.serialize_pem())?;
        Ok((certificate_file, key_file))
    }
}
