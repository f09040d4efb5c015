//! Sessions: list and read the conversations of agents.

use model::{Page, Paged, Session, SessionId};

use crate::{Client, Error};

impl Client {
    /// Conversations, of one project by slug or id or of all, those that showed life last first.
    pub async fn list_sessions(
        &self,
        project: Option<&str>,
        page: &Page,
    ) -> Result<Paged<Session>, Error> {
        self.get("api/sessions")
            .query("project", project)
            .page(page)
            .await
    }

    /// One conversation.
    pub async fn get_session(&self, session: SessionId) -> Result<Session, Error> {
        self.get(format!("api/sessions/{session}")).answer().await
    }
}
