//! Boards: the columns of a project, each of which goes on as a list of its own.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::Uri;
use model::{
    Assignees, Board, BoardFilter, BoardPreferences, BoardPreferencesPatch, BoardStats, Card, Name,
    Page, ProblemKind, ProjectRef, TaskState,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::edge::{EtagOf, Seen};
use crate::extract::{At, Body, By, List, Needle, PageQuery, ProjectAt, Query, project_id};
use crate::failure::Failure;
use crate::state::Api;

/// Cards of a column that a board begins with when nobody says how many.
const CARDS: i64 = 50;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_board))
        .routes(routes!(list_board_cards))
        .routes(routes!(get_project_stats))
        .routes(routes!(list_assignees))
        .routes(routes!(get_config, update_config))
}

/// Which cards to show.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct CardQuery {
    /// Only for this tenant.
    tenant: Option<Name>,
    /// Only for this agent profile.
    assignee: Option<Name>,
    /// Only with this text in title or body, in any case.
    #[param(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00]*$")]
    q: Option<Needle>,
}

/// Which cards to show, and how many.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct BoardQuery {
    /// Only for this tenant.
    tenant: Option<Name>,
    /// Only for this agent profile.
    assignee: Option<Name>,
    /// Only with this text in title or body, in any case.
    #[param(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00]*$")]
    q: Option<Needle>,
    /// With a column for what was put away.
    include_archived: bool,
    /// At most so many cards in each column; 50 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit_per_column: Option<i64>,
}

/// Of which project.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct OfProject {
    /// Only this project's, by slug or id.
    project: Option<String>,
}

/// A project's board: a column for each state with its first cards, highest priority first, then oldest; where tasks have
/// ended, the last to end first. Its ETag stays the same until something happens in the project; where tasks are ready or
/// blocked, which becomes wrong by time alone, for a minute at most.
#[utoipa::path(get, path = "/api/projects/{project}/board", tag = "board",
    params(("project" = String, Path, description = "Slug or id"), BoardQuery),
    responses((status = 200, description = "The board", body = Board)))]
async fn get_board(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
    address: Uri,
    seen: Seen,
    Query(query): Query<BoardQuery>,
) -> Answer<Response> {
    let most = most(query.limit_per_column)?;
    let mark = app.board_mark(&caller, &project).await?;
    let etag = EtagOf::new(format!("{mark} {address}").as_bytes());
    if seen.has(etag) {
        return Ok(etag.on(()));
    }
    let filter = BoardFilter {
        tenant: query.tenant,
        assignee: query.assignee,
        q: query.q.map(String::from),
        include_archived: query.include_archived,
    };
    let board = app.get_board(&caller, &project, filter, most).await?;
    Ok(etag.on(Json(board)))
}

fn most(asked: Option<i64>) -> Answer<i64> {
    match asked.unwrap_or(CARDS) {
        most @ 1..=Page::MOST => Ok(most),
        _ => Err(Failure::field(
            ProblemKind::Malformed,
            "limit_per_column",
            "must be between 1 and 1000",
        )),
    }
}

/// One column of a board, in the board's order. It goes on where the board's `next_cursor` ended.
#[utoipa::path(get, path = "/api/projects/{project}/board/{status}", tag = "board",
    params(("project" = String, Path, description = "Slug or id"),
        ("status" = TaskState, Path, description = "The column"), CardQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Card])))]
async fn list_board_cards(
    By(caller): By,
    State(app): State<App>,
    At((project, status)): At<(String, String)>,
    list: List<CardQuery>,
) -> Answer<Response> {
    let project: ProjectRef = project
        .parse()
        .map_err(|_| Failure::not_found("there is no such project"))?;
    let status: TaskState = status
        .parse()
        .map_err(|_| Failure::not_found("there is no such column"))?;
    let (query, page, address) = list.parts();
    let filter = BoardFilter {
        tenant: query.tenant,
        assignee: query.assignee,
        q: query.q.map(String::from),
        include_archived: true,
    };
    let cards = app.list_board_cards(&caller, &project, status, filter, page);
    Ok(address.answer(cards.await?))
}

/// How a project's tasks are spread: by state, by agent profile, and how long the oldest waits to be taken.
#[utoipa::path(get, path = "/api/projects/{project}/stats", tag = "board",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The figures", body = BoardStats)))]
async fn get_project_stats(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
) -> Answer<Response> {
    let stats = app.get_project_stats(&caller, &project).await?;
    let still = BoardStats {
        oldest_ready_age_seconds: None,
        now: model::Timestamp::from_micros(0),
        ..stats.clone()
    };
    let etag = EtagOf::new(&serde_json::to_vec(&still).unwrap_or_default());
    Ok(etag.on(Json(stats)))
}

/// The agent profiles that have tasks, with how many where.
#[utoipa::path(get, path = "/api/assignees", tag = "board", params(OfProject),
    responses((status = 200, description = "By name", body = Assignees)))]
async fn list_assignees(
    By(caller): By,
    State(app): State<App>,
    Query(query): Query<OfProject>,
) -> Answer<Json<Assignees>> {
    let project = project_id(&app, &caller, query.project).await?;
    Ok(Json(app.list_assignees(&caller, project).await?))
}

/// How the caller wants to see boards.
#[utoipa::path(get, path = "/api/config", tag = "board",
    responses((status = 200, description = "The preferences", body = BoardPreferences)))]
async fn get_config(By(caller): By, State(app): State<App>) -> Answer<Json<BoardPreferences>> {
    Ok(Json(app.get_preferences(&caller).await?))
}

/// Changes how the caller wants to see boards.
#[utoipa::path(patch, path = "/api/config", tag = "board", request_body = BoardPreferencesPatch,
    responses((status = 200, description = "The preferences as they are now", body = BoardPreferences)))]
async fn update_config(
    By(caller): By,
    State(app): State<App>,
    Body(patch): Body<BoardPreferencesPatch>,
) -> Answer<Json<BoardPreferences>> {
    Ok(Json(app.update_preferences(&caller, patch).await?))
}
