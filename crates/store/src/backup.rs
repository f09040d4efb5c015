//! Backup: a consistent copy of a running SQLite database; and its new life after it was restored.

use std::path::Path;

use sqlx::ConnectOptions as _;
use sqlx::Connection as _;

use crate::error::Kind;
use crate::{Error, Store, sqlite};

/// Copies the database into a new file, which is complete and on the disk when this answers. Writers go on meanwhile.
pub async fn copy_to(store: &Store, file: &Path) -> Result<(), Error> {
    let Some(database) = store.file() else {
        return Err(Error::new(
            Kind::Unsupported,
            "use pg_dump to back up PostgreSQL",
        ));
    };
    // Under another name until it is complete: a file that looks like a backup is one.
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    if file.exists() {
        return Err(Error::new(
            Kind::Conflict,
            "the backup's file is there already",
        ));
    }
    let _ = std::fs::remove_file(unfinished);
    vacuum_into(database, unfinished).await?;
    let finish = || {
        std::fs::File::open(unfinished)?.sync_all()?;
        std::fs::rename(unfinished, file)
    };
    finish().map_err(|error| Error::from_io("write the backup to the disk", error))?;
    sqlite::sync_directory_of(file)
}

async fn vacuum_into(database: &Path, file: &Path) -> Result<(), Error> {
    let failed = |error| Error::from_sqlx("copy the database", error);
    let mut connection = sqlite::extra_connection(database)
        .connect()
        .await
        .map_err(failed)?;
    let copied = sqlx::query("VACUUM INTO $1")
        .bind(file.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await;
    // The copy is complete or not, whatever closing says.
    let _ = connection.close().await;
    copied.map(drop).map_err(failed)
}

/// Gives a restored database a new epoch, so that nobody goes on from a place in its former life. It must not be open.
pub async fn begin_new_life(database: &Path) -> Result<(), Error> {
    let failed = |error| Error::from_sqlx("give the database a new epoch", error);
    let mut connection = sqlite::extra_connection(database)
        .connect()
        .await
        .map_err(failed)?;
    let renewed = sqlx::query("DELETE FROM meta WHERE key = 'epoch'")
        .execute(&mut connection)
        .await;
    let _ = connection.close().await;
    renewed.map(drop).map_err(failed)
}
