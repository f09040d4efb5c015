//! Logs: what runs printed.

use app::App;
use axum::Json;
use axum::extract::State;
use model::{LogAppended, LogFilter, LogLine, LogStream, NewLogLine, RunId, StepId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::{At, By, Lines, Needle, Query, limit};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_logs))
}

pub(crate) fn reports() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(append_logs))
}

/// Which part of a log to read.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// Only lines with a smaller number: the last of them.
    before: Option<i64>,
    /// Only lines with a greater number: the first of them.
    after: Option<i64>,
    /// At most so many lines; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// Only this step's.
    step: Option<StepId>,
    /// Only from these streams, separated by commas or repeated; all when absent.
    #[param(style = Form, explode = false)]
    stream: Vec<LogStream>,
    /// Only with this text, in any case.
    #[param(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00]*$")]
    q: Option<Needle>,
}

impl LogQuery {
    fn filter(self) -> Answer<LogFilter> {
        let limit = limit(self.limit)?;
        let Self {
            before,
            after,
            step,
            stream,
            q,
            ..
        } = self;
        let q = q.map(String::from);
        Ok(LogFilter {
            before,
            after,
            step,
            stream,
            q,
            limit,
        })
    }
}

/// Lines of a run, in their order: the last ones, or those before or after a number.
#[utoipa::path(get, path = "/api/runs/{id}/logs", tag = "logs",
    params(("id" = RunId, Path, description = "The run's id"), LogQuery),
    responses((status = 200, description = "The lines", body = [LogLine])))]
async fn list_logs(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
    Query(query): Query<LogQuery>,
) -> Answer<Json<Vec<LogLine>>> {
    Ok(Json(app.read_logs(&caller, id, query.filter()?).await?))
}

/// Keeps lines of a run, at most 10,000 at once: one JSON object per line, or a JSON array.
///
/// A line whose number is there already is skipped, so that a repeated batch doubles nothing.
#[utoipa::path(post, path = "/api/runs/{id}/logs", tag = "logs",
    request_body(description = "The lines", content(
        (Vec<NewLogLine> = "application/json"), (NewLogLine = "application/x-ndjson"))),
    params(("id" = RunId, Path, description = "The run's id")),
    responses((status = 200, description = "All are kept", body = LogAppended)))]
async fn append_logs(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
    Lines(lines): Lines<NewLogLine>,
) -> Answer<Json<LogAppended>> {
    Ok(Json(app.append_logs(&caller, id, lines).await?))
}
