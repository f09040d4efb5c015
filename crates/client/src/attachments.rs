//! Attachments: files that belong to a task.

use bytes::Bytes;
use model::{Attachment, AttachmentId, FileName, MediaType, Page, Paged, TaskId};

use crate::transport::Chunks;
use crate::{Client, Error};

impl Client {
    /// A task's files, oldest first.
    pub async fn list_attachments(
        &self,
        task: TaskId,
        page: &Page,
    ) -> Result<Paged<Attachment>, Error> {
        self.get(format!("api/tasks/{task}/attachments"))
            .page(page)
            .await
    }

    /// Gives a task a file.
    pub async fn create_attachment(
        &self,
        task: TaskId,
        name: &FileName,
        media_type: MediaType,
        content: Bytes,
    ) -> Result<Attachment, Error> {
        self.post(format!("api/tasks/{task}/attachments"))
            .query("name", Some(name))
            .body(media_type.as_str(), content)
            .answer()
            .await
    }

    /// A file's content, as it comes.
    pub async fn get_attachment(
        &self,
        attachment: AttachmentId,
    ) -> Result<impl futures_util::Stream<Item = Result<Bytes, Error>> + use<>, Error> {
        let call = self.get(format!("api/attachments/{attachment}"));
        let chunks: Chunks = call.send().await?.into_body();
        Ok(chunks)
    }

    /// Takes a file away from its task.
    pub async fn delete_attachment(&self, attachment: AttachmentId) -> Result<(), Error> {
        self.delete(format!("api/attachments/{attachment}"))
            .nothing()
            .await
    }
}
