//! The inbox: what needs a person.

use app::App;
use axum::extract::State;
use axum::response::Response;
use model::{DiagnosticSeverity, InboxFilter, InboxItem, InboxKind};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::edge::EtagOf;
use crate::extract::{By, List, PageQuery, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_inbox))
}

/// Of which project.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct InboxQuery {
    /// Only this project's, by slug or id. Without one, nothing of archived projects.
    project: Option<String>,
    /// Only what is at least as bad; `warning` is everything.
    severity: Option<DiagnosticSeverity>,
    /// Only this kind.
    kind: Option<InboxKind>,
}

/// What needs a person, with what that person can do: questions, results to judge, tasks that were given up, are stuck or fail
/// again and again, workers that are not heard of. Of tasks that nobody takes, the first for each agent profile. The worst
/// first, then what has waited longest.
#[utoipa::path(get, path = "/api/inbox", tag = "questions", params(InboxQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [InboxItem])))]
async fn list_inbox(
    By(caller): By,
    State(app): State<App>,
    list: List<InboxQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let filter = InboxFilter {
        project: project_id(&app, &caller, query.project).await?,
        severity: query.severity,
        kind: query.kind,
    };
    let items = app.list_inbox(&caller, filter, page).await?;
    // Whoever polls wants to know whether anything changed, and ages always do.
    let still: Vec<_> = items
        .items
        .iter()
        .map(|item| {
            (
                item.kind,
                item.severity,
                &item.diagnostics,
                item.since,
                item.task_id,
                item.run_id,
                item.question_id,
            )
        })
        .collect();
    let etag = EtagOf::new(&serde_json::to_vec(&(still, &items.next)).unwrap_or_default());
    Ok(etag.on(address.answer(items)))
}
