//! Statements: one text with `$1` placeholders and the values for them, for both engines.

use std::borrow::Cow;

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe};
use uuid::Uuid;

use crate::column::{Column, Form, Value};

/// A statement with its values.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement whose text is known when the program is built.
pub(crate) fn query(sql: &'static str) -> Query {
    Query {
        sql: Cow::Borrowed(sql),
        values: Vec::new(),
    }
}

impl Query {
    /// A statement whose text was put together from parts of our own.
    pub(crate) fn composed(sql: String) -> Self {
        Self {
            sql: Cow::Owned(sql),
            values: Vec::new(),
        }
    }

    /// The value of the next placeholder.
    pub(crate) fn bind(mut self, value: &impl Column) -> Self {
        self.values.push(value.value());
        self
    }

    /// The values of the next placeholders.
    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    /// More text. Only text of our own: what comes from outside is bound.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.to_mut().push_str(sql);
        self
    }

    /// A placeholder and its value.
    pub(crate) fn push_bind(&mut self, value: &impl Column) -> &mut Self {
        self.values.push(value.value());
        let placeholder = format!("${}", self.values.len());
        self.push(&placeholder)
    }

    /// No more rows than so many. The number is part of the text: where PostgreSQL plans for any number of rows, it reads and
    /// sorts all of them rather than the first ones of an index.
    pub(crate) fn push_limit(&mut self, most: i64) -> &mut Self {
        self.push(&format!(" LIMIT {most}"))
    }

    /// `column IN ($1, $2, …)`, or nothing when there are no values: an empty choice chooses all.
    pub(crate) fn push_in<C: Column>(&mut self, column: &str, values: &[C]) -> &mut Self {
        for (index, value) in values.iter().enumerate() {
            if index == 0 {
                self.push(" AND ").push(column).push(" IN (");
            } else {
                self.push(", ");
            }
            self.push_bind(value);
        }
        if values.is_empty() {
            self
        } else {
            self.push(")")
        }
    }

    /// ` AND column = $n` where there is a value.
    pub(crate) fn push_equal<C: Column>(&mut self, column: &str, value: Option<&C>) -> &mut Self {
        match value {
            Some(value) => self.push(" AND ").push(column).push(" = ").push_bind(value),
            None => self,
        }
    }

    /// The same statement, asking how it would be carried out.
    #[cfg(test)]
    pub(crate) fn explained(self) -> Self {
        Self {
            sql: Cow::Owned(format!("EXPLAIN QUERY PLAN {}", self.sql)),
            ..self
        }
    }

    /// The text with its placeholders as SQLite numbers them: `?1`, where `$1` would be a name. The sign
    /// has no other use in our statements.
    pub(crate) fn numbered(&self) -> String {
        self.sql.replace('$', "?")
    }

    /// What stands for the placeholders.
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    /// As SQLite takes it.
    pub(crate) fn for_sqlite(self) -> sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(self.values.len(), 0);
        for value in self.values {
            let added = match value {
                Value::Null(_) => arguments.add(None::<i64>),
                Value::Int(int) => arguments.add(int),
                Value::Bool(bool) => arguments.add(bool),
                Value::Text(text) => arguments.add(text),
                Value::Bytes(bytes) => arguments.add(bytes),
                Value::Id(id) => arguments.add(id),
                Value::List(..) => unreachable!("lists are made for PostgreSQL alone"),
            };
            added.expect("plain values always have a form in SQLite");
        }
        sqlx::query_with(AssertSqlSafe(self.sql), arguments)
    }

    /// As PostgreSQL takes it.
    pub(crate) fn for_postgres(self) -> sqlx::query::Query<'static, sqlx::Postgres, PgArguments> {
        let mut arguments = PgArguments::default();
        arguments.reserve(self.values.len(), 0);
        for value in self.values {
            let added = match value {
                // PostgreSQL wants to know what it is that is not there.
                Value::Null(Form::Int) => arguments.add(None::<i64>),
                Value::Null(Form::Bool) => arguments.add(None::<bool>),
                Value::Null(Form::Text) => arguments.add(None::<String>),
                Value::Null(Form::Bytes) => arguments.add(None::<Vec<u8>>),
                Value::Null(Form::Id) => arguments.add(None::<Uuid>),
                Value::Int(int) => arguments.add(int),
                Value::Bool(bool) => arguments.add(bool),
                Value::Text(text) => arguments.add(text),
                Value::Bytes(bytes) => arguments.add(bytes),
                Value::Id(id) => arguments.add(id),
                Value::List(Form::Int, list) => arguments.add(listed::<i64>(list)),
                Value::List(Form::Bool, list) => arguments.add(listed::<bool>(list)),
                Value::List(Form::Text, list) => arguments.add(listed::<String>(list)),
                Value::List(Form::Bytes, list) => arguments.add(listed::<Vec<u8>>(list)),
                Value::List(Form::Id, list) => arguments.add(listed::<Uuid>(list)),
            };
            added.expect("plain values always have a form in PostgreSQL");
        }
        sqlx::query_with(AssertSqlSafe(self.sql), arguments)
    }
}

fn listed<T: Column>(list: Vec<Value>) -> Vec<Option<T>> {
    let plain = |value| Option::<T>::from_value(value).expect("a column has one form");
    list.into_iter().map(plain).collect()
}
