//! Refused claims: who named a task and did not get it. Nothing was changed by it, so that it is told of afterwards.

use auth::Caller;
use model::{EventType, Name, TaskId};
use serde_json::json;
use store::tasks;

use crate::deed::Deed;
use crate::facts::{About, TicketWords};
use crate::{App, Error};

impl App {
    /// Says that somebody named a task and did not get it, where the task or what is around it did not allow it.
    pub(crate) async fn tell_of_refused_claim(
        &self,
        caller: &Caller,
        task: TaskId,
        worker: Option<Name>,
        refusal: &Error,
    ) {
        let Some(reason) = reason(refusal) else {
            return;
        };
        let deed = Deed {
            caller: caller.clone(),
            at: self.clock().now(),
        };
        let message = refusal.to_string();
        let told = self.store().write(move |tx| {
            Box::pin(async move {
                let Some(task) = tasks::get(tx, task).await? else {
                    return Ok::<_, Error>(());
                };
                let words = TicketWords::of(tx, task.ticket_id).await?;
                let fact = deed.fact(EventType::TaskClaimRejected, message);
                let details = json!({ "reason": reason, "worker": worker });
                tx.append(fact.on_task(&task, &words).with(details));
                Ok(())
            })
        });
        // The caller hears of the refusal itself in any case.
        if let Err(error) = told.await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, task.id = %task, "tell of a refused claim");
        }
    }
}

/// Why it was refused, in a word; `None` where the refusal says nothing about the task.
fn reason(refusal: &Error) -> Option<&'static str> {
    match refusal {
        Error::Held(hold) => Some(hold.reason.as_str()),
        Error::NotAllowed(_) => Some("not_allowed"),
        Error::ParentsOpen(_) => Some("parent_open"),
        _ => None,
    }
}
