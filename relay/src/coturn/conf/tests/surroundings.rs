//! What lies beside the text: certificates, and the addresses of the machine.

use super::{HEALTHY, changed, names};
use crate::coturn::conf::{Around, File, check};
use std::{net::IpAddr, path::Path};

fn pair() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["turn.example.org".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn read(text: &str) -> File {
    File::Read {
        bytes: text.as_bytes().to_vec(),
        roots_only: false,
    }
}

fn found(text: &str, look: &dyn Fn(&Path) -> File) -> Vec<String> {
    let around = Around {
        files: Some(look),
        ..Around::default()
    };
    names(&check(text.as_bytes(), &around).findings)
}

#[test]
fn certificate_and_key_are_looked_at() {
    let ((cert, key), (_, other)) = (pair(), pair());
    let is_cert = |path: &Path| path.ends_with("fullchain.pem");
    let files = |first: &str, second: &str| {
        let (first, second) = (first.to_owned(), second.to_owned());
        move |path: &Path| read(if is_cert(path) { &first } else { &second })
    };
    assert_eq!(found(HEALTHY, &files(&cert, &key)), [""; 0]);
    for (first, second) in [
        (&cert, &other),
        (&key, &key),
        (&cert, &cert),
        (&String::new(), &key),
    ] {
        assert_eq!(
            found(HEALTHY, &files(first, second)),
            ["fault tls-certificate"]
        );
    }
    let with_password = changed(&[], &["pkey-pwd=Kp2vXq7Lw9sT4hZ8"]);
    assert_eq!(found(&with_password, &files(&cert, "locked")), [""; 0]);
}

#[test]
fn files_that_are_not_there_or_not_for_coturn_are_told() {
    let (cert, key) = pair();
    let missing = |_: &Path| File::Missing;
    assert_eq!(
        found(HEALTHY, &missing),
        ["likely fault tls-file-missing"; 2]
    );
    let unreadable = |_: &Path| File::Unreadable("Permission denied".to_owned());
    assert_eq!(found(HEALTHY, &unreadable), ["note tls-file-unreadable"; 2]);
    let of_root = |path: &Path| match path.ends_with("privkey.pem") {
        true => File::Read {
            bytes: key.clone().into(),
            roots_only: true,
        },
        false => read(&cert),
    };
    assert_eq!(found(HEALTHY, &of_root), ["likely warning tls-file-roots"]);
    assert_eq!(found(&changed(&[], &["proc-user=root"]), &of_root), [""; 0]);
    assert_eq!(
        found(&changed(&["cert", "pkey"], &["no-tls"]), &missing),
        ["warning tls-off"]
    );
}

#[test]
fn the_addresses_of_the_machine_say_whether_it_is_behind_nat() {
    let everywhere = changed(&["listening-ip", "external-ip"], &[]);
    let open = changed(
        &["listening-ip", "external-ip"],
        &["allowed-peer-ip=10.0.0.5"],
    );
    let missing = "likely warning external-ip-missing relay-address-private";
    let denied = "likely fault own-address-denied peer-forbidden";
    for (text, addresses, expected) in [
        (
            &everywhere,
            &["127.0.0.1", "10.0.0.5"][..],
            &[denied, missing][..],
        ),
        (&open, &["127.0.0.1", "10.0.0.5", "fd00::5"], &[missing]),
        (&everywhere, &["127.0.0.1", "198.41.0.4"], &[]),
        (&everywhere, &["127.0.0.1", "::1"], &[]),
        (&everywhere, &["2001:503:ba3e::2:30"], &[]),
    ] {
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        let told = format!("{addresses:?}");
        let around = Around {
            addresses: Some(addresses),
            ..Around::default()
        };
        assert_eq!(
            names(&check(text.as_bytes(), &around).findings),
            expected,
            "{told}"
        );
    }
}

#[test]
fn a_certificate_that_is_over_or_soon_is_told() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(["turn.example.org".to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(2030, 12, 1);
    parameters.not_after = rcgen::date_time_ymd(2031, 1, 1);
    let (cert, key) = (
        parameters.self_signed(&key).unwrap().pem(),
        key.serialize_pem(),
    );
    let look = |path: &Path| {
        read(if path.ends_with("fullchain.pem") {
            &cert
        } else {
            &key
        })
    };
    let over = "fault tls-certificate-time tls-certificate-expired";
    // Midnight of the first of January 2031, and days before and after it.
    let end = 1_924_992_000;
    for (days, expected) in [
        (-32, &[over][..]),
        (-20, &[]),
        (
            -3,
            &["warning tls-certificate-time tls-certificate-expired"],
        ),
        (1, &[over]),
    ] {
        let around = Around {
            files: Some(&look),
            now: Some(end + days * 86_400),
            ..Around::default()
        };
        let found = check(HEALTHY.as_bytes(), &around).findings;
        assert_eq!(names(&found), expected, "{days} days");
    }
    assert_eq!(found(HEALTHY, &look), [""; 0], "without a clock");
}
