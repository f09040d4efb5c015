//! Restoring a backup into a place where nothing is yet.

use std::path::Path;

use anyhow::Context;

use crate::config::Config;
use crate::serve;

/// Makes the database file out of a backup.
pub(crate) async fn restore(config: &Config, backup: &Path) -> anyhow::Result<()> {
    let file = config
        .database
        .strip_prefix("sqlite:")
        .filter(|file| *file != ":memory:");
    let file =
        file.context("only a SQLite file can be restored here; for PostgreSQL use pg_restore")?;
    serve::make_data_directory(&config.data)?;
    let file = Path::new(file.strip_prefix("//").unwrap_or(file));
    dashboard::restore(backup, file).await?;
    println!("restored {} to {}", backup.display(), file.display());
    Ok(())
}
