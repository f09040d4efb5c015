//! What needs a person, as it is read: several lists, each in its order, as one. The worst comes first, and among equals what
//! has waited longest.

use model::{
    BadCursor, DiagnosticSeverity, InboxFilter, InboxKind, Page, Paged, ProjectId, Question, Run,
    Symptoms, Task, Timestamp,
};

use crate::Error;
use crate::engine::{Read, Row};
use crate::pages::{self, Key, Order};
use crate::query::Query;
use crate::queues;
use crate::record::{self, Kept};
use crate::symptoms::{self, Moment};

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// Since when it waits.
    pub since: Timestamp,
    /// What it is.
    pub what: What,
}

/// What needs a person.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A question without an answer.
    Question(Box<Question>),
    /// A task that waits for a verdict, was given up, is blocked, goes in circles, or fails again and again.
    Task(Box<Seen>),
    /// The first of the tasks that are ready for the same agent profile, and nobody takes it.
    Queue {
        /// The task.
        first: Box<Seen>,
        /// As many wait behind it.
        behind: i64,
    },
    /// A run whose worker is not heard of.
    Run(Box<Run>),
}

/// A task with what can be seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The task.
    pub task: Task,
    /// What can be seen of it.
    pub symptoms: Symptoms,
}

impl Seen {
    pub(crate) fn read(row: &Row, moment: Moment) -> Result<Self, Error> {
        Ok(Self {
            task: Task::read(row)?,
            symptoms: symptoms::read(row, moment)?,
        })
    }
}

const QUESTIONS: &str = " AND answered_at IS NULL AND withdrawn_at IS NULL";
const RUNS: &str = " AND ended_at IS NULL AND lost_contact = TRUE";
const GIVEN_UP: &str = " AND status IN ('review', 'failed', 'blocked') AND status = 'failed'";
const IN_CIRCLES: &str = " AND status = 'triage' AND block_recurrences > 0";
const FAILING: &str = " AND status IN ('ready', 'blocked')
    AND (failure_count >= 2 OR silent_runs >= 2 OR false_starts >= 3 OR refusals >= 3) AND status = 'ready'";
/// What is blocked by a question is there as the question.
const FAILING_AND_BLOCKED: &str = " AND status IN ('ready', 'blocked')
    AND (failure_count >= 2 OR silent_runs >= 2 OR false_starts >= 3 OR refusals >= 3) AND status = 'blocked'
    AND NOT EXISTS (SELECT 1 FROM questions WHERE task_id = tasks.id
        AND answered_at IS NULL AND withdrawn_at IS NULL)";
const TO_JUDGE: &str = " AND status IN ('review', 'failed', 'blocked') AND status = 'review'";
const BLOCKED: &str = " AND status IN ('review', 'failed', 'blocked') AND status = 'blocked'
    AND failure_count < 2 AND silent_runs < 2 AND false_starts < 3 AND refusals < 3
    AND NOT EXISTS (SELECT 1 FROM questions WHERE task_id = tasks.id
        AND answered_at IS NULL AND withdrawn_at IS NULL)";
const GONE_SILENT: &str = " AND status = 'ready' AND silent_runs = 1 AND failure_count < 2
    AND false_starts < 3 AND refusals < 3";

/// The lists of tasks that are this bad, each with the kind of what is in it.
const fn lists(severity: DiagnosticSeverity) -> &'static [(InboxKind, &'static str)] {
    use InboxKind::{Approval, Failure, Stuck};
    match severity {
        DiagnosticSeverity::Critical => &[(Failure, GIVEN_UP)],
        DiagnosticSeverity::Error => &[
            (Stuck, IN_CIRCLES),
            (Stuck, FAILING),
            (Stuck, FAILING_AND_BLOCKED),
        ],
        DiagnosticSeverity::Warning => {
            &[(Approval, TO_JUDGE), (Stuck, BLOCKED), (Stuck, GONE_SILENT)]
        }
    }
}

/// A page of what needs a person, the worst first, then what has waited longest.
pub async fn list(
    read: &mut Read,
    filter: InboxFilter,
    moment: Moment,
    page: &Page,
) -> Result<Paged<Waiting>, Error> {
    let queues = match filter.wants(InboxKind::Stuck) {
        true => queues::stranded(read, filter.project, moment).await?,
        false => Vec::new(),
    };
    let mut found = Vec::new();
    for severity in DiagnosticSeverity::ALL.iter().rev().copied() {
        let Some(rest) = rest(page, severity)? else {
            continue;
        };
        if filter.severity.is_some_and(|least| severity < least) || has_enough(&found, page) {
            break;
        }
        for (_, list) in lists(severity).iter().filter(|it| filter.wants(it.0)) {
            let select = task_page(list, filter.project, &queues, &rest)?;
            found.extend(tasks_of(read, select, severity, moment).await?);
        }
        if severity == DiagnosticSeverity::Error {
            found.extend(questions_and_runs(read, filter, &rest).await?);
        }
        found.extend(queues_of(&queues, severity, &rest)?);
    }
    Ok(pages::merge(found, WORST, page, key))
}

