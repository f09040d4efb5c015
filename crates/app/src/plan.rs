//! A plan: which waiting worker gets which task. By priority, then in turn among projects (the one with the fewest tasks
//! at work first), then by age; the worker that waits longest goes first. It is made from what a reader sees and decides
//! nothing: whoever takes a task looks again in the unit of work that takes it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use model::{EventId, Name, ProjectId, Surroundings, TaskId, Timestamp, Way};
use store::dispatch::{self, Candidate};
use store::{Read, projects};

use crate::hands::{Counted, Hands};
use crate::misfits::KeptOff;
use crate::waiting::Seat;
use crate::{Error, holds};

/// Tasks that are read at once.
const PAGE: i64 = 64;

/// How somebody comes to hand out, and what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion {
    /// The offer by which it is; `None` when a worker asked by itself.
    pub(crate) offer: Option<EventId>,
    /// Only this project's tasks.
    pub(crate) project: Option<ProjectId>,
    /// No more than so many.
    pub(crate) most: usize,
    pub(crate) at: Timestamp,
}

impl Occasion {
    pub(crate) const fn way(&self) -> Way {
        match self.offer {
            Some(_) => Way::Offer,
            None => Way::Queue,
        }
    }
}

/// A task for a worker.
#[derive(Debug)]
pub(crate) struct Match {
    /// Which of the seats.
    pub(crate) seat: usize,
    pub(crate) task: TaskId,
}

/// The tasks of a project for one agent, or for any.
struct Lane {
    project: usize,
    agent: Option<Name>,
    page: VecDeque<Candidate>,
    /// The last task that was read, where there may be more.
    more_after: Option<Candidate>,
    /// Sets of skills that nobody has who waits.
    hopeless: BTreeSet<Vec<Name>>,
}

struct Plan<'a> {
    read: &'a mut Read,
    occasion: Occasion,
    seats: &'a [Seat],
    kept_off: KeptOff,
    /// How much each of them wants yet.
    wants: Vec<usize>,
    /// How many of their hands are free.
    hands: Hands,
    projects: Vec<Surroundings>,
    lanes: Vec<Lane>,
    made: Vec<Match>,
}

/// Says who gets what.
pub(crate) async fn make(
    read: &mut Read,
    seats: &[Seat],
    kept_off: KeptOff,
    counted: &Counted,
    occasion: Occasion,
) -> Result<Vec<Match>, Error> {
    let workers: Vec<_> = seats.iter().map(|seat| &seat.who.worker).collect();
    let hands = Hands::count(read, &workers, counted).await?;
    let mut plan = Plan {
        read,
        occasion,
        seats,
        kept_off,
        wants: seats.iter().map(|seat| seat.who.wants).collect(),
        hands,
        projects: Vec::new(),
        lanes: Vec::new(),
        made: Vec::new(),
    };
    plan.open_lanes().await?;
    while plan.made.len() < occasion.most && plan.wants.iter().any(|wants| *wants > 0) {
        let Some((lane, candidate)) = plan.next().await? else {
            break;
        };
        plan.give(lane, candidate);
    }
    Ok(plan.made)
}

