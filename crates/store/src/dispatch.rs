//! What is there to be handed out, and how much runs already.

use std::collections::BTreeMap;

use model::{
    Limits, Load, Name, Project, ProjectId, Surroundings, Task, TaskId, TaskState, Timestamp,
};

use crate::board_counts;
use crate::engine::{Read, Row};
use crate::query::{Query, query};
use crate::record;
use crate::{Error, Tx};

/// A task that may be handed out, with as much of it as it takes to decide to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The task.
    pub id: TaskId,
    /// Its project.
    pub project_id: ProjectId,
    /// The agent that is to do it; any when absent.
    pub assignee: Option<Name>,
    /// Higher goes first.
    pub priority: i64,
    /// Older goes first among equals.
    pub created_at: Timestamp,
    /// What its worker must be able to do.
    pub skills: Vec<Name>,
}

/// The projects with tasks that are ready.
pub async fn projects_with_ready(read: &mut Read) -> Result<Vec<ProjectId>, Error> {
    let select =
        query("SELECT DISTINCT project_id FROM board_counts WHERE status = 'ready' AND amount > 0");
    let rows = read.all(select).await?;
    rows.iter().map(|row| row.at(0)).collect()
}

/// The tasks of a project that may be handed out now to one agent, or to any where no agent is named: the highest priority
/// first, the oldest first among equals, after the last one seen.
pub async fn candidates(
    read: &mut Read,
    project: ProjectId,
    assignee: Option<&Name>,
    at: Timestamp,
    after: Option<&Candidate>,
    most: i64,
) -> Result<Vec<Candidate>, Error> {
    let select = statement(project, assignee, at, after, most);
    let rows = read.all(select).await?;
    rows.iter().map(read_candidate).collect()
}

fn statement(
    project: ProjectId,
    assignee: Option<&Name>,
    at: Timestamp,
    after: Option<&Candidate>,
    most: i64,
) -> Query {
    let mut select = Query::composed(
        "SELECT id, project_id, assignee, priority, created_at, skills FROM tasks
         WHERE status = 'ready'"
            .to_owned(),
    );
    select.push_equal("project_id", Some(&project));
    match assignee {
        Some(name) => select.push_equal("assignee", Some(name)),
        None => select.push(" AND assignee IS NULL"),
    };
    select
        .push(" AND (not_before IS NULL OR not_before <= ")
        .push_bind(&at)
        .push(")");
    if let Some(last) = after {
        // Row values compare in one direction only. The first comparison bounds what the index is read from.
        select.push(" AND priority <= ").push_bind(&last.priority);
        select.push(" AND (priority < ").push_bind(&last.priority);
        select
            .push(" OR (created_at, id) > (")
            .push_bind(&last.created_at);
        select.push(", ").push_bind(&last.id).push("))");
    }
    // The assignee is the same in all of them. PostgreSQL must be told so of those that have none: only then does it read them
    // in the order of the index.
    select
        .push(" ORDER BY assignee, priority DESC, created_at, id")
        .push_limit(most);
    select
}

fn read_candidate(row: &Row) -> Result<Candidate, Error> {
    Ok(Candidate {
        id: row.at(0)?,
        project_id: row.at(1)?,
        assignee: row.at(2)?,
        priority: row.at(3)?,
        created_at: row.at(4)?,
        skills: row.at(5)?,
    })
}

/// How much runs already, as far as the limits ask.
pub async fn load(read: &mut Read, project: &Project, limits: &Limits) -> Result<Load, Error> {
    let here = board_counts::by_status(read, Some(project.id)).await?;
    let everywhere = match limits.max_running {
        Some(_) => board_counts::by_status(read, None).await?,
        None => BTreeMap::new(),
    };
    let in_work = [TaskState::Running, TaskState::Waiting, TaskState::Review];
    let mut load = Load {
        running: running(read, Some(project.id), &here).await?,
        in_work: in_work.map(|state| amount(&here, state)).iter().sum(),
        running_everywhere: running(read, None, &everywhere).await?,
        ..Load::default()
    };
    if Surroundings::limits_agents(project, limits) {
        add_agents(read, project.id, &mut load).await?;
    }
    Ok(load)
}

