//! The seam between the two engines: pools, connections and rows with a SQLite and a PostgreSQL arm. SQLite has two: the
//! readers' connections, and the writer's, which works in the thread that asks.
//!
//! Everything above this file is written once.

use std::path::PathBuf;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, ColumnIndex as _, PgPool, Postgres, Row as _, Sqlite, SqlitePool, ValueRef,
};

use crate::Error;
use crate::column::{Column, Form, Value};
use crate::direct::{Direct, DirectRow};
use crate::error::Kind;
use crate::query::Query;

/// Which engine keeps the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, inside this process.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Engine {
    /// The word that is shown: `sqlite` or `postgres`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Connections of one kind: readers, or the writer.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    /// A file, and the settings of a connection that writes to it.
    SqliteWriter(PathBuf, String),
    Postgres(PgPool),
}

impl Pool {
    pub(crate) async fn acquire(&self) -> Result<Read, Error> {
        let failed = |error| Error::from_sqlx("take a connection", error);
        let connection = match self {
            Self::Sqlite(pool) => {
                Connection::Sqlite(Box::pin(pool.acquire()).await.map_err(failed)?)
            }
            Self::SqliteWriter(file, settings) => Connection::Direct(
                Direct::open(file, settings)
                    .map_err(|error| Error::from_rusqlite("open the database", error))?,
            ),
            Self::Postgres(pool) => {
                Connection::Postgres(Box::pin(pool.acquire()).await.map_err(failed)?)
            }
        };
        Ok(Read {
            connection,
            in_transaction: false,
            failure: None,
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::SqliteWriter(..) => {}
            Self::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) | Self::SqliteWriter(..) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

#[derive(Debug)]
enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Direct(Direct),
    Postgres(PoolConnection<Postgres>),
}

/// A connection to read with. A [`Tx`](crate::Tx) is one too, so every reading function takes either.
#[derive(Debug)]
pub struct Read {
    connection: Connection,
    pub(crate) in_transaction: bool,
    /// The first failure since it was last taken. PostgreSQL refuses everything after a failed
    /// statement of a transaction and SQLite does not: with this, both do.
    pub(crate) failure: Option<Error>,
}

/// Runs `$method` on the connection's arm, with `$query` in the form of its engine.
///
/// In a box, like all that waits for the database: the driver's futures are large, and whoever might ask the database
/// but mostly knows the answer, as most requests do, would carry and move the room for them.
macro_rules! on_either {
    ($self:ident, $query:ident, $method:ident, $direct:ident) => {{
        if let Some(failure) = $self.failed_before() {
            return Err(failure);
        }
        let result = match &mut $self.connection {
            Connection::Sqlite(connection) => {
                Box::pin($query.for_sqlite().$method(&mut **connection))
                    .await
                    .map(Into::into)
                    .map_err(not_run)
            }
            Connection::Direct(direct) => direct
                .$direct(&$query)
                .map(Into::into)
                .map_err(not_run_directly),
            Connection::Postgres(connection) => {
                Box::pin($query.for_postgres().$method(&mut **connection))
                    .await
                    .map(Into::into)
                    .map_err(not_run)
            }
        };
        result.map_err(|error| $self.note(error))
    }};
}

fn not_run(error: sqlx::Error) -> Error {
    Error::from_sqlx("run a statement", error)
}

fn not_run_directly(error: rusqlite::Error) -> Error {
    Error::from_rusqlite("run a statement", error)
}

impl Read {
    /// Which engine answers.
    #[must_use]
    pub(crate) const fn engine(&self) -> Engine {
        match self.connection {
            Connection::Sqlite(_) | Connection::Direct(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; answers how many rows it changed.
    pub(crate) async fn run(&mut self, query: Query) -> Result<u64, Error> {
        on_either!(self, query, execute, run).map(|Changed(rows)| rows)
    }

    /// The only row, where there is one.
    pub(crate) async fn optional(&mut self, query: Query) -> Result<Option<Row>, Error> {
        on_either!(self, query, fetch_optional, first).map(|MaybeRow(row)| row)
    }

    /// The row that is always there.
    pub(crate) async fn one(&mut self, query: Query) -> Result<Row, Error> {
        on_either!(self, query, fetch_one, one)
    }

    /// All rows.
    pub(crate) async fn all(&mut self, query: Query) -> Result<Vec<Row>, Error> {
        on_either!(self, query, fetch_all, all).map(|Rows(rows)| rows)
    }

    /// Runs text of our own at once, which may be several statements; answers their last row.
    pub(crate) async fn raw(&mut self, sql: impl Into<String>) -> Result<Option<Row>, Error> {
        let sql = sql.into();
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => {
                let sql = sqlx::raw_sql(AssertSqlSafe(sql));
                let rows = Box::pin(sql.fetch_all(&mut **connection)).await;
                let last = rows.map(|mut rows| rows.pop().map(Row::Sqlite));
                last.map_err(not_run)
            }
            Connection::Direct(direct) => {
                let last = direct.raw(&sql).map(|row| row.map(Row::Direct));
                last.map_err(not_run_directly)
            }
            Connection::Postgres(connection) => {
                let sql = sqlx::raw_sql(AssertSqlSafe(sql));
                let rows = Box::pin(sql.fetch_all(&mut **connection)).await;
                let last = rows.map(|mut rows| rows.pop().map(Row::Postgres));
                last.map_err(not_run)
            }
        };
        result.map_err(|error| self.note(error))
    }

    /// Begins the writer's transaction; answers the number of the last event where the engine tells it.
    ///
    /// PostgreSQL's append lock is the row that counts: taken first, so that two processes can never wait for each other,
    /// and held to the commit, so that a greater number never becomes visible before a smaller one.
    pub(crate) async fn begin(&mut self) -> Result<Option<i64>, Error> {
        let sql = match self.engine() {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN; SELECT head FROM event_head FOR UPDATE",
        };
        let row = self.raw(sql).await?;
        row.map(|row| row.at(0)).transpose()
    }

    /// From now on the connection is closed when it is dropped, and never given back to the pool: a transaction
    /// that was not finished goes with it.
    pub(crate) fn close_on_drop(&mut self) {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.close_on_drop(),
            // It belongs to no pool.
            Connection::Direct(_) => {}
            Connection::Postgres(connection) => connection.close_on_drop(),
        }
    }

    /// Closes the connection, and is done when it is closed.
    pub(crate) async fn close(self) {
        // A connection that cannot be closed is gone all the same.
        let _ = match self.connection {
            Connection::Sqlite(connection) => connection.close().await,
            Connection::Direct(_) => Ok(()),
            Connection::Postgres(connection) => connection.close().await,
        };
    }

    fn failed_before(&self) -> Option<Error> {
        if self.in_transaction {
            self.failure.clone()
        } else {
            None
        }
    }

    fn note(&mut self, error: Error) -> Error {
        let worse = self
            .failure
            .as_ref()
            .is_none_or(|old| !old.kind.ends_the_transaction());
        if worse {
            self.failure = Some(error.clone());
        }
        error
    }
}

struct Changed(u64);
struct MaybeRow(Option<Row>);
struct Rows(Vec<Row>);

macro_rules! answers {
    ($row:ident, $result:ty, $arm:ident) => {
        impl From<$result> for Changed {
            fn from(result: $result) -> Self {
                Self(result.rows_affected())
            }
        }

        impl From<$row> for Row {
            fn from(row: $row) -> Self {
                Self::$arm(row)
            }
        }

        impl From<Option<$row>> for MaybeRow {
            fn from(row: Option<$row>) -> Self {
                Self(row.map(Row::$arm))
            }
        }

        impl From<Vec<$row>> for Rows {
            fn from(rows: Vec<$row>) -> Self {
                Self(rows.into_iter().map(Row::$arm).collect())
            }
        }
    };
}

impl From<u64> for Changed {
    fn from(rows: u64) -> Self {
        Self(rows)
    }
}

impl From<DirectRow> for Row {
    fn from(row: DirectRow) -> Self {
        Self::Direct(row)
    }
}

impl From<Option<DirectRow>> for MaybeRow {
    fn from(row: Option<DirectRow>) -> Self {
        Self(row.map(Row::Direct))
    }
}

impl From<Vec<DirectRow>> for Rows {
    fn from(rows: Vec<DirectRow>) -> Self {
        Self(rows.into_iter().map(Row::Direct).collect())
    }
}

answers!(SqliteRow, sqlx::sqlite::SqliteQueryResult, Sqlite);
answers!(PgRow, sqlx::postgres::PgQueryResult, Postgres);

/// One row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Direct(DirectRow),
    Postgres(PgRow),
}

macro_rules! read_cell {
    ($row:ident, $column:ident, $form:ident) => {{
        let raw = $row.try_get_raw($column).map_err(not_read)?;
        if raw.is_null() {
            return Ok(Value::Null($form));
        }
        Ok(match $form {
            Form::Int => Value::Int($row.try_get_unchecked($column).map_err(not_read)?),
            Form::Bool => Value::Bool($row.try_get_unchecked($column).map_err(not_read)?),
            Form::Text => Value::Text($row.try_get_unchecked($column).map_err(not_read)?),
            Form::Bytes => Value::Bytes($row.try_get_unchecked($column).map_err(not_read)?),
            Form::Id => Value::Id($row.try_get_unchecked($column).map_err(not_read)?),
        })
    }};
}

fn not_read(error: sqlx::Error) -> Error {
    Error::caused(Kind::Corrupt, "read a column", error)
}

fn no_column() -> Error {
    Error::new(Kind::Corrupt, "read a column")
}

impl Row {
    /// The column with this name.
    pub(crate) fn get<C: Column>(&self, name: &str) -> Result<C, Error> {
        let place = match self {
            Self::Sqlite(row) => name.index(row).map_err(not_read)?,
            Self::Direct(row) => row.place(name).ok_or_else(no_column)?,
            Self::Postgres(row) => name.index(row).map_err(not_read)?,
        };
        self.at(place)
    }

    /// The column at this place, where a name would cost too much or there is none.
    pub(crate) fn at<C: Column>(&self, place: usize) -> Result<C, Error> {
        C::from_value(self.cell(place, C::FORM)?)
    }

    fn cell(&self, place: usize, form: Form) -> Result<Value, Error> {
        match self {
            Self::Sqlite(row) => read_cell!(row, place, form),
            Self::Direct(row) => row.cell(place, form).ok_or_else(no_column),
            Self::Postgres(row) => read_cell!(row, place, form),
        }
    }
}

/// Sends a hint to whoever listens on PostgreSQL.
pub(crate) async fn notify(pool: &PgPool, channel: &str, payload: &str) -> Result<(), Error> {
    sqlx::query(AssertSqlSafe("SELECT pg_notify($1, $2)".to_owned()))
        .bind(channel.to_owned())
        .bind(payload.to_owned())
        .execute(pool)
        .await
        .map(drop)
        .map_err(|error| Error::from_sqlx("wake the other processes", error))
}
