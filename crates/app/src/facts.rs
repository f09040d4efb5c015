//! Facts about what a use case changed: what they are about, and what readers of a stream want to see at once.

use model::{EventType, Fact, Name, ProjectId, Run, Task, Text, Ticket, TicketId, Title};

use store::{Tx, tickets};

use crate::Error;
use crate::deed::Deed;

/// What a fact says of its ticket, so that a reader need not ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct TicketWords {
    pub(crate) id: Option<TicketId>,
    pub(crate) title: Option<Title>,
    pub(crate) submitter: Option<Name>,
}

impl TicketWords {
    /// Those of a ticket; none where there is no ticket.
    pub(crate) async fn of(tx: &mut Tx, ticket: Option<TicketId>) -> Result<Self, Error> {
        let Some(id) = ticket else {
            return Ok(Self::default());
        };
        let ticket = tickets::get(tx, id).await?;
        Ok(ticket.as_ref().map(Self::from).unwrap_or_default())
    }
}

impl From<&Ticket> for TicketWords {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: Some(ticket.id),
            title: Some(ticket.title.clone()),
            submitter: ticket.submitter.clone(),
        }
    }
}

/// Says step by step what a fact is about.
pub(crate) trait About: Sized {
    fn in_project(self, project: ProjectId) -> Self;
    fn on_ticket(self, ticket: &Ticket) -> Self;
    /// Of a task, with the words of its ticket.
    fn on_task(self, task: &Task, ticket: &TicketWords) -> Self;
    /// Of a run, with the words of its ticket.
    fn on_run(self, run: &Run, ticket: &TicketWords) -> Self;
    /// What happened, for programs.
    fn with(self, details: serde_json::Value) -> Self;
}

impl About for Fact {
    fn in_project(mut self, project: ProjectId) -> Self {
        self.project_id = Some(project);
        self
    }

    fn on_ticket(mut self, ticket: &Ticket) -> Self {
        self.project_id = Some(ticket.project_id);
        with_words(&mut self, &ticket.into());
        self
    }

    fn on_task(mut self, task: &Task, ticket: &TicketWords) -> Self {
        self.project_id = Some(task.project_id);
        self.task_id = Some(task.id);
        self.run_id = task.current_run_id;
        with_words(&mut self, ticket);
        self
    }

    fn on_run(mut self, run: &Run, ticket: &TicketWords) -> Self {
        self.project_id = Some(run.project_id);
        self.task_id = run.task_id;
        self.run_id = Some(run.id);
        self.runner.clone_from(&run.agent);
        self.model.clone_from(&run.model);
        with_words(&mut self, ticket);
        self
    }

    fn with(mut self, details: serde_json::Value) -> Self {
        self.details = Some(details);
        self
    }
}

fn with_words(fact: &mut Fact, ticket: &TicketWords) {
    fact.ticket_id = ticket.id;
    fact.ticket_title.clone_from(&ticket.title);
    fact.submitter.clone_from(&ticket.submitter);
}

impl Deed {
    /// A fact of this deed, in the name of its caller.
    pub(crate) fn fact(&self, event_type: EventType, message: impl AsRef<str>) -> Fact {
        let message = Text::lossy(message.as_ref());
        Fact::new(event_type, message, self.by(), self.at)
    }
}
