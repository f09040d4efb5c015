//! The writer's own connection to SQLite: it works in the thread that asks, where the readers' connections hand every
//! statement to a thread of theirs. A unit of work is many small statements one after the other, and waking another thread
//! for each costs more than most of them.

use std::path::Path;
use std::sync::Arc;

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::{Batch, Connection, Error, OpenFlags, Rows, Statement};
use uuid::Uuid;

use crate::column::{Form, Value};
use crate::query::Query;

/// Statements that are kept prepared.
const PREPARED: usize = 200;

/// A connection to SQLite in this thread.
#[derive(Debug)]
pub(crate) struct Direct {
    connection: Connection,
}

/// One row of an answer.
pub(crate) struct DirectRow {
    names: Arc<[String]>,
    cells: Vec<rusqlite::types::Value>,
}

impl Direct {
    /// Opens a file that is there, and says these settings first.
    pub(crate) fn open(path: &Path, settings: &str) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.execute_batch(settings)?;
        Ok(Self { connection })
    }

    /// Runs a statement; answers how many rows it changed.
    pub(crate) fn run(&self, query: &Query) -> Result<u64, Error> {
        self.with(query, |rows, _| {
            while rows.next()?.is_some() {}
            Ok(())
        })?;
        Ok(self.connection.changes())
    }

    /// The first row, where there is one. The statement runs to its end all the same.
    pub(crate) fn first(&self, query: &Query) -> Result<Option<DirectRow>, Error> {
        Ok(self.all(query)?.into_iter().next())
    }

    /// The row that is always there.
    pub(crate) fn one(&self, query: &Query) -> Result<DirectRow, Error> {
        self.first(query)?.ok_or(Error::QueryReturnedNoRows)
    }

    /// All rows.
    pub(crate) fn all(&self, query: &Query) -> Result<Vec<DirectRow>, Error> {
        self.with(query, read_all)
    }

    /// Runs several statements as they stand; answers the last row of the last that had one.
    pub(crate) fn raw(&self, sql: &str) -> Result<Option<DirectRow>, Error> {
        let mut statements = Batch::new(&self.connection, sql);
        let mut last = None;
        while let Some(mut statement) = statements.next()? {
            let names = names(&statement);
            last = read_all(&mut statement.raw_query(), names)?.pop().or(last);
        }
        Ok(last)
    }

    fn with<T>(
        &self,
        query: &Query,
        read: impl FnOnce(&mut Rows<'_>, Arc<[String]>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut statement = self.connection.prepare_cached(&query.numbered())?;
        for (index, value) in query.values().iter().enumerate() {
            bind(&mut statement, index + 1, value)?;
        }
        let names = names(&statement);
        read(&mut statement.raw_query(), names)
    }
}

fn bind(statement: &mut Statement<'_>, place: usize, value: &Value) -> Result<(), Error> {
    match value {
        Value::Null(_) => statement.raw_bind_parameter(place, rusqlite::types::Null),
        Value::Int(int) => statement.raw_bind_parameter(place, int),
        Value::Bool(bool) => statement.raw_bind_parameter(place, bool),
        Value::Text(text) => statement.raw_bind_parameter(place, text.as_str()),
        Value::Bytes(bytes) => statement.raw_bind_parameter(place, bytes.as_slice()),
        Value::Id(id) => statement.raw_bind_parameter(place, id.as_bytes().as_slice()),
        Value::List(..) => unreachable!("lists are made for PostgreSQL alone"),
    }
}

fn names(statement: &Statement<'_>) -> Arc<[String]> {
    let names = statement.column_names();
    names.into_iter().map(str::to_owned).collect()
}

fn read_all(rows: &mut Rows<'_>, names: Arc<[String]>) -> Result<Vec<DirectRow>, Error> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cell = |place| row.get::<_, rusqlite::types::Value>(place);
        found.push(DirectRow {
            cells: (0..names.len()).map(cell).collect::<Result<_, _>>()?,
            names: Arc::clone(&names),
        });
    }
    Ok(found)
}

impl DirectRow {
    /// The place of the column with this name.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// What stands at a place, in the form that is expected there; `None` where something else does.
    pub(crate) fn cell(&self, place: usize, form: Form) -> Option<Value> {
        use rusqlite::types::Value as Kept;
        Some(match (form, self.cells.get(place)?) {
            (form, Kept::Null) => Value::Null(form),
            (Form::Int, Kept::Integer(int)) => Value::Int(*int),
            (Form::Bool, Kept::Integer(int)) => Value::Bool(*int != 0),
            (Form::Text, Kept::Text(text)) => Value::Text(text.clone()),
            (Form::Bytes, Kept::Blob(bytes)) => Value::Bytes(bytes.clone()),
            (Form::Id, Kept::Blob(bytes)) => Value::Id(Uuid::from_slice(bytes).ok()?),
            _ => return None,
        })
    }
}
