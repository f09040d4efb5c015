//! Projects as they are kept, with the counters that their cards show.

use std::collections::BTreeMap;

use model::{Principal, Project, ProjectId, RunState, Slug};

use crate::board_counts;
use crate::counts::{self, Counted};
use crate::engine::Read;
use crate::query::query;
use crate::record::{self, kept};
use crate::{Error, Tx, events, search};

kept!(Project in "projects" {
    fixed: id, slug, last_dispatch_at, created_at, version;
    edited: name, description, icon, color, repo_path, clone_url, loop_state, loop_reason,
        max_running, max_running_per_agent, max_wip, archived_at, updated_at;
    totals: totals;
});

/// Keeps a new project. A slug that is taken is a conflict.
pub async fn insert(tx: &mut Tx, project: &Project) -> Result<(), Error> {
    record::insert(tx, project).await
}

/// The project with this id.
pub async fn get(read: &mut Read, id: ProjectId) -> Result<Option<Project>, Error> {
    record::get(read, &id).await
}

/// The project with this slug.
pub async fn by_slug(read: &mut Read, slug: &Slug) -> Result<Option<Project>, Error> {
    let mut select = record::select::<Project>();
    select.push_equal("slug", Some(slug));
    record::optional(read, select).await
}

/// All projects by their slugs; there are few enough to be shown at once.
pub async fn list(read: &mut Read, include_archived: bool) -> Result<Vec<Project>, Error> {
    let mut select = record::select::<Project>();
    if !include_archived {
        select.push(" AND archived_at IS NULL");
    }
    select.push(" ORDER BY slug");
    record::all(read, select).await
}

/// Writes an edit; the project's version is the next one then.
pub async fn update(tx: &mut Tx, project: &mut Project) -> Result<(), Error> {
    let mut version = project.version;
    record::update(tx, &project.id, project, &mut version).await?;
    project.version = version;
    Ok(())
}

/// The project that somebody looks at.
pub async fn current(read: &mut Read, who: &Principal) -> Result<Option<ProjectId>, Error> {
    let select = query("SELECT project_id FROM current_projects WHERE principal = $1").bind(who);
    read.optional(select)
        .await?
        .map(|row| row.at(0))
        .transpose()
}

/// The project that somebody looks at, else the one with this slug.
pub async fn current_or(
    read: &mut Read,
    who: &Principal,
    slug: &Slug,
) -> Result<Option<Project>, Error> {
    let mut select = record::select::<Project>();
    select
        .push(" AND id = COALESCE((SELECT project_id FROM current_projects WHERE principal = ")
        .push_bind(who)
        .push("), (SELECT id FROM projects WHERE slug = ")
        .push_bind(slug)
        .push("))");
    record::optional(read, select).await
}

/// Remembers which project somebody looks at.
pub async fn set_current(
    tx: &mut Tx,
    who: &Principal,
    project: Option<ProjectId>,
) -> Result<(), Error> {
    let statement = match project {
        Some(project) => query(
            "INSERT INTO current_projects (principal, project_id) VALUES ($1, $2)
             ON CONFLICT (principal) DO UPDATE SET project_id = excluded.project_id",
        )
        .bind(who)
        .bind(&project),
        None => query("DELETE FROM current_projects WHERE principal = $1").bind(who),
    };
    tx.run(statement).await.map(drop)
}

/// Its tasks by state; states without a task are absent.
pub async fn task_counts(read: &mut Read, id: ProjectId) -> Result<BTreeMap<String, i64>, Error> {
    board_counts::by_status(read, Some(id)).await
}

/// Its runs that have not ended.
pub async fn active_runs(read: &mut Read, id: ProjectId) -> Result<i64, Error> {
    let counts = counts::of_project(read, id, Counted::Runs).await?;
    Ok(RunState::ALL
        .iter()
        .filter(|state| !state.has_ended())
        .filter_map(|state| counts.get(state.as_str()))
        .sum())
}

/// The states of its last finished top-level runs that were not cancelled, newest first.
pub async fn last_outcomes(
    read: &mut Read,
    id: ProjectId,
    most: i64,
) -> Result<Vec<RunState>, Error> {
    let select = query(
        "SELECT state FROM runs
         WHERE project_id = $1 AND ended_at IS NOT NULL AND parent_run_id IS NULL
             AND state <> 'cancelled'
         ORDER BY ended_at DESC, id DESC LIMIT $2",
    );
    read.all(select.bind(&id).bind(&most))
        .await?
        .iter()
        .map(|row| row.at(0))
        .collect()
}

/// Deletes a project with its content. Its events stay, without content; what was spent on it stays in the ledger; the
/// lines of its runs are swept by [`logs::sweep`](crate::logs::sweep).
pub async fn delete(tx: &mut Tx, id: ProjectId) -> Result<(), Error> {
    events::redact_project(tx, id).await?;
    search::remove_project(tx, id);
    for statement in CONTENT {
        tx.run(query(statement).bind(&id)).await?;
    }
    forget_counts(tx, id).await
}

/// In an order in which nothing refers to what is already gone.
const CONTENT: [&str; 7] = [
    "INSERT INTO log_sweeps (run_id) SELECT id FROM runs WHERE project_id = $1",
    "DELETE FROM questions WHERE project_id = $1",
    "DELETE FROM runs WHERE project_id = $1",
    "DELETE FROM sessions WHERE project_id = $1",
    "DELETE FROM tasks WHERE project_id = $1",
    "DELETE FROM tickets WHERE project_id = $1",
    "DELETE FROM projects WHERE id = $1",
];

/// Tickets and tasks are gone; runs that had ended have ended, and those that had not are interrupted, so that the sums
/// over all projects stay right.
async fn forget_counts(tx: &mut Tx, id: ProjectId) -> Result<(), Error> {
    for state in RunState::ALL.iter().filter(|state| !state.has_ended()) {
        let open = counts::of_project(tx, id, Counted::Runs).await?;
        let open = open.get(state.as_str()).copied().unwrap_or(0);
        counts::change(tx, id, Counted::Runs, state.as_str(), -open).await?;
        counts::change(tx, id, Counted::Runs, RunState::Interrupted.as_str(), open).await?;
    }
    let delete = query("DELETE FROM counts WHERE project_id = $1 AND kind <> 'run'");
    tx.run(delete.bind(&id)).await?;
    let delete = query("DELETE FROM board_counts WHERE project_id = $1");
    tx.run(delete.bind(&id)).await.map(drop)
}

/// Slugs by id, for lists that show them.
pub async fn slugs(read: &mut Read) -> Result<BTreeMap<ProjectId, Slug>, Error> {
    let rows = read.all(query("SELECT id, slug FROM projects")).await?;
    rows.iter()
        .map(|row| Ok((row.at(0)?, row.at(1)?)))
        .collect()
}

/// Whether there is a project with this id.
pub async fn exists(read: &mut Read, id: ProjectId) -> Result<bool, Error> {
    let select = query("SELECT 1 FROM projects WHERE id = $1").bind(&id);
    Ok(read.optional(select).await?.is_some())
}
