//! Tasks: asked for, and read with everything around them. How they are made is in `new_tasks.rs`, how they are edited and
//! dragged in `task_updates.rs`, how they move in `task_moves.rs`, how an attempt begins and ends in `attempts.rs`.

use auth::Caller;
use model::{
    EventFilter, NewTask, Page, Paged, RunFilter, Scope, Task, TaskCreated, TaskDetail, TaskFilter,
    TaskId,
};
use store::{Read, Tx, comments, events, links as kept_links, questions, runs, tasks};

use crate::deed::{Deed, Rights};
use crate::new_tasks::{self, Ask};
use crate::outlooks::Outlook;
use crate::task_edits::check_new;
use crate::{App, Error, EventPage, Made, idempotency, lists};

/// Events and runs on a task's page.
const SHOWN: i64 = 100;

impl App {
    /// Makes a task; one with the same `idempotency_key` in the project is answered as it is.
    pub async fn create_task(
        &self,
        caller: &Caller,
        new: NewTask,
    ) -> Result<Made<TaskCreated>, Error> {
        caller.may(Scope::Operate)?;
        check_new(&new)?;
        if idempotency::is_wanted() {
            let made = self.write(caller, |tx, deed| {
                Box::pin(async move { new_tasks::make(tx, &Ask { deed, new }).await })
            });
            let mut made = [made.await];
            self.warn(Outlook::default(), &mut made).await;
            let [made] = made;
            return made;
        }
        let deed = Deed {
            caller: caller.clone(),
            at: self.clock().now(),
        };
        self.together().make(self, Ask { deed, new }).await
    }

    /// Tasks, newest first, a page at a time; those of one ticket in their sequence.
    pub async fn list_tasks(
        &self,
        caller: &Caller,
        filter: TaskFilter,
        page: Page,
    ) -> Result<Paged<Task>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let filter = TaskFilter { project, ..filter };
        Ok(tasks::list(&mut self.read().await?, &filter, &page).await?)
    }

    /// One task with everything that its page shows.
    pub async fn get_task(&self, caller: &Caller, id: TaskId) -> Result<TaskDetail, Error> {
        let mut read = self.read().await?;
        let task = visible(&mut read, caller, id).await?;
        let of_task = EventFilter {
            task: Some(id),
            ..EventFilter::default()
        };
        let window = EventPage {
            limit: SHOWN,
            ..EventPage::default()
        };
        let runs_of_task = RunFilter {
            task: Some(id),
            ..RunFilter::default()
        };
        let runs = runs::list(&mut read, &runs_of_task, &Page::first(SHOWN)).await?;
        let runs = runs.items;
        Ok(TaskDetail {
            comments: comments::latest_on_task(&mut read, id, SHOWN).await?,
            events: events::page(&mut read, &of_task, &window).await?,
            links: kept_links::of_task(&mut read, id).await?,
            questions: questions::open_on_task(&mut read, id).await?,
            diagnostics: self.diagnose(&mut read, &task, &runs).await?,
            runs,
            task,
        })
    }
}

/// A task that is there.
pub(crate) async fn there(read: &mut Read, id: TaskId) -> Result<Task, Error> {
    tasks::get(read, id).await?.ok_or(Error::NotFound("task"))
}

/// A task that the caller may see.
pub(crate) async fn visible(read: &mut Read, caller: &Caller, id: TaskId) -> Result<Task, Error> {
    let task = there(read, id).await?;
    caller.see("task", task.project_id)?;
    Ok(task)
}

/// A task that the caller may change.
pub(crate) async fn to_change(tx: &mut Tx, deed: &Deed, id: TaskId) -> Result<Task, Error> {
    let task = there(tx, id).await?;
    deed.caller.act("task", Scope::Operate, task.project_id)?;
    Ok(task)
}

/// A task that something new names.
pub(crate) async fn named(
    tx: &mut Tx,
    deed: &Deed,
    pointer: &str,
    id: TaskId,
) -> Result<Task, Error> {
    tasks::get(tx, id)
        .await?
        .filter(|task| deed.caller.may_see(task.project_id).is_ok())
        .ok_or_else(|| Error::invalid(pointer, "there is no such task"))
}
