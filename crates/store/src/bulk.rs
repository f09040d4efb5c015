//! Many rows by few statements: `INSERT` of many rows on SQLite, `UNNEST` on PostgreSQL, each measured the
//! fastest there.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::Error;
use crate::column::{Form, Value};
use crate::engine::{Engine, Read};
use crate::query::{Query, query};

/// Rows that wait to be inserted together.
#[derive(Debug)]
pub(crate) struct Bulk {
    table: &'static str,
    columns: &'static [(&'static str, Form)],
    /// What a statement says after its rows; the same for all of a table.
    ending: &'static str,
    /// Row after row.
    values: Vec<Value>,
}

/// The most rows in one statement on SQLite.
const MOST_ROWS: usize = 256;

/// Rows come in multiples of this and a remainder, so that any number is made of few statements, and few different
/// statements are ever prepared.
const STEP: usize = 16;

/// Rows in one statement on PostgreSQL.
const UNNEST_ROWS: usize = 1000;

impl Bulk {
    pub(crate) fn new(table: &'static str, columns: &'static [(&'static str, Form)]) -> Self {
        Self {
            table,
            columns,
            ending: "",
            values: Vec::new(),
        }
    }

    /// What is to be done with rows that are there already.
    pub(crate) fn ending(self, ending: &'static str) -> Self {
        Self { ending, ..self }
    }

    /// One more row; a value for each column.
    pub(crate) fn push<const N: usize>(&mut self, row: [Value; N]) {
        self.push_row(row);
    }

    /// The same, where the row is put together from parts.
    pub(crate) fn push_row(&mut self, row: impl IntoIterator<Item = Value>) {
        self.values.extend(row);
        debug_assert_eq!(
            self.values.len() % self.columns.len(),
            0,
            "a value for each column of {}",
            self.table
        );
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many rows wait.
    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.columns.len()
    }

    /// Forgets what waits.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    /// Inserts what waits; nothing waits afterwards, whatever happens.
    pub(crate) async fn insert(&mut self, read: &mut Read) -> Result<(), Error> {
        let mut values = std::mem::take(&mut self.values).into_iter();
        while values.len() > 0 {
            let rows = values.len() / self.columns.len();
            match read.engine() {
                Engine::Sqlite => {
                    let rows = rows_at_once(rows);
                    let chunk = values.by_ref().take(rows * self.columns.len());
                    read.run(query(self.text(rows)).bind_all(chunk)).await?;
                }
                Engine::Postgres => {
                    let rows = rows.min(UNNEST_ROWS);
                    let chunk = values.by_ref().take(rows * self.columns.len());
                    read.run(self.unnested(chunk)).await?;
                }
            }
        }
        Ok(())
    }

    fn text(&self, rows: usize) -> &'static str {
        text_of(self.table, rows, || self.make_text(rows))
    }

    fn make_text(&self, rows: usize) -> String {
        // No numbers: SQLite looks a numbered placeholder up in a list, which takes the longer the more there are.
        let row = format!("({})", vec!["?"; self.columns.len()].join(", "));
        let rows = vec![row; rows].join(", ");
        format!(
            "INSERT INTO {} ({}) VALUES {rows}{}",
            self.table,
            self.names(),
            self.ending
        )
    }

    /// A list for each column.
    fn unnested(&self, rows: impl Iterator<Item = Value>) -> Query {
        let mut lists: Vec<Vec<Value>> = self.columns.iter().map(|_| Vec::new()).collect();
        for (index, value) in rows.enumerate() {
            lists[index % self.columns.len()].push(value);
        }
        let forms = self.columns.iter().map(|(_, form)| *form);
        let lists = forms.zip(lists).map(|(form, list)| Value::List(form, list));
        query(self.unnest_text()).bind_all(lists)
    }

    fn unnest_text(&self) -> &'static str {
        text_of(self.table, 0, || {
            let list = |(index, (_, form)): (usize, &(&str, Form))| {
                format!("${}::{}[]", index + 1, postgres_type(*form))
            };
            let lists: Vec<_> = self.columns.iter().enumerate().map(list).collect();
            let (table, names, lists) = (self.table, self.names(), lists.join(", "));
            let ending = self.ending;
            format!("INSERT INTO {table} ({names}) SELECT * FROM UNNEST({lists}){ending}")
        })
    }

    fn names(&self) -> String {
        self.columns
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

const fn rows_at_once(waiting: usize) -> usize {
    match waiting {
        MOST_ROWS.. => MOST_ROWS,
        STEP.. => waiting - waiting % STEP,
        _ => waiting,
    }
}

const fn postgres_type(form: Form) -> &'static str {
    match form {
        Form::Int => "bigint",
        Form::Bool => "boolean",
        Form::Text => "text",
        Form::Bytes => "bytea",
        Form::Id => "uuid",
    }
}

/// A text that is made once for each size and kept for ever.
fn text_of(table: &'static str, rows: usize, make: impl FnOnce() -> String) -> &'static str {
    static TEXTS: LazyLock<Mutex<HashMap<(&str, usize), &'static str>>> =
        LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts
        .entry((table, rows))
        .or_insert_with(|| Box::leak(make().into_boxed_str()))
}
