//! Tasks: made with what they wait for, read with everything around them. How they are edited and dragged is in
//! `task_updates.rs`, how they move in `task_moves.rs`, how an attempt begins and ends in `attempts.rs`.

use auth::Caller;
use model::{
    Diagnostic, EventFilter, EventType, NewTask, Page, Paged, Project, ProjectId, Run, RunFilter,
    Scope, Symptoms, Task, TaskCreated, TaskDetail, TaskFilter, TaskId, TaskState, Ticket,
    Timestamp, Totals, WorkspaceKind,
};
use serde_json::json;
use store::{Read, Tx, comments, events, links as kept_links, questions, runs, tasks};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::task_edits::check_new;
use crate::{App, Error, EventPage, Made, links, lists, projects, references, tickets};

/// Runs by which a task is judged.
const JUDGED_RUNS: usize = 5;

/// Events and runs on a task's page.
const SHOWN: i64 = 100;

impl App {
    /// Makes a task; one with the same `idempotency_key` in the project is answered as it is.
    pub async fn create_task(
        &self,
        caller: &Caller,
        new: NewTask,
    ) -> Result<Made<TaskCreated>, Error> {
        caller.may(Scope::Operate)?;
        check_new(&new)?;
        let mut made = self
            .write(caller, |tx, deed| {
                Box::pin(async move { create(tx, &deed, new).await })
            })
            .await?;
        if made.is_new {
            made.value.warning = self.warning_about(&made.value.task).await?;
        }
        Ok(made)
    }

    /// Tasks, newest first, a page at a time; those of one ticket in their sequence.
    pub async fn list_tasks(
        &self,
        caller: &Caller,
        filter: TaskFilter,
        page: Page,
    ) -> Result<Paged<Task>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let filter = TaskFilter { project, ..filter };
        Ok(tasks::list(&mut self.read().await?, &filter, &page).await?)
    }

    /// One task with everything that its page shows.
    pub async fn get_task(&self, caller: &Caller, id: TaskId) -> Result<TaskDetail, Error> {
        let mut read = self.read().await?;
        let task = visible(&mut read, caller, id).await?;
        let of_task = EventFilter {
            task: Some(id),
            ..EventFilter::default()
        };
        let window = EventPage {
            limit: SHOWN,
            ..EventPage::default()
        };
        let runs_of_task = RunFilter {
            task: Some(id),
            ..RunFilter::default()
        };
        let runs = runs::list(&mut read, &runs_of_task, &Page::first(SHOWN)).await?;
        let runs = runs.items;
        Ok(TaskDetail {
            comments: comments::latest_on_task(&mut read, id, SHOWN).await?,
            events: events::page(&mut read, &of_task, &window).await?,
            links: kept_links::of_task(&mut read, id).await?,
            questions: questions::open_on_task(&mut read, id).await?,
            diagnostics: diagnose(&mut read, &task, &runs, self.clock().now()).await?,
            runs,
            task,
        })
    }
}

/// What is wrong with a task, by its last runs and by what is said about it.
async fn diagnose(
    read: &mut Read,
    task: &Task,
    runs: &[Run],
    now: Timestamp,
) -> Result<Vec<Diagnostic>, Error> {
    let last = &runs[..runs.len().min(JUDGED_RUNS)];
    let said = task.result.iter().chain(task.block_reason.iter());
    let said = said.chain(last.iter().filter_map(|run| run.summary.as_ref()));
    let mut named: Vec<_> = said
        .flat_map(|text| references::named(text.as_str()))
        .collect();
    let known = tasks::known(read, &named).await?;
    named.retain(|id| !known.contains(id));
    Ok(Symptoms::of(task, last, named).diagnose(now))
}

/// A task that is there.
pub(crate) async fn there(read: &mut Read, id: TaskId) -> Result<Task, Error> {
    tasks::get(read, id).await?.ok_or(Error::NotFound("task"))
}

/// A task that the caller may see.
pub(crate) async fn visible(read: &mut Read, caller: &Caller, id: TaskId) -> Result<Task, Error> {
    let task = there(read, id).await?;
    caller.see("task", task.project_id)?;
    Ok(task)
}

/// A task that the caller may change.
pub(crate) async fn to_change(tx: &mut Tx, deed: &Deed, id: TaskId) -> Result<Task, Error> {
    let task = there(tx, id).await?;
    deed.caller.act("task", Scope::Operate, task.project_id)?;
    Ok(task)
}

/// A task that something new names.
pub(crate) async fn named(
    tx: &mut Tx,
    deed: &Deed,
    pointer: &str,
    id: TaskId,
) -> Result<Task, Error> {
    tasks::get(tx, id)
        .await?
        .filter(|task| deed.caller.may_see(task.project_id).is_ok())
        .ok_or_else(|| Error::invalid(pointer, "there is no such task"))
}

