//! Exports: a project with its tickets and tasks, read piece by piece while it is being sent.

use std::collections::{HashSet, VecDeque};

use auth::Caller;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::Stream;
use model::{
    Attachment, ExportLine, ExportedFile, NewLink, Page, Project, ProjectRef, QuestionFilter,
    Scope, Task, TaskFilter, TaskId, Ticket, TicketFilter, TicketId, TicketSort,
};
use store::{Read, attachments, comments, links, questions, tasks, tickets};
use tokio::io::AsyncReadExt as _;

use crate::deed::Rights as _;
use crate::{App, Error, projects};

/// Rows that are read at once.
const PIECE: i64 = 100;

impl App {
    /// A project as the lines of an export. What changes meanwhile may be in it or not, but every line names only
    /// what came before it.
    pub async fn export_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<impl Stream<Item = Result<ExportLine, Error>> + Send + use<>, Error> {
        caller.holds(Scope::Read)?;
        let project = projects::named(&mut self.read().await?, caller, project).await?;
        let export = Export::new(self.clone(), project);
        Ok(futures_util::stream::try_unfold(
            export,
            |mut export| async move { Ok(export.next().await?.map(|line| (line, export))) },
        ))
    }
}

/// What is read next, and from where.
enum Step {
    Tickets(Option<String>),
    Tasks(Option<String>),
    Questions(Option<String>),
    Links,
    End,
    Over,
}

/// A line, or a file that becomes one when its turn has come.
enum Item {
    Line(ExportLine),
    File(Attachment),
}

struct Export {
    app: App,
    project: Project,
    step: Step,
    waiting: VecDeque<Item>,
    tickets: HashSet<TicketId>,
    tasks: HashSet<TaskId>,
    links: Vec<NewLink>,
    lines: u64,
    /// Files whose content is not there.
    lost: u64,
}

/// What was said about something.
#[derive(Clone, Copy)]
enum Said {
    OfTicket(TicketId),
    OfTask(TaskId),
}

impl Export {
    fn new(app: App, project: Project) -> Self {
        let first = ExportLine::Project {
            format: ExportLine::FORMAT,
            project: Box::new(project.clone()),
        };
        Self {
            app,
            project,
            step: Step::Tickets(None),
            waiting: VecDeque::from([Item::Line(first)]),
            tickets: HashSet::new(),
            tasks: HashSet::new(),
            links: Vec::new(),
            lines: 0,
            lost: 0,
        }
    }

    async fn next(&mut self) -> Result<Option<ExportLine>, Error> {
        loop {
            let line = match self.waiting.pop_front() {
                Some(Item::Line(line)) => line,
                Some(Item::File(file)) => ExportLine::Attachment(self.content(file).await?),
                None if matches!(self.step, Step::Over) => return Ok(None),
                None => {
                    self.read().await?;
                    continue;
                }
            };
            self.lines += 1;
            return Ok(Some(line));
        }
    }

    /// Reads the next piece.
    async fn read(&mut self) -> Result<(), Error> {
        let mut read = self.app.read().await?;
        self.step = match std::mem::replace(&mut self.step, Step::Over) {
            Step::Tickets(from) => self.tickets(&mut read, from).await?,
            Step::Tasks(from) => self.tasks(&mut read, from).await?,
            Step::Questions(from) => self.questions(&mut read, from).await?,
            Step::Links => {
                let links = std::mem::take(&mut self.links).into_iter();
                let known = links.filter(|link| self.tasks.contains(&link.parent_id));
                self.waiting
                    .extend(known.map(|link| Item::Line(ExportLine::Link(link))));
                Step::End
            }
            Step::End => {
                // As many as are counted once this one is counted, too, less itself.
                let (lines, warnings) = (self.lines, self.warnings());
                self.push(ExportLine::End { lines, warnings });
                Step::Over
            }
            Step::Over => Step::Over,
        };
        Ok(())
    }

    async fn tickets(&mut self, read: &mut Read, from: Option<String>) -> Result<Step, Error> {
        let filter = TicketFilter {
            project: Some(self.project.id),
            ..TicketFilter::default()
        };
        let page = piece(from);
        let found = tickets::list(read, &filter, TicketSort::Oldest, &page).await?;
        for ticket in found.items {
            self.ticket(read, ticket).await?;
        }
        Ok(match found.next {
            Some(next) => Step::Tickets(Some(next)),
            None => Step::Tasks(None),
        })
    }

