//! What one line of a log tells. The words are those of coturn 4.5 to 4.17 (`ns_turn_server.c`,
//! `ns_ioalib_engine_impl.c`, `mainrelay.c`) and of Earshot's own log.

/// One thing told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// The program says what it is.
    Program {
        name: &'static str,
        version: &'a str,
    },
    /// An allocation was made.
    New {
        session: Option<u64>,
        realm: &'a str,
        user: &'a str,
    },
    /// What a session carried, at its client's side; with Earshot, what was relayed.
    Usage {
        session: Option<u64>,
        realm: &'a str,
        user: &'a str,
        packets: u64,
    },
    /// What a session carried at its peers' side: that was relayed.
    PeerUsage { session: Option<u64>, packets: u64 },
    /// A session is over.
    Closed { session: Option<u64> },
    /// A request was refused, with its STUN error code.
    Error {
        realm: &'a str,
        user: &'a str,
        method: &'a str,
        code: u16,
    },
    /// A user was refused.
    Refused { user: &'a str, why: Refused },
    /// Earshot refused so many more.
    RefusedMore(u64),
    /// A peer was refused.
    PeerDenied { peer: &'a str },
    /// All relayed ports are taken.
    NoPorts,
    /// No socket can be opened any more.
    NoDescriptors,
    /// It cannot listen there.
    NotBound { address: &'a str, taken: bool },
    /// Certificate or key are missing, so there is no TLS.
    NoTls,
    /// Certificate or key cannot be used.
    BadCertificate,
    /// The configuration was not found.
    NoConfiguration,
    /// The default realm, maybe empty.
    Realm(&'a str),
    /// It complains of its configuration.
    Complaint(&'a str),
    /// Earshot reports something that an operator should know.
    Trouble(&'a str),
    /// A test of Earshot's page ended with this cause.
    Test { cause: &'a str },
    /// Something that this program says when all is well.
    Usual,
}

/// Why a user was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Refused {
    /// There is no such user; or a time-limited name is over its time, or made from another secret.
    Unknown,
    /// The password does not fit.
    Password,
    /// The time of a time-limited name is over.
    Expired,
}

/// What a line tells. `None`: nothing that is known here.
pub(super) fn event(line: &str) -> Option<Event<'_>> {
    of_session(line)
        .or_else(|| of_users(line))
        .or_else(|| of_start(line))
        .or_else(|| of_earshot(line))
}

fn of_session(line: &str) -> Option<Event<'_>> {
    let (session, rest) = session(line)?;
    if rest.starts_with("new, ") {
        let (realm, user) = (field(rest, "realm"), field(rest, "username"));
        return Some(Event::New {
            session,
            realm,
            user,
        });
    }
    if let Some(rest) = rest.strip_prefix("peer usage: ") {
        return Some(Event::PeerUsage {
            session,
            packets: packets(rest)?,
        });
    }
    if let Some(rest) = rest.strip_prefix("usage: ") {
        let (realm, user) = (field(rest, "realm"), field(rest, "username"));
        return Some(Event::Usage {
            session,
            realm,
            user,
            packets: packets(rest)?,
        });
    }
    if rest.starts_with("closed") || rest.starts_with("delete: ") {
        return Some(Event::Closed { session });
    }
    if let Some((who, what)) = rest.split_once(": incoming packet ") {
        let Some((method, error)) = what.split_once(" processed, error ") else {
            return Some(Event::Usual);
        };
        let code = error.split(':').next()?.trim().parse().ok()?;
        let (realm, user) = (field(who, "realm"), field(who, "user"));
        return Some(Event::Error {
            realm,
            user,
            method,
            code,
        });
    }
    of_users(rest).or(Some(Event::Usual))
}

fn of_users(line: &str) -> Option<Event<'_>> {
    if let Some((_, user)) = line.split_once("annot find credentials of user <") {
        let user = user.strip_suffix('>').unwrap_or(user);
        return Some(Event::Refused {
            user,
            why: Refused::Unknown,
        });
    }
    if let Some((before, _)) = line.split_once(" credentials are incorrect") {
        let (_, user) = before.split_once(": user ")?;
        return Some(Event::Refused {
            user,
            why: Refused::Password,
        });
    }
    if let Some((_, rest)) = line.split_once("A peer IP ") {
        let (peer, _) = rest.split_once(" denied")?;
        return Some(Event::PeerDenied { peer });
    }
    None
}

fn of_start(line: &str) -> Option<Event<'_>> {
    let after = |mark: &str| line.split_once(mark).map(|(_, rest)| rest);
    if let Some(rest) = after("Version Coturn-") {
        let version = rest.split([' ', '\'']).next()?;
        return Some(Event::Program {
            name: "coturn",
            version,
        });
    }
    if let Some(realm) = after("Default realm:") {
        return Some(Event::Realm(realm.trim()));
    }
    if line.contains("no available ports") {
        return Some(Event::NoPorts);
    }
    if line.contains("Too many open files") {
        return Some(Event::NoDescriptors);
    }
    if line.contains("Cannot find config file") {
        return Some(Event::NoConfiguration);
    }
    if let Some(rest) = after("Trying to bind fd ") {
        let (_, rest) = rest.split_once('<')?;
        let (address, errno) = rest.split_once(">: errno=")?;
        return Some(Event::NotBound {
            address,
            taken: errno.starts_with("98"),
        });
    }
    let no_tls = [
        "cannot start TLS and DTLS listeners",
        "certificate file is not specified",
        "private key file is not specified",
    ];
    if no_tls.iter().any(|mark| line.contains(mark)) {
        return Some(Event::NoTls);
    }
    let bad = [
        "no valid private key found",
        "ERROR: invalid private key",
        "ERROR: no certificate found",
    ];
    if bad.iter().any(|mark| line.contains(mark)) {
        return Some(Event::BadCertificate);
    }
    complaint(line).or_else(|| {
        let usual = [
            "listener opened on",
            "Listener address to use:",
            "Relay address to use:",
            "Relay ports initialization",
            "turn server id=",
            "Local relay addr:",
            "tcp or tls connected to:",
            "pid file created",
            "Total General servers:",
            "Domain name:",
            "STUN/TURN Server",
        ];
        usual
            .iter()
            .any(|mark| line.contains(mark))
            .then_some(Event::Usual)
    })
}

/// A complaint of the configuration, in coturn's words. Those that may quote a secret are not among them.
fn complaint(line: &str) -> Option<Event<'_>> {
    const MARKS: [&str; 10] = [
        "CONFIG ERROR: ",
        "CONFIG: ERROR: ",
        "CONFIGURATION ALERT: ",
        "CONFIG WARNING: ",
        "Bad configuration format: ",
        "-X : Wrong address format: ",
        "Wrong address format: ",
        "You cannot define external IP more than once",
        "Unknown boolean value: ",
        "Check config! The following line ends with semicolon",
    ];
    let at = MARKS.iter().find_map(|mark| line.find(mark))?;
    // The line that ends with a semicolon follows there, and may be that of a secret.
    let text = line[at..].split(": \"").next().unwrap_or_default();
    Some(Event::Complaint(text.trim()))
}

