//! Moves of tasks: one address for each, for people who operate and, where it is about their own task, for workers.

use app::App;
use auth::Caller;
use axum::Json;
use axum::extract::State;
use model::{
    BlockTask, HandTaskOver, Handoff, Hindrance, JudgeTask, MoveTask, PromoteTask, ScheduleTask,
    Task, TaskId, TaskOrder, TaskRetried, Terms,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Entity};
use crate::extract::{At, By, IfMatch, MaybeBody};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(complete_task))
        .routes(routes!(block_task))
        .routes(routes!(unblock_task))
        .routes(routes!(promote_task))
        .routes(routes!(archive_task))
        .routes(routes!(restore_task))
        .routes(routes!(review_task))
        .routes(routes!(approve_task))
        .routes(routes!(request_task_changes))
        .routes(routes!(retry_task))
        .routes(routes!(accept_task))
        .routes(routes!(demote_task))
        .routes(routes!(schedule_task))
        .routes(routes!(reopen_task))
}

/// Says that a task is done. Its own worker ends its run with that; behind a gate the result then waits for a verdict.
#[utoipa::path(post, path = "/api/tasks/{id}/complete", tag = "tasks", request_body = Option<HandTaskOver>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn complete_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<HandTaskOver>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    let order = TaskOrder::Complete(Handoff {
        result: body.result,
        summary: body.summary,
        metadata: body.metadata,
    });
    moved(&app, &caller, id, order, terms).await
}

/// Says what stands in a task's way. What a person blocked, only a person releases; what a program blocks in the same way three
/// times goes to triage.
#[utoipa::path(post, path = "/api/tasks/{id}/block", tag = "tasks", request_body = Option<BlockTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn block_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<BlockTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    let order = TaskOrder::Block(Hindrance {
        kind: body.kind,
        reason: body.reason,
    });
    moved(&app, &caller, id, order, terms).await
}

/// Releases a task that is blocked or scheduled: it is ready, or waits for its parents.
#[utoipa::path(post, path = "/api/tasks/{id}/unblock", tag = "tasks", request_body = Option<MoveTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn unblock_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<MoveTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    moved(&app, &caller, id, TaskOrder::Unblock, terms).await
}

/// Lets a task be taken that waits for others; with `force` also while they are open. A refusal names them.
#[utoipa::path(post, path = "/api/tasks/{id}/promote", tag = "tasks", request_body = Option<PromoteTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn promote_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<PromoteTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: false,
        version: body.version,
    };
    moved(
        &app,
        &caller,
        id,
        TaskOrder::Promote { force: body.force },
        terms,
    )
    .await
}

/// Puts a task away. A run that is open is cancelled, and its worker told to stop.
#[utoipa::path(post, path = "/api/tasks/{id}/archive", tag = "tasks", request_body = Option<MoveTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn archive_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<MoveTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    moved(&app, &caller, id, TaskOrder::Archive, terms).await
}

/// Brings a task back that was put away: it is ready, or waits for its parents.
#[utoipa::path(post, path = "/api/tasks/{id}/restore", tag = "tasks", request_body = Option<MoveTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn restore_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<MoveTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    moved(&app, &caller, id, TaskOrder::Restore, terms).await
}

/// Lets a task's result wait for a verdict. Its own worker ends its run with that.
#[utoipa::path(post, path = "/api/tasks/{id}/review", tag = "tasks", request_body = Option<HandTaskOver>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn review_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<HandTaskOver>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    let order = TaskOrder::Review(Handoff {
        result: body.result,
        summary: body.summary,
        metadata: body.metadata,
    });
    moved(&app, &caller, id, order, terms).await
}

/// Says that a task's result is good. Where the task has a gate, only a person may.
#[utoipa::path(post, path = "/api/tasks/{id}/approve", tag = "tasks", request_body = Option<JudgeTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn approve_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<JudgeTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: false,
        version: body.version,
    };
    moved(
        &app,
        &caller,
        id,
        TaskOrder::Approve {
            comment: body.comment,
        },
        terms,
    )
    .await
}

/// Says that a task's result is not good yet: it may be taken again, and the comment is there for who does. Where the task has
/// a gate, only a person may.
#[utoipa::path(post, path = "/api/tasks/{id}/request-changes", tag = "tasks", request_body = Option<JudgeTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn request_task_changes(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<JudgeTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: false,
        version: body.version,
    };
    moved(
        &app,
        &caller,
        id,
        TaskOrder::RequestChanges {
            comment: body.comment,
        },
        terms,
    )
    .await
}

/// Lets a task that failed or is blocked be tried again, with its failures forgotten.
#[utoipa::path(post, path = "/api/tasks/{id}/retry", tag = "tasks", request_body = Option<MoveTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "It is tried again", body = TaskRetried)))]
async fn retry_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<MoveTask>,
) -> Answer<Json<TaskRetried>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    let task = app.move_task(&caller, id, TaskOrder::Retry, terms).await?;
    Ok(Json(TaskRetried {
        status: "retrying".to_owned(),
        task_id: task.id,
        task,
    }))
}

/// Takes a task out of triage: it is ready, or waits for its parents.
#[utoipa::path(post, path = "/api/tasks/{id}/accept", tag = "tasks", request_body = Option<MoveTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn accept_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<MoveTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    moved(&app, &caller, id, TaskOrder::Accept, terms).await
}

/// Sends a task back to triage.
#[utoipa::path(post, path = "/api/tasks/{id}/demote", tag = "tasks", request_body = Option<MoveTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn demote_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<MoveTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    moved(&app, &caller, id, TaskOrder::Demote, terms).await
}

/// Lets a task wait for its time; without one it waits until somebody releases it.
#[utoipa::path(post, path = "/api/tasks/{id}/schedule", tag = "tasks", request_body = Option<ScheduleTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn schedule_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<ScheduleTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    moved(
        &app,
        &caller,
        id,
        TaskOrder::Schedule {
            not_before: body.not_before,
        },
        terms,
    )
    .await
}

/// Opens a task again that was done. Those that wait for it wait again; one that is at work on its result goes on and is
/// marked as stale.
#[utoipa::path(post, path = "/api/tasks/{id}/reopen", tag = "tasks", request_body = Option<MoveTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn reopen_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    MaybeBody(mut body): MaybeBody<MoveTask>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut body.version)?;
    let terms = Terms {
        reclaim_first: body.reclaim_first,
        version: body.version,
    };
    moved(&app, &caller, id, TaskOrder::Reopen, terms).await
}

async fn moved(
    app: &App,
    caller: &Caller,
    id: TaskId,
    order: TaskOrder,
    terms: Terms,
) -> Answer<Entity<Task>> {
    Ok(Entity(app.move_task(caller, id, order, terms).await?))
}