impl Plan<'_> {
    async fn open_lanes(&mut self) -> Result<(), Error> {
        let agents: BTreeSet<Name> = self
            .seats
            .iter()
            .flat_map(|seat| seat.who.worker.agents.iter().cloned())
            .collect();
        let lanes: Vec<Option<Name>> = agents.into_iter().map(Some).chain([None]).collect();
        for id in dispatch::projects_with_ready(self.read).await? {
            if self.occasion.project.is_some_and(|only| only != id) {
                continue;
            }
            let Some(project) = projects::get(self.read, id).await? else {
                continue;
            };
            let around = holds::around(self.read, project).await?;
            if holds::stops(&around.holds(), self.occasion.way()).is_some() {
                continue;
            }
            self.projects.push(around);
            for agent in &lanes {
                self.open_lane(agent.clone());
            }
        }
        Ok(())
    }

    fn open_lane(&mut self, agent: Option<Name>) {
        let project = self.projects.len() - 1;
        let start = Candidate {
            id: TaskId(uuid::Uuid::nil()),
            project_id: self.projects[project].project.id,
            assignee: agent.clone(),
            priority: i64::MAX,
            created_at: Timestamp::from_micros(i64::MIN),
            skills: Vec::new(),
        };
        if self.seat_for(&start).is_some() {
            self.lanes.push(Lane {
                project,
                agent,
                page: VecDeque::new(),
                more_after: Some(start),
                hopeless: BTreeSet::new(),
            });
        }
    }

    /// The task whose turn it is.
    async fn next(&mut self) -> Result<Option<(usize, Candidate)>, Error> {
        for index in 0..self.lanes.len() {
            self.fill(index).await?;
        }
        let turn = |lane: &Lane| {
            let head = lane.page.front()?;
            let running = self.projects[lane.project].load.running;
            Some((Reverse(head.priority), running, head.created_at, head.id))
        };
        let best = self
            .lanes
            .iter()
            .enumerate()
            .filter_map(|(index, lane)| Some((turn(lane)?, index)))
            .min();
        Ok(best.and_then(|(_, index)| {
            let head = self.lanes[index].page.pop_front()?;
            Some((index, head))
        }))
    }

    async fn fill(&mut self, index: usize) -> Result<(), Error> {
        let lane = &mut self.lanes[index];
        let Some(after) = lane.more_after.clone().filter(|_| lane.page.is_empty()) else {
            return Ok(());
        };
        let page = dispatch::candidates(
            self.read,
            after.project_id,
            lane.agent.as_ref(),
            self.occasion.at,
            Some(&after),
            PAGE,
        );
        lane.page = page.await?.into();
        let is_full = i64::try_from(lane.page.len()) == Ok(PAGE);
        lane.more_after = lane.page.back().filter(|_| is_full).cloned();
        Ok(())
    }

    fn give(&mut self, lane: usize, candidate: Candidate) {
        if self.lanes[lane].hopeless.contains(&candidate.skills) {
            return;
        }
        let Some(seat) = self.seat_for(&candidate) else {
            // Nobody is left who could do even the plainest task of this lane.
            // But who is kept off one task may do the next.
            if self.kept_off.knows(candidate.id) {
                return;
            }
            if candidate.skills.is_empty() {
                self.close(lane);
            } else {
                self.lanes[lane].hopeless.insert(candidate.skills);
            }
            return;
        };
        let agent = self.agent_of(seat, &candidate, self.lanes[lane].project);
        let project = self.lanes[lane].project;
        for (index, around) in self.projects.iter_mut().enumerate() {
            if index == project {
                around.add(agent.as_ref());
            } else {
                around.add_elsewhere(agent.as_ref());
            }
        }
        self.wants[seat] -= 1;
        self.hands.occupy(self.seats[seat].who.worker.id);
        self.made.push(Match {
            seat,
            task: candidate.id,
        });
        self.close_full();
    }

    /// The one who waits longest of those who could do it, and whose agent may run once more.
    fn seat_for(&self, candidate: &Candidate) -> Option<usize> {
        let project = self
            .projects
            .iter()
            .position(|around| around.project.id == candidate.project_id)?;
        (0..self.seats.len()).find(|seat| {
            let who = &self.seats[*seat].who;
            let may_see = who.caller.may_see(candidate.project_id).is_ok();
            self.wants[*seat] > 0
                && self.hands.has_one(who.worker.id)
                && may_see
                && self.kept_off.why(&who.worker, candidate.id).is_none()
                && who.worker.suits(
                    candidate.project_id,
                    candidate.assignee.as_ref(),
                    &candidate.skills,
                )
                && self.agent_of(*seat, candidate, project).is_some()
        })
    }

    fn agent_of(&self, seat: usize, candidate: &Candidate, project: usize) -> Option<Name> {
        free_agent(
            &self.seats[seat].who.worker.agents,
            candidate.assignee.as_ref(),
            &self.projects[project],
        )
    }

    fn close(&mut self, lane: usize) {
        self.lanes[lane].page.clear();
        self.lanes[lane].more_after = None;
    }

    /// Closes what may hand out no more.
    fn close_full(&mut self) {
        for lane in 0..self.lanes.len() {
            let around = &self.projects[self.lanes[lane].project];
            if holds::stops(&around.holds(), self.occasion.way()).is_some() {
                self.close(lane);
            }
        }
    }
}

/// The agent that does a task: its assignee, else the first of the worker's that may run once more.
pub(crate) fn free_agent(
    agents: &[Name],
    assignee: Option<&Name>,
    around: &Surroundings,
) -> Option<Name> {
    let is_free = |agent: &&Name| around.holds_for(agent).is_empty();
    match assignee {
        Some(agent) => Some(agent).filter(is_free).cloned(),
        None => agents.iter().find(is_free).cloned(),
    }
}
