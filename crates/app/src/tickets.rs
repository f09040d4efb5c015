//! Tickets: made, read, moved by reporters and by the server itself, and queued again.

use auth::Caller;
use model::{
    Event, EventFilter, EventType, LlmCall, LlmCallFilter, NewTicket, Page, Paged, Scope, Task,
    TaskFilter, TaskMove, TaskOrder, TaskState, Ticket, TicketFilter, TicketId, TicketPatch,
    TicketRetried, TicketSort, TicketStatus, TicketSummary, Totals,
};
use serde_json::json;
use store::{Read, Tx, tasks, tickets};

use crate::deed::{Deed, Rights};
use crate::facts::About;
use crate::ticket_edits::{Edit, check_words, edit, put, scope_for};
use crate::{App, Error, EventPage, gates, projects, task_moves};

impl App {
    /// Makes a ticket.
    pub async fn create_ticket(&self, caller: &Caller, new: NewTicket) -> Result<Ticket, Error> {
        caller.may(Scope::Operate)?;
        check_words("/labels", &new.labels)?;
        self.write(caller, |tx, deed| {
            Box::pin(async move { create(tx, &deed, new).await })
        })
        .await
    }

    /// Tickets, a page at a time.
    pub async fn list_tickets(
        &self,
        caller: &Caller,
        filter: TicketFilter,
        sort: TicketSort,
        page: Page,
    ) -> Result<Paged<Ticket>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(crate::lists::none());
        };
        let filter = TicketFilter { project, ..filter };
        let mut read = self.read().await?;
        Ok(tickets::list(&mut read, &filter, sort, &page).await?)
    }

    /// Tickets as compact cards, a page at a time.
    pub async fn list_ticket_summaries(
        &self,
        caller: &Caller,
        filter: TicketFilter,
        sort: TicketSort,
        page: Page,
    ) -> Result<Paged<TicketSummary>, Error> {
        let tickets = self.list_tickets(caller, filter, sort, page).await?;
        let mut items = Vec::with_capacity(tickets.items.len());
        for ticket in tickets.items {
            items.push(self.summary(ticket).await?);
        }
        Ok(Paged {
            items,
            next: tickets.next,
        })
    }

    /// One ticket.
    pub async fn get_ticket(&self, caller: &Caller, id: TicketId) -> Result<Ticket, Error> {
        visible(&mut self.read().await?, caller, id).await
    }

    /// Edits a ticket, or says where it stands.
    pub async fn update_ticket(
        &self,
        caller: &Caller,
        id: TicketId,
        patch: TicketPatch,
    ) -> Result<Ticket, Error> {
        let scope = scope_for(&patch);
        caller.holds(scope)?;
        let ticket = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let ticket = to_change(tx, &deed, scope, id).await?;
                    update(tx, &deed, ticket, patch).await
                })
            })
            .await?;
        self.known().forget_ticket(id);
        Ok(ticket)
    }

    /// Queues a ticket again, and those of its tasks that failed; what is done stays done.
    pub async fn retry_ticket(
        &self,
        caller: &Caller,
        id: TicketId,
    ) -> Result<TicketRetried, Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let ticket = to_change(tx, &deed, Scope::Operate, id).await?;
                retry(tx, &deed, ticket).await
            })
        })
        .await
    }

    /// The tasks of a ticket in their sequence, a page at a time.
    pub async fn list_ticket_tasks(
        &self,
        caller: &Caller,
        id: TicketId,
        page: Page,
    ) -> Result<Paged<Task>, Error> {
        let mut read = self.read().await?;
        visible(&mut read, caller, id).await?;
        let filter = TaskFilter {
            ticket: Some(id),
            status: TaskState::ALL.to_vec(),
            ..TaskFilter::default()
        };
        Ok(tasks::list(&mut read, &filter, &page).await?)
    }

    /// The events of a ticket, newest first.
    pub async fn list_ticket_events(
        &self,
        caller: &Caller,
        id: TicketId,
        page: EventPage,
    ) -> Result<Vec<Event>, Error> {
        visible(&mut self.read().await?, caller, id).await?;
        let filter = EventFilter {
            ticket: Some(id),
            ..EventFilter::default()
        };
        self.list_events(caller, filter, page).await
    }

    /// The calls to models for a ticket, newest first, a page at a time.
    pub async fn list_ticket_llm_calls(
        &self,
        caller: &Caller,
        id: TicketId,
        page: Page,
    ) -> Result<Paged<LlmCall>, Error> {
        visible(&mut self.read().await?, caller, id).await?;
        let filter = LlmCallFilter {
            ticket: Some(id),
            ..LlmCallFilter::default()
        };
        self.list_llm_calls(caller, filter, page).await
    }

    async fn summary(&self, ticket: Ticket) -> Result<TicketSummary, Error> {
        Ok(TicketSummary {
            id: ticket.id,
            project: self
                .slug_of(ticket.project_id)
                .await?
                .ok_or(Error::NotFound("project"))?,
            external_id: ticket.external_id,
            title: ticket.title,
            status: ticket.status,
            priority: ticket.priority,
            assignee: ticket.assignee,
            tasks_total: ticket.tasks_total,
            tasks_done: ticket.tasks_done,
            cost_usd: ticket.totals.cost_usd,
            total_llm_calls: ticket.totals.total_llm_calls,
            pr_url: ticket.pr_url,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
        })
    }
}