async fn tasks_of(
    read: &mut Read,
    select: Query,
    severity: DiagnosticSeverity,
    moment: Moment,
) -> Result<Vec<Waiting>, Error> {
    let rows = read.all(select).await?;
    let waiting = rows.iter().map(|row| {
        let seen = Box::new(Seen::read(row, moment)?);
        Ok(Waiting {
            severity,
            since: seen.task.status_since,
            what: What::Task(seen),
        })
    });
    waiting.collect()
}

/// The queues that are this bad, after where a page ended.
fn queues_of(
    queues: &[Waiting],
    severity: DiagnosticSeverity,
    rest: &Page,
) -> Result<Vec<Waiting>, BadCursor> {
    let after = rest.cursor.as_deref().map(Key::read).transpose()?;
    let goes_on = |it: &&Waiting| {
        let place = (it.since.micros(), key(it).id);
        it.severity == severity && after.is_none_or(|after| place > (after.first, after.id))
    };
    Ok(queues.iter().filter(goes_on).cloned().collect())
}

const WORST: Order = Order::DownUp("severity", "since");

fn has_enough(found: &[Waiting], page: &Page) -> bool {
    i64::try_from(found.len()).is_ok_and(|amount| amount > page.limit)
}

/// How what is this bad goes on after the page before; `None` where that page was beyond it.
fn rest(page: &Page, severity: DiagnosticSeverity) -> Result<Option<Page>, BadCursor> {
    let Some(cursor) = &page.cursor else {
        return Ok(Some(page.clone()));
    };
    let last = Key::read(cursor)?;
    let cursor = match last.first.cmp(&rank(severity)) {
        std::cmp::Ordering::Less => return Ok(None),
        std::cmp::Ordering::Equal => Some(Key::one(last.second, last.id).write()),
        std::cmp::Ordering::Greater => None,
    };
    Ok(Some(Page {
        cursor,
        limit: page.limit,
    }))
}

async fn questions_and_runs(
    read: &mut Read,
    filter: InboxFilter,
    rest: &Page,
) -> Result<Vec<Waiting>, Error> {
    let severity = DiagnosticSeverity::Error;
    let mut found = Vec::new();
    if filter.wants(InboxKind::Question) {
        let questions = statement::<Question>(QUESTIONS, filter.project, "created_at", rest)?;
        let questions = record::all::<Question>(read, questions).await?;
        found.extend(questions.into_iter().map(|question| Waiting {
            severity,
            since: question.created_at,
            what: What::Question(Box::new(question)),
        }));
    }
    if filter.wants(InboxKind::LostLease) {
        let runs = statement::<Run>(RUNS, filter.project, "last_heartbeat_at", rest)?;
        let runs = record::all::<Run>(read, runs).await?;
        found.extend(runs.into_iter().map(|run| Waiting {
            severity,
            since: run.last_heartbeat_at,
            what: What::Run(Box::new(run)),
        }));
    }
    Ok(found)
}

fn statement<T: Kept>(
    which: &str,
    project: Option<ProjectId>,
    since: &'static str,
    page: &Page,
) -> Result<Query, BadCursor> {
    let mut select = record::select::<T>();
    of_project(&mut select, T::TABLE, project);
    select.push(which);
    Order::Up(since).page(&mut select, page)?;
    Ok(select)
}

fn task_page(
    which: &str,
    project: Option<ProjectId>,
    queues: &[Waiting],
    page: &Page,
) -> Result<Query, BadCursor> {
    let mut select = tasks(which);
    of_project(&mut select, Task::TABLE, project);
    queues::except(&mut select, queues);
    Order::Up("status_since").page(&mut select, page)?;
    Ok(select)
}

/// Only of a project; without one, of none that is archived.
fn of_project(select: &mut Query, table: &str, project: Option<ProjectId>) {
    match &project {
        Some(_) => select.push_equal("project_id", project.as_ref()),
        None => select
            .push(" AND NOT EXISTS (SELECT 1 FROM projects WHERE projects.id = ")
            .push(table)
            .push(".project_id AND projects.archived_at IS NOT NULL)"),
    };
}

/// Tasks with what can be seen of them.
pub(crate) fn tasks(which: &str) -> Query {
    let mut select = Query::composed(format!(
        "SELECT {}, {} FROM tasks WHERE TRUE",
        Task::COLUMNS,
        symptoms::COUNTED
    ));
    select.push(which);
    select
}

fn key(waiting: &Waiting) -> Key {
    Key {
        first: rank(waiting.severity),
        second: waiting.since.micros(),
        id: match &waiting.what {
            What::Question(question) => question.id.0,
            What::Task(seen) | What::Queue { first: seen, .. } => seen.task.id.0,
            What::Run(run) => run.id.0,
        },
    }
}

const fn rank(severity: DiagnosticSeverity) -> i64 {
    match severity {
        DiagnosticSeverity::Warning => 0,
        DiagnosticSeverity::Error => 1,
        DiagnosticSeverity::Critical => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn every_list_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let page = plans::page();
        for project in [None, Some(ProjectId::new())] {
            let mut statements = vec![
                statement::<Question>(QUESTIONS, project, "created_at", &page).unwrap(),
                statement::<Run>(RUNS, project, "last_heartbeat_at", &page).unwrap(),
            ];
            for severity in DiagnosticSeverity::ALL {
                for (_, list) in lists(*severity) {
                    statements.push(task_page(list, project, &[], &page).unwrap());
                }
            }
            for select in statements {
                plans.check_order(select).await;
            }
        }
    }
}
