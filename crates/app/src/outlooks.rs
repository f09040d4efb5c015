//! Outlooks: what those have to expect who make tasks. Tasks that are made together are looked at together, so that a hundred
//! new ones cost one look and not a hundred.

use std::collections::HashMap;

use model::{HoldReason, Project, ProjectId, Surroundings, Task, TaskCreated, TaskState};
use store::{Read, projects, workers};

use crate::crew::Crew;
use crate::new_tasks::{Heard, Outcome};
use crate::{App, Error, Made, crew, holds};

/// What is around tasks that were made together, as far as it is known already.
#[derive(Debug, Default)]
pub(crate) struct Outlook {
    /// Nothing where a project is gone.
    around: HashMap<ProjectId, Option<Surroundings>>,
    crew: Option<Crew>,
}

impl Outlook {
    /// Looks in the unit of work that makes the tasks, which has a connection and the project. It holds up all other writes:
    /// so it looks around one project alone, and of those who are there it sees only whether there is anybody.
    pub(crate) async fn over(read: &mut Read, heard: &Heard) -> Result<Self, Error> {
        let Some(project) = the_only(&heard.projects) else {
            return Ok(Self::default());
        };
        if !heard.outcomes.iter().flatten().any(may_be_taken) {
            return Ok(Self::default());
        }
        let around = holds::around(read, project.clone()).await?;
        let is_anybody_there = workers::is_anybody_there(read).await?;
        Ok(Self {
            around: HashMap::from([(project.id, Some(around))]),
            crew: (!is_anybody_there).then(Crew::default),
        })
    }
}

fn the_only(projects: &[Project]) -> Option<&Project> {
    let (first, others) = projects.split_first()?;
    let is_alone = others.iter().all(|other| other.id == first.id);
    is_alone.then_some(first)
}

/// Whether a worker might take it right away.
fn may_be_taken(made: &Made<TaskCreated>) -> bool {
    made.is_new && made.value.task.status == TaskState::Ready
}

impl App {
    /// Says with each new task why nobody will take it soon. It is made all the same where that cannot be told.
    pub(crate) async fn warn(&self, outlook: Outlook, outcomes: &mut [Outcome]) {
        if let Err(failure) = self.look_and_warn(outlook, outcomes).await {
            tracing::warn!(
                error = &failure as &dyn std::error::Error,
                "who could take new tasks is not known"
            );
        }
    }

    async fn look_and_warn(&self, known: Outlook, outcomes: &mut [Outcome]) -> Result<(), Error> {
        let mut look = Look {
            app: self,
            known,
            read: None,
        };
        for made in outcomes.iter_mut().flatten() {
            if may_be_taken(made) {
                made.value.warning = look.warning_about(&made.value.task).await?;
            }
        }
        Ok(())
    }
}

/// A look at what is around new tasks. What is not known is read once, and only where one of them asks for it.
struct Look<'a> {
    app: &'a App,
    known: Outlook,
    read: Option<Read>,
}

impl Look<'_> {
    async fn warning_about(&mut self, task: &Task) -> Result<Option<String>, Error> {
        self.look_around(task.project_id).await?;
        let Some(Some(around)) = self.known.around.get(&task.project_id) else {
            return Ok(None);
        };
        if let Some(paused) = around
            .holds()
            .into_iter()
            .find(|hold| is_pause(hold.reason))
        {
            return Ok(Some(paused.detail));
        }
        // Who waits here need not be looked for among all that are connected.
        let waits = self
            .app
            .waiting()
            .any(|worker| crew::can_take(worker, task, around));
        if waits {
            return Ok(None);
        }
        let crew = match &mut self.known.crew {
            Some(crew) => crew,
            none => {
                let read = reading(&mut self.read, self.app).await?;
                none.insert(self.app.muster(read).await?)
            }
        };
        let hold = crew.says_of(task, around);
        let nobody = hold.reason != HoldReason::Busy && hold.reason != HoldReason::Queued;
        Ok(nobody.then_some(hold.detail))
    }

    async fn look_around(&mut self, project: ProjectId) -> Result<(), Error> {
        if self.known.around.contains_key(&project) {
            return Ok(());
        }
        let read = reading(&mut self.read, self.app).await?;
        let around = match projects::get(read, project).await? {
            Some(project) => Some(holds::around(read, project).await?),
            None => None,
        };
        self.known.around.insert(project, around);
        Ok(())
    }
}

/// The connection of a look, taken when it is first needed.
async fn reading<'r>(read: &'r mut Option<Read>, app: &App) -> Result<&'r mut Read, Error> {
    match read {
        Some(read) => Ok(read),
        none => Ok(none.insert(app.read().await?)),
    }
}

const fn is_pause(reason: HoldReason) -> bool {
    matches!(reason, HoldReason::Paused | HoldReason::DaemonPaused)
}