/// A ticket that the caller may see.
pub(crate) async fn visible(
    read: &mut Read,
    caller: &Caller,
    id: TicketId,
) -> Result<Ticket, Error> {
    let ticket = tickets::get(read, id)
        .await?
        .ok_or(Error::NotFound("ticket"))?;
    caller.see("ticket", ticket.project_id)?;
    Ok(ticket)
}

/// A ticket that the caller may change in this way.
pub(crate) async fn to_change(
    tx: &mut Tx,
    deed: &Deed,
    scope: Scope,
    id: TicketId,
) -> Result<Ticket, Error> {
    let ticket = tickets::get(tx, id)
        .await?
        .ok_or(Error::NotFound("ticket"))?;
    deed.caller.act("ticket", scope, ticket.project_id)?;
    Ok(ticket)
}

/// The ticket that something new names, in the project where the new thing is.
pub(crate) async fn named(
    tx: &mut Tx,
    caller: &Caller,
    pointer: &str,
    id: TicketId,
) -> Result<Ticket, Error> {
    tickets::get(tx, id)
        .await?
        .filter(|ticket| caller.may_see(ticket.project_id).is_ok())
        .ok_or_else(|| Error::invalid(pointer, "there is no such ticket"))
}

async fn create(tx: &mut Tx, deed: &Deed, new: NewTicket) -> Result<Ticket, Error> {
    let project = projects::for_new(tx, deed, new.project.as_deref()).await?;
    deed.caller.act("project", Scope::Operate, project.id)?;
    if let Some(parent) = new.parent_ticket_id {
        let parent = named(tx, &deed.caller, "/parent_ticket_id", parent).await?;
        if parent.project_id != project.id {
            return Err(Error::invalid(
                "/parent_ticket_id",
                "belongs to another project",
            ));
        }
    }
    if let Some(external_id) = &new.external_id
        && let Some(there) = tickets::by_external_id(tx, project.id, external_id).await?
    {
        let refused = format!(
            "the project has a ticket {external_id} already: {}",
            there.id
        );
        return Err(Error::AlreadyExists(refused));
    }
    let ticket = from_new(deed, project.id, new);
    tickets::insert(tx, &ticket).await?;
    let message = format!("ticket “{}” was made", ticket.title);
    tx.append(
        deed.fact(EventType::TicketCreated, message)
            .on_ticket(&ticket),
    );
    Ok(ticket)
}

fn from_new(deed: &Deed, project_id: model::ProjectId, new: NewTicket) -> Ticket {
    let status = new.status.unwrap_or(TicketStatus::Queued);
    Ticket {
        id: TicketId::new(),
        project_id,
        external_id: new.external_id,
        external_url: new.external_url,
        title: new.title,
        description: new.description,
        acceptance_criteria: new.acceptance_criteria,
        status,
        labels: new.labels,
        priority: new.priority,
        submitter: new.submitter.or_else(|| Some(deed.by().name)),
        assignee: new.assignee,
        branch_name: new.branch_name,
        pr_url: None,
        pr_number: None,
        is_partial: false,
        last_completed_task_seq: 0,
        error_message: None,
        parent_ticket_id: new.parent_ticket_id,
        totals: Totals::default(),
        tasks_total: 0,
        tasks_done: 0,
        created_at: deed.at,
        updated_at: deed.at,
        started_at: status.is_active().then_some(deed.at),
        finished_at: status.has_ended().then_some(deed.at),
        version: 1,
    }
}

