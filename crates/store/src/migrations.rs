//! Migrations: the steps from nothing to the present tables, one text per engine, run at the start only.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::Error;
use crate::engine::Pool;
use crate::error::Kind;

/// Every migration: its number, its name, and its text for both engines.
macro_rules! migrations {
    ($($number:literal $name:literal $file:literal;)*) => {
        const ALL: &[(i64, &str, &str, &str)] = &[$((
            $number,
            $name,
            include_str!(concat!("../../../migrations/sqlite/", $file)),
            include_str!(concat!("../../../migrations/postgres/", $file)),
        )),*];

        /// The files' names, for the test that none is forgotten.
        #[cfg(test)]
        const FILES: &[&str] = &[$($file),*];
    };
}

migrations! {
    1 "first tables" "0001_first_tables.sql";
    2 "search" "0002_search.sql";
    3 "workers" "0003_workers.sql";
    4 "board" "0004_board.sql";
    5 "attachments" "0005_attachments.sql";
    6 "notifications" "0006_notifications.sql";
    7 "task indexes" "0007_task_indexes.sql";
    8 "status since" "0008_status_since.sql";
    9 "reached" "0009_reached.sql";
    10 "vain attempts" "0010_vain_attempts.sql";
    11 "search progress" "0011_search_progress.sql";
    12 "search merges" "0012_search_merges.sql";
    13 "entries of project" "0013_entries_of_project.sql";
}

/// Brings the tables up to date. On PostgreSQL an advisory lock keeps two servers that start at once apart; on
/// SQLite the lock file did so already.
pub(crate) async fn run(pool: &Pool) -> Result<(), Error> {
    let result = match pool {
        Pool::Sqlite(pool) => migrator(|text| text.0).run(pool).await,
        Pool::SqliteWriter(..) => unreachable!("the writer comes after the migrations"),
        Pool::Postgres(pool) => migrator(|text| text.1).run(pool).await,
    };
    result.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            Error::from_sqlx("run the migrations", error)
        }
        error => Error::caused(Kind::Unfit, "run the migrations", error),
    })
}

fn migrator(text: impl Fn((&'static str, &'static str)) -> &'static str) -> Migrator {
    let migrations = ALL.iter().map(|(number, name, sqlite, postgres)| {
        let sql = text((sqlite, postgres)).into_sql_str();
        Migration::new(*number, (*name).into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_file_is_listed_for_both_engines() {
        for engine in ["sqlite", "postgres"] {
            let folder = format!("{}/../../migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
            let mut found: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            found.sort();
            assert_eq!(found, FILES, "{engine}");
        }
    }
}
