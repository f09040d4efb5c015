//! Imports: an export becomes a new project, whole or not at all.

use std::collections::HashMap;
use std::convert::Infallible;

use auth::Caller;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use model::{
    Attachment, AttachmentId, Comment, EventType, ExportLine, ExportedFile, LoopState, NewLink,
    Project, ProjectId, Question, Scope, Slug, Task, Text, Ticket, Totals,
};
use serde_json::json;
use store::{Tx, attachments, comments, links, projects, questions, tasks, tickets};

use crate::deed::Deed;
use crate::facts::About;
use crate::{App, Error, projects as project_cases, task_edits, ticket_edits};

mod ids;
mod order;
mod standing;
mod twice;

use ids::Ids;
use standing::Standing;

impl App {
    /// Makes a project of the lines of an export, under another slug where one is given. Everything gets new ids; nothing
    /// of it is handed out before somebody resumes the project.
    pub async fn import_project<E: From<Error>>(
        &self,
        caller: &Caller,
        slug: Option<Slug>,
        lines: impl Stream<Item = Result<ExportLine, E>>,
    ) -> Result<Project, E> {
        // It puts words into the mouths of others.
        caller.may_everywhere(Scope::Admin).map_err(Error::from)?;
        let mut import = Import::default();
        let mut lines = std::pin::pin!(lines);
        while let Some(line) = lines.next().await {
            import.take(self, line?).await?;
        }
        import.check()?;
        let made = self.write(caller, move |tx, deed| {
            Box::pin(async move { import.land(tx, &deed, slug).await })
        });
        Ok(made.await?)
    }
}

/// What was read of an export.
#[derive(Default)]
struct Import {
    project: Option<Box<Project>>,
    tickets: Vec<Ticket>,
    tasks: Vec<Task>,
    links: Vec<NewLink>,
    comments: Vec<Comment>,
    questions: Vec<Question>,
    /// Their contents are kept already; without a row they are swept.
    files: Vec<Attachment>,
    lines: u64,
    is_whole: bool,
    /// Files whose contents were lost before.
    lost: u64,
}

impl Import {
    async fn take(&mut self, app: &App, line: ExportLine) -> Result<(), Error> {
        if self.is_whole {
            return Err(refused("something follows the last line"));
        }
        if self.lines == ExportLine::MOST {
            let most = ExportLine::MOST;
            return Err(refused(format!("an import holds at most {most} lines")));
        }
        if self.project.is_none() && !matches!(line, ExportLine::Project { .. }) {
            return Err(refused("the first line of an export is its project"));
        }
        match line {
            ExportLine::Project { format, project } => {
                if format != ExportLine::FORMAT {
                    return Err(refused(format!("format {format} is not known here")));
                }
                if self.project.replace(project).is_some() {
                    return Err(refused("an export holds one project"));
                }
            }
            ExportLine::Ticket(ticket) => self.tickets.push(*ticket),
            ExportLine::Task(task) => self.tasks.push(*task),
            ExportLine::Link(link) => self.links.push(link),
            ExportLine::Comment(comment) => self.comments.push(comment),
            ExportLine::Question(question) => self.questions.push(*question),
            ExportLine::Attachment(file) => match keep(app, file).await? {
                Some(file) => self.files.push(file),
                None => self.lost += 1,
            },
            ExportLine::End { lines, .. } if lines == self.lines => self.is_whole = true,
            ExportLine::End { .. } => return Err(refused("some of its lines are missing")),
        }
        self.lines += 1;
        Ok(())
    }

    /// What can be told before anything is written.
    fn check(&self) -> Result<(), Error> {
        if !self.is_whole {
            return Err(refused("its last line is missing"));
        }
        if let Some(project) = &self.project {
            project_cases::check_limits(
                "/project",
                project.max_running,
                project.max_running_per_agent,
                project.max_wip,
            )?;
        }
        for task in &self.tasks {
            task_edits::check_kept(task).map_err(|error| named(error, &task.id))?;
        }
        for ticket in &self.tickets {
            ticket_edits::check_words("/labels", &ticket.labels)
                .map_err(|error| named(error, &ticket.id))?;
        }
        twice::check(&self.tickets, &self.tasks, &self.files)?;
        let tasks: Vec<_> = self.tasks.iter().map(|task| task.id).collect();
        let links: Vec<_> = self
            .links
            .iter()
            .map(|link| (link.parent_id, link.child_id))
            .collect();
        if order::sorted(&tasks, &links).is_none() {
            return Err(refused(
                "its tasks wait for each other in a circle, or for what it does not hold",
            ));
        }
        Ok(())
    }