async fn update(
    tx: &mut Tx,
    deed: &Deed,
    mut ticket: Ticket,
    patch: TicketPatch,
) -> Result<Ticket, Error> {
    if patch
        .version
        .is_some_and(|version| version != ticket.version)
    {
        return Err(Error::stale(&ticket));
    }
    let edit = edit(&mut ticket, patch, deed.at)?;
    if !edit.is_empty() {
        save(tx, deed, &mut ticket, &edit).await?;
    }
    Ok(ticket)
}

async fn save(tx: &mut Tx, deed: &Deed, ticket: &mut Ticket, edit: &Edit) -> Result<(), Error> {
    ticket.updated_at = deed.at;
    tickets::update(tx, ticket).await?;
    if let Some((from, to)) = edit.moved {
        let message = format!("ticket “{}” went from {from} to {to}", ticket.title);
        let fact = deed
            .fact(EventType::TicketStatusChanged, message)
            .on_ticket(ticket);
        tx.append(fact.with(json!({ "from": from, "to": to })));
    }
    if !edit.fields.is_empty() {
        let message = format!("ticket “{}” was edited", ticket.title);
        let fact = deed
            .fact(EventType::TicketUpdated, message)
            .on_ticket(ticket);
        tx.append(fact.with(json!({ "fields": edit.fields })));
    }
    Ok(())
}

/// The server puts a ticket where its tasks show that it stands.
pub(crate) async fn put_and_save(
    tx: &mut Tx,
    deed: &Deed,
    ticket: &mut Ticket,
    status: TicketStatus,
) -> Result<(), Error> {
    let moved = put(ticket, status, deed.at);
    if moved.is_none() {
        return Ok(());
    }
    save(
        tx,
        deed,
        ticket,
        &Edit {
            fields: Vec::new(),
            moved,
        },
    )
    .await
}

async fn retry(tx: &mut Tx, deed: &Deed, mut ticket: Ticket) -> Result<TicketRetried, Error> {
    let queued = ticket.status.retry()?;
    put(&mut ticket, queued, deed.at);
    ticket.error_message = None;
    ticket.is_partial = false;
    ticket.updated_at = deed.at;
    tickets::update(tx, &mut ticket).await?;
    let message = format!("ticket “{}” is tried again", ticket.title);
    tx.append(
        deed.fact(EventType::TicketRetried, message)
            .on_ticket(&ticket),
    );
    retry_tasks(tx, deed, ticket.id).await?;
    Ok(TicketRetried {
        status: "retrying".to_owned(),
        ticket_id: ticket.id,
    })
}

/// Tries what went wrong again, but for what only a person lets go. Where nothing else is left, that is refused: a ticket that
/// nobody works on must not seem to be under way.
async fn retry_tasks(tx: &mut Tx, deed: &Deed, id: TicketId) -> Result<(), Error> {
    let (mut held, mut goes_on) = (None, false);
    for mut task in tasks::of_ticket(tx, id).await? {
        if !matches!(task.status, TaskState::Failed | TaskState::Blocked) {
            goes_on |= is_under_way(task.status);
            continue;
        }
        match gates::closed(tx, deed, &task, &TaskOrder::Retry).await? {
            Some(why) => held = Some(format!("its task “{}”: {why}", task.title)),
            None => {
                let (made, event) = (TaskMove::Retry, EventType::TaskRetried);
                task_moves::make(tx, deed, &mut task, made, event).await?;
                goes_on = true;
            }
        }
    }
    match held {
        Some(why) if !goes_on => Err(Error::Forbidden(why)),
        _ => Ok(()),
    }
}

/// Whether something is done about a task, or will be by itself.
const fn is_under_way(status: TaskState) -> bool {
    matches!(
        status,
        TaskState::Ready
            | TaskState::Scheduled
            | TaskState::Running
            | TaskState::Waiting
            | TaskState::Review
    )
}
