//! Certificates that change, and handshakes that clients break off.

use super::*;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use std::fs::{self, File};
use tokio_rustls::{TlsAcceptor, TlsConnector};

struct Place {
    directory: tempfile::TempDir,
    settings: TlsSettings,
}

impl Place {
    fn with_files() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = TlsSettings {
            listen: Vec::new(),
            cert: Some(directory.path().join("cert.pem")),
            key: Some(directory.path().join("key.pem")),
        };
        Self {
            directory,
            settings,
        }
    }

    fn without_files() -> Self {
        let mut place = Self::with_files();
        (place.settings.cert, place.settings.key) = (None, None);
        place
    }

    /// Puts a certificate there that was changed at this second.
    fn put(&self, cert: &str, key: &str, changed: u64) {
        let (Some(cert_file), Some(key_file)) = (&self.settings.cert, &self.settings.key) else {
            panic!("a place with files");
        };
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(changed);
        for (path, text) in [(cert_file, cert), (key_file, key)] {
            fs::write(path, text).unwrap();
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(changed).unwrap();
        }
    }

    fn open(&self) -> anyhow::Result<Certificates> {
        let data = DataDir::open(self.directory.path())?;
        Certificates::open(&self.settings, &data, vec!["localhost".into()])
    }
}

fn pem(name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn a_changed_certificate_is_taken_and_a_bad_one_is_not() {
    let place = Place::with_files();
    let (first_cert, first_key) = pem("one.example.org");
    place.put(&first_cert, &first_key, 1000);
    let mut certificates = place.open().unwrap();
    assert!(certificates.renewed().unwrap().is_none(), "nothing changed");

    let (cert, key) = pem("two.example.org");
    place.put(&cert, &key, 2000);
    let renewed = certificates.renewed().unwrap().unwrap();
    assert_eq!(renewed.cert, self::certificates(cert.as_bytes()).unwrap());
    assert!(certificates.renewed().unwrap().is_none(), "it is known now");

    // The certificate is there and its key is not yet: wait for it, and keep what works.
    place.put(&first_cert, &key, 3000);
    let error = format!("{:#}", certificates.renewed().err().unwrap());
    assert!(error.contains("is not that of the certificate"), "{error}");
    assert!(certificates.renewed().unwrap().is_none(), "told once");
    place.put(&first_cert, &first_key, 4000);
    assert!(certificates.renewed().unwrap().is_some());
}

#[test]
fn files_that_hold_no_certificate_are_told_of_without_quoting_them() {
    let (cert, key) = pem("localhost");
    for (cert, key, told) in [
        ("nonsense", key.as_str(), "TLS_CERT"),
        (cert.as_str(), "hunter2", "TLS_KEY"),
        (cert.as_str(), &pem("other").1, "TLS_CERT and TLS_KEY"),
    ] {
        let place = Place::with_files();
        place.put(cert, key, 1000);
        let error = format!("{:#}", place.open().err().unwrap());
        assert!(
            error.contains(told) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn our_own_authority_is_made_once() {
    let place = Place::without_files();
    let first = place.open().unwrap();
    let authority = fs::read(first.own_authority().unwrap()).unwrap();
    let second = place.open().unwrap();
    assert_eq!(
        fs::read(second.own_authority().unwrap()).unwrap(),
        authority
    );
}

async fn handshake(place: &Place, roots: RootCertStore, name: &str) -> std::io::Result<()> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (near, far) = tokio::io::duplex(16 * 1024);
    let acceptor = TlsAcceptor::from(place.open().unwrap().server_config().unwrap());
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let (accepted, _) = tokio::join!(acceptor.accept(near), connector.connect(name, far));
    accepted.map(|_| ())
}

#[tokio::test]
async fn the_alert_of_a_client_is_told_by_its_name_in_rfc_8446() {
    let place = Place::without_files();
    place.open().unwrap();
    let mut trusting = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(place.directory.path().join("ca.pem")).unwrap();
    trusting.add(authority).unwrap();

    handshake(&place, trusting.clone(), "localhost")
        .await
        .unwrap();
    let untrusted = handshake(&place, RootCertStore::empty(), "localhost").await;
    assert_eq!(
        alert_received(untrusted.unwrap_err()).as_deref(),
        Some("unknown_ca")
    );
    let misnamed = handshake(&place, trusting, "elsewhere.example.org").await;
    assert_eq!(
        alert_received(misnamed.unwrap_err()).as_deref(),
        Some("bad_certificate")
    );
    let gone = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    assert_eq!(alert_received(gone), None);
}
