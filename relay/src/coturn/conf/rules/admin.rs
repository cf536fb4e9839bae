//! Who governs the server, and what it tells of itself.

use super::{Around, Conf, Finding, note, read::Line, warning};
use std::net::IpAddr;

/// The line that opens this address to others, if it does.
fn open<'a>(conf: &'a Conf, name: &str) -> Option<&'a Line> {
    let line = conf.last(name)?;
    let loopback = line
        .value
        .parse::<IpAddr>()
        .is_ok_and(|ip| ip.is_loopback());
    (!loopback).then_some(line)
}

pub(super) fn console(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    if conf.on("no-cli").is_some() {
        return;
    }
    if let Some(line) = open(conf, "cli-ip") {
        let what = "The console over telnet is open to others";
        let why = "Its password goes over the network as it is.";
        found.push(
            warning("console-open", what, why)
                .at(line.number)
                .replace(line.number, "cli-ip=127.0.0.1"),
        );
    }
    match conf.last("cli-password") {
        Some(line) if !line.value.starts_with("$5$") => {
            let what = "The console's password stands there as it is";
            let why = "`turnadmin -P -p` makes a form of it that others may read.";
            found.push(note("console-password-plain", what, why).at(line.number));
        }
        Some(_) => {}
        None => {
            let what = "The console has no password";
            let why = "coturn turns it off then, and older versions complain of it at each start.";
            found.push(note("console-without-password", what, why).adding("no-cli"));
        }
    }
}

pub(super) fn web_page(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    if conf.on("web-admin").is_none() {
        return;
    }
    let open = open(conf, "web-admin-ip").or_else(|| conf.on("web-admin-listen-on-workers"));
    let Some(line) = open else {
        return;
    };
    let what = "The page that governs the server is open to the world";
    let why = "Whoever finds its password makes users and reads sessions.";
    found.push(
        warning("web-admin-open", what, why)
            .at(line.number)
            .delete(line.number),
    );
}

pub(super) fn figures(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let on = ["prometheus", "prometheus-tls"]
        .into_iter()
        .find_map(|name| conf.on(name));
    let (Some(line), None) = (on, conf.last("prometheus-address")) else {
        return;
    };
    let port = conf.port("prometheus-port", 9641);
    let what = format!("Whoever reaches port {port} reads the server's figures");
    let why = "Close it at the firewall, or bind it (from coturn 4.6.3 on).";
    found.push(
        note("figures-open", what, why)
            .at(line.number)
            .adding("prometheus-address=127.0.0.1"),
    );
}

pub(super) fn good_habits(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for (wanted, what, why) in [
        (
            "fingerprint",
            "Messages carry no checksum",
            "WebRTC wishes for it where TURN shares a port with other traffic.",
        ),
        (
            "no-multicast-peers",
            "Multicast and broadcast addresses may be relayed to",
            "No call needs it.",
        ),
    ] {
        if conf.on(wanted).is_none() {
            found.push(note(wanted, what, why).adding(wanted));
        }
    }
    if let Some(line) = conf.on("Verbose") {
        let what = "The log tells of every packet";
        let why = "It grows by gigabytes; verbose tells of every session.";
        found.push(
            note("log-of-all", what, why)
                .at(line.number)
                .replace(line.number, "verbose"),
        );
    } else if conf.on("verbose").is_none() {
        let what = "The log tells of no session";
        let why = "With verbose, `earshot explain-log` can say what became of them.";
        found.push(note("log-of-nothing", what, why).adding("verbose"));
    }
    for name in ["dh566", "dh1066", "tlsv1", "tlsv1_1"] {
        if let Some(line) = conf.on(name) {
            let what = format!("{name} makes TLS weaker than it has to be");
            let why = "Every browser of today does without it.";
            found.push(
                note("tls-weak", what, why)
                    .at(line.number)
                    .delete(line.number),
            );
        }
    }
}
