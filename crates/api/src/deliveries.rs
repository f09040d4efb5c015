//! Deliveries: what was told to whom, and how that went.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{ChannelId, Delivery, DeliveryFilter, DeliveryId, DeliveryState, TaskId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::{At, By, List, PageQuery, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_deliveries))
        .routes(routes!(retry_delivery))
}

/// Which deliveries to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// Only those about this project, by slug or id.
    project: Option<String>,
    /// Only those about this task.
    task: Option<TaskId>,
    /// Only those to this channel.
    channel: Option<ChannelId>,
    /// Only those that stand so.
    state: Option<DeliveryState>,
}

/// What was or is to be sent, newest first. Deliveries are kept for 30 days.
#[utoipa::path(get, path = "/api/deliveries", tag = "notifications", params(DeliveryQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Delivery])))]
async fn list_deliveries(
    By(caller): By,
    State(app): State<App>,
    list: List<DeliveryQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let filter = DeliveryFilter {
        project: project_id(&app, &caller, query.project).await?,
        task: query.task,
        channel: query.channel,
        state: query.state,
    };
    Ok(address.answer(app.list_deliveries(&caller, filter, page).await?))
}

/// Sends a delivery again that was given up, with as many attempts as at first.
#[utoipa::path(post, path = "/api/deliveries/{id}/retry", tag = "notifications",
    params(("id" = DeliveryId, Path, description = "The delivery's id")),
    responses((status = 200, description = "The delivery as it is now", body = Delivery)))]
async fn retry_delivery(
    By(caller): By,
    State(app): State<App>,
    At(id): At<DeliveryId>,
) -> Answer<Json<Delivery>> {
    Ok(Json(app.retry_delivery(&caller, id).await?))
}