fn of_earshot(line: &str) -> Option<Event<'_>> {
    if let Some(rest) = line.strip_prefix("earshot ") {
        let (version, _) = rest.split_once(", process ")?;
        return Some(Event::Program {
            name: "earshot",
            version,
        });
    }
    let (level, text) = [" INFO ", " WARN ", "ERROR "]
        .into_iter()
        .find_map(|level| Some((level, line.split_once(level)?.1)))
        .or_else(|| Some(("WARN", line.strip_prefix("warning: ")?)))?;
    if let Some(rest) = text.strip_prefix("user <") {
        let (user, rest) = rest.split_once(">: refused (")?;
        let (reason, rest) = rest.rsplit_once(", ")?;
        let code = rest.split(')').next()?.parse().ok()?;
        let why = match reason {
            "no such user" => Refused::Unknown,
            "wrong password" => Refused::Password,
            "the credential is over its time" => Refused::Expired,
            _ => {
                return Some(Event::Error {
                    realm: "-",
                    user,
                    method: "ALLOCATE",
                    code,
                });
            }
        };
        return Some(Event::Refused { user, why });
    }
    if let Some((count, _)) = text.split_once(" more requests were refused") {
        return Some(Event::RefusedMore(count.parse().ok()?));
    }
    if let Some(rest) = text.strip_prefix("test ") {
        let (_, rest) = rest.split_once(": ")?;
        let (cause, rest) = rest.split_once(", ")?;
        return rest.ends_with(" ms").then_some(Event::Test { cause });
    }
    // coturn writes " INFO " and "ERROR " as well, and its errors that are not known are no trouble by themselves.
    let is_earshot = level.contains("WARN")
        || line.split("  ").next().is_some_and(|at| at.ends_with('Z'))
        || line.contains("Z ERROR ");
    match level {
        " INFO " if is_earshot => Some(Event::Usual),
        _ if is_earshot => Some(Event::Trouble(text)),
        _ => None,
    }
}

/// The number of the session that a line is about, if it has one, and what it says of it.
fn session(line: &str) -> Option<(Option<u64>, &str)> {
    let (_, rest) = line.split_once("session")?;
    if let Some(rest) = rest.strip_prefix(": ") {
        return Some((None, rest));
    }
    let (number, rest) = rest.strip_prefix(' ')?.split_once(": ")?;
    Some((Some(number.parse().ok()?), rest))
}

/// `name=<value>`, `name <value>` or `name=value`; empty where it is not there.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let value = text.match_indices(name).find_map(|(at, _)| {
        let begins = at == 0 || matches!(text.as_bytes()[at - 1], b' ' | b',');
        let rest = &text[at + name.len()..];
        let rest = rest.strip_prefix(['=', ' '])?;
        begins.then_some(rest)
    });
    match value {
        Some(value) => match value.strip_prefix('<') {
            Some(value) => value.split('>').next().unwrap_or_default(),
            None => value.split(',').next().unwrap_or_default().trim(),
        },
        None => "",
    }
}

/// What was received and sent, from the end of the line: a user's name may look like it, and stands before.
fn packets(text: &str) -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        let (_, rest) = text.rsplit_once(name)?;
        rest.split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    };
    Some(number(" rp=")?.saturating_add(number(" sp=")?))
}
