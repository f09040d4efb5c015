//! Offers: a person asks to hand out now, once, to the workers that are waiting, even while the loop is stopped.

use std::collections::BTreeSet;

use auth::Caller;
use bus::Batch;
use model::{
    Dispatched, EventFilter, EventId, EventType, Hold, HoldReason, Project, ProjectId, ProjectRef,
    Scope, Skipped, Surroundings, Task, TaskId, Way,
};
use serde_json::json;
use store::{Engine, Read, dispatch, offers, projects as kept};
use tokio::time::{Instant, timeout_at};

use crate::crew::Crew;
use crate::deed::{Deed, Rights};
use crate::facts::About;
use crate::plan::{self, Occasion};
use crate::standing::STANDS;
use crate::waiting::Seat;
use crate::{App, Error, claims, holds, projects};

/// Tasks that nobody took and that are named.
const NAMED: usize = 100;
/// What people read of an offer.
const TOLD: &str = "somebody asked to hand out now";
/// No more are handed out at once.
const MOST: i64 = 1000;

/// What is offered.
#[derive(Debug, Clone, Copy)]
struct Offer {
    project: Option<ProjectId>,
    most: usize,
}

impl Offer {
    /// No more than so many tasks, of one project or of all.
    fn of(project: Option<ProjectId>, max: Option<i64>) -> Result<Self, Error> {
        claims::check_number("/max", max, 1, MOST)?;
        let most = usize::try_from(max.unwrap_or(MOST)).unwrap_or(1);
        Ok(Self { project, most })
    }
}

