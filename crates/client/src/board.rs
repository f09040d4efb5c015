//! Boards: the columns of a project, how its tasks are spread, and the caller's own view.

use model::{
    Assignees, Board, BoardFilter, BoardPreferences, BoardPreferencesPatch, BoardStats, Card, Page,
    Paged, ProjectId, TaskState,
};

use crate::{Client, Error};

impl Client {
    /// A project's board with the first cards of every column.
    pub async fn get_board(
        &self,
        project: &str,
        filter: &BoardFilter,
        limit_per_column: Option<i64>,
    ) -> Result<Board, Error> {
        self.get(format!("api/projects/{project}/board"))
            .query("tenant", filter.tenant.as_ref())
            .query("assignee", filter.assignee.as_ref())
            .query("q", filter.q.as_ref())
            .query("include_archived", filter.include_archived.then_some(true))
            .query("limit_per_column", limit_per_column)
            .answer()
            .await
    }

    /// A page of one column of a board.
    pub async fn list_board_cards(
        &self,
        project: &str,
        status: TaskState,
        filter: &BoardFilter,
        page: &Page,
    ) -> Result<Paged<Card>, Error> {
        self.get(format!("api/projects/{project}/board/{status}"))
            .query("tenant", filter.tenant.as_ref())
            .query("assignee", filter.assignee.as_ref())
            .query("q", filter.q.as_ref())
            .page(page)
            .await
    }

    /// How the tasks of a project are spread.
    pub async fn get_project_stats(&self, project: &str) -> Result<BoardStats, Error> {
        self.get(format!("api/projects/{project}/stats"))
            .answer()
            .await
    }

    /// The agent profiles that have tasks.
    pub async fn list_assignees(&self, project: Option<ProjectId>) -> Result<Assignees, Error> {
        self.get("api/assignees")
            .query("project", project)
            .answer()
            .await
    }

    /// How the caller wants to see boards.
    pub async fn get_config(&self) -> Result<BoardPreferences, Error> {
        self.get("api/config").answer().await
    }

    /// Changes how the caller wants to see boards.
    pub async fn update_config(
        &self,
        patch: &BoardPreferencesPatch,
    ) -> Result<BoardPreferences, Error> {
        self.patch("api/config").json(patch).answer().await
    }
}
