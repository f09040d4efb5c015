//! Workers: who takes tasks, greeted when they ask for one, missed when they are silent for too long.

use auth::Caller;
use model::{
    ClaimWork, EventType, Fact, Page, Paged, ProjectId, Scope, Timestamp, Worker, WorkerCard,
    WorkerFilter, WorkerId, WorkerRun,
};
use serde_json::json;
use store::{Read, Tx, workers};

use crate::deed::Deed;
use crate::facts::About;
use crate::{App, Error};

/// A sign of life that is younger is not written down again.
const YOUNG_SECONDS: i64 = 15;
/// A worker that is silent for longer than the longest wait and so many seconds has gone.
const PATIENCE_SECONDS: i64 = 45;

impl App {
    /// Workers, the last to come first, a page at a time.
    pub async fn list_workers(
        &self,
        caller: &Caller,
        filter: WorkerFilter,
        page: Page,
    ) -> Result<Paged<WorkerCard>, Error> {
        caller.may(Scope::Read)?;
        let mut read = self.read().await?;
        let found = workers::list(&mut read, filter, &page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for worker in found.items {
            if may_see(caller, &worker) {
                items.push(card(&mut read, caller, worker).await?);
            }
        }
        let next = found.next;
        Ok(Paged { items, next })
    }

    /// One worker.
    pub async fn get_worker(&self, caller: &Caller, id: WorkerId) -> Result<WorkerCard, Error> {
        caller.may(Scope::Read)?;
        let mut read = self.read().await?;
        let worker = workers::get(&mut read, id).await?;
        let worker = worker.filter(|worker| may_see(caller, worker));
        card(&mut read, caller, worker.ok_or(Error::NotFound("worker"))?).await
    }

    /// Lets a worker finish what it has and take nothing more.
    pub async fn drain_worker(&self, caller: &Caller, id: WorkerId) -> Result<Worker, Error> {
        let worker = self.set_draining(caller, id, true).await?;
        self.waiting().dismiss_worker(id);
        Ok(worker)
    }

    /// Lets a worker take tasks again.
    pub async fn resume_worker(&self, caller: &Caller, id: WorkerId) -> Result<Worker, Error> {
        self.set_draining(caller, id, false).await
    }

    async fn set_draining(
        &self,
        caller: &Caller,
        id: WorkerId,
        draining: bool,
    ) -> Result<Worker, Error> {
        caller.may(Scope::Report)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let mut worker = to_change(tx, &deed, id).await?;
                // A worker may send itself away; whether it comes back, others say.
                if !draining || worker.principal != deed.caller.principal {
                    deed.caller.may(Scope::Operate)?;
                }
                if worker.draining == draining {
                    return Ok(worker);
                }
                worker.draining = draining;
                let (event, what) = match draining {
                    true => (EventType::WorkerDraining, "is to take nothing more"),
                    false => (EventType::WorkerResumed, "may take tasks again"),
                };
                save(tx, &deed, &worker, event, what).await?;
                Ok(worker)
            })
        })
        .await
    }

    /// Takes a worker's word that it goes.
    pub async fn leave_worker(&self, caller: &Caller, id: WorkerId) -> Result<Worker, Error> {
        caller.may(Scope::Report)?;
        let worker = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let mut worker = to_change(tx, &deed, id).await?;
                    let own = worker.principal == deed.caller.principal;
                    if !own {
                        deed.caller.may(Scope::Operate)?;
                    }
                    if worker.left_at.is_none() {
                        leave(tx, &deed, &mut worker, "went away").await?;
                    }
                    Ok(worker)
                })
            })
            .await?;
        self.waiting().dismiss_worker(id);
        Ok(worker)
    }

    /// The worker who asks for tasks, as it is known from now on.
    pub(crate) async fn greet_worker(
        &self,
        caller: &Caller,
        claim: ClaimWork,
        projects: Vec<ProjectId>,
    ) -> Result<Worker, Error> {
        let (principal, at) = (caller.principal.clone(), self.clock().now());
        let found = workers::by_name(
            &mut self.read().await?,
            &principal,
            &claim.worker,
            claim.host.as_ref(),
        )
        .await?;
        if let Some(worker) = found.filter(|worker| is_current(worker, &claim, &projects, at)) {
            return Ok(worker);
        }
        self.store()
            .write({
                let caller = caller.clone();
                move |tx| {
                    let deed = Deed { caller, at };
                    Box::pin(async move { greet(tx, &deed, claim, projects).await })
                }
            })
            .await
    }

    /// Notes which workers went away without a word.
    pub(crate) async fn look_after_silent_workers(&self, now: Timestamp) -> Result<(), Error> {
        const STEP: i64 = 100;
        let since = now.plus_seconds(-(ClaimWork::LONGEST_WAIT + PATIENCE_SECONDS));
        let silent = workers::silent_since(&mut self.read().await?, since, STEP).await?;
        for worker in silent {
            let waits = self.waiting().holds(worker.id);
            self.write_as_server(now, move |tx, deed| {
                Box::pin(async move { look_after(tx, &deed, worker.id, since, waits).await })
            })
            .await?;
        }
        Ok(())
    }
}

