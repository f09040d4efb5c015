//! Links: one task waits for another.

use app::App;
use axum::Json;
use axum::extract::State;
use model::{LinkChanged, NewLink, TaskId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::{Body, By, Query};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_link, delete_link))
}

/// Which link to take away.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LinkQuery {
    /// What had to be done first.
    parent_id: TaskId,
    /// What waited.
    child_id: TaskId,
}

/// Makes one task wait for another of the same project. A cycle is refused.
#[utoipa::path(post, path = "/api/links", tag = "tasks", request_body = NewLink,
    responses((status = 200, description = "The link is there", body = LinkChanged)))]
async fn create_link(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewLink>,
) -> Answer<Json<LinkChanged>> {
    Ok(Json(app.create_link(&caller, new).await?))
}

/// Lets one task no longer wait for another.
#[utoipa::path(delete, path = "/api/links", tag = "tasks", params(LinkQuery),
    responses((status = 200, description = "`ok` is false when there was no such link", body = LinkChanged)))]
async fn delete_link(
    By(caller): By,
    State(app): State<App>,
    Query(LinkQuery {
        parent_id,
        child_id,
    }): Query<LinkQuery>,
) -> Answer<Json<LinkChanged>> {
    let link = NewLink {
        parent_id,
        child_id,
    };
    Ok(Json(app.delete_link(&caller, link).await?))
}
