//! `dashctl projects export` and `import`: a project as a file, to be kept or to be taken to another server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use client::Client;
use model::{ExportLine, Slug};
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::print::{Cell, Printer, tell};
use crate::save::{pass_on, save};

#[derive(Debug, Subcommand)]
pub(crate) enum Exports {
    /// Save a project with its tickets, tasks, links, comments, questions and files; what was run and spent stays here
    Export {
        /// Its slug or id
        project: String,
        /// The file to write, which must not be there yet, or - for standard output; `PROJECT.ndjson` when absent
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Make a project of such a file; it is paused until `dashctl projects resume`
    Import {
        /// The file, or - for standard input
        file: PathBuf,
        /// A slug other than that of the exported project
        #[arg(long)]
        slug: Option<Slug>,
    },
}

pub(crate) async fn obey(
    client: &Client,
    printer: &Printer,
    command: Exports,
) -> anyhow::Result<()> {
    match command {
        Exports::Export { project, to } => export(client, printer, &project, to).await,
        Exports::Import { file, slug } => import(client, printer, file, slug).await,
    }
}

async fn export(
    client: &Client,
    printer: &Printer,
    project: &str,
    to: Option<PathBuf>,
) -> anyhow::Result<()> {
    let slug = client.get_project(project).await?.project.slug;
    let to = to.unwrap_or_else(|| PathBuf::from(format!("{slug}.ndjson")));
    let is_stdout = is_standard(&to);
    ensure!(
        is_stdout || !to.exists(),
        "{} is there already; `--to FILE` names another, and `--to -` writes to standard output",
        to.display()
    );
    let lines = client.get_export(slug.as_str()).await?;
    let saved = match is_stdout {
        true => pass_on(lines, has_last_line).await?,
        false => save(lines, &to, has_last_line).await?,
    };
    let warnings = match last_line(&saved.end) {
        Some(ExportLine::End { warnings, .. }) => warnings,
        _ => Vec::new(),
    };
    for warning in &warnings {
        tell(warning);
    }
    if is_stdout {
        tell(format_args!("Exported `{slug}`: {} bytes.", saved.bytes));
        return Ok(());
    }
    let made = json!({"project": slug, "file": to, "bytes": saved.bytes, "warnings": warnings});
    printer.one(
        &made,
        vec![
            ("Export", Cell::text(to.display())),
            ("Bytes", Cell::text(saved.bytes)),
        ],
    )
}

/// Whether this means standard input or output.
fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Whether these are the last bytes of an export.
fn has_last_line(end: &[u8]) -> bool {
    matches!(last_line(end), Some(ExportLine::End { .. }))
}

fn last_line(end: &[u8]) -> Option<ExportLine> {
    let last = end.trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
    serde_json::from_slice(last?).ok()
}

async fn import(
    client: &Client,
    printer: &Printer,
    file: PathBuf,
    slug: Option<Slug>,
) -> anyhow::Result<()> {
    let lines = read(&file)
        .await
        .with_context(|| format!("read {}", file.display()))?;
    let card = client.create_import(slug.as_ref(), lines.into()).await?;
    let slug = &card.project.slug;
    printer.one(
        &card,
        vec![
            ("Project", Cell::text(slug)),
            ("Tasks", Cell::text(card.total)),
            (
                "Paused",
                Cell::text(format!("dashctl projects resume {slug}")),
            ),
        ],
    )
}

async fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if !is_standard(file) {
        return tokio::fs::read(file).await;
    }
    let mut lines = Vec::new();
    tokio::io::stdin().read_to_end(&mut lines).await?;
    Ok(lines)
}
