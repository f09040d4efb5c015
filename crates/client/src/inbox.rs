//! The inbox.

use model::{DiagnosticSeverity, InboxItem, Page, Paged, ProjectId};

use crate::{Client, Error};

impl Client {
    /// What needs a person and is at least so bad, the worst first; everything without a severity.
    pub async fn list_inbox(
        &self,
        project: Option<ProjectId>,
        severity: Option<DiagnosticSeverity>,
        page: &Page,
    ) -> Result<Paged<InboxItem>, Error> {
        self.get("api/inbox")
            .query("project", project)
            .query("severity", severity)
            .page(page)
            .await
    }
}
