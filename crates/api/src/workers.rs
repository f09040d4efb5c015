//! Workers: who takes tasks, and how they come to them.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::{
    ClaimTask, ClaimWork, Claimed, TaskId, WorkClaimed, Worker, WorkerCard, WorkerFilter, WorkerId,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Made, Secret};
use crate::extract::{At, Body, By, List, MaybeBody, PageQuery};
use crate::failure::Failure;
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_workers))
        .routes(routes!(get_worker, delete_worker))
        .routes(routes!(drain_worker))
        .routes(routes!(resume_worker))
        .routes(routes!(claim_task))
}

/// What takes as long as its caller is ready to wait.
pub(crate) fn slow_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(claim_work))
}

/// Which workers to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct WorkerQuery {
    /// Those that went away, too.
    include_left: bool,
}

/// Workers with what they do now, the last to come first.
#[utoipa::path(get, path = "/api/workers", tag = "workers", params(WorkerQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [WorkerCard])))]
async fn list_workers(
    By(caller): By,
    State(app): State<App>,
    list: List<WorkerQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let filter = WorkerFilter {
        include_left: query.include_left,
    };
    Ok(address.answer(app.list_workers(&caller, filter, page).await?))
}

/// One worker with what it does now.
#[utoipa::path(get, path = "/api/workers/{id}", tag = "workers",
    params(("id" = WorkerId, Path, description = "The worker's id")),
    responses((status = 200, description = "The worker", body = WorkerCard)))]
async fn get_worker(
    By(caller): By,
    State(app): State<App>,
    At(id): At<WorkerId>,
) -> Answer<Json<WorkerCard>> {
    Ok(Json(app.get_worker(&caller, id).await?))
}

/// Takes a worker's word that it goes. Its runs go on under their leases.
#[utoipa::path(delete, path = "/api/workers/{id}", tag = "workers",
    params(("id" = WorkerId, Path, description = "The worker's id")),
    responses((status = 200, description = "The worker as it went", body = Worker)))]
async fn delete_worker(
    By(caller): By,
    State(app): State<App>,
    At(id): At<WorkerId>,
) -> Answer<Json<Worker>> {
    Ok(Json(app.leave_worker(&caller, id).await?))
}

/// Lets a worker finish what it has and take nothing more. It hears of it when it next asks for a task.
#[utoipa::path(post, path = "/api/workers/{id}/drain", tag = "workers",
    params(("id" = WorkerId, Path, description = "The worker's id")),
    responses((status = 200, description = "The worker as it is now", body = Worker)))]
async fn drain_worker(
    By(caller): By,
    State(app): State<App>,
    At(id): At<WorkerId>,
) -> Answer<Json<Worker>> {
    Ok(Json(app.drain_worker(&caller, id).await?))
}

/// Lets a worker take tasks again.
#[utoipa::path(post, path = "/api/workers/{id}/resume", tag = "workers",
    params(("id" = WorkerId, Path, description = "The worker's id")),
    responses((status = 200, description = "The worker as it is now", body = Worker)))]
async fn resume_worker(
    By(caller): By,
    State(app): State<App>,
    At(id): At<WorkerId>,
) -> Answer<Json<Worker>> {
    Ok(Json(app.resume_worker(&caller, id).await?))
}

/// Gives a worker tasks that it can do: by priority, then in turn among projects, then by age. Waits for them as long as the
/// caller wants to. A caller that goes away meanwhile takes nothing.
#[utoipa::path(post, path = "/api/workers/claim", tag = "workers", request_body = ClaimWork,
    responses((status = 200, description = "The tasks, each with the token that may write to its run; none when none came in time",
        body = WorkClaimed)))]
async fn claim_work(
    By(caller): By,
    State(app): State<App>,
    State(api): State<Api>,
    Body(claim): Body<ClaimWork>,
) -> Answer<Response> {
    let claimed = tokio::select! {
        claimed = app.claim_work(&caller, claim) => claimed?,
        () = api.settings.shutdown.cancelled() => return Err(Failure::stopping()),
    };
    Ok(match claimed.claims.is_empty() {
        true => Json(claimed).into_response(),
        false => Secret(Json(claimed)).into_response(),
    })
}

/// Takes one task. Of all who try, one wins. The same `run_id` again claims it once.
#[utoipa::path(post, path = "/api/tasks/{id}/claim", tag = "tasks", request_body = Option<ClaimTask>,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 201, description = "The task, its run, and the token that may write to it", body = Claimed),
        (status = 200, description = "It was claimed already, by this `run_id`", body = Claimed)))]
async fn claim_task(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    MaybeBody(claim): MaybeBody<ClaimTask>,
) -> Answer<impl IntoResponse> {
    Ok(Secret(Made(app.claim_task(&caller, id, claim).await?)))
}
