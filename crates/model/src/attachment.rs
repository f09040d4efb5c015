//! Attachments: files that belong to a task.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{AttachmentId, FileName, Principal, TaskId, Timestamp};

words! {
    /// What a file is said to be. What is none of these, and all that a browser could run, is kept as bytes.
    MediaType ("media type") {
        /// A picture.
        Png = "image/png",
        /// A picture.
        Jpeg = "image/jpeg",
        /// A picture.
        Gif = "image/gif",
        /// A picture.
        Webp = "image/webp",
        /// Text.
        Plain = "text/plain",
        /// Markdown.
        Markdown = "text/markdown",
        /// A table.
        Csv = "text/csv",
        /// JSON.
        Json = "application/json",
        /// A document.
        Pdf = "application/pdf",
        /// An archive.
        Zip = "application/zip",
        /// An archive.
        Gzip = "application/gzip",
        /// Anything.
        Bytes = "application/octet-stream",
    }
}

impl MediaType {
    /// What a `Content-Type` says, without its parameters.
    #[must_use]
    pub fn of_header(header: &str) -> Self {
        let named = header.split(';').next().unwrap_or_default().trim();
        named.to_ascii_lowercase().parse().unwrap_or(Self::Bytes)
    }
}

/// A file that belongs to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The task that it belongs to.
    pub task_id: TaskId,
    /// What its giver called it.
    pub name: FileName,
    /// What it is said to be.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub size: i64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Who gave it.
    pub created_by: Principal,
    /// When it was given.
    pub created_at: Timestamp,
}

impl Attachment {
    /// No file has more bytes than that: 25 MiB.
    pub const MOST_BYTES: u64 = 25 * 1024 * 1024;
    /// No task has more files than that.
    pub const MOST_OF_TASK: i64 = 100;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_could_run_is_only_bytes() {
        for (header, expected) in [
            ("image/png", MediaType::Png),
            ("Text/Plain; charset=utf-8", MediaType::Plain),
            ("text/html", MediaType::Bytes),
            ("image/svg+xml", MediaType::Bytes),
            ("", MediaType::Bytes),
        ] {
            assert_eq!(MediaType::of_header(header), expected, "{header}");
        }
    }
}
