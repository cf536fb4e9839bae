//! The steps by which a database becomes what this program needs. Each is run once, in its order, and what was run is
//! never changed: the database remembers its checksum.

use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};
use std::sync::LazyLock;

/// A step: its number, and the rest of its file's name.
type Step = (i64, &'static str, &'static str);

/// Every step of one kind of database, from relay/migrations. A macro of sqlx's would read the folder, and compile both
/// databases' drivers a second time, for itself.
macro_rules! steps {
    ($folder:literal: $($number:literal $name:literal)*) => {
        &[$(
            (
                $number,
                $name,
                include_str!(concat!(
                    "../../migrations/", $folder, "/000", $number, "_", $name, ".sql"
                )),
            )
        ),*]
    };
}

const OF_SQLITE: &[Step] =
    steps!("sqlite": 1 "reports" 2 "links" 3 "link_events" 4 "runs" 5 "taken");
const OF_POSTGRES: &[Step] =
    steps!("postgres": 1 "reports" 2 "links" 3 "link_events" 4 "runs" 5 "taken");

pub(super) static SQLITE: LazyLock<Migrator> = LazyLock::new(|| migrator(OF_SQLITE));
pub(super) static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| migrator(OF_POSTGRES));

fn migrator(steps: &[Step]) -> Migrator {
    let migration = |&(number, name, sql): &Step| {
        let description = name.replace('_', " ").into();
        let sql = SqlStr::from_static(sql);
        Migration::new(number, description, MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn every_file_is_a_step() {
        for (folder, steps) in [("sqlite", OF_SQLITE), ("postgres", OF_POSTGRES)] {
            let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
            let files: BTreeSet<String> = fs::read_dir(migrations.join(folder))
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            let named: BTreeSet<String> = steps
                .iter()
                .map(|(number, name, _)| format!("{number:04}_{name}.sql"))
                .collect();
            assert_eq!(files, named);
        }
    }

    /// As databases that are in use remember it: the SHA-384 of the first file, by `sha384sum`.
    #[test]
    fn what_was_run_is_known_again() {
        let known = "737baa58ec6613818c4f4ed6bf5f921a4d796785ecaebbed0c07892aaf30054ac66d67ed1e65259a528e584ba22f3dca";
        let first = SQLITE.iter().next().unwrap();
        let checksum: String = first
            .checksum
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(checksum, known);
        assert_eq!(first.description, "reports");
    }
}
