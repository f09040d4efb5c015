//! What the fast paths know without asking the store: where runs, tasks and tickets belong. Kept right by the events
//! that change it.

use std::sync::Arc;

use model::{Event, Name, ProjectId, ProjectRef, RunId, Slug, TaskId, TicketId};
use store::{projects, runs, tasks, tickets};

use crate::cache::Cache;
use crate::facts::TicketWords;
use crate::{App, Error};

/// Where things belong.
#[derive(Debug, Default)]
pub(crate) struct Known {
    projects: Cache<Slug, ProjectId>,
    slugs: Cache<ProjectId, Slug>,
    tickets: Cache<TicketId, Arc<TicketPlace>>,
    tasks: Cache<TaskId, TaskPlace>,
    runs: Cache<RunId, Arc<RunPlace>>,
}

/// Where a ticket belongs, and what facts say of it.
#[derive(Debug)]
pub(crate) struct TicketPlace {
    pub(crate) project_id: ProjectId,
    pub(crate) words: TicketWords,
}

/// Where a task belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskPlace {
    pub(crate) project_id: ProjectId,
    pub(crate) ticket_id: Option<TicketId>,
}

/// Where a run belongs, and what facts say of it.
#[derive(Debug)]
pub(crate) struct RunPlace {
    pub(crate) project_id: ProjectId,
    pub(crate) ticket_id: Option<TicketId>,
    pub(crate) task_id: Option<TaskId>,
    pub(crate) agent: Option<Name>,
    pub(crate) model: Option<Name>,
}

impl Known {
    /// Forgets what an event says has changed.
    pub(crate) fn hear(&self, event: &Event) {
        match (event.event_type.as_str(), event.ticket_id, event.run_id) {
            ("project_deleted" | "ticket_deleted" | "task_deleted", _, _) => {
                self.forget_everything();
            }
            ("ticket_updated", Some(ticket), _) => self.tickets.forget(&ticket),
            ("run_updated", _, Some(run)) => self.runs.forget(&run),
            _ => {}
        }
    }

    pub(crate) fn forget_run(&self, run: RunId) {
        self.runs.forget(&run);
    }

    pub(crate) fn forget_ticket(&self, ticket: TicketId) {
        self.tickets.forget(&ticket);
    }

    pub(crate) fn forget_everything(&self) {
        self.projects.forget_everything();
        self.slugs.forget_everything();
        self.tickets.forget_everything();
        self.tasks.forget_everything();
        self.runs.forget_everything();
    }
}

impl App {
    /// The id of a project; `None` when there is no such project.
    pub(crate) async fn id_of_project(
        &self,
        project: &ProjectRef,
    ) -> Result<Option<ProjectId>, Error> {
        match project {
            ProjectRef::Id(id) => Ok(self.slug_of(*id).await?.map(|_| *id)),
            ProjectRef::Slug(slug) => self.id_of_slug(slug).await,
        }
    }

    async fn id_of_slug(&self, slug: &Slug) -> Result<Option<ProjectId>, Error> {
        let before = match self.known().projects.get(slug) {
            Ok(id) => return Ok(Some(id)),
            Err(before) => before,
        };
        let Some(project) = projects::by_slug(&mut self.read().await?, slug).await? else {
            return Ok(None);
        };
        self.known()
            .projects
            .learn(before, project.slug, project.id);
        Ok(Some(project.id))
    }

    /// The slug of a project.
    pub(crate) async fn slug_of(&self, id: ProjectId) -> Result<Option<Slug>, Error> {
        let before = match self.known().slugs.get(&id) {
            Ok(slug) => return Ok(Some(slug)),
            Err(before) => before,
        };
        let Some(project) = projects::get(&mut self.read().await?, id).await? else {
            return Ok(None);
        };
        self.known().slugs.learn(before, id, project.slug.clone());
        Ok(Some(project.slug))
    }

    /// Where a ticket belongs.
    pub(crate) async fn place_of_ticket(
        &self,
        id: TicketId,
    ) -> Result<Option<Arc<TicketPlace>>, Error> {
        let before = match self.known().tickets.get(&id) {
            Ok(place) => return Ok(Some(place)),
            Err(before) => before,
        };
        let Some(ticket) = tickets::get(&mut self.read().await?, id).await? else {
            return Ok(None);
        };
        let words = TicketWords::from(&ticket);
        let place = Arc::new(TicketPlace {
            project_id: ticket.project_id,
            words,
        });
        self.known().tickets.learn(before, id, Arc::clone(&place));
        Ok(Some(place))
    }

    /// Where a task belongs.
    pub(crate) async fn place_of_task(&self, id: TaskId) -> Result<Option<TaskPlace>, Error> {
        let before = match self.known().tasks.get(&id) {
            Ok(place) => return Ok(Some(place)),
            Err(before) => before,
        };
        let Some(task) = tasks::get(&mut self.read().await?, id).await? else {
            return Ok(None);
        };
        let place = TaskPlace {
            project_id: task.project_id,
            ticket_id: task.ticket_id,
        };
        self.known().tasks.learn(before, id, place);
        Ok(Some(place))
    }

    /// Where a run belongs.
    pub(crate) async fn place_of_run(&self, id: RunId) -> Result<Option<Arc<RunPlace>>, Error> {
        let before = match self.known().runs.get(&id) {
            Ok(place) => return Ok(Some(place)),
            Err(before) => before,
        };
        let Some(run) = runs::get(&mut self.read().await?, id).await? else {
            return Ok(None);
        };
        let place = Arc::new(RunPlace {
            project_id: run.project_id,
            ticket_id: run.ticket_id,
            task_id: run.task_id,
            agent: run.agent,
            model: run.model,
        });
        self.known().runs.learn(before, id, Arc::clone(&place));
        Ok(Some(place))
    }
}
