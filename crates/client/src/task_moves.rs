//! Moves of tasks.

use model::{
    BlockTask, HandTaskOver, JudgeTask, MoveTask, PromoteTask, ScheduleTask, Task, TaskId,
    TaskRetried,
};
use serde::Serialize;

use crate::{Client, Error};

impl Client {
    /// Says that a task is done.
    pub async fn complete_task(&self, task: TaskId, body: &HandTaskOver) -> Result<Task, Error> {
        self.move_task(task, "complete", body).await
    }

    /// Says what stands in a task's way.
    pub async fn block_task(&self, task: TaskId, body: &BlockTask) -> Result<Task, Error> {
        self.move_task(task, "block", body).await
    }

    /// Releases a task that is blocked or scheduled.
    pub async fn unblock_task(&self, task: TaskId, body: &MoveTask) -> Result<Task, Error> {
        self.move_task(task, "unblock", body).await
    }

    /// Lets a task be taken that waits for others.
    pub async fn promote_task(&self, task: TaskId, body: &PromoteTask) -> Result<Task, Error> {
        self.move_task(task, "promote", body).await
    }

    /// Puts a task away.
    pub async fn archive_task(&self, task: TaskId, body: &MoveTask) -> Result<Task, Error> {
        self.move_task(task, "archive", body).await
    }

    /// Brings a task back that was put away.
    pub async fn restore_task(&self, task: TaskId, body: &MoveTask) -> Result<Task, Error> {
        self.move_task(task, "restore", body).await
    }

    /// Lets a task's result wait for a verdict.
    pub async fn review_task(&self, task: TaskId, body: &HandTaskOver) -> Result<Task, Error> {
        self.move_task(task, "review", body).await
    }

    /// Says that a task's result is good.
    pub async fn approve_task(&self, task: TaskId, body: &JudgeTask) -> Result<Task, Error> {
        self.move_task(task, "approve", body).await
    }

    /// Says that a task's result is not good yet.
    pub async fn request_task_changes(
        &self,
        task: TaskId,
        body: &JudgeTask,
    ) -> Result<Task, Error> {
        self.move_task(task, "request-changes", body).await
    }

    /// Lets a task that failed or is blocked be tried again.
    pub async fn retry_task(&self, task: TaskId, body: &MoveTask) -> Result<TaskRetried, Error> {
        self.post(format!("api/tasks/{task}/retry"))
            .json(body)
            .answer()
            .await
    }

    /// Takes a task out of triage.
    pub async fn accept_task(&self, task: TaskId, body: &MoveTask) -> Result<Task, Error> {
        self.move_task(task, "accept", body).await
    }

    /// Sends a task back to triage.
    pub async fn demote_task(&self, task: TaskId, body: &MoveTask) -> Result<Task, Error> {
        self.move_task(task, "demote", body).await
    }

    /// Lets a task wait for its time.
    pub async fn schedule_task(&self, task: TaskId, body: &ScheduleTask) -> Result<Task, Error> {
        self.move_task(task, "schedule", body).await
    }

    /// Opens a task again that was done.
    pub async fn reopen_task(&self, task: TaskId, body: &MoveTask) -> Result<Task, Error> {
        self.move_task(task, "reopen", body).await
    }

    async fn move_task(
        &self,
        task: TaskId,
        verb: &str,
        body: &impl Serialize,
    ) -> Result<Task, Error> {
        self.post(format!("api/tasks/{task}/{verb}"))
            .json(body)
            .answer()
            .await
    }
}
