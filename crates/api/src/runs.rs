//! Runs: attempts at tasks, and ad-hoc work.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::{
    FinishRun, Heartbeat, HeartbeatAnswer, Name, NewRun, Run, RunDetail, RunFilter, RunId,
    RunPatch, RunStarted, RunState, TaskId, TicketId,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Entity, Made, Secret};
use crate::extract::{At, Body, By, IfMatch, List, MaybeBody, PageQuery, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_runs, create_run))
        .routes(routes!(get_run, update_run))
        .routes(routes!(heartbeat_run))
        .routes(routes!(finish_run))
        .routes(routes!(cancel_run))
}

/// Which runs to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct RunQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
    /// Only this ticket's.
    ticket: Option<TicketId>,
    /// Only this task's.
    task: Option<TaskId>,
    /// Only this run's children.
    parent: Option<RunId>,
    /// Only these states, separated by commas or repeated; all when absent.
    #[param(style = Form, explode = false)]
    state: Vec<RunState>,
    /// Only executions of this workflow.
    workflow: Option<Name>,
    /// Only this agent's.
    agent: Option<Name>,
}

/// Runs that pass the filter, newest first.
#[utoipa::path(get, path = "/api/runs", tag = "runs", params(RunQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Run])))]
async fn list_runs(
    By(caller): By,
    State(app): State<App>,
    list: List<RunQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let project = project_id(&app, &caller, query.project).await?;
    let RunQuery {
        ticket,
        task,
        parent,
        state,
        workflow,
        agent,
        ..
    } = query;
    let filter = RunFilter {
        project,
        ticket,
        task,
        parent,
        state,
        workflow,
        agent,
    };
    Ok(address.answer(app.list_runs(&caller, filter, page).await?))
}

/// Starts a run; with `task_id` it claims that task. The same `id` again starts it once.
#[utoipa::path(post, path = "/api/runs", tag = "runs", request_body = NewRun,
    responses((status = 201, description = "The new run, and the token that may write to it", body = RunStarted),
        (status = 200, description = "It was there already", body = RunStarted)))]
async fn create_run(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewRun>,
) -> Answer<impl IntoResponse> {
    Ok(Secret(Made(app.start_run(&caller, new).await?)))
}

/// One run with its steps and the runs that it started.
#[utoipa::path(get, path = "/api/runs/{id}", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 200, description = "The run", body = RunDetail)))]
async fn get_run(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
) -> Answer<Entity<RunDetail>> {
    Ok(Entity(app.get_run(&caller, id).await?))
}

/// Says what changed about an open run.
#[utoipa::path(patch, path = "/api/runs/{id}", tag = "runs", request_body = RunPatch,
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 200, description = "The run as it is now", body = Run)))]
async fn update_run(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
    seen: IfMatch,
    Body(mut patch): Body<RunPatch>,
) -> Answer<Entity<Run>> {
    seen.put_into(&mut patch.version)?;
    Ok(Entity(app.update_run(&caller, id, patch).await?))
}

/// Shows that the run's worker is alive, and renews its lease. The answer says what the worker must do.
#[utoipa::path(post, path = "/api/runs/{id}/heartbeat", tag = "runs", request_body = Option<Heartbeat>,
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 200, description = "What the worker must do now", body = HeartbeatAnswer)))]
async fn heartbeat_run(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
    MaybeBody(heartbeat): MaybeBody<Heartbeat>,
) -> Answer<Json<HeartbeatAnswer>> {
    Ok(Json(app.heartbeat_run(&caller, id, heartbeat).await?))
}

/// Says how a run ended. Saying the same again is fine.
#[utoipa::path(post, path = "/api/runs/{id}/finish", tag = "runs", request_body = FinishRun,
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 200, description = "The run as it ended", body = Run)))]
async fn finish_run(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
    Body(finish): Body<FinishRun>,
) -> Answer<Entity<Run>> {
    Ok(Entity(app.finish_run(&caller, id, finish).await?))
}

/// Asks a run's worker to stop. The run ends once the worker has stopped.
#[utoipa::path(post, path = "/api/runs/{id}/cancel", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 200, description = "The run, with the wish noted", body = Run)))]
async fn cancel_run(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
) -> Answer<Entity<Run>> {
    Ok(Entity(app.cancel_run(&caller, id).await?))
}
