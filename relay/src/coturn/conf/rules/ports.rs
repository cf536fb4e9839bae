//! Which ports are relayed.

use super::{Around, Conf, Finding, fault, options::Kind, warning, writing};
use earshot_report::Code;
use std::ops::RangeInclusive;

/// RFC 8656 section 5 recommends 49152-65535, and coturn uses it unless told otherwise.
const USUAL: RangeInclusive<u16> = 49152..=65535;

/// A call of two takes up to six: each browser tries UDP, TCP and TLS at once. This is room for eight calls.
const FEW: u32 = 50;

/// The relayed ports, the first of them before the last or not.
fn bounds(conf: &Conf) -> (u16, u16) {
    (
        conf.port("min-port", *USUAL.start()),
        conf.port("max-port", *USUAL.end()),
    )
}

fn at_bounds(finding: Finding, conf: &Conf) -> Finding {
    let lines = ["min-port", "max-port"]
        .into_iter()
        .filter_map(|name| conf.last(name));
    lines.fold(finding, |finding, line| finding.at(line.number))
}

/// With the usual range instead.
fn usual(finding: Finding, conf: &Conf) -> Finding {
    let wanted = [("min-port", *USUAL.start()), ("max-port", *USUAL.end())];
    wanted.into_iter().fold(finding, |finding, (name, port)| {
        let write = format!("{name}={port}");
        match conf.last(name) {
            Some(line) => finding.replace(line.number, write),
            None => finding,
        }
    })
}

pub(super) fn range(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let (first, last) = bounds(conf);
    if first > last {
        let what = format!("The first relayed port, {first}, is behind the last, {last}");
        let why = "coturn starts, and breaks down as soon as somebody asks for an allocation.";
        let finding = fault("ports-inverted", what, why).cause(Code::ServerUnreachable);
        let finding = at_bounds(finding, conf);
        found.push(match (conf.last("min-port"), conf.last("max-port")) {
            (Some(min), Some(max)) => finding
                .replace(min.number, format!("min-port={last}"))
                .replace(max.number, format!("max-port={first}")),
            // One of them alone is behind the usual other one.
            _ => usual(finding, conf),
        });
        return;
    }
    let ports = u32::from(last) - u32::from(first) + 1;
    if ports >= FEW || conf.on("multiplex-peer").is_some() {
        return;
    }
    let what = format!("There are {ports} relayed ports");
    let why = "Each allocation takes one, and a call of two takes up to six. When all are taken, the next is refused \
               (508).";
    let finding = warning("ports-few", what, why).cause(Code::CapacityReached);
    found.push(usual(at_bounds(finding, conf), conf));
}

pub(super) fn numbers(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in &conf.lines {
        let is_port = line.option.is_some_and(|option| option.kind == Kind::Port);
        if !is_port || writing::is_told(line) || line.value.parse::<u16>().is_ok() {
            continue;
        }
        let what = format!("{} is no port", line.name);
        let why = "A port is a number up to 65535. coturn goes by the usual one instead.";
        found.push(
            warning("port-is-none", what, why)
                .at(line.number)
                .delete(line.number),
        );
    }
}

pub(super) fn overlap(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let (first, last) = bounds(conf);
    for (name, usual_port) in [("listening-port", 3478), ("tls-listening-port", 5349)] {
        let port = conf.port(name, usual_port);
        if !(first..=last).contains(&port) {
            continue;
        }
        let what = format!("Port {port}, where clients come, is one of the relayed ports");
        let why = "Both are UDP on the same address. Let the relayed ports begin behind it.";
        let finding = warning("ports-overlap", what, why);
        found.push(usual(at_bounds(finding, conf), conf));
    }
}
