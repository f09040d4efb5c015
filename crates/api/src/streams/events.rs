//! Streams of events: all of them, or one project's.

use app::{Subscribe, Transport};
use auth::Caller;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use http::HeaderMap;
use model::{Event, EventFilter, Name, ProblemKind, RunId, Severity, TaskId, TicketId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::by::{BySocket, is_id};
use super::{socket, sse};
use crate::answer::Answer;
use crate::extract::{At, By, Query, project_id};
use crate::failure::Failure;
use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(ws_events))
        .routes(routes!(ws_project_events))
        .routes(routes!(stream_events))
}

/// Which events to follow, and from where on.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct FollowQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
    /// Only this ticket's, by its id. On a WebSocket also the way to present a one-time stream ticket.
    #[param(value_type = Option<String>)]
    ticket: Vec<String>,
    /// Only this task's.
    task: Option<TaskId>,
    /// Only this run's.
    run: Option<RunId>,
    /// Only these types, separated by commas or repeated; `task_*` means all that begin so.
    #[param(style = Form, explode = false)]
    event_type: Vec<Name>,
    /// Only at or above this severity.
    severity: Option<Severity>,
    /// Begin after this `seq`; with the next event when absent.
    #[param(minimum = 0)]
    since: Option<i64>,
    /// The database's life that `since` belongs to. Where it is another one, a gap is reported.
    epoch: Option<String>,
    /// A token, for WebSockets of clients that can do no better. Deprecated: addresses end up in logs.
    token: Option<String>,
}

impl FollowQuery {
    /// On a WebSocket a value of `ticket` that is no id is a stream ticket, which was redeemed before.
    fn ticket(&self, over: Transport) -> Answer<Option<TicketId>> {
        if over == Transport::Sse && !self.ticket.iter().all(|value| is_id(value)) {
            return Err(Failure::not_found("there is no such ticket"));
        }
        let ids = self.ticket.iter().filter(|value| is_id(value));
        Ok(ids.filter_map(|id| id.parse().ok()).next())
    }

    async fn subscription(self, api: &Api, caller: &Caller, over: Transport) -> Answer<Subscribe> {
        if self.since.is_some_and(|since| since < 0) {
            return Err(Failure::field(
                ProblemKind::Malformed,
                "since",
                "must not be below 0",
            ));
        }
        let ticket = self.ticket(over)?;
        let project = project_id(&api.app, caller, self.project).await?;
        let Self {
            task,
            run,
            event_type,
            severity,
            since,
            epoch,
            ..
        } = self;
        let event_type = event_type.into_iter().map(Name::into_string).collect();
        let filter = EventFilter {
            project,
            ticket,
            task,
            run,
            event_type,
            severity,
        };
        Ok(Subscribe {
            filter,
            since,
            epoch,
            over,
        })
    }
}

/// Events as they happen, over WebSocket: every frame is one event, or a control frame.
#[utoipa::path(get, path = "/ws/events", tag = "streams", params(FollowQuery),
    responses((status = 101, description = "Frames follow"),
        (status = 200, description = "Never; the shape of the frames", body = Event)))]
async fn ws_events(
    by: BySocket,
    State(api): State<Api>,
    Query(query): Query<FollowQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let subscribe = query.subscription(&api, &by.caller, Transport::Ws).await?;
    let source = api.app.subscribe(&by.caller, subscribe).await?;
    socket::answer(upgrade, by.selected, source, api.settings.shutdown.clone())
}

/// One project's events as they happen, over WebSocket.
#[utoipa::path(get, path = "/ws/projects/{project}", tag = "streams",
    params(("project" = String, Path, description = "Slug or id"), FollowQuery),
    responses((status = 101, description = "Frames follow"),
        (status = 200, description = "Never; the shape of the frames", body = Event)))]
async fn ws_project_events(
    by: BySocket,
    State(api): State<Api>,
    At(project): At<String>,
    Query(query): Query<FollowQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let query = FollowQuery {
        project: Some(project),
        ..query
    };
    let subscribe = query.subscription(&api, &by.caller, Transport::Ws).await?;
    let source = api.app.subscribe(&by.caller, subscribe).await?;
    socket::answer(upgrade, by.selected, source, api.settings.shutdown.clone())
}

/// Events as they happen, as server-sent events. `Last-Event-ID` resumes where a browser left off.
#[utoipa::path(get, path = "/api/events/stream", tag = "streams",
    params(FollowQuery, ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "The `seq` of the last event seen")),
    responses((status = 200, description = "Frames follow", body = Event, content_type = "text/event-stream")))]
async fn stream_events(
    By(caller): By,
    State(api): State<Api>,
    headers: HeaderMap,
    Query(mut query): Query<FollowQuery>,
) -> Answer<Response> {
    query.since = sse::resume(&headers, query.since)?;
    let subscribe = query.subscription(&api, &caller, Transport::Sse).await?;
    let source = api.app.subscribe(&caller, subscribe).await?;
    Ok(sse::answer(source, api.settings.shutdown.clone()))
}
