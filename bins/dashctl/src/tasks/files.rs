//! Files of tasks.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use client::{Client, List};
use futures_util::StreamExt;
use model::{Attachment, AttachmentId, FileName, MediaType};
use tokio::io::AsyncWriteExt;

use crate::exit::Refused;
use crate::find;
use crate::print::{Cell, Printer};

#[derive(Debug, Subcommand)]
pub(crate) enum FileOrder {
    /// Give a task a file
    Attach(Attach),
    /// List a task's files
    Files {
        /// Its id, or a part of it
        #[arg(env = "DASHBOARD_TASK_ID")]
        task: String,
    },
    /// Save a task's file
    Download {
        /// The file's id; with a task also its name, or a part of its id
        file: String,
        /// Where to save it [default: under its own name, here]
        #[arg(short, long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// The task, by its id or a part of it
        #[arg(long, env = "DASHBOARD_TASK_ID")]
        task: Option<String>,
    },
    /// Take a file away from its task
    Detach {
        /// The file's id
        file: AttachmentId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Attach {
    /// The file, of at most 25 MiB
    file: PathBuf,
    /// The task, by its id or a part of it
    #[arg(long, env = "DASHBOARD_TASK_ID")]
    task: String,
    /// What it is called [default: as it is here]
    #[arg(long)]
    name: Option<FileName>,
}

pub(super) async fn obey(
    client: &Client,
    printer: &Printer,
    order: FileOrder,
) -> anyhow::Result<()> {
    match order {
        FileOrder::Attach(attach) => give(client, printer, attach).await,
        FileOrder::Files { task } => list(client, printer, &task).await,
        FileOrder::Download { file, to, task } => save(client, printer, file, to, task).await,
        FileOrder::Detach { file } => {
            client.delete_attachment(file).await?;
            printer.say("It is gone.");
            Ok(())
        }
    }
}

async fn give(client: &Client, printer: &Printer, attach: Attach) -> anyhow::Result<()> {
    let task = find::task(client, &attach.task).await?;
    let shown = attach.file.display();
    let own_name = || {
        let name = attach.file.file_name().context("it has no name")?;
        FileName::parse(name.to_string_lossy()).map_err(anyhow::Error::from)
    };
    let name = match attach.name {
        Some(name) => name,
        None => own_name().with_context(|| format!("{shown}: say --name"))?,
    };
    let about = tokio::fs::metadata(&attach.file).await;
    let size = about.with_context(|| format!("read {shown}"))?.len();
    ensure!(
        size <= Attachment::MOST_BYTES,
        "{shown} has {size} bytes; a file has at most {}",
        Attachment::MOST_BYTES
    );
    let content = tokio::fs::read(&attach.file).await;
    let content = content.with_context(|| format!("read {shown}"))?;
    let media_type = type_of(name.as_str());
    let given = client
        .create_attachment(task, &name, media_type, content.into())
        .await?;
    let fields = vec![
        ("File", Cell::text(given.id)),
        ("Name", Cell::text(&given.name)),
        ("Bytes", Cell::text(given.size)),
        ("SHA-256", Cell::text(&given.sha256)),
    ];
    printer.one(&given, fields)
}

/// What a file is, by the end of its name.
fn type_of(name: &str) -> MediaType {
    let end = Path::new(name).extension().and_then(|end| end.to_str());
    match end.unwrap_or_default().to_ascii_lowercase().as_str() {
        "png" => MediaType::Png,
        "jpg" | "jpeg" => MediaType::Jpeg,
        "gif" => MediaType::Gif,
        "webp" => MediaType::Webp,
        "txt" | "log" | "diff" | "patch" => MediaType::Plain,
        "md" => MediaType::Markdown,
        "csv" => MediaType::Csv,
        "json" => MediaType::Json,
        "pdf" => MediaType::Pdf,
        "zip" => MediaType::Zip,
        "gz" | "tgz" => MediaType::Gzip,
        _ => MediaType::Bytes,
    }
}

async fn list(client: &Client, printer: &Printer, task: &str) -> anyhow::Result<()> {
    let task = find::task(client, task).await?;
    let files = client.list_attachments(task, &List::first(100)).await?;
    let headings = ["ID", "NAME", "BYTES", "BY", "GIVEN"];
    let cells = |file: &Attachment| {
        vec![
            Cell::text(file.id),
            Cell::text(&file.name),
            Cell::text(file.size),
            Cell::text(&file.created_by),
            Cell::ago(file.created_at),
        ]
    };
    let empty = "No files. `dashctl tasks attach FILE --task TASK` gives it one.";
    printer.list(&files.items, &headings, cells, empty)
}

async fn save(
    client: &Client,
    printer: &Printer,
    file: String,
    to: Option<PathBuf>,
    task: Option<String>,
) -> anyhow::Result<()> {
    let (id, to) = match (file.parse(), to, task) {
        (Ok(id), Some(to), _) => (id, to),
        (_, to, Some(task)) => {
            let task = find::task(client, &task).await?;
            let meant = find::file(client, task, &file).await?;
            let to = to.map_or_else(|| own_name(&meant.name), Ok)?;
            (meant.id, to)
        }
        (Ok(_), None, None) => {
            bail!("say where to save it with --to, or whose file it is with --task")
        }
        (Err(_), _, None) => {
            let why = format!("`{file}` is no whole id: say whose file it is with --task");
            return Err(Refused::usage(why));
        }
    };
    let shown = || format!("write {}", to.display());
    let mut content = Box::pin(client.get_attachment(id).await?);
    let mut out = tokio::fs::File::create_new(&to).await.with_context(shown)?;
    while let Some(chunk) = content.next().await {
        out.write_all(&chunk?).await.with_context(shown)?;
    }
    out.sync_all().await.with_context(shown)?;
    printer.say(&format!("Saved as {}.", to.display()));
    Ok(())
}

/// The name that its giver gave it, in this directory and nowhere else.
fn own_name(name: &FileName) -> anyhow::Result<PathBuf> {
    let path = PathBuf::from(name.as_str());
    ensure!(
        path.file_name().is_some_and(|plain| plain == name.as_str()),
        "`{name}` is no name for a file: say --to"
    );
    Ok(path)
}
