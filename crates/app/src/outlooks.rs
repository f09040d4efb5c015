//! Outlooks: what those have to expect who make tasks. Tasks that are made together are looked at together, so that a hundred
//! new ones cost one look and not a hundred.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::{HoldReason, ProjectId, Surroundings, Task, TaskCreated, TaskState};
use store::{Read, projects};

use crate::crew::Crew;
use crate::new_tasks::Outcome;
use crate::{App, Error, crew, holds};

impl App {
    /// Says with each new task why nobody will take it soon. It is made all the same where that cannot be told.
    pub(crate) async fn warn(&self, outcomes: &mut [Outcome]) {
        if let Err(failure) = self.look_and_warn(outcomes).await {
            tracing::warn!(
                error = &failure as &dyn std::error::Error,
                "who could take new tasks is not known"
            );
        }
    }

    async fn look_and_warn(&self, outcomes: &mut [Outcome]) -> Result<(), Error> {
        let made = outcomes.iter_mut().flatten().filter(|made| made.is_new);
        let ready: Vec<&mut TaskCreated> = made
            .map(|made| &mut made.value)
            .filter(|made| made.task.status == TaskState::Ready)
            .collect();
        if ready.is_empty() {
            return Ok(());
        }
        let mut outlook = Outlook {
            app: self,
            read: self.read().await?,
            around: HashMap::new(),
            crew: None,
        };
        for made in ready {
            made.warning = outlook.warning_about(&made.task).await?;
        }
        Ok(())
    }
}

/// What is around tasks that were made together, looked at once, as far as one of them asks for it.
struct Outlook<'a> {
    app: &'a App,
    read: Read,
    /// Nothing where a project is gone.
    around: HashMap<ProjectId, Option<Surroundings>>,
    crew: Option<Crew>,
}

impl Outlook<'_> {
    async fn warning_about(&mut self, task: &Task) -> Result<Option<String>, Error> {
        let around = match self.around.entry(task.project_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let project = projects::get(&mut self.read, task.project_id).await?;
                unknown.insert(match project {
                    Some(project) => Some(holds::around(&mut self.read, project).await?),
                    None => None,
                })
            }
        };
        let Some(around) = around else {
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
        let crew = match &mut self.crew {
            Some(crew) => crew,
            none => none.insert(self.app.muster(&mut self.read).await?),
        };
        let hold = crew.says_of(task, around);
        let nobody = hold.reason != HoldReason::Busy && hold.reason != HoldReason::Queued;
        Ok(nobody.then_some(hold.detail))
    }
}

const fn is_pause(reason: HoldReason) -> bool {
    matches!(reason, HoldReason::Paused | HoldReason::DaemonPaused)
}
