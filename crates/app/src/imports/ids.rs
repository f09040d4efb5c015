//! The new ids of what is imported: nothing of it is mistaken for what it was copied from.

use std::collections::HashMap;

use model::{
    Attachment, Comment, CommentId, Link, NewLink, ProjectId, Question, QuestionId, Task, TaskId,
    Ticket, TicketId, Timestamp, Totals,
};

use super::refused;
use crate::Error;

/// The new ids of what is imported.
pub(super) struct Ids {
    tickets: HashMap<TicketId, TicketId>,
    tasks: HashMap<TaskId, TaskId>,
}

impl Ids {
    pub(super) fn new(tickets: &[Ticket], tasks: &[Task]) -> Self {
        let tickets = tickets.iter().map(|one| (one.id, TicketId::new()));
        let tasks = tasks.iter().map(|one| (one.id, TaskId::new()));
        Self {
            tickets: tickets.collect(),
            tasks: tasks.collect(),
        }
    }

    fn ticket(&self, id: TicketId) -> Result<TicketId, Error> {
        let new = self.tickets.get(&id).copied();
        new.ok_or_else(|| refused(format!("it does not hold ticket {id}")))
    }

    pub(super) fn task(&self, id: TaskId) -> Result<TaskId, Error> {
        let new = self.tasks.get(&id).copied();
        new.ok_or_else(|| refused(format!("it does not hold task {id}")))
    }

    fn ticket_if_any(&self, id: Option<TicketId>) -> Result<Option<TicketId>, Error> {
        id.map(|id| self.ticket(id)).transpose()
    }

    pub(super) fn of_ticket(&self, project_id: ProjectId, ticket: Ticket) -> Result<Ticket, Error> {
        Ok(Ticket {
            id: self.ticket(ticket.id)?,
            project_id,
            parent_ticket_id: self.ticket_if_any(ticket.parent_ticket_id)?,
            totals: Totals::default(),
            // Counted again with its tasks.
            tasks_total: 0,
            tasks_done: 0,
            version: 1,
            ..ticket
        })
    }

    pub(super) fn of_task(&self, project_id: ProjectId, task: Task) -> Result<Task, Error> {
        Ok(Task {
            id: self.task(task.id)?,
            project_id,
            ticket_id: self.ticket_if_any(task.ticket_id)?,
            current_run_id: None,
            silent_runs: 0,
            false_starts: 0,
            refusals: 0,
            // What was exported by an older server does not say.
            status_since: match task.status_since {
                unsaid if unsaid == Timestamp::default() => task.updated_at,
                since => since,
            },
            totals: Totals::default(),
            version: 1,
            ..task
        })
    }

    pub(super) fn of_link(&self, link: NewLink, created_at: Timestamp) -> Result<Link, Error> {
        Ok(Link {
            parent_id: self.task(link.parent_id)?,
            child_id: self.task(link.child_id)?,
            created_at,
        })
    }

    pub(super) fn of_comment(&self, comment: Comment) -> Result<Comment, Error> {
        if comment.task_id.is_some() == comment.ticket_id.is_some() {
            return Err(refused("a comment is about a ticket or about a task"));
        }
        Ok(Comment {
            id: CommentId::new(),
            ticket_id: self.ticket_if_any(comment.ticket_id)?,
            task_id: comment.task_id.map(|id| self.task(id)).transpose()?,
            ..comment
        })
    }

    pub(super) fn of_question(
        &self,
        project_id: ProjectId,
        question: Question,
    ) -> Result<Question, Error> {
        Ok(Question {
            id: QuestionId::new(),
            project_id,
            ticket_id: self.ticket_if_any(question.ticket_id)?,
            task_id: question.task_id.map(|id| self.task(id)).transpose()?,
            run_id: None,
            ..question
        })
    }

    pub(super) fn of_file(&self, file: Attachment) -> Result<Attachment, Error> {
        Ok(Attachment {
            task_id: self.task(file.task_id)?,
            ..file
        })
    }
}
