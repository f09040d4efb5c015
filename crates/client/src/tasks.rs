//! Tasks: list, create, read, edit, and their comments and links.

use model::{
    BulkOutcome, BulkTasks, Comment, LinkChanged, Links, NewComment, NewLink, NewTask, Page, Paged,
    Task, TaskContext, TaskCreated, TaskDeleted, TaskDetail, TaskFilter, TaskId, TaskLog,
    TaskPatch,
};

use crate::{Client, Error};

impl Client {
    /// Tasks that pass the filter, newest first; those of one ticket in their sequence.
    pub async fn list_tasks(&self, filter: &TaskFilter, page: &Page) -> Result<Paged<Task>, Error> {
        self.get("api/tasks")
            .query("project", filter.project)
            .query("ticket", filter.ticket)
            .query_list("status", &filter.status)
            .query("assignee", filter.assignee.as_ref())
            .query("tenant", filter.tenant.as_ref())
            .query("q", filter.q.as_ref())
            .page(page)
            .await
    }

    /// Makes a task.
    pub async fn create_task(&self, new: &NewTask) -> Result<TaskCreated, Error> {
        self.post("api/tasks").json(new).answer().await
    }

    /// One task with comments, events, links and runs.
    pub async fn get_task(&self, task: TaskId) -> Result<TaskDetail, Error> {
        self.get(format!("api/tasks/{task}")).answer().await
    }

    /// Edits a task.
    pub async fn update_task(&self, task: TaskId, patch: &TaskPatch) -> Result<Task, Error> {
        self.patch(format!("api/tasks/{task}"))
            .json(patch)
            .answer()
            .await
    }

    /// Does the same to many tasks, each on its own.
    pub async fn update_tasks(&self, bulk: &BulkTasks) -> Result<BulkOutcome, Error> {
        self.post("api/tasks/bulk").json(bulk).answer().await
    }

    /// Deletes a task with its content.
    pub async fn delete_task(&self, task: TaskId) -> Result<TaskDeleted, Error> {
        self.delete(format!("api/tasks/{task}")).answer().await
    }

    /// What was said about a task, oldest first.
    pub async fn list_task_comments(
        &self,
        task: TaskId,
        page: &Page,
    ) -> Result<Paged<Comment>, Error> {
        self.get(format!("api/tasks/{task}/comments"))
            .page(page)
            .await
    }

    /// Says something about a task.
    pub async fn create_task_comment(
        &self,
        task: TaskId,
        new: &NewComment,
    ) -> Result<Comment, Error> {
        self.post(format!("api/tasks/{task}/comments"))
            .json(new)
            .answer()
            .await
    }

    /// What a task waits for and what waits for it.
    pub async fn get_task_links(&self, task: TaskId) -> Result<Links, Error> {
        self.get(format!("api/tasks/{task}/links")).answer().await
    }

    /// What the next worker of a task is told.
    pub async fn get_task_context(&self, task: TaskId) -> Result<TaskContext, Error> {
        self.get(format!("api/tasks/{task}/context")).answer().await
    }

    /// The end of what the last attempt at a task printed, so many bytes of it; as much as the server gives when absent.
    pub async fn get_task_log(&self, task: TaskId, tail: Option<i64>) -> Result<TaskLog, Error> {
        self.get(format!("api/tasks/{task}/log"))
            .query("tail", tail)
            .answer()
            .await
    }

    /// Makes one task wait for another.
    pub async fn create_link(&self, new: &NewLink) -> Result<LinkChanged, Error> {
        self.post("api/links").json(new).answer().await
    }

    /// Lets one task no longer wait for another.
    pub async fn delete_link(&self, link: &NewLink) -> Result<LinkChanged, Error> {
        self.delete("api/links")
            .query("parent_id", Some(link.parent_id))
            .query("child_id", Some(link.child_id))
            .answer()
            .await
    }
}
