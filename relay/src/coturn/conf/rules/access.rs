//! Who may relay.

use super::{
    Around, Conf, Finding, fault, note,
    read::{Line, boolean},
};
use earshot_report::Code;

/// A line for one user, to be filled in.
pub(super) const A_USER: &str = "user=voicechat:<a long random password>";
/// A line for the shared secret, to be filled in.
pub(super) const A_SECRET: &str = "static-auth-secret=<a long random secret>";
const A_REALM: &str = "realm=voicechat";

const DATABASES: [&str; 7] = [
    "userdb",
    "db",
    "psql-userdb",
    "sql-userdb",
    "mysql-userdb",
    "mongo-userdb",
    "redis-userdb",
];
const SECRETS: [&str; 2] = ["use-auth-secret", "static-auth-secret"];

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Two lines that exclude each other: coturn does not start.
    Contradiction,
    /// Anybody.
    Anonymous,
    /// Users with a password.
    Users,
    /// Time-limited credentials made from a shared secret.
    Secret,
}

/// What coturn makes of all lines about it together.
pub(super) fn access(conf: &Conf) -> Access {
    let secret = conf.all(&SECRETS).next().is_some();
    let wanted = secret || conf.on("lt-cred-mech").is_some();
    let anonymous = conf.on("no-auth").is_some();
    match (wanted, anonymous) {
        (true, true) => Access::Contradiction,
        (false, true) => Access::Anonymous,
        (true, false) if secret => Access::Secret,
        (true, false) => Access::Users,
        // A user alone turns lt-cred-mech on.
        (false, false) if users(conf).next().is_some() => Access::Users,
        (false, false) => Access::Anonymous,
    }
}

/// The lines of users as coturn takes them.
pub(super) fn users(conf: &Conf) -> impl Iterator<Item = &Line> {
    conf.all(&["user"]).filter(|line| has_a_name(line))
}

/// Whether the line of a user is one as coturn takes it.
pub(super) fn has_a_name(user: &Line) -> bool {
    let parts = user.value.split_once(':');
    parts.is_some_and(|(name, _)| !name.is_empty())
}

pub(super) fn contradiction(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let (Access::Contradiction, Some(no_auth)) = (access(conf), conf.on("no-auth")) else {
        return;
    };
    let other = conf
        .on("lt-cred-mech")
        .or_else(|| conf.all(&SECRETS).next())
        .map_or(0, |line| line.number);
    let what = "Two lines exclude each other, so coturn does not start";
    let why = "no-auth lets anybody in, the other line asks for a password.";
    found.push(
        fault("access-contradicted", what, why)
            .cause(Code::ServerUnreachable)
            .at(other)
            .at(no_auth.number)
            .delete(no_auth.number),
    );
}

pub(super) fn anonymous(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    if access(conf) != Access::Anonymous || conf.on("stun-only").is_some() {
        return;
    }
    let what = "Anybody may relay: no line asks for a password";
    let why = "Browsers drop the answers of such a server, so the people do not hear one another; and strangers send \
               their traffic through it. Its log shows realm=<>, username=<>.";
    let mut finding = fault("access-for-anybody", what, why).cause(Code::ServerOpen);
    if let Some(line) = conf.on("no-auth") {
        finding = finding.at(line.number).delete(line.number);
    }
    finding = match conf.all(&["lt-cred-mech"]).last() {
        Some(line) if boolean(&line.value) == Some(false) => {
            finding.at(line.number).replace(line.number, "lt-cred-mech")
        }
        _ => finding.adding("lt-cred-mech"),
    };
    if conf.last("realm").is_none() {
        finding = finding.adding(A_REALM);
    }
    if users(conf).next().is_none() {
        finding = finding.adding(A_USER);
    }
    found.push(finding);
}

pub(super) fn realm(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    if !matches!(access(conf), Access::Users | Access::Secret) || conf.last("realm").is_some() {
        return;
    }
    let what = "There is no realm";
    let why = "coturn then takes the domain name of the machine, which is empty on most. With an empty realm Chromium \
               asks again and again, thousands of times a second, and never gets a relay. Any name will do.";
    let finding = fault("realm-missing", what, why).cause(Code::RealmMissing);
    found.push(match conf.all(&["realm"]).last() {
        Some(line) => finding.at(line.number).replace(line.number, A_REALM),
        None => finding.adding(A_REALM),
    });
}

pub(super) fn secret_and_users(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    if access(conf) != Access::Secret {
        return;
    }
    let secrets: Vec<_> = conf.all(&SECRETS).collect();
    let users: Vec<_> = users(conf).collect();
    if users.is_empty() {
        if let Some(line) = conf.on("lt-cred-mech") {
            let what = "lt-cred-mech beside a shared secret says nothing more";
            let why = "The secret counts; coturn warns of the two together at each start.";
            found.push(
                note("secret-and-lt-cred-mech", what, why)
                    .at(line.number)
                    .delete(line.number),
            );
        }
        return;
    }
    let what = "The users are refused: beside a shared secret coturn goes by the secret alone";
    let why = "Delete the lines of the secret if your application gives out these users and passwords; delete those of \
               the users if it makes time-limited credentials.";
    let mut finding = fault("secret-and-users", what, why).cause(Code::CredentialsWrong);
    for line in users {
        finding = finding.at(line.number);
    }
    for line in secrets {
        finding = finding.at(line.number).delete(line.number);
    }
    found.push(finding);
}

pub(super) fn nobody(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let access = access(conf);
    let (what, write) = match access {
        Access::Users if users(conf).next().is_none() => ("No user is named", A_USER),
        Access::Secret if conf.last("static-auth-secret").is_none() => {
            ("No shared secret is named", A_SECRET)
        }
        _ => return,
    };
    if conf.all(&DATABASES).next().is_some() {
        return;
    }
    let why =
        "Unless one stands in coturn's own database (/var/lib/turn/turndb), everybody is refused.";
    found.push(
        fault("access-for-nobody", what, why)
            .cause(Code::CredentialsWrong)
            .likely()
            .adding(write),
    );
}
