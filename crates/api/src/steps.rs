//! Steps: the named parts of a run.

use app::App;
use axum::Json;
use axum::extract::State;
use model::{NewStep, RunId, Step, StepId, StepPatch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Made};
use crate::extract::{At, Body, By};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_steps, create_step))
        .routes(routes!(update_step))
}

/// A run's steps, in the order in which they began; a tree by `parent_step_id`.
#[utoipa::path(get, path = "/api/runs/{id}/steps", tag = "runs",
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 200, description = "The steps", body = [Step])))]
async fn list_steps(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
) -> Answer<Json<Vec<Step>>> {
    Ok(Json(app.get_run(&caller, id).await?.steps))
}

/// Begins a step; the same `id` or `external_id` again begins it once.
#[utoipa::path(post, path = "/api/runs/{id}/steps", tag = "runs", request_body = NewStep,
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 201, description = "The new step", body = Step),
        (status = 200, description = "It was there already", body = Step)))]
async fn create_step(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
    Body(new): Body<NewStep>,
) -> Answer<Made<Step>> {
    Ok(Made(app.begin_step(&caller, id, new).await?))
}

/// Says what changed about a step, or that it ended.
#[utoipa::path(patch, path = "/api/runs/{id}/steps/{step}", tag = "runs", request_body = StepPatch,
    params(("id" = RunId, Path, description = "The run's id"),
        ("step" = StepId, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
async fn update_step(
    By(caller): By,
    State(app): State<App>,
    At((run, step)): At<(RunId, StepId)>,
    Body(patch): Body<StepPatch>,
) -> Answer<Json<Step>> {
    Ok(Json(app.update_step(&caller, run, step, patch).await?))
}
