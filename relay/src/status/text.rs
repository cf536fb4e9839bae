//! The status in words.

use super::{Announced, Heard, Sessions, Status, WEB_ONLY, story::Rows};
use crate::{settings::Look, terminal::harmless};
use std::fmt::Write;

/// How the program is. Whatever answers, its words move no cursor.
pub(super) fn text(status: &Status) -> String {
    let story = &status.story;
    let health = if status.healthy {
        "healthy"
    } else {
        "not healthy"
    };
    // Writing to a string cannot fail.
    let mut text = format!(
        "earshot {}, process {}, up {}: {health}\n",
        story.version,
        story.process,
        span(status.uptime_s)
    );
    for problem in &status.problems {
        let _ = writeln!(text, "problem: {problem}");
    }
    let mut rows = story.rows(|announced| proof(status, announced));
    if story.relay.is_some() {
        rows.row("heard from others", heard(&status.heard));
        rows.row("sessions", sessions(&status.sessions));
        let Sessions {
            bytes_from_clients,
            bytes_to_clients,
            ..
        } = &status.sessions;
        let (from, to) = (bytes(*bytes_from_clients), bytes(*bytes_to_clients));
        rows.row("relayed", format!("{from} from clients, {to} to clients"));
    }
    rows.row("data directory", story.data_directory.display());
    rows.row("database", &story.database);
    let _ = write!(
        text,
        "\n{rows}\nsettings (those that are not named have their defaults)\n{}",
        story.setting_rows()
    );
    if story.relay.is_some() {
        let _ = write!(text, "\n{}", refusals(status));
    }
    if status.web_only_host.is_yes() && story.relay.is_some() {
        let _ = writeln!(
            text,
            "\nwarning: PORT is set, as hosting platforms do, and nothing from outside has come to the relay since \
             the start. {WEB_ONLY}"
        );
    }
    if !story.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &story.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    harmless(&text)
}

/// Nothing listens where the settings say.
pub(super) fn not_running(look: &Look) -> String {
    format!(
        "earshot does not run here: nothing listens at {}.\n\
         Start it with `earshot serve` (as a service: `systemctl start earshot`); what it says last before it ends \
         names the reason.\n\
         If it listens elsewhere, give `earshot status` the same settings: HTTP_LISTEN or PORT, or --config FILE.",
        look.http()
    )
}

/// It takes connections and says nothing.
pub(super) fn silent(look: &Look) -> String {
    format!(
        "what listens at {} does not answer: restart it if this lasts; its log tells what it was doing",
        look.http()
    )
}

/// The program has another key.
pub(super) fn key_refused(look: &Look) -> String {
    format!(
        "the earshot at {} has another operator's key than {}: give the same settings as it has (OPERATOR_KEY or \
         EARSHOT_DATA)",
        look.http(),
        look.key_place()
    )
}

/// Something else answers.
pub(super) fn other(look: &Look, answer: &str) -> String {
    format!(
        "what listens at {} is not this version of earshot ({answer}): give the same settings as the server has \
         (HTTP_LISTEN or PORT), or restart it if it was updated",
        look.http()
    )
}

fn proof(status: &Status, announced: &Announced) -> Option<String> {
    let proof = status
        .proofs
        .iter()
        .find(|proof| proof.address == announced.address)?;
    Some(format!("{} ({})", proof.words, ago(proof.ago_s)))
}

fn heard(heard: &Heard) -> String {
    let when = |name: &str, seconds: Option<u64>| match seconds {
        Some(seconds) => format!("{name} {}", ago(seconds)),
        None => format!("{name} never"),
    };
    let told = [
        when("UDP", heard.udp_ago_s),
        when("TCP", heard.tcp_ago_s),
        when("TLS", heard.tls_ago_s),
    ];
    told.join(", ")
}

fn sessions(sessions: &Sessions) -> String {
    let users = sessions
        .by_user
        .iter()
        .map(|(user, n)| format!("{user} {n}"));
    let users = users.collect::<Vec<_>>().join(", ");
    let users = match users.is_empty() {
        true => String::new(),
        false => format!(" ({users})"),
    };
    let Sessions {
        open, since_start, ..
    } = sessions;
    format!("{open} open{users}, {since_start} since the start")
}

fn refusals(status: &Status) -> Rows {
    let mut rows = Rows::default();
    let count = status.refusals.since_start.values();
    let count = count.fold(0, |sum: u64, count| sum.saturating_add(*count));
    if count == 0 {
        rows.row("refused", "nobody since the start");
        return rows;
    }
    rows.row(
        "refused",
        format!("{count} requests since the start, the last of them:"),
    );
    for refused in &status.refusals.last {
        let times = match refused.times {
            1 => String::new(),
            times => format!(", {times} times"),
        };
        let told = format!(
            "user <{}> from {}: {} ({}{times})",
            refused.username, refused.from, refused.reason, refused.code
        );
        rows.row(&format!("  {}", ago(refused.ago_s)), told);
    }
    rows
}

fn ago(seconds: u64) -> String {
    match seconds {
        0 => "just now".to_owned(),
        _ => format!("{} ago", span(seconds)),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn bytes(count: u64) -> String {
    let steps = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match steps.iter().find(|(size, _)| count >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", count as f64 / *size as f64),
        None => format!("{count} bytes"),
    }
}
