//! Health: whether the server lives, whether it can work, and how it is.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::{HealthAnswer, Status};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::edge::EtagOf;
use crate::extract::By;
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_health))
        .routes(routes!(get_livez))
        .routes(routes!(get_readyz))
        .routes(routes!(get_status))
}

/// Whether the server is alive, since when, and which version it is.
#[utoipa::path(get, path = "/health", tag = "health",
    responses((status = 200, description = "It is alive", body = HealthAnswer)))]
async fn get_health(State(app): State<App>) -> Json<HealthAnswer> {
    Json(app.health())
}

/// Whether the server's process answers.
#[utoipa::path(get, path = "/livez", tag = "health",
    responses((status = 200, description = "It answers", body = HealthAnswer)))]
async fn get_livez(State(app): State<App>) -> Json<HealthAnswer> {
    Json(app.health())
}

/// Whether the server can do its work: the database answers.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "It can", body = HealthAnswer)))]
async fn get_readyz(State(app): State<App>) -> Answer<Json<HealthAnswer>> {
    app.is_ready().await?;
    Ok(Json(app.health()))
}

/// How the server is: what it works on, who is connected, what it last heard.
#[utoipa::path(get, path = "/api/status", tag = "health",
    responses((status = 200, description = "How it is", body = Status)))]
async fn get_status(By(caller): By, State(app): State<App>) -> Answer<Response> {
    let status = app.get_status(&caller).await?;
    // Whoever polls wants to know whether anything changed, and the uptime always does.
    let still = Status {
        uptime: String::new(),
        uptime_seconds: 0,
        ..status.clone()
    };
    let etag = EtagOf::new(&serde_json::to_vec(&still).unwrap_or_default());
    let mut response = Json(status).into_response();
    response.extensions_mut().insert(etag);
    Ok(response)
}
