//! Claims: how a worker comes to a task, by naming it or by asking for any.

use std::time::Duration;

use auth::{Caller, Secret};
use model::{
    ClaimTask, ClaimWork, Claimed, NewRun, NotAllowed, Outcome, ProjectId, ProjectRef, Run, RunId,
    Scope, Task, TaskId, WorkClaimed,
};
use store::{Tx, projects, runs as kept_runs};

use crate::deed::{Deed, Rights};
use crate::pace::Pace;
use crate::run_claims::Claim;
use crate::ticket_edits::check_words;
use crate::waiting::Waiter;
use crate::{App, Error, Made, holds, run_claims, run_ends, run_starts, tasks};

/// Who does not want to wait waits for one look at what there is.
const ONE_LOOK: Duration = Duration::from_secs(20);

impl App {
    /// Takes one task by its id: of all who try, one wins. The same `run_id` again answers the run as it is.
    pub async fn claim_task(
        &self,
        caller: &Caller,
        id: TaskId,
        claim: ClaimTask,
    ) -> Result<Made<Claimed>, Error> {
        caller.may(Scope::Report)?;
        let (pace, who) = (self.pace(), claim.worker.clone());
        let claimed = self
            .write_secret(caller, move |tx, deed| {
                Box::pin(async move { claim_by_id(tx, &deed, pace, id, claim).await })
            })
            .await;
        if let Err(refusal) = &claimed {
            self.tell_of_refused_claim(caller, id, who, refusal).await;
        }
        claimed
    }

    /// Gives a worker tasks that it can do, or waits until there are some.
    pub async fn claim_work(
        &self,
        caller: &Caller,
        claim: ClaimWork,
    ) -> Result<WorkClaimed, Error> {
        caller.may(Scope::Report)?;
        check(&claim)?;
        let projects = self.projects_to_work_for(caller, &claim.projects).await?;
        let (wants, wait) = (claim.count.unwrap_or(1), claim.wait_seconds.unwrap_or(0));
        let holding = claim.holding.clone();
        let worker = self.greet_worker(caller, claim, projects).await?;
        if let Some(holding) = holding {
            self.take_back_unheard(&worker, holding).await?;
        }
        if worker.draining {
            let claims = Vec::new();
            return Ok(WorkClaimed { worker, claims });
        }
        let who = Waiter {
            caller: caller.clone(),
            worker: worker.clone(),
            wants: usize::try_from(wants).unwrap_or(1),
        };
        let longest = match u64::try_from(wait) {
            Ok(seconds @ 1..) => Duration::from_secs(seconds),
            _ => ONE_LOOK,
        };
        let sitting = self.waiting().sit(who, wait == 0);
        let stopped = self.stopped();
        let claims = tokio::select! {
            claims = sitting.wait(longest) => claims,
            () = stopped => Vec::new(),
        };
        Ok(WorkClaimed { worker, claims })
    }

    /// How many claims wait for a task in this process.
    #[must_use]
    pub fn waiting_claims(&self) -> usize {
        self.waiting().count()
    }

    /// The projects that a worker names.
    async fn projects_to_work_for(
        &self,
        caller: &Caller,
        names: &[String],
    ) -> Result<Vec<ProjectId>, Error> {
        let mut found = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let pointer = format!("/projects/{index}");
            let project: ProjectRef = name
                .parse()
                .map_err(|error| Error::invalid(&pointer, error))?;
            let id = self.find_project(caller, &project).await;
            found.push(id.map_err(|error| match error {
                Error::NotFound(_) => {
                    Error::invalid(&pointer, format!("there is no project `{name}`"))
                }
                error => error,
            })?);
        }
        if names.is_empty() {
            found.extend(caller.project);
        }
        Ok(found)
    }

    /// Gives a task back whose worker was gone before it heard of it.
    pub(crate) async fn give_back(&self, run: RunId) {
        let at = self.clock().now();
        let returned = self
            .write_as_server(at, move |tx, deed| {
                Box::pin(async move {
                    let run = kept_runs::get(tx, run).await?;
                    let Some(run) = run.filter(|run| !run.state.has_ended()) else {
                        return Ok(());
                    };
                    let gone = "its worker was gone before it heard of the task";
                    let end = run_ends::without_worker(Outcome::Reclaimed, gone);
                    run_ends::end_run(tx, &deed, run, end).await.map(drop)
                })
            })
            .await;
        if let Err(error) = returned {
            // The lease gives it back in the end.
            tracing::warn!(error = &error as &dyn std::error::Error, run.id = %run, "give a task back");
        }
    }
}