async fn create(tx: &mut Tx, deed: &Deed, new: NewTask) -> Result<Made<TaskCreated>, Error> {
    let (project, ticket) = place(tx, deed, &new).await?;
    deed.caller.act("project", Scope::Operate, project.id)?;
    if let Some(key) = &new.idempotency_key
        && let Some(task) = tasks::by_idempotency_key(tx, project.id, key).await?
    {
        return Ok(Made::found(TaskCreated {
            task,
            warning: None,
        }));
    }
    let parents = parents(tx, deed, &new, project.id).await?;
    let parents_open = parents
        .iter()
        .any(|parent| !parent.status.lets_children_go());
    let status = first_state(&new, parents_open, deed);
    let sequence = tasks::next_sequence(tx, project.id, new.ticket_id).await?;
    let task = from_new(deed, &project, sequence, status, new);
    tasks::insert(tx, &task).await?;
    let words = ticket.as_ref().map(TicketWords::from).unwrap_or_default();
    let message = format!("task “{}” was made", task.title);
    let fact = deed
        .fact(EventType::TaskCreated, message)
        .on_task(&task, &words);
    tx.append(fact.with(json!({ "status": task.status })));
    for parent in &parents {
        links::join(tx, deed, parent, &task).await?;
    }
    Ok(Made::new(TaskCreated {
        task,
        warning: None,
    }))
}

/// The project and the ticket of a new task.
async fn place(
    tx: &mut Tx,
    deed: &Deed,
    new: &NewTask,
) -> Result<(Project, Option<Ticket>), Error> {
    let Some(id) = new.ticket_id else {
        return Ok((
            projects::for_new(tx, deed, new.project.as_deref()).await?,
            None,
        ));
    };
    let ticket = tickets::named(tx, &deed.caller, "/ticket_id", id).await?;
    let own = ticket.project_id.to_string();
    let project = projects::for_new(tx, deed, Some(new.project.as_deref().unwrap_or(&own))).await?;
    if project.id != ticket.project_id {
        return Err(Error::invalid(
            "/project",
            "the ticket belongs to another project",
        ));
    }
    Ok((project, Some(ticket)))
}

async fn parents(
    tx: &mut Tx,
    deed: &Deed,
    new: &NewTask,
    project: ProjectId,
) -> Result<Vec<Task>, Error> {
    let mut parents: Vec<Task> = Vec::with_capacity(new.parents.len());
    for (index, id) in new.parents.iter().enumerate() {
        let pointer = format!("/parents/{index}");
        let parent = named(tx, deed, &pointer, *id).await?;
        if parent.project_id != project {
            return Err(Error::invalid(pointer, "belongs to another project"));
        }
        if parents.iter().all(|known| known.id != parent.id) {
            parents.push(parent);
        }
    }
    Ok(parents)
}

fn first_state(new: &NewTask, parents_open: bool, deed: &Deed) -> TaskState {
    if new.triage {
        TaskState::Triage
    } else if new.not_before.is_some_and(|due| due > deed.at) {
        TaskState::Scheduled
    } else if parents_open {
        TaskState::Todo
    } else {
        TaskState::Ready
    }
}

fn from_new(
    deed: &Deed,
    project: &Project,
    sequence: i64,
    status: TaskState,
    new: NewTask,
) -> Task {
    Task {
        id: TaskId::new(),
        project_id: project.id,
        ticket_id: new.ticket_id,
        sequence,
        title: new.title,
        body: new.body,
        status,
        assignee: new.assignee,
        priority: new.priority,
        tenant: new.tenant,
        skills: new.skills,
        workspace_kind: new.workspace_kind.unwrap_or(WorkspaceKind::Scratch),
        workspace_path: new.workspace_path,
        branch_name: new.branch_name,
        idempotency_key: new.idempotency_key,
        max_runtime_seconds: new.max_runtime_seconds,
        max_retries: new.max_retries.unwrap_or(2),
        not_before: new.not_before,
        human_gate: new.human_gate,
        block_kind: None,
        block_reason: None,
        blocked_by: None,
        last_block_kind: None,
        block_recurrences: 0,
        ignores_parents: false,
        stale: false,
        failure_count: 0,
        current_run_id: None,
        created_by: deed.by(),
        result: None,
        implementation_attempts: 0,
        spec_review_attempts: 0,
        quality_review_attempts: 0,
        commit_sha: None,
        totals: Totals::default(),
        created_at: deed.at,
        updated_at: deed.at,
        started_at: None,
        finished_at: None,
        version: 1,
    }
}
