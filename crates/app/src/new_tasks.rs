//! New tasks: those that are asked for at the same time are made in one unit of work. What they have in common is read
//! once, and what is written about them goes in together. One that is refused leaves the others as they are.

use std::collections::{BTreeMap, HashMap};

use model::{
    EventType, NewTask, Principal, Project, ProjectId, Task, TaskCreated, TaskId, TaskState,
    Ticket, TicketId, Totals, WorkspaceKind,
};
use serde_json::json;
use store::{Tx, tasks as kept};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::task_edits::check_workspace;
use crate::{Error, Made, links, projects, tasks, tickets};

/// Somebody asks for a task.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) deed: Deed,
    pub(crate) new: NewTask,
}

/// A task for each, or why there is none.
pub(crate) type Outcome = Result<Made<TaskCreated>, Error>;

/// What became of asks that were heard together.
pub(crate) struct Heard {
    /// In the order of the asks.
    pub(crate) outcomes: Vec<Outcome>,
    /// The projects that they named. One may be there more than once.
    pub(crate) projects: Vec<Project>,
}

/// Makes the task that somebody asked for alone.
pub(crate) async fn make(tx: &mut Tx, ask: &Ask) -> Outcome {
    let made = make_all(tx, std::slice::from_ref(ask)).await?;
    let mut outcomes = made.outcomes.into_iter();
    outcomes.next().expect("one answer for one ask")
}

/// Makes the tasks that were asked for, in their order.
pub(crate) async fn make_all(tx: &mut Tx, asks: &[Ask]) -> Result<Heard, Error> {
    let mut batch = Batch::default();
    let mut places = Vec::with_capacity(asks.len());
    for ask in asks {
        places.push(batch.admit(tx, ask).await);
    }
    batch.write(tx).await?;
    let outcome = |place| match place {
        Place::New(index) => Made::new(created(batch.tasks[index].clone())),
        Place::Asked(index) => Made::found(created(batch.tasks[index].clone())),
        Place::Found(task) => Made::found(created(*task)),
    };
    Ok(Heard {
        outcomes: places.into_iter().map(|it| it.map(outcome)).collect(),
        projects: batch.projects.into_values().collect(),
    })
}

const fn created(task: Task) -> TaskCreated {
    TaskCreated {
        task,
        warning: None,
    }
}

/// Where the task of an ask is.
enum Place {
    /// In the batch.
    New(usize),
    /// In the batch, for an earlier ask with the same key.
    Asked(usize),
    /// It was made before.
    Found(Box<Task>),
}

/// Tasks that are made together.
#[derive(Default)]
struct Batch {
    projects: HashMap<ProjectKey, Project>,
    tasks: Vec<Task>,
    /// What else is known of each.
    about: Vec<Companion>,
}

/// Who names a project, and how: the same for the same one.
type ProjectKey = (Principal, Option<ProjectId>, Option<String>);

struct Companion {
    deed: Deed,
    words: TicketWords,
    parents: Vec<Task>,
}

impl Batch {
    /// Checks what was asked for, and puts it with the others. Nothing of a task is written yet.
    async fn admit(&mut self, tx: &mut Tx, ask: &Ask) -> Result<Place, Error> {
        let Ask { deed, new } = ask;
        let (project, ticket) = self.place(tx, deed, new).await?;
        deed.caller
            .act("project", model::Scope::Operate, project.id)?;
        if let Some(place) = self.same(tx, project.id, new).await? {
            return Ok(place);
        }
        check_workspace(new, project.repo_path.as_ref())?;
        let parents = parents(tx, deed, new, project.id).await?;
        let parents_open = parents
            .iter()
            .any(|parent| !parent.status.lets_children_go());
        let status = first_state(new, parents_open, deed);
        self.tasks.push(from_new(deed, project.id, status, new));
        self.about.push(Companion {
            deed: deed.clone(),
            words: ticket.as_ref().map(TicketWords::from).unwrap_or_default(),
            parents,
        });
        Ok(Place::New(self.tasks.len() - 1))
    }

