//! Attachments: files that belong to a task.

use std::time::Duration;

use auth::Caller;
use model::{
    Attachment, AttachmentId, EventType, FileName, MediaType, Page, Paged, Scope, Task, TaskId,
};
use store::files::{Files, Received};
use store::{Tx, attachments as kept};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{App, Error, Made, fence, gates, tasks};

/// A content that no row names is removed after so long. A row is made right after its content.
const UNUSED: Duration = Duration::from_secs(3600);

/// A file for a task, whose content was received.
#[derive(Debug)]
pub struct NewAttachment {
    /// What its giver calls it.
    pub name: FileName,
    /// What it is said to be.
    pub media_type: MediaType,
    /// Its content.
    pub content: Received,
}

impl App {
    /// The files of a task, oldest first, a page at a time.
    pub async fn list_attachments(
        &self,
        caller: &Caller,
        task: TaskId,
        page: Page,
    ) -> Result<Paged<Attachment>, Error> {
        let mut read = self.read().await?;
        tasks::visible(&mut read, caller, task).await?;
        Ok(kept::list(&mut read, task, &page).await?)
    }

    /// One file of a task.
    pub async fn get_attachment(
        &self,
        caller: &Caller,
        id: AttachmentId,
    ) -> Result<Attachment, Error> {
        let mut read = self.read().await?;
        let attachment = kept::get(&mut read, id).await?;
        let attachment = attachment.ok_or(Error::NotFound("attachment"))?;
        let task = tasks::there(&mut read, attachment.task_id).await?;
        caller.see("attachment", task.project_id)?;
        Ok(attachment)
    }

    /// Where to put the content of a file for this task, if the caller may give it one.
    pub async fn receiver_of_attachments(
        &self,
        caller: &Caller,
        task: TaskId,
    ) -> Result<&Files, Error> {
        caller.holds(Scope::Report)?;
        let mut read = self.read().await?;
        let task = tasks::there(&mut read, task).await?;
        fence::admit_to_task(&mut read, caller, &task).await?;
        self.files()
    }

    /// Opens the content of a file.
    pub async fn open_attachment(&self, attachment: &Attachment) -> Result<tokio::fs::File, Error> {
        let opened = self.files()?.open(&attachment.sha256).await;
        opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::ContentLost,
            _ => Error::internal(error),
        })
    }

    /// Gives a task a file. The same content under the same name is there once.
    pub async fn create_attachment(
        &self,
        caller: &Caller,
        task: TaskId,
        new: NewAttachment,
    ) -> Result<Made<Attachment>, Error> {
        let NewAttachment {
            name,
            media_type,
            content,
        } = new;
        // More likely a body that was forgotten than a file.
        if content.size == 0 {
            return Err(Error::invalid("", "the file is empty"));
        }
        let attachment = Attachment {
            id: AttachmentId::new(),
            task_id: task,
            name,
            media_type,
            size: i64::try_from(content.size).map_err(Error::internal)?,
            sha256: content.sha256.clone(),
            created_by: caller.principal.clone(),
            created_at: self.clock().now(),
        };
        // Before the row: a row always has its content.
        self.files()?
            .keep(content)
            .await
            .map_err(Error::unwritten)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { attach(tx, &deed, attachment).await })
        })
        .await
    }

    /// Takes a file away from its task.
    pub async fn delete_attachment(&self, caller: &Caller, id: AttachmentId) -> Result<(), Error> {
        caller.holds(Scope::Report)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { detach(tx, &deed, id).await })
        })
        .await
    }

    /// Removes the contents that no task has any more.
    pub(crate) async fn sweep_files(&self) -> Result<(), Error> {
        let Ok(files) = self.files() else {
            return Ok(());
        };
        for sha256 in files.older_than(UNUSED).await.map_err(Error::internal)? {
            if !kept::is_used(&mut self.read().await?, &sha256).await? {
                files.remove(&sha256).await.map_err(Error::internal)?;
            }
        }
        Ok(())
    }

    pub(crate) fn files(&self) -> Result<&Files, Error> {
        self.files_if_any().ok_or_else(|| {
            Error::Unsupported("this server was given no directory to keep files in".to_owned())
        })
    }
}

async fn attach(tx: &mut Tx, deed: &Deed, new: Attachment) -> Result<Made<Attachment>, Error> {
    let task = tasks::there(tx, new.task_id).await?;
    fence::admit_to_task(tx, &deed.caller, &task).await?;
    gates::check_files(deed, &task)?;
    if let Some(there) = kept::same(tx, task.id, &new.sha256, &new.name).await? {
        return Ok(Made::found(there));
    }
    if kept::count(tx, task.id).await? >= Attachment::MOST_OF_TASK {
        let most = Attachment::MOST_OF_TASK;
        return Err(Error::invalid(
            "",
            format!("a task has at most {most} files"),
        ));
    }
    kept::insert(tx, &new).await?;
    let message = format!("“{}” was attached", new.name);
    say(tx, deed, &task, EventType::Attached, message).await?;
    Ok(Made::new(new))
}

async fn detach(tx: &mut Tx, deed: &Deed, id: AttachmentId) -> Result<(), Error> {
    let attachment = kept::get(tx, id).await?;
    let attachment = attachment.ok_or(Error::NotFound("attachment"))?;
    let task = tasks::there(tx, attachment.task_id).await?;
    deed.caller.see("attachment", task.project_id)?;
    fence::admit_to_task(tx, &deed.caller, &task).await?;
    gates::check_files(deed, &task)?;
    kept::delete(tx, id).await?;
    let message = format!("“{}” was removed", attachment.name);
    say(tx, deed, &task, EventType::AttachmentRemoved, message).await
}

async fn say(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    event: EventType,
    message: String,
) -> Result<(), Error> {
    let words = TicketWords::of(tx, task.ticket_id).await?;
    tx.append(deed.fact(event, message).on_task(task, &words));
    Ok(())
}
