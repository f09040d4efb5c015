//! Streams of a run's log lines. They end when the run has ended and every line was sent.

use app::{SubscribeLog, Transport};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use http::HeaderMap;
use model::{LogLine, LogStream, ProblemKind, RunId, StepId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::by::BySocket;
use super::{socket, sse};
use crate::answer::Answer;
use crate::extract::{At, By, Query};
use crate::failure::Failure;
use crate::state::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(ws_logs))
        .routes(routes!(stream_logs))
}

/// Which lines to follow, and from where on.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct FollowQuery {
    /// Begin after the line with this number; with the next line when absent. `after` means the same.
    #[serde(alias = "after")]
    #[param(minimum = 0)]
    since: Option<i64>,
    /// Only this step's.
    step: Option<StepId>,
    /// Only from these streams, separated by commas or repeated; all when absent.
    #[param(style = Form, explode = false)]
    stream: Vec<LogStream>,
    /// The database's life that `since` belongs to; a run's lines never change theirs, so it does not matter.
    epoch: Option<String>,
    /// A one-time stream ticket, for WebSockets.
    ticket: Option<String>,
    /// A token, for WebSockets of clients that can do no better. Deprecated: addresses end up in logs.
    token: Option<String>,
}

impl FollowQuery {
    fn subscription(self, over: Transport) -> Answer<SubscribeLog> {
        let Self {
            since,
            step,
            stream,
            ..
        } = self;
        if since.is_some_and(|since| since < 0) {
            return Err(Failure::field(
                ProblemKind::Malformed,
                "since",
                "must not be below 0",
            ));
        }
        Ok(SubscribeLog {
            since,
            step,
            stream,
            over,
        })
    }
}

/// A run's log lines as they are printed, over WebSocket: every frame is one line, or a control frame.
#[utoipa::path(get, path = "/ws/runs/{id}/logs", tag = "streams",
    params(("id" = RunId, Path, description = "The run's id"), FollowQuery),
    responses((status = 101, description = "Frames follow"),
        (status = 200, description = "Never; the shape of the frames", body = LogLine)))]
async fn ws_logs(
    by: BySocket,
    State(api): State<Api>,
    At(id): At<RunId>,
    Query(query): Query<FollowQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let subscribe = query.subscription(Transport::Ws)?;
    let source = api.app.subscribe_log(&by.caller, id, subscribe).await?;
    socket::answer(upgrade, by.selected, source, api.settings.shutdown.clone())
}

/// A run's log lines as they are printed, as server-sent events.
#[utoipa::path(get, path = "/api/runs/{id}/logs/stream", tag = "streams",
    params(("id" = RunId, Path, description = "The run's id"), FollowQuery,
        ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "The number of the last line seen")),
    responses((status = 200, description = "Frames follow", body = LogLine, content_type = "text/event-stream")))]
async fn stream_logs(
    By(caller): By,
    State(api): State<Api>,
    At(id): At<RunId>,
    headers: HeaderMap,
    Query(mut query): Query<FollowQuery>,
) -> Answer<Response> {
    query.since = sse::resume(&headers, query.since)?;
    let subscribe = query.subscription(Transport::Sse)?;
    let source = api.app.subscribe_log(&caller, id, subscribe).await?;
    Ok(sse::answer(source, api.settings.shutdown.clone()))
}
