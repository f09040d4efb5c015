//! The same for many tasks, each in a unit of work of its own: one that is refused keeps no other back.

use auth::Caller;
use futures_util::future::join_all;
use model::{
    BulkOutcome, BulkResult, BulkTasks, FieldError, Scope, Task, TaskId, TaskPatch, TaskState,
};

use crate::deed::Deed;
use crate::{App, Error, fence, task_updates};

/// No more tasks in one request.
const MOST: usize = 1000;
/// So many wait for the writer at once; they share its commits.
const AT_ONCE: usize = 100;

impl App {
    /// Does the same to many tasks; answers what became of each.
    pub async fn update_tasks(
        &self,
        caller: &Caller,
        bulk: BulkTasks,
    ) -> Result<BulkOutcome, Error> {
        caller.may(Scope::Operate)?;
        check(&bulk)?;
        let patch = patch(&bulk);
        let mut results = Vec::with_capacity(bulk.ids.len());
        for ids in bulk.ids.chunks(AT_ONCE) {
            let each = ids
                .iter()
                .map(|id| self.update_one_of_many(caller, *id, patch.clone()));
            let outcomes = join_all(each).await;
            results.extend(ids.iter().zip(outcomes).map(|(id, outcome)| BulkResult {
                id: *id,
                ok: outcome.is_ok(),
                error: outcome.err().map(|error| words(&error)),
            }));
        }
        Ok(BulkOutcome { results })
    }

    /// Not by `write`: the request's key is kept with all outcomes, not with the first.
    async fn update_one_of_many(
        &self,
        caller: &Caller,
        id: TaskId,
        patch: TaskPatch,
    ) -> Result<Task, Error> {
        let deed = Deed {
            caller: caller.clone(),
            at: self.clock().now(),
        };
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let task = fence::to_change(tx, &deed, id).await?;
                    task_updates::update(tx, &deed, task, patch).await
                })
            })
            .await
    }
}

fn check(bulk: &BulkTasks) -> Result<(), Error> {
    if bulk.ids.is_empty() {
        return Err(Error::invalid("/ids", "must not be empty"));
    }
    if bulk.ids.len() > MOST {
        return Err(Error::invalid(
            "/ids",
            format!("must not hold more than {MOST}"),
        ));
    }
    match bulk.status {
        Some(TaskState::Running | TaskState::Waiting | TaskState::Failed) => {
            let error = FieldError::new("/status", "only a run brings a task there");
            Err(Error::Malformed(vec![error]))
        }
        _ => Ok(()),
    }
}

fn patch(bulk: &BulkTasks) -> TaskPatch {
    let status = match bulk.archive {
        true => Some(TaskState::Archived),
        false => bulk.status,
    };
    TaskPatch {
        status,
        assignee: bulk.assignee.clone(),
        priority: bulk.priority,
        result: bulk.result.clone(),
        summary: bulk.summary.clone(),
        metadata: bulk.metadata.clone(),
        block_reason: bulk.block_reason.clone(),
        reclaim_first: bulk.reclaim_first,
        ..TaskPatch::default()
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::Invalid(fields) | Error::Malformed(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!("{}: {}", field.pointer, field.detail))
                .collect();
            fields.join("; ")
        }
        error => error.to_string(),
    }
}
