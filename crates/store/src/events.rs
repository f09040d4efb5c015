//! Events: the one log of everything that happened, in one dense order. Also the bus: whoever follows it reads here
//! what it has not got.

use std::sync::Arc;

use model::{Event, EventFilter, ProjectId, Severity, TaskId, Text, TicketId};

use crate::bulk::Bulk;
use crate::column::{Column, Form};
use crate::engine::{Read, Row};
use crate::query::{Query, query};
use crate::{Error, Tx};

const COLUMNS: &[(&str, Form)] = &[
    ("seq", Form::Int),
    ("id", Form::Id),
    ("project_id", Form::Id),
    ("ticket_id", Form::Id),
    ("task_id", Form::Id),
    ("run_id", Form::Id),
    ("event_type", Form::Text),
    ("severity", Form::Text),
    ("source", Form::Text),
    ("message", Form::Text),
    ("details", Form::Text),
    ("actor", Form::Text),
    ("created_at", Form::Int),
    ("ticket_title", Form::Text),
    ("submitter", Form::Text),
    ("runner", Form::Text),
    ("model", Form::Text),
];

const SELECT: &str = "SELECT seq, id, project_id, ticket_id, task_id, run_id, event_type, severity, source, message, \
     details, actor, created_at, ticket_title, submitter, runner, model FROM events WHERE ";

/// Inserts the events of a group.
pub(crate) async fn insert(read: &mut Read, events: &[Arc<Event>]) -> Result<(), Error> {
    let mut bulk = Bulk::new("events", COLUMNS);
    for event in events {
        bulk.push([
            event.seq.value(),
            event.id.value(),
            event.project_id.value(),
            event.ticket_id.value(),
            event.task_id.value(),
            event.run_id.value(),
            event.event_type.value(),
            event.severity.value(),
            event.source.value(),
            event.message.value(),
            event.details.value(),
            event.actor.value(),
            event.created_at.value(),
            event.ticket_title.value(),
            event.submitter.value(),
            event.runner.value(),
            event.model.value(),
        ]);
    }
    bulk.insert(read).await
}

fn read_event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        seq: row.at(0)?,
        id: row.at(1)?,
        project_id: row.at(2)?,
        ticket_id: row.at(3)?,
        task_id: row.at(4)?,
        run_id: row.at(5)?,
        event_type: row.at(6)?,
        severity: row.at(7)?,
        source: row.at(8)?,
        message: row.at(9)?,
        details: row.at(10)?,
        actor: row.at(11)?,
        created_at: row.at(12)?,
        ticket_title: row.at(13)?,
        submitter: row.at(14)?,
        runner: row.at(15)?,
        model: row.at(16)?,
    })
}

/// The number of the last event there is.
pub async fn head(read: &mut Read) -> Result<i64, Error> {
    read.one(query("SELECT head FROM event_head")).await?.at(0)
}

/// The number of the first event that is still kept, or of the next one when there is none.
pub async fn first(read: &mut Read) -> Result<i64, Error> {
    let select =
        "SELECT coalesce((SELECT min(seq) FROM events), (SELECT head + 1 FROM event_head))";
    read.one(query(select)).await?.at(0)
}

/// The events after a number, in their order, at most so many: how the bus reads what it has not got.
pub async fn after(read: &mut Read, seq: i64, limit: i64) -> Result<Vec<Event>, Error> {
    page(
        read,
        &EventFilter::default(),
        &Window {
            after: Some(seq),
            limit,
            ..Window::default()
        },
    )
    .await
}

/// Which part of the log to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    /// Only events with a smaller number.
    pub before: Option<i64>,
    /// Only events with a greater number; they come oldest first then, else newest first.
    pub after: Option<i64>,
    /// So many are left out first.
    pub offset: i64,
    /// At most so many.
    pub limit: i64,
}

/// Events that pass a filter.
pub async fn page(
    read: &mut Read,
    filter: &EventFilter,
    window: &Window,
) -> Result<Vec<Event>, Error> {
    let Some(words) = few_words(&filter.event_type) else {
        return select(read, statement(filter, None, window)).await;
    };
    // One statement for each word, each read from its index in order.
    let whole = Window {
        offset: 0,
        limit: window.limit + window.offset,
        ..window.clone()
    };
    let mut found = Vec::new();
    for word in words {
        found.extend(select(read, statement(filter, Some(word), &whole)).await?);
    }
    found.sort_by_key(|event| {
        if window.after.is_some() {
            event.seq
        } else {
            -event.seq
        }
    });
    let skipped = usize::try_from(window.offset).unwrap_or(0);
    let limit = usize::try_from(window.limit).unwrap_or(0);
    Ok(found.into_iter().skip(skipped).take(limit).collect())
}

async fn select(read: &mut Read, select: Query) -> Result<Vec<Event>, Error> {
    read.all(select).await?.iter().map(read_event).collect()
}

/// With so many words or fewer, each is looked for by itself.
const FEW: usize = 8;

/// The words of a filter, where they are few and whole. Else the log is walked, and meets enough events soon.
fn few_words(types: &[String]) -> Option<&[String]> {
    let whole = types.iter().all(|word| !word.ends_with('*'));
    (whole && (1..=FEW).contains(&types.len())).then_some(types)
}

