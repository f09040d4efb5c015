//! Downloads that become files: written beside and renamed, so that a file of this name is always a whole one.

use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// No end of a download that is looked at is longer.
const END_BYTES: usize = 1024;

/// What was saved.
pub(crate) struct Saved {
    /// How many bytes it has.
    pub(crate) bytes: usize,
    /// Its last bytes.
    pub(crate) end: Vec<u8>,
}

/// Saves what nobody else is to read, as a new file. What does not end as it should is not whole, and refused.
pub(crate) async fn save(
    chunks: impl Stream<Item = Result<Bytes, client::Error>>,
    file: &Path,
    is_whole: impl Fn(&[u8]) -> bool,
) -> anyhow::Result<Saved> {
    if file.exists() {
        bail!("{} is there already", file.display());
    }
    let unfinished = file.with_added_extension("part");
    let context = || format!("write {}", unfinished.display());
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600);
    let mut out = options.open(&unfinished).await.with_context(context)?;
    let saved = copy(chunks, &mut out, context).await?;
    if !is_whole(&saved.end) {
        bail!(
            "what the server sent is not whole; {} holds what came",
            unfinished.display()
        );
    }
    out.sync_all().await.with_context(context)?;
    tokio::fs::rename(&unfinished, file)
        .await
        .with_context(context)?;
    Ok(saved)
}

/// Writes a download to standard output. What does not end as it should is not whole, and an error.
pub(crate) async fn pass_on(
    chunks: impl Stream<Item = Result<Bytes, client::Error>>,
    is_whole: impl Fn(&[u8]) -> bool,
) -> anyhow::Result<Saved> {
    let context = || "write to standard output".to_owned();
    let mut out = tokio::io::stdout();
    let saved = copy(chunks, &mut out, context).await?;
    out.flush().await.with_context(context)?;
    if !is_whole(&saved.end) {
        bail!("what the server sent is not whole");
    }
    Ok(saved)
}

async fn copy(
    chunks: impl Stream<Item = Result<Bytes, client::Error>>,
    out: &mut (impl AsyncWrite + Unpin),
    context: impl Fn() -> String,
) -> anyhow::Result<Saved> {
    let mut chunks = std::pin::pin!(chunks);
    let (mut bytes, mut end) = (0, Vec::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        bytes += chunk.len();
        end.extend_from_slice(&chunk[chunk.len().saturating_sub(END_BYTES)..]);
        end.drain(..end.len().saturating_sub(END_BYTES));
        out.write_all(&chunk).await.with_context(&context)?;
    }
    Ok(Saved { bytes, end })
}
