//! `dashctl backup`: a consistent copy of the server's database, made while it runs.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer};
use crate::save::save;

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
    let client = connect(global)?;
    let chunks = client.create_backup().await?;
    // Its length is announced: what is cut off is an error already.
    let saved = save(chunks, &args.file, |_| true).await?;
    let made = json!({"file": args.file, "bytes": saved.bytes});
    printer.one(
        &made,
        vec![
            ("Backup", Cell::text(args.file.display())),
            ("Bytes", Cell::text(saved.bytes)),
        ],
    )
}
