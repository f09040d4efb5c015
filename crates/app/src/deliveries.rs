//! Deliveries: what was told to whom, how that went, and once more by hand.

use auth::Caller;
use model::{Delivery, DeliveryFilter, DeliveryId, EventType, NotAllowed, Page, Paged, Scope};
use serde_json::json;
use store::{Read, deliveries as kept};

use crate::deed::Rights;
use crate::facts::About;
use crate::{App, Error, lists};

impl App {
    /// Deliveries, newest first, a page at a time.
    pub async fn list_deliveries(
        &self,
        caller: &Caller,
        filter: DeliveryFilter,
        page: Page,
    ) -> Result<Paged<Delivery>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let filter = DeliveryFilter { project, ..filter };
        Ok(kept::list(&mut self.read().await?, &filter, &page).await?)
    }

    /// Has a delivery that was given up sent again.
    pub async fn retry_delivery(&self, caller: &Caller, id: DeliveryId) -> Result<Delivery, Error> {
        caller.holds(Scope::Operate)?;
        let delivery = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let delivery = there(tx, id).await?;
                    match delivery.project_id {
                        Some(project) => deed.caller.act("delivery", Scope::Operate, project)?,
                        None => deed.caller.may_everywhere(Scope::Operate)?,
                    }
                    if !kept::retry(tx, id, deed.at).await? {
                        let refused =
                            NotAllowed::new("send again", "delivery", delivery.state.as_str());
                        return Err(refused.into());
                    }
                    let mut fact =
                        deed.fact(EventType::DeliveryRetried, "a notification is sent again");
                    fact.project_id = delivery.project_id;
                    fact.task_id = delivery.task_id;
                    let details = json!({ "delivery_id": id, "channel_id": delivery.channel_id });
                    tx.append(fact.with(details));
                    there(tx, id).await
                })
            })
            .await?;
        self.outbox().look();
        Ok(delivery)
    }
}

async fn there(read: &mut Read, id: DeliveryId) -> Result<Delivery, Error> {
    kept::get(read, id)
        .await?
        .ok_or(Error::NotFound("delivery"))
}
