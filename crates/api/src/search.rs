//! Search: one question over tickets, tasks, runs and comments.

use app::{App, Search};
use axum::Json;
use axum::extract::State;
use model::{Found, FoundKind};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::{By, Needle, Query, limit, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(search))
}

/// What to search for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// The text to find, in any case.
    #[param(value_type = String, min_length = 1, max_length = 500, pattern = r"^[^\x00]+$")]
    q: Needle,
    /// Only in this project, by slug or id.
    project: Option<String>,
    /// Only these kinds, separated by commas or repeated; all when absent.
    #[serde(default)]
    #[param(style = Form, explode = false)]
    kind: Vec<FoundKind>,
    /// At most so many finds; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Tickets, tasks, runs and comments with this text, changed last first.
#[utoipa::path(get, path = "/api/search", tag = "search", params(SearchQuery),
    responses((status = 200, description = "What was found", body = [Found])))]
async fn search(
    By(caller): By,
    State(app): State<App>,
    Query(query): Query<SearchQuery>,
) -> Answer<Json<Vec<Found>>> {
    let limit = limit(query.limit)?;
    let project = project_id(&app, &caller, query.project).await?;
    let search = Search {
        q: query.q.into(),
        project,
        kinds: query.kind,
        limit,
    };
    Ok(Json(app.search(&caller, search).await?))
}
