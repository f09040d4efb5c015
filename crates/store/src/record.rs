//! Rows of one resource: which columns they have, and the statements that follow from that alone.
//!
//! A resource names its columns once, by [`kept!`]; a statement that does more than insert, update or read by id
//! stands in the resource's own file.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::column::{Column, Value};
use crate::engine::{Read, Row};
use crate::query::{Query, query};
use crate::{Error, Tx};

/// What is kept as a row of a table.
pub(crate) trait Kept: Sized + Send + Sync {
    const TABLE: &'static str;
    /// Columns that are written once, `id` first, or by statements of their own.
    const FIXED: &'static [&'static str];
    /// Columns that an edit writes.
    const EDITED: &'static [&'static str];
    /// All of them, as `SELECT` names them.
    const COLUMNS: &'static str;

    fn read(row: &Row) -> Result<Self, Error>;
    fn fixed(&self) -> Vec<Value>;
    fn edited(&self) -> Vec<Value>;
}

/// Says how a type is kept. Fields have their columns' names; `totals` stands for the columns of `Totals`.
macro_rules! kept {
    ($type:ident in $table:literal {
        fixed: $($fixed:ident),+;
        edited: $($edited:ident),*;
        $(totals: $totals:ident;)?
    }) => {
        impl $crate::record::Kept for $type {
            const TABLE: &'static str = $table;
            const FIXED: &'static [&'static str] =
                &[$(stringify!($fixed)),+ $(, stringify!($totals))?];
            const EDITED: &'static [&'static str] = &[$(stringify!($edited)),*];
            const COLUMNS: &'static str = $crate::record::kept!(
                @columns [$($fixed)+ $($edited)*] $($totals)?
            );

            fn read(row: &$crate::engine::Row) -> Result<Self, $crate::Error> {
                Ok(Self {
                    $($fixed: row.get(stringify!($fixed))?,)+
                    $($edited: row.get(stringify!($edited))?,)*
                    $($totals: $crate::totals::read(row)?,)?
                })
            }

            fn fixed(&self) -> Vec<$crate::column::Value> {
                #[allow(unused_mut, reason = "not every type has totals")]
                let mut values = vec![$($crate::column::Column::value(&self.$fixed)),+];
                $(values.extend($crate::totals::values(self.$totals));)?
                values
            }

            fn edited(&self) -> Vec<$crate::column::Value> {
                vec![$($crate::column::Column::value(&self.$edited)),*]
            }
        }
    };
    (@columns [$first:ident $($rest:ident)*]) => {
        concat!(stringify!($first) $(, ", ", stringify!($rest))*)
    };
    (@columns [$first:ident $($rest:ident)*] totals) => {
        concat!(
            stringify!($first) $(, ", ", stringify!($rest))*,
            ", cost_usd, unpriced_calls, tokens_input, tokens_output, tokens_cache_read, \
             tokens_cache_write, total_llm_calls"
        )
    };
}
pub(crate) use kept;

/// Inserts a row.
pub(crate) async fn insert<T: Kept>(tx: &mut Tx, row: &T) -> Result<(), Error> {
    insert_all(tx, std::slice::from_ref(row)).await
}

/// So many rows go into one statement: more gain little, and each number of rows is a statement of its own.
const ROWS_AT_ONCE: usize = 16;

/// Inserts rows.
pub(crate) async fn insert_all<T: Kept>(tx: &mut Tx, rows: &[T]) -> Result<(), Error> {
    for some in rows.chunks(ROWS_AT_ONCE) {
        let mut values = Vec::new();
        for row in some {
            values.extend(row.fixed());
            values.extend(row.edited());
        }
        let columns = values.len() / some.len();
        let sql = text("insert", T::TABLE, some.len(), || {
            insert_text::<T>(columns, some.len())
        });
        tx.run(query(sql).bind_all(values)).await?;
    }
    Ok(())
}

/// Writes what an edit writes, if the row still has the version that the caller saw; its version is the next
/// one then.
pub(crate) async fn update<T: Kept>(
    tx: &mut Tx,
    id: &impl Column,
    row: &T,
    version: &mut i64,
) -> Result<(), Error> {
    let sql = text("update", T::TABLE, 1, update_text::<T>);
    let query = query(sql).bind(id).bind(version).bind_all(row.edited());
    if tx.run(query).await? == 0 {
        return Err(Error::stale());
    }
    *version += 1;
    Ok(())
}

/// Writes what an edit writes, for rows that have no versions.
pub(crate) async fn overwrite<T: Kept>(
    tx: &mut Tx,
    id: &impl Column,
    row: &T,
) -> Result<(), Error> {
    let sql = text("overwrite", T::TABLE, 1, || {
        format!("UPDATE {} SET {} WHERE id = $1", T::TABLE, edits::<T>(2))
    });
    tx.run(query(sql).bind(id).bind_all(row.edited()))
        .await
        .map(drop)
}

/// The row with this id.
pub(crate) async fn get<T: Kept>(read: &mut Read, id: &impl Column) -> Result<Option<T>, Error> {
    let sql = text("get", T::TABLE, 1, || {
        format!("SELECT {} FROM {} WHERE id = $1", T::COLUMNS, T::TABLE)
    });
    optional(read, query(sql).bind(id)).await
}

/// The only row of an answer that holds all of a resource's columns.
pub(crate) async fn optional<T: Kept>(read: &mut Read, query: Query) -> Result<Option<T>, Error> {
    read.optional(query)
        .await?
        .as_ref()
        .map(T::read)
        .transpose()
}

/// The rows of an answer that holds all of a resource's columns.
pub(crate) async fn all<T: Kept>(read: &mut Read, query: Query) -> Result<Vec<T>, Error> {
    read.all(query).await?.iter().map(T::read).collect()
}

/// `SELECT <columns> FROM <table> WHERE TRUE`, to be narrowed.
pub(crate) fn select<T: Kept>() -> Query {
    Query::composed(format!(
        "SELECT {} FROM {} WHERE TRUE",
        T::COLUMNS,
        T::TABLE
    ))
}

fn insert_text<T: Kept>(values: usize, rows: usize) -> String {
    let row = |row: usize| {
        let placeholders = (1..=values).map(|n| format!("${}", row * values + n));
        format!("({})", placeholders.collect::<Vec<_>>().join(", "))
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    let columns: Vec<_> = T::FIXED
        .iter()
        .chain(T::EDITED)
        .map(|name| column(name))
        .collect();
    let (columns, rows) = (columns.join(", "), rows.join(", "));
    format!("INSERT INTO {} ({columns}) VALUES {rows}", T::TABLE)
}

fn update_text<T: Kept>() -> String {
    format!(
        "UPDATE {} SET {}, version = version + 1 WHERE id = $1 AND version = $2",
        T::TABLE,
        edits::<T>(3)
    )
}

/// `column = $n, …`, where the first placeholder has this number.
fn edits<T: Kept>(first: usize) -> String {
    let edit = |(index, name)| format!("{name} = ${}", index + first);
    T::EDITED
        .iter()
        .enumerate()
        .map(edit)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `totals` stands for its seven columns.
fn column(name: &'static str) -> &'static str {
    if name == "totals" {
        crate::totals::COLUMNS
    } else {
        name
    }
}

/// A text that is made once and kept for ever: there are as many as there are resources and numbers of rows.
fn text(
    verb: &'static str,
    table: &'static str,
    rows: usize,
    make: impl FnOnce() -> String,
) -> &'static str {
    type Texts = HashMap<(&'static str, &'static str, usize), &'static str>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts
        .entry((verb, table, rows))
        .or_insert_with(|| Box::leak(make().into_boxed_str()))
}
