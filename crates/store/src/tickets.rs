//! Tickets as they are kept. Every way to choose and to sort them has an index, so that a page costs the same at any
//! size.

use model::{
    Name, Page, Paged, ProjectId, Ticket, TicketFilter, TicketId, TicketSort, TicketStatus,
};

use crate::counts::{self, Counted};
use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::search::{self, Entry, Matches};
use crate::{Error, Tx, events};

kept!(Ticket in "tickets" {
    fixed: id, project_id, external_id, submitter, parent_ticket_id, tasks_total, tasks_done,
        created_at, version;
    edited: external_url, title, description, acceptance_criteria, status, labels, priority,
        assignee, branch_name, pr_url, pr_number, is_partial, last_completed_task_seq,
        error_message, updated_at, started_at, finished_at;
    totals: totals;
});

/// Keeps a new ticket. An external id that the project has already is a conflict.
pub async fn insert(tx: &mut Tx, ticket: &Ticket) -> Result<(), Error> {
    record::insert(tx, ticket).await?;
    counts::change(
        tx,
        ticket.project_id,
        Counted::Tickets,
        ticket.status.as_str(),
        1,
    )
    .await?;
    add_labels(tx, ticket).await?;
    search::put(tx, &entry(ticket));
    Ok(())
}

/// The ticket with this id.
pub async fn get(read: &mut Read, id: TicketId) -> Result<Option<Ticket>, Error> {
    record::get(read, &id).await
}

/// The ticket with this external id in a project.
pub async fn by_external_id(
    read: &mut Read,
    project: ProjectId,
    external_id: &Name,
) -> Result<Option<Ticket>, Error> {
    let mut select = record::select::<Ticket>();
    select
        .push_equal("project_id", Some(&project))
        .push_equal("external_id", Some(external_id));
    record::optional(read, select).await
}

/// The tickets that were split from this one, oldest first.
pub async fn children(read: &mut Read, parent: TicketId) -> Result<Vec<Ticket>, Error> {
    let mut select = record::select::<Ticket>();
    select
        .push_equal("parent_ticket_id", Some(&parent))
        .push(" ORDER BY created_at, id");
    record::all(read, select).await
}

/// Writes an edit; the ticket's version is the next one then.
pub async fn update(tx: &mut Tx, ticket: &mut Ticket) -> Result<(), Error> {
    let select = query("SELECT status, labels FROM tickets WHERE id = $1").bind(&ticket.id);
    let Some(old) = tx.optional(select).await? else {
        return Err(Error::stale());
    };
    let (status, labels): (TicketStatus, Vec<Name>) = (old.at(0)?, old.at(1)?);
    let mut version = ticket.version;
    record::update(tx, &ticket.id, ticket, &mut version).await?;
    ticket.version = version;
    let (from, to) = (status.as_str(), ticket.status.as_str());
    counts::shift(tx, ticket.project_id, Counted::Tickets, from, to).await?;
    if labels != ticket.labels {
        let delete = query("DELETE FROM ticket_labels WHERE ticket_id = $1").bind(&ticket.id);
        tx.run(delete).await?;
        add_labels(tx, ticket).await?;
    }
    search::put(tx, &entry(ticket));
    Ok(())
}

async fn add_labels(tx: &mut Tx, ticket: &Ticket) -> Result<(), Error> {
    for label in &ticket.labels {
        let insert = query(
            "INSERT INTO ticket_labels (ticket_id, label) VALUES ($1, $2)
             ON CONFLICT (ticket_id, label) DO NOTHING",
        );
        tx.run(insert.bind(&ticket.id).bind(label)).await?;
    }
    Ok(())
}

fn entry(ticket: &Ticket) -> Entry<'_> {
    Entry {
        kind: model::FoundKind::Ticket,
        id: ticket.id.0,
        project: ticket.project_id,
        parent: None,
        title: ticket.title.as_str(),
        text: vec![
            ticket.external_id.as_ref().map_or("", Name::as_str),
            ticket.description.as_str(),
        ],
        at: ticket.updated_at,
    }
}

/// A page of tickets.
pub async fn list(
    read: &mut Read,
    filter: &TicketFilter,
    sort: TicketSort,
    page: &Page,
) -> Result<Paged<Ticket>, Error> {
    let narrowing = Narrowing::of(read, filter).await?;
    let mut found = Vec::new();
    for status in pages::choices(&filter.status) {
        let select = statement(filter, status, &narrowing, sort, page)?;
        found.extend(record::all(read, select).await?);
    }
    Ok(pages::merge(found, order(sort), page, |ticket| {
        key(ticket, sort)
    }))
}

/// What of a filter has no column of its own.
#[derive(Default)]
struct Narrowing {
    /// Few tickets carry the label: they are collected and sorted. Else the list is walked in its order, and meets
    /// enough of them soon.
    label_is_rare: bool,
    matches: Option<Matches>,
}

impl Narrowing {
    async fn of(read: &mut Read, filter: &TicketFilter) -> Result<Self, Error> {
        let mut narrowing = Self::default();
        if let Some(text) = &filter.q {
            let matches = search::matches(read, model::FoundKind::Ticket, text).await?;
            narrowing.matches = Some(matches);
        }
        if let Some(label) = &filter.label {
            narrowing.label_is_rare = is_rare(read, label).await?;
        }
        Ok(narrowing)
    }
}