fn statement(filter: &EventFilter, word: Option<&String>, window: &Window) -> Query {
    let mut select = Query::composed(format!("{SELECT}TRUE"));
    narrow(&mut select, filter);
    match word {
        Some(word) => drop(select.push_equal("event_type", Some(word))),
        None => narrow_types(&mut select, &filter.event_type),
    }
    if let Some(after) = window.after {
        select.push(" AND seq > ").push_bind(&after);
    }
    if let Some(before) = window.before {
        select.push(" AND seq < ").push_bind(&before);
    }
    select.push(if window.after.is_some() {
        " ORDER BY seq"
    } else {
        " ORDER BY seq DESC"
    });
    select.push_limit(window.limit);
    if window.offset > 0 {
        select.push(" OFFSET ").push_bind(&window.offset);
    }
    select
}

fn narrow(select: &mut Query, filter: &EventFilter) {
    select
        .push_equal("project_id", filter.project.as_ref())
        .push_equal("ticket_id", filter.ticket.as_ref())
        .push_equal("task_id", filter.task.as_ref())
        .push_equal("run_id", filter.run.as_ref());
    // Written out, so that the index of what matters is used.
    match filter.severity {
        Some(Severity::Error) => {
            select.push(" AND severity IN ('warning', 'error') AND severity = 'error'")
        }
        Some(Severity::Warning) => select.push(" AND severity IN ('warning', 'error')"),
        Some(Severity::Success) => select.push(" AND severity IN ('success', 'warning', 'error')"),
        Some(Severity::Info) | None => select,
    };
}

fn narrow_types(select: &mut Query, types: &[String]) {
    for (index, pattern) in types.iter().enumerate() {
        select.push(if index == 0 { " AND (" } else { " OR " });
        // The index of types has another order than the log: an expression keeps it out.
        match pattern.strip_suffix('*') {
            // A range instead of LIKE, which treats case differently on the two engines.
            Some(prefix) => {
                let end = format!("{prefix}\u{10FFFF}");
                select
                    .push("(event_type || '' >= ")
                    .push_bind(&prefix.to_owned());
                select
                    .push(" AND event_type || '' < ")
                    .push_bind(&end)
                    .push(")");
            }
            None => drop(select.push("event_type || '' = ").push_bind(pattern)),
        }
    }
    if !types.is_empty() {
        select.push(")");
    }
}

/// What stands in place of a message that is not kept any more.
const REDACTED: &str = "(deleted)";

/// Takes the content out of a ticket's events, and leaves them in their places.
pub async fn redact_ticket(tx: &mut Tx, ticket: TicketId) -> Result<(), Error> {
    tx.pending_events()
        .filter(|event| event.ticket_id == Some(ticket))
        .for_each(redact);
    let update = query(
        "UPDATE events SET message = $2, details = NULL, ticket_title = NULL, submitter = NULL
         WHERE ticket_id = $1",
    );
    tx.run(update.bind(&ticket).bind(&REDACTED.to_owned()))
        .await
        .map(drop)
}

/// Takes the content out of a task's events, and leaves them in their places.
pub async fn redact_task(tx: &mut Tx, task: TaskId) -> Result<(), Error> {
    tx.pending_events()
        .filter(|event| event.task_id == Some(task))
        .for_each(redact);
    let update = query(
        "UPDATE events SET message = $2, details = NULL, ticket_title = NULL, submitter = NULL
         WHERE task_id = $1",
    );
    tx.run(update.bind(&task).bind(&REDACTED.to_owned()))
        .await
        .map(drop)
}

/// Whether the content was taken out of an event.
#[must_use]
pub fn is_redacted(event: &Event) -> bool {
    event.message.as_str() == REDACTED
}

/// Takes the content out of a project's events, and leaves them in their places.
pub async fn redact_project(tx: &mut Tx, project: ProjectId) -> Result<(), Error> {
    tx.pending_events()
        .filter(|event| event.project_id == Some(project))
        .for_each(redact);
    let update = query(
        "UPDATE events SET message = $2, details = NULL, ticket_title = NULL, submitter = NULL
         WHERE project_id = $1",
    );
    tx.run(update.bind(&project).bind(&REDACTED.to_owned()))
        .await
        .map(drop)
}

fn redact(event: &mut Event) {
    event.message = Text::lossy(REDACTED);
    event.details = None;
    event.ticket_title = None;
    event.submitter = None;
}

/// Removes some of the events up to a number, the oldest first; answers how many. What is removed shows as a gap to
/// who asks for it, and numbers are never given again.
pub async fn expire(tx: &mut Tx, up_to: i64, most: i64) -> Result<u64, Error> {
    let delete =
        query("DELETE FROM events WHERE seq <= $1 AND seq < (SELECT min(seq) FROM events) + $2");
    tx.run(delete.bind(&up_to).bind(&most)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let filters = [
            EventFilter::default(),
            EventFilter {
                project: Some(ProjectId::new()),
                ..EventFilter::default()
            },
            EventFilter {
                ticket: Some(TicketId::new()),
                ..EventFilter::default()
            },
            EventFilter {
                run: Some(model::RunId::new()),
                ..EventFilter::default()
            },
            EventFilter {
                severity: Some(Severity::Error),
                ..EventFilter::default()
            },
            EventFilter {
                event_type: vec!["task_*".into()],
                ..EventFilter::default()
            },
        ];
        let word = "run_started".to_owned();
        for filter in filters {
            for word in [None, Some(&word)] {
                for window in [
                    Window {
                        limit: 100,
                        before: Some(7),
                        ..Window::default()
                    },
                    Window {
                        limit: 100,
                        after: Some(7),
                        ..Window::default()
                    },
                ] {
                    plans.check_order(statement(&filter, word, &window)).await;
                }
            }
        }
    }
}
