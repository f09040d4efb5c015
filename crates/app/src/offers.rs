//! Offers: a person asks to hand out now, once, to the workers that are waiting, even while the loop is stopped.

use std::collections::BTreeSet;
use std::time::Duration;

use auth::Caller;
use model::{
    Dispatched, EventType, HoldReason, Project, ProjectId, ProjectRef, Scope, Skipped, Task,
    TaskId, Way,
};
use serde_json::json;
use store::{Read, dispatch, projects as kept, workers};
use tokio::time::{Instant, timeout_at};

use crate::deed::{Deed, Rights};
use crate::facts::About;
use crate::plan::{self, Occasion};
use crate::{App, Error, claims, holds, projects, why};

/// So long an offer stands.
const STANDS: Duration = Duration::from_secs(1);
/// Tasks that nobody took and that are named.
const NAMED: usize = 100;
/// No more are handed out at once.
const MOST: i64 = 1000;

/// What is offered.
#[derive(Debug, Clone, Copy)]
struct Offer {
    project: Option<ProjectId>,
    most: usize,
}

impl App {
    /// Offers the ready tasks of a project to those who wait.
    pub async fn trigger_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<Dispatched, Error> {
        let found = projects::named(&mut self.read().await?, caller, project).await?;
        caller.act("project", Scope::Operate, found.id)?;
        let offer = Offer {
            project: Some(found.id),
            most: MOST.unsigned_abs() as usize,
        };
        self.offer(caller, offer).await
    }

    /// Offers the ready tasks of all projects to those who wait; or says which they would take.
    pub async fn dispatch_tasks(
        &self,
        caller: &Caller,
        dry_run: bool,
        max: Option<i64>,
    ) -> Result<Dispatched, Error> {
        caller.may(Scope::Operate)?;
        claims::check_number("/max", max, 1, MOST)?;
        let offer = Offer {
            project: caller.project,
            most: usize::try_from(max.unwrap_or(MOST)).unwrap_or(1),
        };
        match dry_run {
            true => self.foresee(offer).await,
            false => self.offer(caller, offer).await,
        }
    }

    async fn foresee(&self, offer: Offer) -> Result<Dispatched, Error> {
        let mut read = self.read().await?;
        let matches = plan::make(&mut read, &self.waiting().seats(), self.occasion(offer)).await?;
        let dispatched = matches.into_iter().map(|one| one.task).collect();
        self.answer(&mut read, offer, dispatched).await
    }

    async fn offer(&self, caller: &Caller, offer: Offer) -> Result<Dispatched, Error> {
        self.tell_of(caller, offer).await?;
        let until = Instant::now() + STANDS;
        let mut taken = Vec::new();
        loop {
            let arrival = self.waiting().arrival();
            let left = Offer {
                most: offer.most - taken.len(),
                ..offer
            };
            let seats = self.waiting().seats();
            let (planned, new) = self.round(&seats, self.occasion(left)).await?;
            taken.extend(new);
            if taken.len() >= offer.most {
                break;
            }
            // What was planned and not taken went to somebody quicker: look again.
            if planned == 0
                && (!self.somebody_may_come().await? || timeout_at(until, arrival).await.is_err())
            {
                break;
            }
        }
        self.answer(&mut self.read().await?, offer, taken).await
    }

    async fn tell_of(&self, caller: &Caller, offer: Offer) -> Result<(), Error> {
        let deed = Deed {
            caller: caller.clone(),
            at: self.clock().now(),
        };
        let fact = deed
            .fact(
                EventType::DispatchTriggered,
                "somebody asked to hand out now",
            )
            .with(json!({ "max": offer.most }));
        let fact = match offer.project {
            Some(project) => fact.in_project(project),
            None => fact,
        };
        self.store().append(vec![fact]).await?;
        Ok(())
    }

    fn occasion(&self, offer: Offer) -> Occasion {
        Occasion {
            way: Way::Offer,
            project: offer.project,
            most: offer.most,
            at: self.clock().now(),
        }
    }

    /// Whether a connected worker has a hand free and does not wait at this moment: it may be about to ask again.
    async fn somebody_may_come(&self) -> Result<bool, Error> {
        let mut read = self.read().await?;
        for worker in workers::there(&mut read).await? {
            if worker.draining || self.waiting().holds(worker.id) {
                continue;
            }
            let runs = workers::open_runs(&mut read, &worker).await?.len();
            if i64::try_from(runs).is_ok_and(|runs| runs < worker.capacity) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What was taken, and of the rest why not.
    async fn answer(
        &self,
        read: &mut Read,
        offer: Offer,
        dispatched: Vec<TaskId>,
    ) -> Result<Dispatched, Error> {
        let taken: BTreeSet<TaskId> = dispatched.iter().copied().collect();
        let is_full = taken.len() >= offer.most;
        let mut skipped = Vec::new();
        for project in concerned(read, offer).await? {
            let open = dispatch::open(read, project.id, NAMED as i64).await?;
            for task in open.into_iter().filter(|task| !taken.contains(&task.id)) {
                if skipped.len() < NAMED {
                    let why = self.why_skipped(read, &project, &task, is_full).await?;
                    skipped.push(why);
                }
            }
        }
        Ok(Dispatched {
            dispatched,
            skipped,
        })
    }

    async fn why_skipped(
        &self,
        read: &mut Read,
        project: &Project,
        task: &Task,
        is_full: bool,
    ) -> Result<Skipped, Error> {
        let around = holds::around(read, project.clone()).await?;
        let (agent, at) = (task.assignee.as_ref(), self.clock().now());
        let held = holds::of_task(read, task, &around, agent, at).await?;
        let hold = match holds::stops(&held, Way::Offer) {
            Some(hold) => hold.clone(),
            None if is_full => {
                let detail = "no more were to be handed out";
                model::Hold::new(HoldReason::Limit, detail)
            }
            None => why::of_workers(read, task, &around).await?,
        };
        Ok(Skipped {
            task: task.id,
            reason: hold.reason,
            detail: hold.detail,
        })
    }
}

/// The projects that an offer is about.
async fn concerned(read: &mut Read, offer: Offer) -> Result<Vec<Project>, Error> {
    Ok(match offer.project {
        Some(id) => kept::get(read, id).await?.into_iter().collect(),
        None => kept::list(read, false).await?,
    })
}
