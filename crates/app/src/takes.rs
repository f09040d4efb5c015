//! Takes: the tasks of one plan are taken in one unit of work, which looks again whether each may be. What all have around
//! them is read once, and what is written about them goes in together.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Claimed, NewRun, ProjectId, Surroundings, Task, TaskId, Timestamp, Worker, WorkerId};
use store::{Tx, offers, projects, tasks, workers};

use crate::deed::Deed;
use crate::hands::{Counted, Hands};
use crate::pace::Pace;
use crate::plan::{self, Occasion};
use crate::run_claims::{self, Claim};
use crate::waiting::Waiter;
use crate::{Error, claims, holds};

/// A task for somebody who waits.
#[derive(Debug, Clone)]
pub(crate) struct Take {
    /// Which of the seats.
    pub(crate) seat: usize,
    pub(crate) who: Arc<Waiter>,
    pub(crate) task: TaskId,
}

/// A task that was taken.
pub(crate) struct Taken {
    pub(crate) seat: usize,
    pub(crate) claimed: Claimed,
}

/// Takes tasks, those excepted where something has come in between.
pub(crate) async fn take_all(
    tx: &mut Tx,
    takes: Vec<Take>,
    counted: &Counted,
    occasion: Occasion,
    pace: Pace,
    at: Timestamp,
) -> Result<Vec<Taken>, Error> {
    let mut scene = Scene::look(tx, &takes, counted).await?;
    let (mut seats, mut granted) = (Vec::new(), Vec::new());
    for take in &takes {
        if let Some(claim) = scene.grant(tx, take, occasion, at).await? {
            seats.push(take.seat);
            granted.push(claim);
        }
    }
    let deeds: Vec<Deed> = granted.iter().map(|claim| claim.deed.clone()).collect();
    let begun = run_claims::claim_all(tx, pace, granted).await?;
    let runs = deeds.iter().zip(begun.iter().map(|(_, run)| run));
    let tokens = run_claims::give_tokens(tx, runs).await?;
    let taken = seats.into_iter().zip(begun).zip(tokens);
    let taken = taken.map(|((seat, (task, run)), token)| Taken {
        seat,
        claimed: claims::claimed(task, run, Some(&token), pace),
    });
    Ok(taken.collect())
}

/// What is there before anything is taken, and what of it is taken.
struct Scene<'a> {
    tasks: BTreeMap<TaskId, Task>,
    workers: BTreeMap<WorkerId, Worker>,
    around: BTreeMap<ProjectId, Surroundings>,
    hands: Hands,
    counted: &'a Counted,
}

impl<'a> Scene<'a> {
    async fn look(tx: &mut Tx, takes: &[Take], counted: &'a Counted) -> Result<Self, Error> {
        let mut around = BTreeMap::new();
        let ids: Vec<_> = takes.iter().map(|take| take.task).collect();
        let tasks = tasks::by_ids(tx, &ids).await?;
        for task in &tasks {
            if !around.contains_key(&task.project_id)
                && let Some(project) = projects::get(tx, task.project_id).await?
            {
                around.insert(project.id, holds::around(tx, project).await?);
            }
        }
        let ids: Vec<_> = takes.iter().map(|take| take.who.worker.id).collect();
        let workers = workers::by_ids(tx, &ids).await?;
        let hands = Hands::count(tx, &workers.iter().collect::<Vec<_>>(), counted).await?;
        Ok(Self {
            tasks: tasks.into_iter().map(|task| (task.id, task)).collect(),
            workers: workers.into_iter().map(|it| (it.id, it)).collect(),
            around,
            hands,
            counted,
        })
    }

    /// Lets somebody have a task, if nothing has come in between.
    async fn grant(
        &mut self,
        tx: &mut Tx,
        take: &Take,
        occasion: Occasion,
        at: Timestamp,
    ) -> Result<Option<Claim>, Error> {
        let who = &take.who;
        let Some(task) = self.tasks.remove(&take.task) else {
            return Ok(None);
        };
        let Some(around) = self.around.get(&task.project_id) else {
            return Ok(None);
        };
        let worker = self.workers.get(&who.worker.id);
        let suits =
            |worker: &Worker| worker.suits(task.project_id, task.assignee.as_ref(), &task.skills);
        let may_take = worker.is_some_and(|worker| !worker.draining)
            && self.hands.has_one(who.worker.id)
            && who.caller.may_see(task.project_id).is_ok()
            && suits(&who.worker);
        let agent = plan::free_agent(&who.worker.agents, task.assignee.as_ref(), around);
        if !may_take || agent.is_none() {
            return Ok(None);
        }
        let held = holds::of_task(tx, &task, around, agent.as_ref(), at).await?;
        if holds::stops(&held, occasion.way()).is_some() {
            return Ok(None);
        }
        if let Some(offer) = occasion.offer
            && !offers::draw(tx, offer, task.id).await?
        {
            return Ok(None);
        }
        let project = around.project.clone();
        self.hands.take(who.worker.id, self.counted);
        self.count(project.id, agent.as_ref());
        let new = NewRun {
            agent,
            worker: Some(who.worker.name.clone()),
            host: who.worker.host.clone(),
            ..NewRun::default()
        };
        let deed = Deed {
            caller: who.caller.clone(),
            at,
        };
        Ok(Some(Claim {
            deed,
            project,
            task,
            new,
        }))
    }

    /// One more task of a project runs.
    fn count(&mut self, project: ProjectId, agent: Option<&model::Name>) {
        for (id, around) in &mut self.around {
            if *id == project {
                around.add(agent);
            } else {
                around.add_elsewhere(agent);
            }
        }
    }
}