impl App {
    /// Offers the ready tasks of a project to those who wait; or says which they would take.
    pub async fn trigger_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
        dry_run: bool,
        max: Option<i64>,
    ) -> Result<Dispatched, Error> {
        let found = projects::named(&mut self.read().await?, caller, project).await?;
        caller.act("project", Scope::Operate, found.id)?;
        let offer = Offer::of(Some(found.id), max)?;
        self.make(caller, offer, dry_run).await
    }

    /// Offers the ready tasks of all projects to those who wait; or says which they would take.
    pub async fn dispatch_tasks(
        &self,
        caller: &Caller,
        dry_run: bool,
        max: Option<i64>,
    ) -> Result<Dispatched, Error> {
        caller.may(Scope::Operate)?;
        let offer = Offer::of(caller.project, max)?;
        self.make(caller, offer, dry_run).await
    }

    async fn make(
        &self,
        caller: &Caller,
        offer: Offer,
        dry_run: bool,
    ) -> Result<Dispatched, Error> {
        match dry_run {
            true => self.foresee(offer).await,
            false => self.offer(caller, offer).await,
        }
    }

    async fn foresee(&self, offer: Offer) -> Result<Dispatched, Error> {
        let mut read = self.read().await?;
        let seats = self.seats_everywhere(&mut read).await?;
        let occasion = Occasion {
            // It is never drawn from.
            offer: Some(EventId::new()),
            project: offer.project,
            most: offer.most,
            at: self.clock().now(),
        };
        let kept_off = self.misfits().now(occasion.at);
        let counted = self.counted();
        let matches = plan::make(&mut read, &seats, kept_off, counted, occasion).await?;
        let mut crew = self.muster(&mut read).await?;
        for one in &matches {
            crew.occupy(seats[one.seat].who.worker.id);
        }
        let dispatched = matches.into_iter().map(|one| one.task).collect();
        self.answer(&mut read, offer, dispatched, &crew).await
    }

    /// Those who wait here and, where other servers may be over the same database, those who seem to wait there.
    async fn seats_everywhere(&self, read: &mut Read) -> Result<Vec<Seat>, Error> {
        let mut seats = self.waiting().seats();
        if self.store().engine() == Engine::Postgres {
            let crew = self.muster(read).await?;
            seats.extend(crew.elsewhere(|worker| self.waiting().holds(worker)));
        }
        Ok(seats)
    }

    /// Lets the offer stand, on every server, until nobody is left who could take more of it, or its time is over.
    async fn offer(&self, caller: &Caller, offer: Offer) -> Result<Dispatched, Error> {
        let claims = EventFilter {
            event_type: vec![EventType::TaskClaimed.as_str().to_owned()],
            ..EventFilter::default()
        };
        let mut claims = self.bus().subscribe(None, claims).await?;
        let id = self.make_offer(caller, offer).await?;
        let until = Instant::now() + STANDS;
        while self.somebody_may_come(id, offer).await? {
            match timeout_at(until, claims.next_batch()).await {
                Ok(Batch::Frames(_) | Batch::Gap(_)) => {}
                Ok(Batch::Bye) | Err(_) => break,
            }
        }
        let now = self.clock().now();
        let closed = self.write_as_server(now, move |tx, _| {
            Box::pin(async move { Ok(offers::close(tx, id).await?) })
        });
        let taken = closed.await?.map(|offered| offered.taken);
        let mut read = self.read().await?;
        let crew = self.muster(&mut read).await?;
        let taken = taken.unwrap_or_default();
        let mut answer = self.answer(&mut read, offer, taken, &crew).await?;
        answer.skipped.iter_mut().for_each(did_not_come);
        Ok(answer)
    }

    async fn make_offer(&self, caller: &Caller, offer: Offer) -> Result<EventId, Error> {
        let deed = Deed {
            caller: caller.clone(),
            at: self.clock().now(),
        };
        let made = self.store().write(move |tx| {
            Box::pin(async move {
                let fact = deed
                    .fact(EventType::DispatchTriggered, TOLD)
                    .with(json!({ "max": offer.most }));
                let fact = match offer.project {
                    Some(project) => fact.in_project(project),
                    None => fact,
                };
                let event = tx.append(fact);
                offers::open(tx, event.id, offer.most, deed.at).await?;
                Ok(event.id)
            })
        });
        made.await
    }

    /// Whether more may be taken, and a connected worker has a hand free for it: it waits somewhere, or is about to ask
    /// again.
    async fn somebody_may_come(&self, id: EventId, offer: Offer) -> Result<bool, Error> {
        let mut read = self.read().await?;
        let Some(offered) = offers::get(&mut read, id).await? else {
            return Ok(false);
        };
        let crew = self.muster(&mut read).await?;
        let answer = self.answer(&mut read, offer, offered.taken, &crew);
        let answer = answer.await?;
        let may_come = |skipped: &Skipped| skipped.reason == HoldReason::Queued;
        Ok(offered.left > 0 && answer.skipped.iter().any(may_come))
    }

    /// What was taken, and of the rest why not.
    async fn answer(
        &self,
        read: &mut Read,
        offer: Offer,
        dispatched: Vec<TaskId>,
        crew: &Crew,
    ) -> Result<Dispatched, Error> {
        let taken: BTreeSet<TaskId> = dispatched.iter().copied().collect();
        let is_full = taken.len() >= offer.most;
        let mut skipped = Vec::new();
        for project in concerned(read, offer).await? {
            if skipped.len() >= NAMED {
                break;
            }
            let open = dispatch::open(read, project.id, NAMED as i64).await?;
            let around = holds::around(read, project).await?;
            for task in open.into_iter().filter(|task| !taken.contains(&task.id)) {
                if skipped.len() < NAMED {
                    let why = self.why_skipped(read, &around, crew, &task, is_full);
                    skipped.push(why.await?);
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
        around: &Surroundings,
        crew: &Crew,
        task: &Task,
        is_full: bool,
    ) -> Result<Skipped, Error> {
        let (agent, at) = (task.assignee.as_ref(), self.clock().now());
        let held = holds::of_task(read, task, around, agent, at).await?;
        let hold = match holds::stops(&held, Way::Offer) {
            Some(hold) => hold.clone(),
            None if is_full => {
                let detail = "no more were to be handed out";
                Hold::new(HoldReason::Limit, detail)
            }
            None => crew.says_of(task, around),
        };
        Ok(Skipped {
            task: task.id,
            reason: hold.reason,
            detail: hold.detail,
        })
    }
}

/// Who had a hand free for what was offered, and did not come for it while the offer stood, was not asking.
fn did_not_come(skipped: &mut Skipped) {
    if skipped.reason == HoldReason::Queued {
        skipped.reason = HoldReason::NoWorker;
        skipped.detail += ", and did not ask for work";
    }
}

/// The projects that an offer is about.
async fn concerned(read: &mut Read, offer: Offer) -> Result<Vec<Project>, Error> {
    Ok(match offer.project {
        Some(id) => kept::get(read, id).await?.into_iter().collect(),
        None => kept::list(read, false).await?,
    })
}
