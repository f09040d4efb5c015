//! Every engine: the same test in memory, in a SQLite file and on PostgreSQL.
//!
//! PostgreSQL is a real server, named by `TEST_DATABASE_URL`; every test gets a schema of its own. Where no server is named the
//! test fails, unless `DASHBOARD_TEST_ENGINES=sqlite` says that PostgreSQL is left out on purpose.

use std::future::Future;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use store::{Database, Store};
use tempfile::TempDir;

/// Somewhere to keep a database during one test.
#[derive(Debug)]
pub struct Place {
    database: Database,
    /// Removed with the place.
    directory: Option<TempDir>,
    schema: Option<Schema>,
}

#[derive(Debug)]
struct Schema {
    server: String,
    name: String,
}

impl Place {
    /// In memory. Every store that is opened here is another one.
    pub async fn memory() -> Option<Self> {
        Some(Self {
            database: Database::Memory,
            directory: None,
            schema: None,
        })
    }

    /// In a SQLite file.
    pub async fn file() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory for the test");
        let database = Database::File(directory.path().join("dashboard.db"));
        Some(Self {
            database,
            directory: Some(directory),
            schema: None,
        })
    }

    /// On PostgreSQL. `None` only where it was left out on purpose.
    pub async fn postgres() -> Option<Self> {
        if std::env::var("DASHBOARD_TEST_ENGINES").is_ok_and(|engines| engines == "sqlite") {
            return None;
        }
        let server = std::env::var("TEST_DATABASE_URL").expect(
            "TEST_DATABASE_URL names a PostgreSQL server, or DASHBOARD_TEST_ENGINES=sqlite leaves it out",
        );
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        on_server(&server, "CREATE EXTENSION IF NOT EXISTS pg_trgm".to_owned()).await;
        assert!(
            on_server(&server, format!("CREATE SCHEMA {name}")).await,
            "make a schema"
        );
        let separator = if server.contains('?') { '&' } else { '?' };
        // The application's name tells the connections of this test from others'.
        let url =
            format!("{server}{separator}options=-csearch_path%3D{name}&application_name={name}");
        let database = Database::Postgres(url);
        Some(Self {
            database,
            directory: None,
            schema: Some(Schema { server, name }),
        })
    }

    /// Opens the database that is kept here.
    pub async fn open(&self) -> Store {
        Store::open(&self.database).await.expect("open the store")
    }

    /// How the database is named in configuration.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The URL of a PostgreSQL database, for a process of its own.
    #[must_use]
    pub fn postgres_url(&self) -> Option<&str> {
        match &self.database {
            Database::Postgres(url) => Some(url),
            Database::Memory | Database::File(_) => None,
        }
    }

    /// The directory of a SQLite file.
    #[must_use]
    pub fn directory(&self) -> Option<&std::path::Path> {
        self.directory.as_ref().map(TempDir::path)
    }

    /// Whether a store that is opened again finds what the last one kept.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.database != Database::Memory
    }

    /// The name of the schema on PostgreSQL, which its connections carry as their application's name.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_ref().map(|schema| schema.name.as_str())
    }

    /// Whether several processes may open it at once.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.schema.is_some()
    }

    async fn remove(schema: Schema) {
        on_server(
            &schema.server,
            format!("DROP SCHEMA {} CASCADE", schema.name),
        )
        .await;
    }
}

/// Runs a statement on the server itself; answers whether it went well.
async fn on_server(server: &str, sql: String) -> bool {
    let mut connection = PgConnection::connect(server)
        .await
        .expect("reach TEST_DATABASE_URL");
    let done = connection.execute(AssertSqlSafe(sql)).await.is_ok();
    connection.close().await.expect("leave the server");
    done
}

/// Runs a test in a place of one kind, on several threads like the real server.
pub fn run<M, C>(make: impl FnOnce() -> M, check: impl FnOnce(std::sync::Arc<Place>) -> C)
where
    M: Future<Output = Option<Place>>,
    C: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the test");
    runtime.block_on(async {
        let Some(place) = make().await else { return };
        let place = std::sync::Arc::new(place);
        let checked = tokio::spawn(check(std::sync::Arc::clone(&place))).await;
        if let Err(failed) = checked {
            std::panic::resume_unwind(failed.into_panic());
        }
        let place = std::sync::Arc::into_inner(place).expect("the test keeps no place");
        if let Some(schema) = place.schema {
            Place::remove(schema).await;
        }
    });
}

/// Declares tests that run on every engine. Each gets a [`Place`] and opens stores there.
///
/// ```ignore
/// every_engine! {
///     async fn a_project_is_found_by_its_slug(place) { let store = place.open().await; … }
/// }
/// ```
#[macro_export]
macro_rules! every_engine {
    ($($(#[$meta:meta])* async fn $name:ident($place:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every test uses what its file imports")]
            use super::*;

            async fn check($place: std::sync::Arc<$crate::Place>) $body

            #[test]
            fn in_memory() {
                $crate::run($crate::Place::memory, check);
            }

            #[test]
            fn in_a_file() {
                $crate::run($crate::Place::file, check);
            }

            #[test]
            fn on_postgres() {
                $crate::run($crate::Place::postgres, check);
            }
        }
    )*};
}
