//! The inbox.

use model::{InboxItem, Page, Paged, ProjectId};

use crate::{Client, Error};

impl Client {
    /// What needs a person, the oldest first.
    pub async fn list_inbox(
        &self,
        project: Option<ProjectId>,
        page: &Page,
    ) -> Result<Paged<InboxItem>, Error> {
        self.get("api/inbox")
            .query("project", project)
            .page(page)
            .await
    }
}
