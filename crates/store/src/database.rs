//! Where the data is kept, as it is named in configuration.

use std::path::PathBuf;
use std::str::FromStr;

/// Where the data is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// For as long as the process lives, in a file of its own on a memory file system where there is one.
    Memory,
    /// In a SQLite file, for this process alone.
    File(PathBuf),
    /// On a PostgreSQL server, by URL.
    Postgres(String),
}

impl std::fmt::Debug for Database {
    /// Never shows the URL, which may hold a password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => formatter.write_str("Memory"),
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
            Self::Postgres(_) => formatter.write_str("Postgres(****)"),
        }
    }
}

/// A text that names no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be sqlite:PATH, sqlite::memory: or postgres://…")]
pub struct NotADatabase;

impl FromStr for Database {
    type Err = NotADatabase;

    fn from_str(text: &str) -> Result<Self, NotADatabase> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").ok_or(NotADatabase)?;
        match path.strip_prefix("//").unwrap_or(path) {
            "" => Err(NotADatabase),
            ":memory:" => Ok(Self::Memory),
            path => Ok(Self::File(PathBuf::from(path))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_by_a_url() {
        assert_eq!("sqlite::memory:".parse(), Ok(Database::Memory));
        assert_eq!(
            "sqlite:data/x.db".parse(),
            Ok(Database::File("data/x.db".into()))
        );
        assert_eq!(
            "sqlite:///var/x.db".parse(),
            Ok(Database::File("/var/x.db".into()))
        );
        let url = "postgres://ada:secret@host/db";
        assert_eq!(url.parse(), Ok(Database::Postgres(url.into())));
        for bad in ["", "sqlite:", "mysql://host/db", "x.db"] {
            assert_eq!(bad.parse::<Database>(), Err(NotADatabase), "{bad}");
        }
    }

    #[test]
    fn a_url_is_never_printed() {
        let database: Database = "postgres://ada:secret@host/db".parse().unwrap();
        assert!(!format!("{database:?}").contains("secret"));
    }
}
