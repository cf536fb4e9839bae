//! TLS, and its certificate.

use super::{Around, Conf, Finding, fault, note, warning};
use crate::coturn::conf::{File, pem, read::Line, tls_is_on};
use crate::coturn::text::utc;
use earshot_report::Code;
use std::path::Path;

const CERT: &str = "cert=/etc/coturn/fullchain.pem";
const PKEY: &str = "pkey=/etc/coturn/privkey.pem";

pub(super) fn off(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    if let Some(line) = conf.on("no-tls") {
        let what = "No client can come over TLS";
        let why = "In networks that let only encrypted traffic out, nobody reaches this server; turns: addresses fail \
                   everywhere.";
        let mut finding = warning("tls-off", what, why)
            .at(line.number)
            .delete(line.number);
        for (name, write) in [("cert", CERT), ("pkey", PKEY)] {
            if conf.last(name).is_none() {
                finding = finding.adding(write);
            }
        }
        found.push(finding);
    }
    if let Some(line) = conf.on("no-dtls") {
        let what = "No client can come over DTLS";
        let why = "No browser does; the sound is encrypted all the same. From coturn 4.17 on it is off anyway, unless \
                   dtls turns it on.";
        found.push(
            note("dtls-off", what, why)
                .at(line.number)
                .delete(line.number),
        );
    }
}

pub(super) fn certificate(conf: &Conf, around: &Around<'_>, found: &mut Vec<Finding>) {
    if conf.on("no-tls").is_some() {
        return;
    }
    if !tls_is_on(conf) {
        let what = "There is no certificate, so coturn takes no clients over TLS";
        let why = "It says so in its log and starts without; turns: addresses fail everywhere. Name the files of your \
                   own certificate and key.";
        let missing = [("cert", CERT), ("pkey", PKEY)]
            .into_iter()
            .filter(|(name, _)| conf.last(name).is_none());
        found.push(missing.fold(
            warning("tls-without-certificate", what, why),
            |finding, (_, write)| finding.adding(write),
        ));
        return;
    }
    let (Some(look), Some(cert), Some(pkey)) = (around.files, conf.last("cert"), conf.last("pkey"))
    else {
        return;
    };
    let files = [cert, pkey].map(|line| (line, look(Path::new(&line.value))));
    let runs_as_root = conf
        .last("proc-user")
        .is_some_and(|line| line.value == "root");
    for (line, file) in &files {
        found.extend(unusable(line, file, runs_as_root));
    }
    if let (File::Read { bytes, .. }, Some(now)) = (&files[0].1, around.now) {
        found.extend(over(cert, bytes, now));
    }
    let [
        (_, File::Read { bytes: chain, .. }),
        (_, File::Read { bytes: key, .. }),
    ] = &files
    else {
        return;
    };
    // A key with a password is not ours to open.
    if conf.last("pkey-pwd").is_some() {
        return;
    }
    if let Some((what, why)) = pem::what_is_wrong(chain, key) {
        found.push(
            fault("tls-certificate", what, why)
                .at(cert.number)
                .at(pkey.number),
        );
    }
}

/// Whoever renews certificates does so 30 days before their end; with fewer than this left nobody does.
const RENEWED_BEFORE_DAYS: i64 = 7;

fn over(line: &Line, chain: &[u8], now: i64) -> Option<Finding> {
    const DAY: i64 = 24 * 60 * 60;
    let (begin, end) = pem::validity(chain)?;
    let why = "Every turns: address fails then. coturn reads a renewed certificate when it is started, and on SIGUSR2.";
    let told = |what: &str, at| format!("The certificate {what} {}", utc(at));
    let finding = if now < begin {
        fault(
            "tls-certificate-time",
            told("is not good until", begin),
            why,
        )
    } else if end < now {
        fault("tls-certificate-time", told("was over at", end), why)
    } else if end - now < RENEWED_BEFORE_DAYS * DAY {
        warning("tls-certificate-time", told("ends at", end), why)
    } else {
        return None;
    };
    Some(finding.cause(Code::TlsCertificateExpired).at(line.number))
}

fn unusable(line: &Line, file: &File, runs_as_root: bool) -> Option<Finding> {
    let thing = match line.name.as_str() {
        "cert" => "certificate",
        _ => "private key",
    };
    match file {
        File::Missing => {
            let what = format!("The {thing} is not where the line says, on this machine");
            let why =
                "coturn then takes no clients over TLS, says so in its log, and starts without.";
            Some(
                fault("tls-file-missing", what, why)
                    .likely()
                    .at(line.number),
            )
        }
        File::Unreadable(error) => {
            let what = format!("Whether the {thing} can be used is not known");
            let why = format!("It cannot be read from here: {error}.");
            Some(note("tls-file-unreadable", what, why).at(line.number))
        }
        File::Read { roots_only, .. } if *roots_only && !runs_as_root => {
            let what = format!("Only root can read the {thing}");
            let why = "Most systems run coturn as the user turnserver, which then takes no clients over TLS. Let that \
                       user's group read the file: chgrp turnserver, chmod 640.";
            Some(
                warning("tls-file-roots", what, why)
                    .likely()
                    .at(line.number),
            )
        }
        File::Read { .. } => None,
    }
}

pub(super) fn client_certificates(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let Some(line) = conf.last("CA-file").filter(|_| tls_is_on(conf)) else {
        return;
    };
    let what = "Clients must show a certificate of their own, and browsers have none";
    let why = "Every turns: address fails. The certificates of the server's own issuers belong into the file of cert.";
    found.push(
        fault("client-certificates", what, why)
            .at(line.number)
            .delete(line.number),
    );
}