/// The tasks that somebody works on. Of those that wait for an answer, some have lost their worker.
async fn running(
    read: &mut Read,
    project: Option<ProjectId>,
    counts: &BTreeMap<String, i64>,
) -> Result<i64, Error> {
    let mut running = amount(counts, TaskState::Running);
    if amount(counts, TaskState::Waiting) > 0 {
        let mut select = query(
            "SELECT CAST(count(*) AS BIGINT) FROM tasks
             WHERE status = 'waiting' AND current_run_id IS NOT NULL",
        );
        select.push_equal("project_id", project.as_ref());
        running += read.one(select).await?.at::<i64>(0)?;
    }
    Ok(running)
}

fn amount(counts: &BTreeMap<String, i64>, state: TaskState) -> i64 {
    counts.get(state.as_str()).copied().unwrap_or(0)
}

async fn add_agents(read: &mut Read, project: ProjectId, load: &mut Load) -> Result<(), Error> {
    let select = query(
        "SELECT project_id, agent, CAST(count(*) AS BIGINT) FROM runs
         WHERE ended_at IS NULL AND parent_run_id IS NULL AND task_id IS NOT NULL AND agent IS NOT NULL
         GROUP BY project_id, agent",
    );
    for row in read.all(select).await? {
        let (of, agent, amount): (ProjectId, Name, i64) = (row.at(0)?, row.at(1)?, row.at(2)?);
        *load.by_agent_everywhere.entry(agent.clone()).or_default() += amount;
        if of == project {
            *load.by_agent.entry(agent).or_default() += amount;
        }
    }
    Ok(())
}

/// The open tasks of a project that nobody works on: those that are ready first, each state by priority, then age.
pub async fn open(read: &mut Read, project: ProjectId, most: i64) -> Result<Vec<Task>, Error> {
    let mut found: Vec<Task> = Vec::new();
    for status in UNTAKEN {
        let left = most - i64::try_from(found.len()).unwrap_or(most);
        if left > 0 {
            found.extend(record::all(read, untaken(project, status, left)).await?);
        }
    }
    Ok(found)
}

/// Open states in which nobody works on a task.
const UNTAKEN: [TaskState; 6] = [
    TaskState::Ready,
    TaskState::Review,
    TaskState::Waiting,
    TaskState::Todo,
    TaskState::Blocked,
    TaskState::Scheduled,
];

fn untaken(project: ProjectId, status: TaskState, most: i64) -> Query {
    let mut select = record::select::<Task>();
    select
        .push_equal("project_id", Some(&project))
        .push_equal("status", Some(&status))
        .push(" ORDER BY priority DESC, created_at, id")
        .push_limit(most);
    select
}

/// When the next task becomes free by itself: one that is scheduled, or that waits for its next try.
pub async fn next_release(
    read: &mut Read,
    project: Option<ProjectId>,
    at: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let mut earliest = None;
    for status in [TaskState::Ready, TaskState::Scheduled] {
        let mut select = Query::composed(
            "SELECT not_before FROM tasks WHERE not_before IS NOT NULL AND not_before > "
                .to_owned(),
        );
        select.push_bind(&at);
        select.push(match status {
            TaskState::Ready => " AND status = 'ready'",
            _ => " AND status = 'scheduled'",
        });
        select.push_equal("project_id", project.as_ref());
        select.push(" ORDER BY not_before LIMIT 1");
        let found: Option<Timestamp> = read
            .optional(select)
            .await?
            .map(|row| row.at(0))
            .transpose()?;
        earliest = earliest.into_iter().chain(found).min();
    }
    Ok(earliest)
}

/// Notes that a task of a project was handed out. It is no edit: nobody's version goes stale by it.
pub async fn note(tx: &mut Tx, project: ProjectId, at: Timestamp) -> Result<(), Error> {
    let update = query("UPDATE projects SET last_dispatch_at = $2 WHERE id = $1");
    tx.run(update.bind(&project).bind(&at)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn what_is_handed_out_next_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let (project, at, name) = (
            ProjectId::new(),
            Timestamp::from_micros(0),
            Name::lossy("claude"),
        );
        let last = Candidate {
            id: TaskId::new(),
            project_id: project,
            assignee: None,
            priority: 3,
            created_at: at,
            skills: Vec::new(),
        };
        for status in UNTAKEN {
            plans.check_order(untaken(project, status, 10)).await;
        }
        for assignee in [None, Some(&name)] {
            for after in [None, Some(&last)] {
                let select = statement(project, assignee, at, after, 10);
                plans.check_order(select).await;
            }
        }
    }
}