/// What a worker is told about a task that is its own now.
pub(crate) fn claimed(task: Task, run: Run, token: Option<&Secret>, pace: Pace) -> Claimed {
    Claimed {
        task,
        run_token: token.map(|secret| secret.reveal().to_owned()),
        lease_epoch: run.lease_epoch,
        heartbeat_seconds: pace.heartbeat_seconds,
        run,
    }
}

async fn claim_by_id(
    tx: &mut Tx,
    deed: &Deed,
    pace: Pace,
    id: TaskId,
    claim: ClaimTask,
) -> Result<Made<Claimed>, Error> {
    let task = tasks::there(tx, id).await?;
    deed.caller.act("task", Scope::Report, task.project_id)?;
    if let Some(run) = run_starts::known(tx, deed, claim.run_id).await? {
        if run.task_id != Some(id) {
            return Err(Error::AlreadyExists("this id is taken".to_owned()));
        }
        return Ok(Made::found(claimed(task, run, None, pace)));
    }
    let agent = claim.agent.clone().or_else(|| task.assignee.clone());
    if task.assignee.is_some() && agent != task.assignee {
        let refused = NotAllowed::new("claim", "task", task.status.as_str());
        return Err(refused.with_hint("it is for another agent").into());
    }
    let project = projects::get(tx, task.project_id).await?;
    let project = project.ok_or(Error::NotFound("project"))?;
    let around = holds::around(tx, project).await?;
    let held = holds::of_task(tx, &task, &around, agent.as_ref(), deed.at).await?;
    holds::refuse(&held)?;
    let new = NewRun {
        id: claim.run_id,
        agent,
        model: claim.model,
        worker: claim.worker,
        host: claim.host,
        worker_pid: claim.worker_pid,
        ..NewRun::default()
    };
    let claim = Claim {
        deed: deed.clone(),
        project: around.project,
        task,
        new,
    };
    let (task, run) = run_claims::claim(tx, pace, claim).await?;
    let token = run_claims::give_token(tx, deed, &run).await?;
    Ok(Made::new(claimed(task, run, Some(&token), pace)))
}

/// Checks what the types do not.
fn check(claim: &ClaimWork) -> Result<(), Error> {
    if claim.agents.is_empty() {
        return Err(Error::invalid("/agents", "must name at least one"));
    }
    check_words("/agents", &claim.agents)?;
    check_words("/skills", &claim.skills)?;
    check_words("/projects", &claim.projects)?;
    let held = claim.holding.as_ref().map_or(0, Vec::len);
    if i64::try_from(held).is_ok_and(|held| held > ClaimWork::MOST_CAPACITY) {
        let detail = format!("must not hold more than {}", ClaimWork::MOST_CAPACITY);
        return Err(Error::invalid("/holding", detail));
    }
    check_number("/capacity", claim.capacity, 1, ClaimWork::MOST_CAPACITY)?;
    check_number("/count", claim.count, 1, ClaimWork::MOST_AT_ONCE)?;
    check_number(
        "/wait_seconds",
        claim.wait_seconds,
        0,
        ClaimWork::LONGEST_WAIT,
    )
}

pub(crate) fn check_number(
    pointer: &str,
    number: Option<i64>,
    least: i64,
    most: i64,
) -> Result<(), Error> {
    match number {
        Some(number) if !(least..=most).contains(&number) => {
            let detail = format!("must be from {least} to {most}");
            Err(Error::invalid(pointer, detail))
        }
        _ => Ok(()),
    }
}
