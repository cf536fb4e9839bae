//! Storage: the same tests on a file of SQLite and on a PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod link_seats;
mod links;
mod notify;
mod postgres;
mod reports;
mod runs;

use earshot::{
    mint,
    settings::Database,
    store::{Opened, Store},
};
use earshot_report::{Facts, Report, verdict};
use earshot_tests::postgres::Postgres;
use tempfile::TempDir;

/// Where one test stores, with nothing in it at first.
struct Place {
    database: Database,
    _folder: Option<TempDir>,
}

impl Place {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The folder above the file is not there yet.
        let file = folder.path().join("new/earshot.db");
        Self {
            database: Database::Sqlite(file),
            _folder: Some(folder),
        }
    }

    /// `None`: there is no PostgreSQL here, and it is said so.
    fn postgres() -> Option<Self> {
        Some(Self::at(&Postgres::shared()?.database()))
    }

    fn at(url: &str) -> Self {
        let (database, ignored) = Database::read(url).unwrap();
        assert!(ignored.is_empty(), "{ignored:?}");
        Self {
            database,
            _folder: None,
        }
    }

    async fn open(&self) -> Store {
        let Opened { store, kept_aside } = Store::open(&self.database).await.unwrap();
        assert_eq!(kept_aside, None);
        store
    }
}

fn report() -> Report {
    let judged = verdict::judge(&Facts::default());
    Report {
        version: 1,
        id: mint::id().unwrap(),
        started: "2026-11-21T08:00:00Z".into(),
        duration_ms: 2000,
        verdict: judged.verdict,
        findings: judged.findings,
        servers: judged.servers,
        facts: Facts::default(),
    }
}

/// Makes two tests of each function: `sqlite::NAME` and `postgres::NAME`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name($crate::store::Place::sqlite()).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    if let Some(place) = $crate::store::Place::postgres() {
                        super::$name(place).await;
                    }
                }
            )+
        }
    };
}
use on_both;
