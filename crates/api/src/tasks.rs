//! Tasks: units of work that agents claim.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{
    BulkOutcome, BulkTasks, Comment, Links, Name, NewComment, NewTask, Task, TaskContext,
    TaskCreated, TaskDeleted, TaskDetail, TaskFilter, TaskId, TaskLog, TaskPatch, TaskState,
    TicketId,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created, Entity, Made};
use crate::extract::{At, Body, By, IfMatch, List, Needle, NoFilter, PageQuery, Query, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tasks, create_task))
        .routes(routes!(get_task, update_task, delete_task))
        .routes(routes!(update_tasks))
        .routes(routes!(list_task_comments, create_task_comment))
        .routes(routes!(get_task_links))
        .routes(routes!(get_task_context))
        .routes(routes!(get_task_log))
}

/// Which tasks to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct TaskQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
    /// Only this ticket's.
    ticket: Option<TicketId>,
    /// Only these states, separated by commas or repeated; all but archived when absent.
    #[param(style = Form, explode = false)]
    status: Vec<TaskState>,
    /// Only for this agent profile.
    assignee: Option<Name>,
    /// Only for this tenant.
    tenant: Option<Name>,
    /// Only with this text in title or body, in any case.
    #[param(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00]*$")]
    q: Option<Needle>,
}

/// Tasks that pass the filter, newest first; those of one ticket in their sequence.
#[utoipa::path(get, path = "/api/tasks", tag = "tasks", params(TaskQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Task])))]
async fn list_tasks(
    By(caller): By,
    State(app): State<App>,
    list: List<TaskQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let project = project_id(&app, &caller, query.project).await?;
    let TaskQuery {
        ticket,
        status,
        assignee,
        tenant,
        q,
        ..
    } = query;
    let q = q.map(String::from);
    let filter = TaskFilter {
        project,
        ticket,
        status,
        assignee,
        tenant,
        q,
    };
    Ok(address.answer(app.list_tasks(&caller, filter, page).await?))
}

/// Makes a task. It is ready at once, unless parents are open, triage is asked for, or its time lies ahead.
#[utoipa::path(post, path = "/api/tasks", tag = "tasks", request_body = NewTask,
    responses((status = 201, description = "The new task", body = TaskCreated),
        (status = 200, description = "It was there already, by its `idempotency_key`", body = TaskCreated)))]
async fn create_task(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewTask>,
) -> Answer<Made<TaskCreated>> {
    Ok(Made(app.create_task(&caller, new).await?))
}

/// One task with its comments, events, links and runs.
#[utoipa::path(get, path = "/api/tasks/{id}", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task", body = TaskDetail)))]
async fn get_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
) -> Answer<Entity<TaskDetail>> {
    Ok(Entity(app.get_task(&caller, id).await?))
}

/// Edits a task; `status` moves it as a drag on the board does. A refused `ready` names the tasks that it waits for. With a
/// run's token a worker says of its own task the `branch_name`, where there is none, and the `commit_sha`.
#[utoipa::path(patch, path = "/api/tasks/{id}", tag = "tasks", request_body = TaskPatch,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn update_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    seen: IfMatch,
    Body(mut patch): Body<TaskPatch>,
) -> Answer<Entity<Task>> {
    seen.put_into(&mut patch.version)?;
    Ok(Entity(app.update_task(&caller, id, patch).await?))
}

/// Does the same to many tasks, each on its own: one that is refused does not keep the others.
#[utoipa::path(post, path = "/api/tasks/bulk", tag = "tasks", request_body = BulkTasks,
    responses((status = 200, description = "What became of each", body = BulkOutcome)))]
async fn update_tasks(
    By(caller): By,
    State(app): State<App>,
    Body(bulk): Body<BulkTasks>,
) -> Answer<Json<BulkOutcome>> {
    Ok(Json(app.update_tasks(&caller, bulk).await?))
}

/// Deletes a task with its content; a run that is open is cancelled. Its events stay without content, and what was spent
/// stays spent.
#[utoipa::path(delete, path = "/api/tasks/{id}", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "It is gone", body = TaskDeleted)))]
async fn delete_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
) -> Answer<Json<TaskDeleted>> {
    Ok(Json(app.delete_task(&caller, id).await?))
}

/// What the next worker of a task is told, and how much of the budget that takes.
#[utoipa::path(get, path = "/api/tasks/{id}/context", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The context", body = TaskContext)))]
async fn get_task_context(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
) -> Answer<Json<TaskContext>> {
    Ok(Json(app.get_task_context(&caller, id).await?))
}

/// How much of a task's log to read.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct TailQuery {
    /// Only so many bytes of its end; 2,000,000 when absent.
    #[param(minimum = 1, maximum = 2_000_000)]
    tail: Option<i64>,
}

/// The end of what the last attempt at a task printed.
#[utoipa::path(get, path = "/api/tasks/{id}/log", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id"), TailQuery),
    responses((status = 200, description = "The log", body = TaskLog)))]
async fn get_task_log(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    Query(query): Query<TailQuery>,
) -> Answer<Json<TaskLog>> {
    Ok(Json(app.get_task_log(&caller, id, query.tail).await?))
}

/// What was said about a task, oldest first.
#[utoipa::path(get, path = "/api/tasks/{id}/comments", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id"), PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Comment])))]
async fn list_task_comments(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    list: List<NoFilter>,
) -> Answer<Response> {
    let (_, page, address) = list.parts();
    Ok(address.answer(app.list_task_comments(&caller, id, page).await?))
}

/// Says something about a task, in the caller's name.
#[utoipa::path(post, path = "/api/tasks/{id}/comments", tag = "tasks", request_body = NewComment,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 201, description = "The comment", body = Comment)))]
async fn create_task_comment(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    Body(new): Body<NewComment>,
) -> Answer<Created<Comment>> {
    Ok(Created(app.create_task_comment(&caller, id, new).await?))
}

/// What a task waits for and what waits for it.
#[utoipa::path(get, path = "/api/tasks/{id}/links", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The links", body = Links)))]
async fn get_task_links(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
) -> Answer<Json<Links>> {
    Ok(Json(app.list_task_links(&caller, id).await?))
}
