//! How a run starts: ad hoc, or by claiming a task; in both cases once.

use auth::{Caller, Secret};
use model::{
    EventType, NewRun, Project, Run, RunId, RunStarted, RunState, Scope, Task, TicketId, Title,
    Totals,
};
use serde_json::json;
use store::{Tx, runs as kept_runs};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::pace::Pace;
use crate::run_claims::{self, Claim};
use crate::{App, Error, Made, fence, holds, projects, runs, task_edits, tasks, tickets};

/// No more words in a command.
const MOST_WORDS: usize = 1000;

impl App {
    /// Starts a run; the same `id` again answers the run as it is. With a task it claims that task: of all who try,
    /// one wins.
    pub async fn start_run(&self, caller: &Caller, new: NewRun) -> Result<Made<RunStarted>, Error> {
        caller.holds(Scope::Report)?;
        if new.command.len() > MOST_WORDS {
            return Err(Error::invalid(
                "/command",
                format!("must not hold more than {MOST_WORDS}"),
            ));
        }
        task_edits::check_runtime(new.max_runtime_seconds)?;
        let pace = self.pace();
        let (task, worker) = (new.task_id, new.worker.clone());
        let task = task.filter(|_| new.parent_run_id.is_none());
        let answer = self.write_secret(caller, move |tx, deed| {
            Box::pin(async move {
                let run = match known(tx, &deed, new.id).await? {
                    Some(run) => Made::found(run),
                    None => Made::new(start(tx, &deed, pace, new).await?),
                };
                let token = match run.is_new {
                    true => Some(run_claims::give_token(tx, &deed, &run.value).await?),
                    false => None,
                };
                Ok(Made {
                    value: started(run.value, token.as_ref(), pace),
                    is_new: run.is_new,
                })
            })
        });
        let answer = answer.await;
        if let (Err(refusal), Some(task)) = (&answer, task) {
            self.tell_of_refused_claim(caller, task, worker, refusal)
                .await;
        }
        answer
    }
}

fn started(run: Run, token: Option<&Secret>, pace: Pace) -> RunStarted {
    RunStarted {
        run,
        run_token: token.map(|secret| secret.reveal().to_owned()),
        heartbeat_seconds: pace.heartbeat_seconds,
    }
}

/// The run that an earlier call started.
pub(crate) async fn known(
    tx: &mut Tx,
    deed: &Deed,
    id: Option<RunId>,
) -> Result<Option<Run>, Error> {
    let Some(id) = id else { return Ok(None) };
    let Some(run) = kept_runs::get(tx, id).await? else {
        return Ok(None);
    };
    // A run's own token may have started it as a child.
    let below_own = deed
        .caller
        .run
        .is_some_and(|own| run.parent_run_id == Some(own.run));
    if !below_own && deed.caller.may_write_run(run.project_id, run.id).is_err() {
        return Err(Error::AlreadyExists("this id is taken".to_owned()));
    }
    Ok(Some(run))
}

/// Where a new run belongs.
pub(crate) struct Place {
    pub(crate) project: Project,
    pub(crate) ticket: Option<TicketId>,
    pub(crate) task: Option<Task>,
    pub(crate) parent: Option<Run>,
}

async fn start(tx: &mut Tx, deed: &Deed, pace: Pace, new: NewRun) -> Result<Run, Error> {
    let mut place = place(tx, deed, &new).await?;
    check_rights(deed, &place)?;
    if new.parent_run_id.is_none()
        && let Some(task) = place.task.take()
    {
        let around = holds::around(tx, place.project).await?;
        let agent = new.agent.as_ref().or(task.assignee.as_ref());
        let held = holds::of_task(tx, &task, &around, agent, deed.at).await?;
        holds::refuse(&held)?;
        let claim = Claim {
            deed: deed.clone(),
            project: around.project,
            task,
            new,
        };
        let (_, run) = run_claims::claim(tx, pace, claim).await?;
        return Ok(run);
    }
    let number = kept_runs::next_number(
        tx,
        place.project.id,
        place.task.as_ref().map(|task| task.id),
    )
    .await?;
    let run = from_new(deed, &place, number, new);
    insert(tx, deed, &run).await?;
    Ok(run)
}