    /// The project and the ticket of a new task.
    async fn place(
        &mut self,
        tx: &mut Tx,
        deed: &Deed,
        new: &NewTask,
    ) -> Result<(Project, Option<Ticket>), Error> {
        let Some(id) = new.ticket_id else {
            return Ok((self.project(tx, deed, new.project.clone()).await?, None));
        };
        let ticket = tickets::named(tx, &deed.caller, "/ticket_id", id).await?;
        let own = || ticket.project_id.to_string();
        let name = new.project.clone().unwrap_or_else(own);
        let project = self.project(tx, deed, Some(name)).await?;
        if project.id != ticket.project_id {
            return Err(Error::invalid(
                "/project",
                "the ticket belongs to another project",
            ));
        }
        Ok((project, Some(ticket)))
    }

    async fn project(
        &mut self,
        tx: &mut Tx,
        deed: &Deed,
        name: Option<String>,
    ) -> Result<Project, Error> {
        let key = (deed.by(), deed.caller.project, name);
        if let Some(project) = self.projects.get(&key) {
            return Ok(project.clone());
        }
        let project = projects::for_new(tx, deed, key.2.as_deref()).await?;
        self.projects.insert(key, project.clone());
        Ok(project)
    }

    /// The task that was made with the same key, before or in this batch.
    async fn same(
        &self,
        tx: &mut Tx,
        project: ProjectId,
        new: &NewTask,
    ) -> Result<Option<Place>, Error> {
        let Some(key) = &new.idempotency_key else {
            return Ok(None);
        };
        let is_same =
            |task: &Task| task.project_id == project && task.idempotency_key.as_ref() == Some(key);
        if let Some(index) = self.tasks.iter().position(is_same) {
            return Ok(Some(Place::Asked(index)));
        }
        let found = kept::by_idempotency_key(tx, project, key).await?;
        Ok(found.map(|task| Place::Found(Box::new(task))))
    }

    /// Writes all of them.
    async fn write(&mut self, tx: &mut Tx) -> Result<(), Error> {
        self.give_places(tx).await?;
        kept::insert(tx, &self.tasks).await?;
        for (task, about) in self.tasks.iter().zip(&self.about) {
            let message = format!("task “{}” was made", task.title);
            let fact = about.deed.fact(EventType::TaskCreated, message);
            let fact = fact.on_task(task, &about.words);
            tx.append(fact.with(json!({ "status": task.status })));
            for parent in &about.parents {
                links::join(tx, &about.deed, parent, task).await?;
            }
        }
        Ok(())
    }

    /// Gives each its place within its ticket or project, in the order in which they were asked for.
    async fn give_places(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let mut within: BTreeMap<(ProjectId, Option<TicketId>), Vec<usize>> = BTreeMap::new();
        for (index, task) in self.tasks.iter().enumerate() {
            let own = (task.project_id, task.ticket_id);
            within.entry(own).or_default().push(index);
        }
        for ((project, ticket), indices) in within {
            let many = i64::try_from(indices.len()).map_err(Error::internal)?;
            let first = kept::take_places(tx, project, ticket, many).await?;
            for (place, index) in (first..).zip(indices) {
                self.tasks[index].sequence = place;
            }
        }
        Ok(())
    }
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
        let parent = tasks::named(tx, deed, &pointer, *id).await?;
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

fn from_new(deed: &Deed, project: ProjectId, status: TaskState, new: &NewTask) -> Task {
    Task {
        id: TaskId::new(),
        project_id: project,
        ticket_id: new.ticket_id,
        // Its place is given when all that come with it are known.
        sequence: 0,
        title: new.title.clone(),
        body: new.body.clone(),
        status,
        status_since: deed.at,
        assignee: new.assignee.clone(),
        priority: new.priority,
        tenant: new.tenant.clone(),
        skills: new.skills.clone(),
        workspace_kind: new.workspace_kind.unwrap_or(WorkspaceKind::Scratch),
        workspace_path: new.workspace_path.clone(),
        branch_name: new.branch_name.clone(),
        idempotency_key: new.idempotency_key.clone(),
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
        silent_runs: 0,
        crash_count: 0,
        false_starts: 0,
        refusals: 0,
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
