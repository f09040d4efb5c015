//! Comments: what people and agents say about a ticket or a task.

use auth::Caller;
use model::{
    Comment, CommentId, EventType, NewComment, Page, Paged, Scope, Task, TaskId, Text, TicketId,
};
use store::{Tx, comments};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{App, Error, fence, tasks, tickets};

/// A comment's words at the end of an event's message.
const EXCERPT: usize = 200;

impl App {
    /// What was said about a ticket, oldest first, a page at a time.
    pub async fn list_ticket_comments(
        &self,
        caller: &Caller,
        id: TicketId,
        page: Page,
    ) -> Result<Paged<Comment>, Error> {
        let mut read = self.read().await?;
        tickets::visible(&mut read, caller, id).await?;
        Ok(comments::on_ticket(&mut read, id, &page).await?)
    }

    /// What was said about a task, oldest first, a page at a time.
    pub async fn list_task_comments(
        &self,
        caller: &Caller,
        id: TaskId,
        page: Page,
    ) -> Result<Paged<Comment>, Error> {
        let mut read = self.read().await?;
        tasks::visible(&mut read, caller, id).await?;
        Ok(comments::on_task(&mut read, id, &page).await?)
    }

    /// Says something about a ticket.
    pub async fn create_ticket_comment(
        &self,
        caller: &Caller,
        id: TicketId,
        new: NewComment,
    ) -> Result<Comment, Error> {
        caller.holds(Scope::Report)?;
        check(&new)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { on_ticket(tx, &deed, id, new).await })
        })
        .await
    }

    /// Says something about a task.
    pub async fn create_task_comment(
        &self,
        caller: &Caller,
        id: TaskId,
        new: NewComment,
    ) -> Result<Comment, Error> {
        caller.holds(Scope::Report)?;
        check(&new)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { on_task(tx, &deed, id, new).await })
        })
        .await
    }
}

fn check(new: &NewComment) -> Result<(), Error> {
    if new.body.as_str().trim().is_empty() {
        return Err(Error::invalid("/body", "must not be empty"));
    }
    Ok(())
}

async fn on_ticket(
    tx: &mut Tx,
    deed: &Deed,
    id: TicketId,
    new: NewComment,
) -> Result<Comment, Error> {
    let ticket = tickets::to_change(tx, deed, Scope::Report, id).await?;
    let comment = Comment {
        ticket_id: Some(id),
        ..comment(deed, new.body)
    };
    comments::insert(tx, &comment).await?;
    tx.append(
        deed.fact(EventType::Commented, excerpt(&comment))
            .on_ticket(&ticket),
    );
    Ok(comment)
}

async fn on_task(tx: &mut Tx, deed: &Deed, id: TaskId, new: NewComment) -> Result<Comment, Error> {
    let task = tasks::there(tx, id).await?;
    fence::admit_to_task(tx, &deed.caller, &task).await?;
    say(tx, deed, &task, new.body).await
}

/// Says something about a task, in the name of whoever does the deed.
pub(crate) async fn say(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    body: Text,
) -> Result<Comment, Error> {
    let comment = Comment {
        task_id: Some(task.id),
        ..comment(deed, body)
    };
    comments::insert(tx, &comment).await?;
    let words = TicketWords::of(tx, task.ticket_id).await?;
    tx.append(
        deed.fact(EventType::Commented, excerpt(&comment))
            .on_task(task, &words),
    );
    Ok(comment)
}

fn comment(deed: &Deed, body: Text) -> Comment {
    Comment {
        id: CommentId::new(),
        ticket_id: None,
        task_id: None,
        author: deed.by(),
        body,
        created_at: deed.at,
    }
}

fn excerpt(comment: &Comment) -> String {
    let words: String = comment.body.as_str().chars().take(EXCERPT).collect();
    format!("{}: {words}", comment.author.name)
}