async fn insert(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<(), Error> {
    kept_runs::insert(tx, run).await?;
    tell(tx, deed, run).await
}

/// Says that a run began.
pub(crate) async fn tell(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<(), Error> {
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let message = format!("run “{}” began", run.title);
    let fact = deed
        .fact(EventType::RunStarted, message)
        .on_run(run, &words);
    tx.append(fact.with(json!({ "number": run.number, "host": run.host })));
    Ok(())
}

async fn place(tx: &mut Tx, deed: &Deed, new: &NewRun) -> Result<Place, Error> {
    let parent = match new.parent_run_id {
        Some(id) => Some(parent(tx, deed, id).await?),
        None => None,
    };
    let task_id = new
        .task_id
        .or(parent.as_ref().and_then(|parent| parent.task_id));
    let task = match task_id {
        Some(id) => Some(tasks::named(tx, deed, "/task_id", id).await?),
        None => None,
    };
    let inherited = task.as_ref().map(|task| task.ticket_id);
    let ticket = new
        .ticket_id
        .or(inherited.flatten())
        .or(parent.as_ref().and_then(|parent| parent.ticket_id));
    let ticket = match ticket {
        Some(id) => Some(tickets::named(tx, &deed.caller, "/ticket_id", id).await?),
        None => None,
    };
    let own = task
        .as_ref()
        .map(|task| task.project_id)
        .or(ticket.as_ref().map(|ticket| ticket.project_id))
        .or(parent.as_ref().map(|parent| parent.project_id));
    let project = match own {
        Some(id) if new.project.is_none() => {
            projects::for_new(tx, deed, Some(&id.to_string())).await?
        }
        _ => projects::for_new(tx, deed, new.project.as_deref()).await?,
    };
    let place = Place {
        project,
        ticket: ticket.as_ref().map(|ticket| ticket.id),
        task,
        parent,
    };
    check_place(&place, ticket.map(|ticket| ticket.project_id))?;
    Ok(place)
}

async fn parent(tx: &mut Tx, deed: &Deed, id: RunId) -> Result<Run, Error> {
    let parent = kept_runs::get(tx, id)
        .await?
        .filter(|run| deed.caller.may_see(run.project_id).is_ok());
    let parent = parent.ok_or_else(|| Error::invalid("/parent_run_id", "there is no such run"))?;
    runs::refuse_ended(&parent, "start a run below")?;
    Ok(parent)
}

fn check_place(place: &Place, ticket_project: Option<model::ProjectId>) -> Result<(), Error> {
    let own = place.project.id;
    let refused = |pointer: &str| Err(Error::invalid(pointer, "belongs to another project"));
    if place
        .task
        .as_ref()
        .is_some_and(|task| task.project_id != own)
    {
        return refused("/task_id");
    }
    if ticket_project.is_some_and(|project| project != own) {
        return refused("/ticket_id");
    }
    if place
        .parent
        .as_ref()
        .is_some_and(|parent| parent.project_id != own)
    {
        return refused("/parent_run_id");
    }
    match &place.task {
        Some(task) if task.ticket_id.is_some() && task.ticket_id != place.ticket => Err(
            Error::invalid("/ticket_id", "the task belongs to another ticket"),
        ),
        _ => Ok(()),
    }
}

/// A run's own token starts only children of its run.
fn check_rights(deed: &Deed, place: &Place) -> Result<(), Error> {
    match &place.parent {
        Some(parent) => fence::admit(&deed.caller, parent, None),
        None => deed.caller.act("project", Scope::Report, place.project.id),
    }
}

pub(crate) fn from_new(deed: &Deed, place: &Place, number: i64, new: NewRun) -> Run {
    let title = title(&new, place);
    let max_runtime = place
        .task
        .as_ref()
        .and_then(|task| task.max_runtime_seconds);
    Run {
        id: new.id.unwrap_or_default(),
        project_id: place.project.id,
        ticket_id: place.ticket,
        task_id: place.task.as_ref().map(|task| task.id),
        parent_run_id: new.parent_run_id,
        number,
        title,
        state: RunState::Running,
        outcome: None,
        agent: new.agent,
        model: new.model,
        worker: new.worker,
        host: new.host,
        worker_pid: new.worker_pid,
        command: new
            .command
            .into_iter()
            .map(model::Text::into_string)
            .collect(),
        cwd: new.cwd,
        workflow: new.workflow,
        step_key: new.step_key,
        container: new.container,
        session_id: None,
        lease_epoch: attempt(place),
        lease_expires_at: None,
        last_heartbeat_at: deed.at,
        lost_contact: false,
        cancel_requested_at: None,
        max_runtime_seconds: new.max_runtime_seconds.or(max_runtime),
        exit_code: None,
        summary: None,
        error: None,
        metadata: new.metadata,
        log_lines: 0,
        totals: Totals::default(),
        reported_cost_usd: None,
        created_at: deed.at,
        started_at: Some(new.started_at.unwrap_or(deed.at).min(deed.at)),
        ended_at: None,
        version: 1,
    }
}

/// What starts below an attempt at a task belongs to it, and is fenced off with it. A claim counts its own lease.
fn attempt(place: &Place) -> i64 {
    let task = place.task.as_ref().map(|task| task.id);
    let parent = place.parent.as_ref();
    let attempt = parent.filter(|parent| task.is_some() && parent.task_id == task);
    attempt.map_or(0, |parent| parent.lease_epoch)
}

fn title(new: &NewRun, place: &Place) -> Title {
    if let Some(title) = &new.title {
        return title.clone();
    }
    if !new.command.is_empty() {
        let words: Vec<_> = new.command.iter().map(model::Text::as_str).collect();
        return Title::lossy(&words.join(" "));
    }
    match &place.task {
        Some(task) => task.title.clone(),
        None => Title::lossy(new.agent.as_ref().map_or("run", |agent| agent.as_str())),
    }
}
