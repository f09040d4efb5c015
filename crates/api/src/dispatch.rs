//! Dispatch: pausing, resuming, limits, and handing out by hand.

use app::App;
use axum::Json;
use axum::extract::State;
use model::{
    Daemon, Dispatched, Limits, LoopChange, ProjectLoop, ReclaimTask, Task, TaskId, TaskWhy,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Entity};
use crate::extract::{At, Body, By, MaybeBody, ProjectAt, Query};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_loop, update_loop))
        .routes(routes!(trigger_project))
        .routes(routes!(dispatch_tasks))
        .routes(routes!(pause_daemon))
        .routes(routes!(resume_daemon))
        .routes(routes!(get_limits, update_limits))
        .routes(routes!(get_task_why))
        .routes(routes!(reclaim_task))
        .routes(routes!(release_task))
}

/// How to hand out.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct DispatchQuery {
    /// Only says what would be taken.
    dry_run: bool,
    /// No more tasks than that; 1,000 when absent.
    #[param(minimum = 1, maximum = 1000)]
    max: Option<i64>,
}

/// Whether the work of a project is handed out, and when something of it becomes free by itself.
#[utoipa::path(get, path = "/api/projects/{project}/loop", tag = "projects",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The loop", body = ProjectLoop)))]
async fn get_loop(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
) -> Answer<Json<ProjectLoop>> {
    Ok(Json(app.get_loop(&caller, &project).await?))
}

/// Starts or stops handing out the work of a project. What runs goes on.
#[utoipa::path(put, path = "/api/projects/{project}/loop", tag = "projects", request_body = LoopChange,
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The loop as it is now", body = ProjectLoop)))]
async fn update_loop(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
    Body(change): Body<LoopChange>,
) -> Answer<Json<ProjectLoop>> {
    Ok(Json(app.update_loop(&caller, &project, change).await?))
}

/// Offers the ready tasks of a project once to the workers that are waiting, also while its loop is stopped, and does not start
/// the loop. Waits at most a second for a worker that is about to ask again.
#[utoipa::path(post, path = "/api/projects/{project}/trigger", tag = "projects",
    params(("project" = String, Path, description = "Slug or id"), DispatchQuery),
    responses((status = 200, description = "What workers took, and of the rest why not", body = Dispatched)))]
async fn trigger_project(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
    Query(query): Query<DispatchQuery>,
) -> Answer<Json<Dispatched>> {
    let DispatchQuery { dry_run, max } = query;
    let dispatched = app.trigger_project(&caller, &project, dry_run, max);
    Ok(Json(dispatched.await?))
}

/// Offers the ready tasks of all projects once to the workers that are waiting, also where a loop is stopped.
#[utoipa::path(post, path = "/api/dispatch", tag = "workers", params(DispatchQuery),
    responses((status = 200, description = "What workers took, and of the rest why not", body = Dispatched)))]
async fn dispatch_tasks(
    By(caller): By,
    State(app): State<App>,
    Query(query): Query<DispatchQuery>,
) -> Answer<Json<Dispatched>> {
    let DispatchQuery { dry_run, max } = query;
    Ok(Json(app.dispatch_tasks(&caller, dry_run, max).await?))
}

/// Stops handing out work everywhere. What runs goes on.
#[utoipa::path(post, path = "/api/daemon/pause", tag = "workers",
    responses((status = 200, description = "Paused", body = Daemon)))]
async fn pause_daemon(By(caller): By, State(app): State<App>) -> Answer<Json<Daemon>> {
    Ok(Json(app.pause_daemon(&caller).await?))
}

/// Hands out work again.
#[utoipa::path(post, path = "/api/daemon/resume", tag = "workers",
    responses((status = 200, description = "Running", body = Daemon)))]
async fn resume_daemon(By(caller): By, State(app): State<App>) -> Answer<Json<Daemon>> {
    Ok(Json(app.resume_daemon(&caller).await?))
}

/// How many tasks may run at once, whatever the project.
#[utoipa::path(get, path = "/api/limits", tag = "workers",
    responses((status = 200, description = "The limits", body = Limits)))]
async fn get_limits(By(caller): By, State(app): State<App>) -> Answer<Json<Limits>> {
    Ok(Json(app.get_limits(&caller).await?))
}

/// Sets how many tasks may run at once, whatever the project; what is absent has no limit. What runs beyond goes on.
#[utoipa::path(put, path = "/api/limits", tag = "workers", request_body = Limits,
    responses((status = 200, description = "The limits as they are now", body = Limits)))]
async fn update_limits(
    By(caller): By,
    State(app): State<App>,
    Body(limits): Body<Limits>,
) -> Answer<Json<Limits>> {
    Ok(Json(app.update_limits(&caller, limits).await?))
}

/// Why a task is not being worked on, by what those look at who hand out.
#[utoipa::path(get, path = "/api/tasks/{id}/why", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The reasons, at least one", body = TaskWhy)))]
async fn get_task_why(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
) -> Answer<Json<TaskWhy>> {
    Ok(Json(app.get_task_why(&caller, id).await?))
}

/// Takes a task back from its worker, which is told to stop at its next word and changes nothing any more.
#[utoipa::path(post, path = "/api/tasks/{id}/reclaim", tag = "tasks", request_body = Option<ReclaimTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn reclaim_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    MaybeBody(reclaim): MaybeBody<ReclaimTask>,
) -> Answer<Entity<Task>> {
    Ok(Entity(app.reclaim_task(&caller, id, reclaim).await?))
}

/// Another word for reclaim. A worker gives its own task back with it.
#[utoipa::path(post, path = "/api/tasks/{id}/release", tag = "tasks", request_body = Option<ReclaimTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 200, description = "The task as it is now", body = Task)))]
async fn release_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    MaybeBody(reclaim): MaybeBody<ReclaimTask>,
) -> Answer<Entity<Task>> {
    Ok(Entity(app.reclaim_task(&caller, id, reclaim).await?))
}
