//! Where reports are stored: a file of SQLite, or a database of PostgreSQL.

use sqlx::postgres::PgConnectOptions;
use std::{error::Error, fmt, path::PathBuf, sync::Arc};

/// What the URL of a PostgreSQL database may say after its `?`: what sqlx reads.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];
const OF_POSTGRES: &str = "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, and in the password %40 for @, %2F for /, \
                           %3F for ?, %23 for # and %25 for %";
const OF_SQLITE: &str =
    "write sqlite:FILE for a file of SQLite, or postgres://USER:PASSWORD@HOST:PORT/DATABASE";

/// Where reports are stored.
#[derive(Clone, Debug)]
pub enum Database {
    /// In this file.
    Sqlite(PathBuf),
    /// On this server.
    Postgres(Postgres),
}

/// A database on a server of PostgreSQL. Neither `Debug` nor `Display` shows its password.
#[derive(Clone)]
pub struct Postgres(Arc<PgConnectOptions>);

impl Postgres {
    /// How to reach it, for the one place that needs the password.
    pub(crate) fn expose(&self) -> &PgConnectOptions {
        &self.0
    }
}

impl fmt::Display for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.0;
        // PostgreSQL's own rule: a user's database bears the user's name.
        let user = options.get_username();
        let name = options.get_database().unwrap_or(user);
        write!(f, "{name} of PostgreSQL at ")?;
        match options.get_socket() {
            Some(folder) => write!(f, "{}", folder.display())?,
            None => write!(f, "{}:{}", options.get_host(), options.get_port())?,
        }
        write!(f, " (user {user})")
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(postgres) => write!(f, "{postgres}"),
        }
    }
}

impl Database {
    /// Reads `sqlite:FILE`, `sqlite://FILE`, the file alone, or `postgres://…`. With it comes one line for each part
    /// that is ignored.
    ///
    /// # Errors
    /// What is wrong with the text and what to write instead; no password is in it.
    pub fn read(text: &str) -> Result<(Self, Vec<String>), String> {
        let text = text.trim();
        let path = match text.split_once(':') {
            Some(("sqlite", rest)) => rest.strip_prefix("//").unwrap_or(rest),
            Some(("postgres" | "postgresql", rest)) => {
                let rest = rest.strip_prefix("//").ok_or(OF_POSTGRES)?;
                let (options, ignored) = postgres(rest)?;
                return Ok((Self::Postgres(Postgres(options.into())), ignored));
            }
            Some((scheme, rest)) if rest.starts_with("//") || scheme.is_empty() => "",
            _ => text,
        };
        match path.is_empty() || path.starts_with(':') || path.contains('?') {
            true => Err(OF_SQLITE.into()),
            false => Ok((Self::Sqlite(path.into()), Vec::new())),
        }
    }
}

fn postgres(rest: &str) -> Result<(PgConnectOptions, Vec<String>), String> {
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password with one of these three in it ends too early, and what is left of it would be shown as the name of a
    // host or of a database.
    if rest[authority..].contains(['@', '#']) {
        return Err(format!(
            "a character in it is not written as URLs have it: {OF_POSTGRES}"
        ));
    }
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let name = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or(parameter);
        name.to_owned()
    };
    let known = |parameter: &&str| {
        let name = name(parameter);
        PARAMETERS.contains(&name.as_str()) || name.starts_with("options[")
    };
    // sqlx ignores the others as well, and puts their values into the log.
    let (kept, ignored): (Vec<&str>, Vec<&str>) = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .partition(known);
    let ignored = ignored.into_iter().map(|parameter| {
        format!(
            "“{}” in DATABASE_URL is not known and is ignored",
            name(parameter).escape_debug()
        )
    });
    let options = format!("postgres://{base}?{}", kept.join("&"))
        .parse()
        // The parser's reasons quote nothing but an unknown sslmode.
        .map_err(|error: sqlx::Error| {
            let reason = innermost(&error);
            format!("it cannot be read ({reason}): {OF_POSTGRES}")
        })?;
    Ok((options, ignored.collect()))
}

fn innermost(error: &dyn Error) -> &dyn Error {
    error.source().map_or(error, innermost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_file_of_sqlite_is_named_by_its_path() {
        for (text, path) in [
            ("sqlite:reports.db", "reports.db"),
            ("sqlite:///srv/reports.db", "/srv/reports.db"),
            ("/srv/reports.db", "/srv/reports.db"),
            ("reports.db", "reports.db"),
        ] {
            let (database, ignored) = Database::read(text).unwrap();
            let Database::Sqlite(file) = database else {
                panic!("{text}: {database:?}");
            };
            assert_eq!(file, Path::new(path), "{text}");
            assert!(ignored.is_empty());
        }
    }

    /// As libpq reads them: PostgreSQL's documentation, "Connection URIs".
    #[test]
    fn a_database_of_postgresql_is_named_by_a_url() {
        for (text, shown) in [
            (
                "postgres://anna:hidden@db.example.org/voice",
                "voice of PostgreSQL at db.example.org:5432 (user anna)",
            ),
            (
                "postgresql://anna:hidden@[2001:db8::7]:6432/voice?sslmode=verify-full",
                "voice of PostgreSQL at [2001:db8::7]:6432 (user anna)",
            ),
            (
                "postgres://anna:hid%40%2F%3F%23den@db/",
                "anna of PostgreSQL at db:5432 (user anna)",
            ),
            (
                "postgres://%2Frun%2Fpostgresql/voice?user=anna&password=hidden",
                "voice of PostgreSQL at /run/postgresql (user anna)",
            ),
        ] {
            let (database, ignored) = Database::read(text).unwrap();
            assert_eq!(database.to_string(), shown, "{text}");
            assert!(!format!("{database:?}").contains("hid"), "{database:?}");
            assert!(ignored.is_empty());
        }
    }

    #[test]
    fn a_parameter_that_is_not_known_is_ignored_and_its_value_is_not_told() {
        let text =
            "postgres://anna@db/voice?sslmode=require&channel_binding=require&pasword=hidden";
        let (database, ignored) = Database::read(text).unwrap();
        assert!(
            database
                .to_string()
                .starts_with("voice of PostgreSQL at db")
        );
        assert_eq!(ignored.len(), 2, "{ignored:?}");
        assert!(ignored[0].contains("channel_binding") && ignored[1].contains("pasword"));
        assert!(!ignored.concat().contains("hidden"), "{ignored:?}");
    }

    #[test]
    fn what_is_neither_is_refused_with_the_way_out_and_without_the_password() {
        for (text, way_out) in [
            ("mysql://u:hidden@host/db", "sqlite:FILE"),
            ("sqlite::memory:", "sqlite:FILE"),
            ("sqlite:", "sqlite:FILE"),
            ("postgres:u:hidden@host/db", "postgres://USER"),
            ("postgres://u:hidden/@host/db", "%2F for /"),
            ("postgres://u:1/hidden@host/db", "%2F for /"),
            ("postgres://u:1?hidden@host/db", "%3F for ?"),
            ("postgres://u:1#hidden@host/db", "%23 for #"),
            ("postgres://u:1#hidden", "%23 for #"),
            ("postgres://u:hidden@host:port/db", "HOST:PORT"),
            ("postgres://u:hidden@host/db?sslmode=sometimes", "sometimes"),
        ] {
            let problem = Database::read(text).unwrap_err();
            assert!(problem.contains(way_out), "{text}: {problem}");
            assert!(!problem.contains("hidden"), "{text}: {problem}");
        }
    }
}
