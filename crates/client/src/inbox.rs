//! The inbox.

use model::{InboxFilter, InboxItem, Page, Paged};

use crate::{Client, Error};

impl Client {
    /// What needs a person and passes the filter, the worst first.
    pub async fn list_inbox(
        &self,
        filter: &InboxFilter,
        page: &Page,
    ) -> Result<Paged<InboxItem>, Error> {
        self.get("api/inbox")
            .query("project", filter.project)
            .query("severity", filter.severity)
            .query("kind", filter.kind)
            .page(page)
            .await
    }
}
