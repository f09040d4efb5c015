//! Boards as they are read: the columns of a project, each a list of its own, with what a card shows counted for the cards
//! that are read and for no others.

use model::{
    BoardFilter, Card, DiagnosticSummary, LinkCounts, Page, Paged, Progress, ProjectId, TaskAge,
    TaskState, Timestamp,
};

use crate::Error;
use crate::engine::{Read, Row};
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::search::{self, Matches};
use crate::symptoms::{self, Moment};

/// What a card shows. The counts are made row by row, and only for the rows of the page.
const CARDS: &str = "SELECT id, project_id, ticket_id, sequence, title, status, assignee, priority,
    tenant, skills, human_gate, block_kind, substr(block_reason, 1, 300) AS block_reason,
    failure_count, not_before, current_run_id, stale, cost_usd, unpriced_calls, created_at,
    updated_at, started_at, finished_at, version,
    (SELECT count(*) FROM links WHERE child_id = tasks.id) AS parents,
    (SELECT count(*) FROM links WHERE parent_id = tasks.id) AS children,
    (SELECT count(*) FROM links WHERE parent_id = tasks.id AND EXISTS
        (SELECT 1 FROM tasks AS child WHERE child.id = links.child_id AND child.status = 'done'))
        AS children_done,
    (SELECT count(*) FROM comments WHERE task_id = tasks.id) AS comments,
    (SELECT substr(summary, 1, 300) FROM runs
        WHERE task_id = tasks.id AND summary IS NOT NULL
        ORDER BY created_at DESC, id DESC LIMIT 1) AS latest_summary,
    block_recurrences, status_since, silent_runs, crash_count, false_starts, refusals";

/// A page of the cards in one column.
pub async fn cards(
    read: &mut Read,
    project: ProjectId,
    status: TaskState,
    filter: &BoardFilter,
    moment: Moment,
    page: &Page,
) -> Result<Paged<Card>, Error> {
    let matches = match &filter.q {
        Some(text) => Some(search::matches(read, model::FoundKind::Task, text).await?),
        None => None,
    };
    let select = statement(project, status, filter, matches.as_ref(), page)?;
    let rows = read.all(select).await?;
    let cards = rows.iter().map(|row| card(row, moment));
    let cards = cards.collect::<Result<_, Error>>()?;
    Ok(pages::cut(cards, page, |card: &Card| {
        match (card.status.has_ended(), card.finished_at) {
            (true, Some(finished)) => Key::one(finished.micros(), card.id.0),
            _ => Key {
                first: card.priority,
                second: card.created_at.micros(),
                id: card.id.0,
            },
        }
    }))
}

fn statement(
    project: ProjectId,
    status: TaskState,
    filter: &BoardFilter,
    matches: Option<&Matches>,
    page: &Page,
) -> Result<Query, Error> {
    let mut select = Query::composed(format!(
        "{CARDS}, {} FROM tasks WHERE TRUE",
        symptoms::COUNTED
    ));
    select
        .push_equal("project_id", Some(&project))
        .push_equal("status", Some(&status))
        .push_equal("assignee", filter.assignee.as_ref())
        .push_equal("tenant", filter.tenant.as_ref());
    if let Some(matches) = matches {
        matches.narrow(&mut select, "tasks.id");
    }
    if status.has_ended() {
        // Said so that the index over those that have an end is used.
        select.push(" AND finished_at IS NOT NULL");
        Order::Down("finished_at").page(&mut select, page)?;
    } else {
        Order::DownUp("priority", "created_at").page(&mut select, page)?;
    }
    Ok(select)
}

fn card(row: &Row, moment: Moment) -> Result<Card, Error> {
    let (created_at, started_at): (Timestamp, Option<Timestamp>) =
        (row.get("created_at")?, row.get("started_at")?);
    let finished_at = row.get("finished_at")?;
    let (children, done) = (row.get("children")?, row.get("children_done")?);
    let symptoms = symptoms::read(row, moment)?;
    Ok(Card {
        id: row.get("id")?,
        project_id: row.get("project_id")?,
        ticket_id: row.get("ticket_id")?,
        sequence: row.get("sequence")?,
        title: row.get("title")?,
        status: row.get("status")?,
        assignee: row.get("assignee")?,
        priority: row.get("priority")?,
        tenant: row.get("tenant")?,
        skills: row.get("skills")?,
        human_gate: row.get("human_gate")?,
        block_kind: row.get("block_kind")?,
        block_reason: row.get("block_reason")?,
        failure_count: row.get("failure_count")?,
        not_before: row.get("not_before")?,
        current_run_id: row.get("current_run_id")?,
        stale: row.get("stale")?,
        cost_usd: row.get("cost_usd")?,
        unpriced_calls: row.get("unpriced_calls")?,
        created_at,
        updated_at: row.get("updated_at")?,
        started_at,
        finished_at,
        version: row.get("version")?,
        age: TaskAge::at(moment.now, created_at, started_at, finished_at),
        link_counts: LinkCounts {
            parents: row.get("parents")?,
            children,
        },
        comment_count: row.get("comments")?,
        progress: (children > 0).then_some(Progress {
            done,
            total: children,
        }),
        latest_summary: row.get("latest_summary")?,
        diagnostics: DiagnosticSummary::of(&symptoms.diagnose(moment.now)),
    })
}

/// The number of the last event of a project: while it stays, its board stays.
pub async fn last_event(read: &mut Read, project: ProjectId) -> Result<i64, Error> {
    let select = query("SELECT seq FROM events WHERE project_id = $1 ORDER BY seq DESC LIMIT 1");
    match read.optional(select.bind(&project)).await? {
        Some(row) => row.at(0),
        None => Ok(0),
    }
}

/// When the oldest task was made that may be taken now.
pub async fn oldest_ready(read: &mut Read, project: ProjectId) -> Result<Option<Timestamp>, Error> {
    let select = query(
        "SELECT created_at FROM tasks WHERE project_id = $1 AND status = 'ready'
         ORDER BY created_at, id LIMIT 1",
    );
    read.optional(select.bind(&project))
        .await?
        .map(|row| row.at(0))
        .transpose()
}

#[cfg(test)]
mod tests {
    use model::Name;

    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_column_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let name = || Some(Name::lossy("x"));
        let filters = [
            BoardFilter::default(),
            BoardFilter {
                assignee: name(),
                ..BoardFilter::default()
            },
            BoardFilter {
                tenant: name(),
                ..BoardFilter::default()
            },
            BoardFilter {
                tenant: name(),
                assignee: name(),
                ..BoardFilter::default()
            },
        ];
        let page = plans::page();
        for filter in filters {
            for status in TaskState::ALL {
                let select = statement(ProjectId::new(), *status, &filter, None, &page);
                plans.check_order(select.unwrap()).await;
            }
        }
    }
}