    async fn ticket(&mut self, read: &mut Read, ticket: Ticket) -> Result<(), Error> {
        let id = ticket.id;
        self.tickets.insert(id);
        self.push(ExportLine::Ticket(Box::new(ticket)));
        self.comments(read, Said::OfTicket(id)).await
    }

    async fn tasks(&mut self, read: &mut Read, from: Option<String>) -> Result<Step, Error> {
        let filter = TaskFilter {
            project: Some(self.project.id),
            status: model::TaskState::ALL.to_vec(),
            ..TaskFilter::default()
        };
        let found = tasks::list(read, &filter, &piece(from)).await?;
        for task in found.items {
            // A ticket that was made since the tickets were read comes with the next export.
            if task.ticket_id.is_none_or(|id| self.tickets.contains(&id)) {
                self.task(read, task).await?;
            }
        }
        Ok(match found.next {
            Some(next) => Step::Tasks(Some(next)),
            None => Step::Questions(None),
        })
    }

    async fn task(&mut self, read: &mut Read, task: Task) -> Result<(), Error> {
        let id = task.id;
        self.tasks.insert(id);
        self.push(ExportLine::Task(Box::new(task)));
        self.comments(read, Said::OfTask(id)).await?;
        let files = attachments::list(read, id, &Page::first(Attachment::MOST_OF_TASK)).await?;
        self.waiting.extend(files.items.into_iter().map(Item::File));
        let parents = links::of_task(read, id).await?.parents.into_iter();
        self.links.extend(parents.map(|parent_id| NewLink {
            parent_id,
            child_id: id,
        }));
        Ok(())
    }

    async fn comments(&mut self, read: &mut Read, of: Said) -> Result<(), Error> {
        let mut from = None;
        loop {
            let page = piece(from);
            let said = match of {
                Said::OfTicket(id) => comments::on_ticket(read, id, &page).await?,
                Said::OfTask(id) => comments::on_task(read, id, &page).await?,
            };
            let lines = said.items.into_iter().map(ExportLine::Comment);
            self.waiting.extend(lines.map(Item::Line));
            match said.next {
                Some(next) => from = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn questions(&mut self, read: &mut Read, from: Option<String>) -> Result<Step, Error> {
        let filter = QuestionFilter {
            project: Some(self.project.id),
            ..QuestionFilter::default()
        };
        let found = questions::list(read, &filter, &piece(from)).await?;
        for question in found.items {
            if question.task_id.is_some_and(|id| self.tasks.contains(&id)) {
                self.push(ExportLine::Question(Box::new(question)));
            }
        }
        Ok(match found.next {
            Some(next) => Step::Questions(Some(next)),
            None => Step::Links,
        })
    }

    fn push(&mut self, line: ExportLine) {
        self.waiting.push_back(Item::Line(line));
    }

    fn warnings(&self) -> Vec<String> {
        let lost = match self.lost {
            0 => None,
            1 => Some("the content of 1 file is lost: its line holds none".to_owned()),
            more => Some(format!(
                "the contents of {more} files are lost: their lines hold none"
            )),
        };
        let most = ExportLine::MOST;
        let is_long = self.lines >= most;
        let long = is_long.then(|| format!("an import takes at most {most} lines"));
        lost.into_iter().chain(long).collect()
    }

    async fn content(&mut self, file: Attachment) -> Result<ExportedFile, Error> {
        let content = match self.app.open_attachment(&file).await {
            Ok(mut opened) => {
                let mut content = Vec::new();
                let read = opened.read_to_end(&mut content).await;
                read.map_err(Error::internal)?;
                Some(STANDARD.encode(content))
            }
            Err(Error::ContentLost) => {
                self.lost += 1;
                None
            }
            Err(other) => return Err(other),
        };
        Ok(ExportedFile {
            task_id: file.task_id,
            name: file.name,
            media_type: file.media_type,
            content_base64: content,
            created_by: file.created_by,
            created_at: file.created_at,
        })
    }
}

fn piece(from: Option<String>) -> Page {
    Page {
        limit: PIECE,
        cursor: from,
    }
}
