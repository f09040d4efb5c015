//! Opening PostgreSQL: one connection for the writer, a pool for readers, one to listen with.

use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};

use crate::Error;
use crate::error::Kind;

const READERS: u32 = 8;
/// How long to wait for a connection, or for a server that is away, before the caller hears of it.
const PATIENCE: Duration = Duration::from_secs(3);
/// A connection that rested longer is asked first whether it still lives.
const RESTED: Duration = Duration::from_secs(1);

/// An open PostgreSQL database.
pub(crate) struct Opened {
    pub(crate) writer: PgPool,
    pub(crate) readers: PgPool,
    /// For hints to other processes, outside the writer's transactions.
    pub(crate) hints: PgPool,
}

/// Opens the database at a URL. A server that is not there is said to be so at once, where a pool would wait for it.
pub(crate) async fn open(url: &str) -> Result<Opened, Error> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| Error::caused(Kind::Unfit, "read the database's URL", error))?;
    // The URL may say otherwise.
    let name = options
        .get_application_name()
        .unwrap_or("dashboardd")
        .to_owned();
    let options = options
        .application_name(&name)
        // A process that hangs must not hold the append lock for ever.
        .options([
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ])
        .statement_cache_capacity(200)
        .disable_statement_logging();
    let first = PgConnection::connect_with(&options).await;
    let first = first.map_err(|error| Error::from_sqlx("connect to PostgreSQL", error))?;
    first.close().await.ok();
    Ok(Opened {
        writer: pool(1, DURABLE).connect_lazy_with(options.clone()),
        readers: pool(READERS, READ_ONLY).connect_lazy_with(options.clone()),
        hints: pool(1, "").connect_lazy_with(options),
    })
}

const READ_ONLY: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

/// What is acknowledged is on the disk, also where the server's own default is otherwise.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', FALSE)
    WHERE current_setting('synchronous_commit') = 'off'";

fn pool(connections: u32, first: &'static str) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    return connection.ping().await.map(|()| true);
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(first).await.map(drop) })
        })
}