    async fn land(self, tx: &mut Tx, deed: &Deed, slug: Option<Slug>) -> Result<Project, Error> {
        let told = json!({ "imported": { "tickets": self.tickets.len(), "tasks": self.tasks.len(), "lost_files": self.lost } });
        let project = self.project.clone().ok_or_else(|| refused("it is empty"))?;
        let project = arrived(deed, *project, slug);
        if projects::by_slug(tx, &project.slug).await?.is_some() {
            let taken = format!(
                "there is a project `{}` already; give this one another slug",
                project.slug
            );
            return Err(Error::AlreadyExists(taken));
        }
        projects::insert(tx, &project).await?;
        let ids = Ids::new(&self.tickets, &self.tasks);
        self.fill(tx, deed, project.id, &ids).await?;
        let message = format!("project {} was imported", project.slug);
        let fact = deed.fact(EventType::ProjectCreated, message);
        tx.append(fact.in_project(project.id).with(told));
        Ok(project)
    }

    async fn fill(
        self,
        tx: &mut Tx,
        deed: &Deed,
        project: ProjectId,
        ids: &Ids,
    ) -> Result<(), Error> {
        let standing = Standing::of(&self.tasks, &self.links, &self.questions);
        for ticket in parents_first(self.tickets)? {
            tickets::insert(tx, &ids.of_ticket(project, ticket)?).await?;
        }
        let tasks = self.tasks.into_iter();
        let tasks: Result<Vec<_>, _> = tasks
            .map(|task| ids.of_task(project, standing.put(task, deed.at)))
            .collect();
        tasks::insert(tx, &tasks?).await?;
        let links = self
            .links
            .into_iter()
            .map(|link| ids.of_link(link, deed.at));
        links::insert_all(tx, &links.collect::<Result<Vec<_>, _>>()?).await?;
        let said = self.comments.into_iter().map(|said| ids.of_comment(said));
        comments::insert_all(tx, project, &said.collect::<Result<Vec<_>, _>>()?).await?;
        let asked = self.questions.into_iter();
        let asked = asked.map(|asked| ids.of_question(project, asked));
        questions::insert_all(tx, &asked.collect::<Result<Vec<_>, _>>()?).await?;
        let files = self.files.into_iter().map(|file| ids.of_file(file));
        attachments::insert_all(tx, &files.collect::<Result<Vec<_>, _>>()?).await?;
        Ok(())
    }
}

/// Keeps a file's content; its row is made with the others. None of one whose content was lost.
async fn keep(app: &App, file: ExportedFile) -> Result<Option<Attachment>, Error> {
    let Some(content) = file.content_base64 else {
        return Ok(None);
    };
    let content = STANDARD.decode(content).map_err(|_| {
        refused(format!(
            "the content of file “{}” cannot be read",
            file.name
        ))
    })?;
    let whole = stream::iter([Ok::<_, Infallible>(Bytes::from(content))]);
    let files = app.files()?;
    let received = files.receive(whole, Attachment::MOST_BYTES).await;
    let received = received.map_err(|refusal| match refusal {
        store::files::Refused::Disk(error) => Error::unwritten(error),
        other => refused(format!("file “{}”: {other}", file.name)),
    })?;
    let attachment = Attachment {
        id: AttachmentId::new(),
        task_id: file.task_id,
        name: file.name,
        media_type: file.media_type,
        size: i64::try_from(received.size).map_err(Error::internal)?,
        sha256: received.sha256.clone(),
        created_by: file.created_by,
        created_at: file.created_at,
    };
    files.keep(received).await.map_err(Error::unwritten)?;
    Ok(Some(attachment))
}

/// The project as it begins here.
fn arrived(deed: &Deed, project: Project, slug: Option<Slug>) -> Project {
    Project {
        id: ProjectId::new(),
        slug: slug.unwrap_or(project.slug),
        loop_state: LoopState::Paused,
        loop_reason: Some(Text::lossy("imported")),
        last_dispatch_at: None,
        totals: Totals::default(),
        archived_at: None,
        updated_at: deed.at,
        version: 1,
        ..project
    }
}

/// Tickets in an order in which each comes after the one that it was split from.
fn parents_first(tickets: Vec<Ticket>) -> Result<Vec<Ticket>, Error> {
    let ids: Vec<_> = tickets.iter().map(|ticket| ticket.id).collect();
    let splits = tickets
        .iter()
        .filter_map(|ticket| Some((ticket.parent_ticket_id?, ticket.id)));
    let order = order::sorted(&ids, &splits.collect::<Vec<_>>());
    let order =
        order.ok_or_else(|| refused("a ticket was split from one that it does not hold"))?;
    let mut tickets: HashMap<_, _> = tickets
        .into_iter()
        .map(|ticket| (ticket.id, ticket))
        .collect();
    Ok(order.iter().filter_map(|id| tickets.remove(id)).collect())
}

fn refused(why: impl Into<String>) -> Error {
    Error::invalid("", why.into())
}

fn named(error: Error, id: &impl std::fmt::Display) -> Error {
    match error {
        Error::Invalid(errors) => {
            let words: Vec<_> = errors
                .iter()
                .map(|error| format!("{}{}: {}", id, error.pointer, error.detail))
                .collect();
            refused(words.join("; "))
        }
        other => other,
    }
}