/// Whether nothing new has to be written down about a worker.
fn is_current(worker: &Worker, claim: &ClaimWork, projects: &[ProjectId], at: Timestamp) -> bool {
    worker.left_at.is_none()
        && worker.last_seen_at >= at.plus_seconds(-YOUNG_SECONDS)
        && worker.version == claim.version
        && worker.agents == claim.agents
        && worker.skills == claim.skills
        && worker.projects == projects
        && Some(worker.capacity) == claim.capacity.or(Some(1))
}

async fn greet(
    tx: &mut Tx,
    deed: &Deed,
    claim: ClaimWork,
    projects: Vec<ProjectId>,
) -> Result<Worker, Error> {
    let host = claim.host.as_ref();
    let known = workers::by_name(tx, &deed.caller.principal, &claim.worker, host).await?;
    let came_back = known
        .as_ref()
        .is_some_and(|worker| worker.left_at.is_some());
    let worker = Worker {
        id: known.as_ref().map(|worker| worker.id).unwrap_or_default(),
        name: claim.worker,
        host: claim.host,
        principal: deed.by(),
        version: claim.version,
        agents: claim.agents,
        skills: claim.skills,
        projects,
        capacity: claim.capacity.unwrap_or(1),
        // Who comes back is a new process, and nobody has sent that one away.
        draining: known
            .as_ref()
            .is_some_and(|worker| worker.draining && worker.left_at.is_none()),
        joined_at: known
            .as_ref()
            .filter(|_| !came_back)
            .map_or(deed.at, |worker| worker.joined_at),
        last_seen_at: deed.at,
        left_at: None,
    };
    match known {
        Some(_) if !came_back => workers::update(tx, &worker).await?,
        Some(_) => save(tx, deed, &worker, EventType::WorkerJoined, "came back").await?,
        None => {
            workers::insert(tx, &worker).await?;
            tx.append(fact(deed, &worker, EventType::WorkerJoined, "came"));
        }
    }
    Ok(worker)
}

/// Its runs speak for a worker that has no hand free to ask for more.
async fn look_after(
    tx: &mut Tx,
    deed: &Deed,
    id: WorkerId,
    since: Timestamp,
    waits: bool,
) -> Result<(), Error> {
    let worker = workers::get(tx, id).await?;
    let silent = |worker: &Worker| worker.left_at.is_none() && worker.last_seen_at < since;
    let Some(mut worker) = worker.filter(silent) else {
        return Ok(());
    };
    let runs = workers::open_runs(tx, &worker).await?;
    let heard = runs.iter().map(|run| run.last_heartbeat_at).max();
    let heard = if waits { Some(deed.at) } else { heard };
    match heard.filter(|heard| *heard >= since) {
        Some(heard) => {
            worker.last_seen_at = heard;
            Ok(workers::update(tx, &worker).await?)
        }
        None => leave(tx, deed, &mut worker, "was not heard of for too long").await,
    }
}

async fn leave(tx: &mut Tx, deed: &Deed, worker: &mut Worker, how: &str) -> Result<(), Error> {
    worker.left_at = Some(deed.at);
    save(tx, deed, worker, EventType::WorkerLeft, how).await
}

async fn save(
    tx: &mut Tx,
    deed: &Deed,
    worker: &Worker,
    event: EventType,
    what: &str,
) -> Result<(), Error> {
    workers::update(tx, worker).await?;
    tx.append(fact(deed, worker, event, what));
    Ok(())
}

fn fact(deed: &Deed, worker: &Worker, event: EventType, what: &str) -> Fact {
    let fact = deed.fact(event, format!("worker {} {what}", worker.name));
    // Who works for one project only is that project's business and nobody else's.
    let fact = match worker.projects[..] {
        [only] => fact.in_project(only),
        _ => fact,
    };
    fact.with(json!({ "worker_id": worker.id, "host": worker.host, "agents": worker.agents }))
}

/// Who is restricted to a project sees those who work for it.
fn may_see(caller: &Caller, worker: &Worker) -> bool {
    let serves = |only| worker.projects.is_empty() || worker.projects.contains(&only);
    caller.project.is_none_or(serves)
}

/// A worker that the caller may change: one of its own, or one that works for nobody but the caller's project.
async fn to_change(tx: &mut Tx, deed: &Deed, id: WorkerId) -> Result<Worker, Error> {
    let worker = workers::get(tx, id).await?;
    let worker = worker.filter(|worker| may_see(&deed.caller, worker));
    let worker = worker.ok_or(Error::NotFound("worker"))?;
    match deed.caller.project {
        Some(only) if worker.projects != [only] => Err(Error::Forbidden(
            "this worker works for other projects, too".to_owned(),
        )),
        _ => Ok(worker),
    }
}

async fn card(read: &mut Read, caller: &Caller, worker: Worker) -> Result<WorkerCard, Error> {
    let runs = workers::open_runs(read, &worker).await?;
    let current_runs = runs
        .into_iter()
        .filter(|run| caller.may_see(run.project_id).is_ok())
        .map(|run| WorkerRun {
            run_id: run.id,
            task_id: run.task_id,
            title: run.title,
            started_at: run.started_at,
        })
        .collect();
    Ok(WorkerCard {
        worker,
        current_runs,
    })
}
