//! The seam between the two engines: pools, connections and rows with a SQLite and a PostgreSQL arm.
//!
//! Everything above this file is written once.

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Row as _, Sqlite, SqlitePool, ValueRef};

use crate::Error;
use crate::column::{Column, Form, Value};
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
    Postgres(PgPool),
}

impl Pool {
    pub(crate) async fn acquire(&self) -> Result<Read, Error> {
        let failed = |error| Error::from_sqlx("take a connection", error);
        let connection = match self {
            Self::Sqlite(pool) => {
                Connection::Sqlite(Box::pin(pool.acquire()).await.map_err(failed)?)
            }
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
            Self::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

#[derive(Debug)]
enum Connection {
    Sqlite(PoolConnection<Sqlite>),
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
    ($self:ident, $query:ident, $method:ident) => {{
        if let Some(failure) = $self.failed_before() {
            return Err(failure);
        }
        let result = match &mut $self.connection {
            Connection::Sqlite(connection) => {
                Box::pin($query.for_sqlite().$method(&mut **connection))
                    .await
                    .map(Into::into)
            }
            Connection::Postgres(connection) => {
                Box::pin($query.for_postgres().$method(&mut **connection))
                    .await
                    .map(Into::into)
            }
        };
        result.map_err(|error| $self.note(error))
    }};
}

impl Read {
    /// Which engine answers.
    #[must_use]
    pub(crate) const fn engine(&self) -> Engine {
        match self.connection {
            Connection::Sqlite(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; answers how many rows it changed.
    pub(crate) async fn run(&mut self, query: Query) -> Result<u64, Error> {
        on_either!(self, query, execute).map(|Changed(rows)| rows)
    }

    /// The only row, where there is one.
    pub(crate) async fn optional(&mut self, query: Query) -> Result<Option<Row>, Error> {
        on_either!(self, query, fetch_optional).map(|MaybeRow(row)| row)
    }

    /// The row that is always there.
    pub(crate) async fn one(&mut self, query: Query) -> Result<Row, Error> {
        on_either!(self, query, fetch_one)
    }

    /// All rows.
    pub(crate) async fn all(&mut self, query: Query) -> Result<Vec<Row>, Error> {
        on_either!(self, query, fetch_all).map(|Rows(rows)| rows)
    }

    /// Runs text of our own at once, which may be several statements; answers their last row.
    pub(crate) async fn raw(&mut self, sql: impl Into<String>) -> Result<Option<Row>, Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => Box::pin(sql.fetch_all(&mut **connection))
                .await
                .map(|mut rows| rows.pop().map(Row::Sqlite)),
            Connection::Postgres(connection) => Box::pin(sql.fetch_all(&mut **connection))
                .await
                .map(|mut rows| rows.pop().map(Row::Postgres)),
        };
        result.map_err(|error| self.note(error))
    }

    /// From now on the connection is closed when it is dropped, and never given back to the pool: a transaction
    /// that was not finished goes with it.
    pub(crate) fn close_on_drop(&mut self) {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.close_on_drop(),
            Connection::Postgres(connection) => connection.close_on_drop(),
        }
    }

    /// Closes the connection, and is done when it is closed.
    pub(crate) async fn close(self) {
        // A connection that cannot be closed is gone all the same.
        let _ = match self.connection {
            Connection::Sqlite(connection) => connection.close().await,
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

    fn note(&mut self, error: sqlx::Error) -> Error {
        let error = Error::from_sqlx("run a statement", error);
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

answers!(SqliteRow, sqlx::sqlite::SqliteQueryResult, Sqlite);
answers!(PgRow, sqlx::postgres::PgQueryResult, Postgres);

/// One row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
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

impl Row {
    /// The column with this name.
    pub(crate) fn get<C: Column>(&self, name: &str) -> Result<C, Error> {
        C::from_value(self.cell(name, C::FORM)?)
    }

    /// The column at this place, where a name would cost too much or there is none.
    pub(crate) fn at<C: Column>(&self, place: usize) -> Result<C, Error> {
        C::from_value(self.cell(place, C::FORM)?)
    }

    fn cell<I>(&self, column: I, form: Form) -> Result<Value, Error>
    where
        I: sqlx::ColumnIndex<SqliteRow> + sqlx::ColumnIndex<PgRow> + Copy,
    {
        match self {
            Self::Sqlite(row) => read_cell!(row, column, form),
            Self::Postgres(row) => read_cell!(row, column, form),
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
