//! A file of SQLite, and what to do with a damaged one.

use super::{Opened, Pool, STATEMENTS, Store, StoreError, migrations};
use sqlx::{
    ConnectOptions, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use time::{OffsetDateTime, macros::format_description};

/// SQLite's result codes for a file that is damaged, and for one that never was a database.
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_NOTADB: i32 = 26;
/// How many damaged files of one second are told apart before we give up.
const MOST_KEPT_ASIDE: u32 = 100;

const WAY_OUT: &str = "make the file and its folder readable and writable for this user, or name another file as \
                       sqlite:FILE";

pub(super) async fn open(path: &Path) -> Result<Opened, StoreError> {
    prepare_file(path).map_err(|error| cannot_open(path, error.to_string()))?;
    match try_open(path).await {
        Ok(pools) => Ok(Opened {
            store: store(pools),
            kept_aside: None,
        }),
        Err(Trouble::Other(error)) => Err(error),
        Err(Trouble::Damaged) => {
            let aside = keep_aside(path).map_err(|error| {
                cannot_open(
                    path,
                    format!("it is damaged, and cannot be kept aside: {error}"),
                )
            })?;
            prepare_file(path).map_err(|error| cannot_open(path, error.to_string()))?;
            match try_open(path).await {
                Ok(pools) => Ok(Opened {
                    store: store(pools),
                    kept_aside: Some(aside),
                }),
                Err(Trouble::Other(error)) => Err(error),
                Err(Trouble::Damaged) => Err(cannot_open(
                    path,
                    "a new database is damaged at once".into(),
                )),
            }
        }
    }
}

fn store((pool, turns): (SqlitePool, SqlitePool)) -> Store {
    Store {
        pool: Pool::Sqlite(pool, turns),
        wakes: Arc::default(),
    }
}

enum Trouble {
    Damaged,
    Other(StoreError),
}

async fn try_open(path: &Path) -> Result<(SqlitePool, SqlitePool), Trouble> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        // Readers do not wait for the writer, and a kill in the middle of a write leaves the last whole state.
        .journal_mode(SqliteJournalMode::Wal)
        // A report that was answered for is on the disk, even when the power fails the next moment.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .log_statements(STATEMENTS);
    let judge = |error: sqlx::Error| match is_damage(&error) {
        true => Trouble::Damaged,
        false => Trouble::Other(cannot_open(path, reason(&error))),
    };
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(6))
        .connect_with(options.clone())
        .await
        .map_err(judge)?;
    let (verdict,): (String,) = sqlx::query_as("PRAGMA quick_check(1)")
        .fetch_one(&pool)
        .await
        .map_err(judge)?;
    if verdict != "ok" {
        pool.close().await;
        return Err(Trouble::Damaged);
    }
    match migrations::SQLITE.run(&pool).await {
        Ok(()) => Ok((pool, turns(options))),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(judge(error))
        }
        Err(error) => Err(Trouble::Other(StoreError::Schema {
            place: path.display().to_string(),
            reason: error.to_string(),
        })),
    }
}

/// What happens under a link need not wait for the disk: it is over in minutes, and there is much of it.
fn turns(options: SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(1)
        // Who waits in line waits for others' turns, a millisecond each.
        .acquire_timeout(Duration::from_secs(30))
        .connect_lazy_with(options.synchronous(SqliteSynchronous::Normal))
}

/// The folder is there, and the file can be read by nobody else: reports hold addresses. SQLite gives the files
/// beside it the same mode.
fn prepare_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map(drop)
}

/// Moves the database and the files beside it to names that are free.
fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let stamp = OffsetDateTime::now_utc()
        .format(format)
        .map_err(io::Error::other)?;
    for attempt in 1..=MOST_KEPT_ASIDE {
        let suffix = match attempt {
            1 => format!(".corrupt-{stamp}"),
            _ => format!(".corrupt-{stamp}-{attempt}"),
        };
        let aside = with_suffix(path, &suffix);
        // A link is never made over another file, as a rename would be.
        match fs::hard_link(path, &aside) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        fs::remove_file(path)?;
        for beside in ["-wal", "-shm"] {
            let from = with_suffix(path, beside);
            if from.exists() {
                fs::rename(from, with_suffix(&aside, beside))?;
            }
        }
        return Ok(aside);
    }
    Err(io::Error::other(
        "too many damaged databases are kept already",
    ))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn is_damage(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    // The low byte is the primary code; the rest says more about it.
    code.is_some_and(|code| matches!(code & 0xff, SQLITE_CORRUPT | SQLITE_NOTADB))
}

fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::PoolTimedOut => "another program holds it".into(),
        error => error.to_string(),
    }
}

fn cannot_open(path: &Path, reason: String) -> StoreError {
    StoreError::Open {
        place: path.display().to_string(),
        reason,
        way_out: WAY_OUT,
    }
}

/// Closes it in good order: all of it is in the one file that an operator copies.
pub(super) async fn close(pool: &SqlitePool, turns: &SqlitePool) {
    turns.close().await;
    // SQLite does this when the last connection closes, but not where two close at the same moment: each takes the
    // other for one that stays.
    let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(pool)
        .await;
    if let Err(error) = emptied {
        tracing::warn!(%error, "the write-ahead log stays beside the database; the next start reads it");
    }
    pool.close().await;
}
