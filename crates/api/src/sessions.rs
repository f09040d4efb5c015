//! Sessions: conversations of agents.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{Session, SessionId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::{At, By, List, PageQuery, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions))
        .routes(routes!(get_session))
}

/// Which conversations to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct SessionQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
}

/// Conversations, those that showed life last first.
#[utoipa::path(get, path = "/api/sessions", tag = "sessions", params(SessionQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Session])))]
async fn list_sessions(
    By(caller): By,
    State(app): State<App>,
    list: List<SessionQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let project = project_id(&app, &caller, query.project).await?;
    Ok(address.answer(app.list_sessions(&caller, project, page).await?))
}

/// One conversation.
#[utoipa::path(get, path = "/api/sessions/{id}", tag = "sessions",
    params(("id" = SessionId, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation", body = Session)))]
async fn get_session(
    By(caller): By,
    State(app): State<App>,
    At(id): At<SessionId>,
) -> Answer<Json<Session>> {
    Ok(Json(app.get_session(&caller, id).await?))
}
