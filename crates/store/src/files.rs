//! Files: contents on disk, each under its SHA-256, so that the same content lies there once.
//!
//! What is received lies under a name of its own until it is whole and on the disk; only then it gets its place. Rows
//! are made after that, so that a row never names a content that is not there. A content without a row is swept.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::AsyncWriteExt;

/// Where contents lie.
#[derive(Debug, Clone)]
pub struct Files {
    root: PathBuf,
}

/// A content that is whole and on the disk, and has no place yet. Forgotten, it goes.
#[derive(Debug)]
pub struct Received {
    path: Option<PathBuf>,
    /// How many bytes it has.
    pub size: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Why a content was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It has more bytes than were allowed.
    #[error("it is too large")]
    TooLarge,
    /// Its sender went away in the middle.
    #[error("it ended in the middle")]
    Cut,
    /// The disk took no more of it.
    #[error("it cannot be written")]
    Disk(#[from] io::Error),
}

impl Files {
    /// Contents in a directory, which is made with the first of them.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Takes a content as it comes, at most so many bytes.
    pub async fn receive<E>(
        &self,
        chunks: impl Stream<Item = Result<Bytes, E>>,
        most: u64,
    ) -> Result<Received, Refused> {
        let incoming = self.root.join("incoming");
        fs::create_dir_all(&incoming).await?;
        let path = incoming.join(uuid::Uuid::new_v4().simple().to_string());
        let mut file = fs::File::create_new(&path).await?;
        let mut received = Received {
            path: Some(path),
            size: 0,
            sha256: String::new(),
        };
        let mut hash = Sha256::new();
        let mut chunks = std::pin::pin!(chunks);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refused::Cut)?;
            received.size += chunk.len() as u64;
            if received.size > most {
                return Err(Refused::TooLarge);
            }
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        file.sync_all().await?;
        let hash = hash.finalize();
        received.sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(received)
    }

    /// Gives a content its place.
    pub async fn keep(&self, mut received: Received) -> io::Result<()> {
        let place = self.place(&received.sha256);
        let directory = place.parent().unwrap_or(&self.root).to_owned();
        fs::create_dir_all(&directory).await?;
        if let Some(path) = received.path.take() {
            // One that is there already is as good; the newer one is not swept meanwhile.
            fs::rename(path, place).await?;
        }
        fs::File::open(directory).await?.sync_all().await
    }

    /// Opens a content.
    pub async fn open(&self, sha256: &str) -> io::Result<fs::File> {
        fs::File::open(self.place(sha256)).await
    }

    /// The contents that have lain there for so long, and what was left behind while it was received is removed.
    pub async fn older_than(&self, age: Duration) -> io::Result<Vec<String>> {
        let mut old = Vec::new();
        for directory in entries(&self.root).await? {
            for file in entries(&directory).await? {
                if !is_older(&file, age).await {
                    continue;
                }
                match file.file_name().and_then(|name| name.to_str()) {
                    _ if directory.ends_with("incoming") => fs::remove_file(&file).await?,
                    Some(name) => old.push(name.to_owned()),
                    None => {}
                }
            }
        }
        Ok(old)
    }

    /// Removes a content that nothing names.
    pub async fn remove(&self, sha256: &str) -> io::Result<()> {
        fs::remove_file(self.place(sha256)).await
    }

    /// Spread over 256 directories.
    fn place(&self, sha256: &str) -> PathBuf {
        let first = sha256.get(..2).unwrap_or("00");
        self.root.join(first).join(sha256)
    }
}

async fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut entries = match fs::read_dir(directory).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    while let Some(entry) = entries.next_entry().await? {
        found.push(entry.path());
    }
    Ok(found)
}

async fn is_older(file: &Path, age: Duration) -> bool {
    let changed = fs::metadata(file).await.and_then(|about| about.modified());
    changed.is_ok_and(|changed| {
        SystemTime::now()
            .duration_since(changed)
            .is_ok_and(|passed| passed > age)
    })
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // What cannot be removed now is swept later.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use tokio::io::AsyncReadExt;

    use super::*;

    fn chunks(texts: &[&'static str]) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
        let chunks: Vec<_> = texts.iter().map(|text| Ok(Bytes::from(*text))).collect();
        stream::iter(chunks)
    }

    #[tokio::test]
    async fn the_same_content_lies_there_once() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::at(directory.path().join("files"));
        for texts in [&["hel", "lo"][..], &["hello"][..]] {
            let received = files.receive(chunks(texts), 5).await.unwrap();
            assert_eq!(received.size, 5);
            files.keep(received).await.unwrap();
        }
        let old = files.older_than(Duration::ZERO).await.unwrap();
        let [sha256] = &old[..] else {
            panic!("{old:?}")
        };
        assert!(sha256.starts_with("2cf24dba5fb0a30e"), "{sha256}");
        let mut text = String::new();
        let mut file = files.open(sha256).await.unwrap();
        file.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
        files.remove(sha256).await.unwrap();
        assert!(files.open(sha256).await.is_err());
    }

    #[tokio::test]
    async fn what_is_too_large_or_forgotten_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::at(directory.path());
        let refused = files.receive(chunks(&["hel", "lo"]), 4).await;
        assert!(matches!(refused, Err(Refused::TooLarge)), "{refused:?}");
        drop(files.receive(chunks(&["hello"]), 5).await.unwrap());
        let cut = stream::iter([Ok(Bytes::from("hel")), Err("gone")]);
        let refused = files.receive(cut, 5).await;
        assert!(matches!(refused, Err(Refused::Cut)), "{refused:?}");
        let incoming = std::fs::read_dir(directory.path().join("incoming")).unwrap();
        assert_eq!(incoming.count(), 0);
        assert!(files.older_than(Duration::ZERO).await.unwrap().is_empty());
    }
}
