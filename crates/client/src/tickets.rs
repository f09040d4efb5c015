//! Tickets: list, create, read, edit, retry, delete, and what hangs on them.

use model::{
    ActivePipeline, Comment, LlmCall, NewComment, NewTicket, Page, Paged, Task, Ticket,
    TicketDeleted, TicketFilter, TicketId, TicketPatch, TicketRetried, TicketSort, TicketSummary,
};

use crate::call::Call;
use crate::{Client, Error};

impl Client {
    /// Tickets that pass the filter.
    pub async fn list_tickets(
        &self,
        filter: &TicketFilter,
        sort: TicketSort,
        page: &Page,
    ) -> Result<Paged<Ticket>, Error> {
        filtered(self.get("api/tickets"), filter)
            .query("sort", Some(sort))
            .page(page)
            .await
    }

    /// Compact cards of the tickets that pass the filter.
    pub async fn list_ticket_summaries(
        &self,
        filter: &TicketFilter,
        sort: TicketSort,
        page: &Page,
    ) -> Result<Paged<TicketSummary>, Error> {
        let call = filtered(self.get("api/ticket-summaries"), filter);
        call.query("sort", Some(sort)).page(page).await
    }

    /// Makes a ticket.
    pub async fn create_ticket(&self, new: &NewTicket) -> Result<Ticket, Error> {
        self.post("api/tickets").json(new).answer().await
    }

    /// One ticket.
    pub async fn get_ticket(&self, ticket: TicketId) -> Result<Ticket, Error> {
        self.get(format!("api/tickets/{ticket}")).answer().await
    }

    /// Edits a ticket, or says where it stands now.
    pub async fn update_ticket(
        &self,
        ticket: TicketId,
        patch: &TicketPatch,
    ) -> Result<Ticket, Error> {
        self.patch(format!("api/tickets/{ticket}"))
            .json(patch)
            .answer()
            .await
    }

    /// Deletes a ticket with its content for good.
    pub async fn delete_ticket(&self, ticket: TicketId) -> Result<TicketDeleted, Error> {
        self.delete(format!("api/tickets/{ticket}")).answer().await
    }

    /// Queues a failed, blocked or partial ticket again.
    pub async fn retry_ticket(&self, ticket: TicketId) -> Result<TicketRetried, Error> {
        self.post(format!("api/tickets/{ticket}/retry"))
            .answer()
            .await
    }

    /// A ticket's tasks, by sequence.
    pub async fn list_ticket_tasks(
        &self,
        ticket: TicketId,
        page: &Page,
    ) -> Result<Paged<Task>, Error> {
        self.get(format!("api/tickets/{ticket}/tasks"))
            .page(page)
            .await
    }

    /// A ticket's calls to models, newest first.
    pub async fn list_ticket_llm_calls(
        &self,
        ticket: TicketId,
        page: &Page,
    ) -> Result<Paged<LlmCall>, Error> {
        self.get(format!("api/tickets/{ticket}/llm-calls"))
            .page(page)
            .await
    }

    /// What was said about a ticket, oldest first.
    pub async fn list_ticket_comments(
        &self,
        ticket: TicketId,
        page: &Page,
    ) -> Result<Paged<Comment>, Error> {
        self.get(format!("api/tickets/{ticket}/comments"))
            .page(page)
            .await
    }

    /// Says something about a ticket.
    pub async fn create_ticket_comment(
        &self,
        ticket: TicketId,
        new: &NewComment,
    ) -> Result<Comment, Error> {
        self.post(format!("api/tickets/{ticket}/comments"))
            .json(new)
            .answer()
            .await
    }

    /// Tickets that are being worked on.
    pub async fn list_active_pipelines(&self) -> Result<Vec<ActivePipeline>, Error> {
        self.get("api/pipeline/active").answer().await
    }
}

fn filtered<'call>(call: Call<'call>, filter: &TicketFilter) -> Call<'call> {
    call.query("project", filter.project)
        .query_list("status", &filter.status)
        .query("label", filter.label.as_ref())
        .query("assignee", filter.assignee.as_ref())
        .query("q", filter.q.as_ref())
}
