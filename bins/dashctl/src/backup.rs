//! `dashctl backup`: a consistent copy of the server's database, made while it runs.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use futures_util::StreamExt;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer};

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write; it must not be there yet
    file: PathBuf,
}

pub(crate) async fn make(
    global: &Global,
    printer: &Printer,
    args: BackupArgs,
) -> anyhow::Result<()> {
    if args.file.exists() {
        bail!("{} is there already", args.file.display());
    }
    let client = connect(global)?;
    let mut chunks = Box::pin(client.create_backup().await?);
    // Written beside and renamed, so that a file of this name is always a whole backup.
    let unfinished = args.file.with_added_extension("part");
    let context = || format!("write {}", unfinished.display());
    // It holds everything that the server knows.
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600);
    let mut file = options.open(&unfinished).await.with_context(context)?;
    let mut size = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        size += chunk.len();
        file.write_all(&chunk).await.with_context(context)?;
    }
    file.sync_all().await.with_context(context)?;
    tokio::fs::rename(&unfinished, &args.file)
        .await
        .with_context(context)?;
    let made = json!({"file": args.file, "bytes": size});
    printer.one(
        &made,
        vec![
            ("Backup", Cell::text(args.file.display())),
            ("Bytes", Cell::text(size)),
        ],
    )
}