/// A page of the tickets with one status, or with any.
fn statement(
    filter: &TicketFilter,
    status: Option<TicketStatus>,
    narrowing: &Narrowing,
    sort: TicketSort,
    page: &Page,
) -> Result<Query, Error> {
    let mut select = record::select::<Ticket>();
    select
        .push_equal("project_id", filter.project.as_ref())
        .push_equal("status", status.as_ref())
        .push_equal("assignee", filter.assignee.as_ref());
    narrow_by_label(&mut select, filter.label.as_ref(), narrowing.label_is_rare);
    if let Some(matches) = &narrowing.matches {
        matches.narrow(&mut select, "tickets.id");
    }
    order(sort).page(&mut select, page)?;
    Ok(select)
}

const fn order(sort: TicketSort) -> Order {
    match sort {
        TicketSort::Newest => Order::Down("created_at"),
        TicketSort::Oldest => Order::Up("created_at"),
        TicketSort::Updated => Order::Down("updated_at"),
        TicketSort::Priority => Order::DownUp("priority", "created_at"),
        TicketSort::Cost => Order::Down("cost_usd"),
    }
}

fn key(ticket: &Ticket, sort: TicketSort) -> Key {
    let created = ticket.created_at.micros();
    match sort {
        TicketSort::Newest | TicketSort::Oldest => Key::one(created, ticket.id.0),
        TicketSort::Updated => Key::one(ticket.updated_at.micros(), ticket.id.0),
        TicketSort::Priority => Key {
            first: ticket.priority,
            second: created,
            id: ticket.id.0,
        },
        TicketSort::Cost => Key::one(ticket.totals.cost_usd.pico(), ticket.id.0),
    }
}

async fn is_rare(read: &mut Read, label: &Name) -> Result<bool, Error> {
    let select = query(
        "SELECT count(*) FROM (SELECT 1 FROM ticket_labels WHERE label = $1 LIMIT $2) AS found",
    );
    let some: i64 = read
        .one(select.bind(label).bind(&search::MANY))
        .await?
        .at(0)?;
    Ok(some < search::MANY)
}

fn narrow_by_label(select: &mut Query, label: Option<&Name>, rare: bool) {
    let Some(label) = label else { return };
    if rare {
        select.push(" AND id IN (SELECT ticket_id FROM ticket_labels WHERE label = ");
    } else {
        select.push(
            " AND EXISTS (SELECT 1 FROM ticket_labels WHERE ticket_id = tickets.id AND label = ",
        );
    }
    select.push_bind(label).push(")");
}

/// The tickets that somebody works on now, oldest first.
pub async fn active(read: &mut Read, most: i64) -> Result<Vec<Ticket>, Error> {
    let active: Vec<_> = TicketStatus::ALL
        .iter()
        .copied()
        .filter(|s| s.is_active())
        .collect();
    let filter = TicketFilter {
        status: active,
        ..TicketFilter::default()
    };
    Ok(list(read, &filter, TicketSort::Oldest, &Page::first(most))
        .await?
        .items)
}

/// Deletes a ticket with its content: its tasks, their runs, comments and questions. Its events stay, without content; what
/// was spent on it stays in the ledger.
pub async fn delete(tx: &mut Tx, id: TicketId) -> Result<bool, Error> {
    let Some(ticket) = get(tx, id).await? else {
        return Ok(false);
    };
    events::redact_ticket(tx, id).await?;
    for run in crate::runs::of_ticket(tx, id).await? {
        crate::runs::forget(tx, &run).await?;
    }
    for task in crate::tasks::of_ticket(tx, id).await? {
        crate::tasks::delete(tx, task.id).await?;
    }
    search::remove(tx, id.0);
    tx.run(query("DELETE FROM tickets WHERE id = $1").bind(&id))
        .await?;
    counts::change(
        tx,
        ticket.project_id,
        Counted::Tickets,
        ticket.status.as_str(),
        -1,
    )
    .await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    fn filters() -> Vec<TicketFilter> {
        let project = Some(ProjectId::new());
        let assignee = Some(Name::lossy("ada"));
        vec![
            TicketFilter::default(),
            TicketFilter {
                project,
                ..TicketFilter::default()
            },
            TicketFilter {
                assignee,
                ..TicketFilter::default()
            },
            TicketFilter {
                label: Some(Name::lossy("urgent")),
                ..TicketFilter::default()
            },
            TicketFilter {
                q: Some("login".into()),
                ..TicketFilter::default()
            },
        ]
    }

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        for filter in filters() {
            for sort in TicketSort::ALL {
                for status in [None, Some(TicketStatus::Queued)] {
                    // Nothing is rare: what is rare is sorted, and is not much.
                    let narrowing = Narrowing {
                        label_is_rare: false,
                        matches: filter.q.as_ref().map(|_| Matches::frequent("login")),
                    };
                    let page = plans::page();
                    let select = statement(&filter, status, &narrowing, *sort, &page).unwrap();
                    plans.check_order(select).await;
                }
            }
        }
    }
}
