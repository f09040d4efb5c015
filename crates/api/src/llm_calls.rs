//! Calls to models: the ledger.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::{
    ActiveRequest, CallStatus, LlmCall, LlmCallFilter, Name, NewLlmCall, NewLlmCalls, RunId,
    TaskId, TicketId,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created};
use crate::edge::EtagOf;
use crate::extract::{By, List, OneOrMany, PageQuery, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_llm_calls, create_llm_calls))
        .routes(routes!(list_active_requests))
}

/// Which calls to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct LlmCallQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
    /// Only this ticket's.
    ticket: Option<TicketId>,
    /// Only this task's.
    task: Option<TaskId>,
    /// Only this run's.
    run: Option<RunId>,
    /// Only in this state.
    status: Option<CallStatus>,
    /// Only of this model.
    model: Option<Name>,
}

/// Calls that pass the filter, newest first.
#[utoipa::path(get, path = "/api/llm-calls", tag = "llm-calls", params(LlmCallQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [LlmCall])))]
async fn list_llm_calls(
    By(caller): By,
    State(app): State<App>,
    list: List<LlmCallQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let project = project_id(&app, &caller, query.project).await?;
    let LlmCallQuery {
        ticket,
        task,
        run,
        status,
        model,
        ..
    } = query;
    let filter = LlmCallFilter {
        project,
        ticket,
        task,
        run,
        status,
        model,
    };
    Ok(address.answer(app.list_llm_calls(&caller, filter, page).await?))
}

/// Reports calls, one or an array of at most 1,000. The same `call_key` again reports the same call.
#[utoipa::path(post, path = "/api/llm-calls", tag = "llm-calls", request_body = NewLlmCalls,
    responses((status = 201, description = "The calls as they are kept", body = [LlmCall])))]
async fn create_llm_calls(
    By(caller): By,
    State(app): State<App>,
    calls: OneOrMany<NewLlmCall>,
) -> Answer<Created<Vec<LlmCall>>> {
    let calls = match calls {
        OneOrMany::One(one) => NewLlmCalls::One(one),
        OneOrMany::Many(many) => NewLlmCalls::Many(many),
    };
    Ok(Created(app.report_llm_calls(&caller, calls).await?))
}

/// Calls that are under way, the oldest first.
#[utoipa::path(get, path = "/api/requests/active", tag = "llm-calls",
    responses((status = 200, description = "The calls", body = [ActiveRequest])))]
async fn list_active_requests(By(caller): By, State(app): State<App>) -> Answer<Response> {
    let requests = app.list_active_requests(&caller).await?;
    // Their age always changes; whoever polls wants to know whether they do.
    let ids: Vec<u8> = requests
        .iter()
        .flat_map(|request| *request.id.0.as_bytes())
        .collect();
    let mut response = Json(requests).into_response();
    response.extensions_mut().insert(EtagOf::new(&ids));
    Ok(response)
}
