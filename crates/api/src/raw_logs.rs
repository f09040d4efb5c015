//! Raw logs: a run's whole log as text, or a range of its bytes.

use app::{App, RawLog};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE,
};
use http::{HeaderMap, StatusCode};
use model::RunId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::{At, By, header_text};
use crate::failure::beyond_the_end;
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_raw_logs))
}

/// A run's whole log as text, as the run printed it; with `Range`, a part of it.
#[utoipa::path(get, path = "/api/runs/{id}/logs/raw", tag = "logs",
    params(("id" = RunId, Path, description = "The run's id"),
        ("Range" = Option<String>, Header, description = "One range of bytes, such as `bytes=1000-`")),
    responses((status = 200, description = "The log", body = String, content_type = "text/plain"),
        (status = 206, description = "The part that was asked for", body = String, content_type = "text/plain"),
        (status = 416, description = "There are not so many bytes", body = model::Problem,
            content_type = "application/problem+json")))]
async fn get_raw_logs(
    By(caller): By,
    State(app): State<App>,
    At(id): At<RunId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let log = app.raw_log(&caller, id).await?;
    Ok(match range(header_text(&headers, &RANGE), log.size()) {
        Range::Whole => answer(log, id, StatusCode::OK, None),
        Range::Part(from, to) => answer(log, id, StatusCode::PARTIAL_CONTENT, Some((from, to))),
        Range::Beyond => beyond_the_end(log.size()),
    })
}

#[derive(Debug, PartialEq)]
enum Range {
    Whole,
    /// From the first byte up to, but without, the last.
    Part(u64, u64),
    Beyond,
}

/// Reads the header. What is not one range of bytes is ignored, as RFC 9110 says.
fn range(header: Option<&str>, size: u64) -> Range {
    let Some((first, last)) = header.and_then(|text| text.strip_prefix("bytes=")?.split_once('-'))
    else {
        return Range::Whole;
    };
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(from), _) if from >= size && last.is_empty() => Range::Beyond,
        (Ok(from), Err(_)) if last.is_empty() => Range::Part(from, size),
        (Ok(from), Ok(to)) if from > to => Range::Whole,
        (Ok(from), Ok(_)) if from >= size => Range::Beyond,
        (Ok(from), Ok(to)) => Range::Part(from, to.saturating_add(1).min(size)),
        (Err(_), Ok(0)) if first.is_empty() => Range::Beyond,
        (Err(_), Ok(tail)) if first.is_empty() && size > 0 => {
            Range::Part(size.saturating_sub(tail), size)
        }
        _ => Range::Whole,
    }
}

fn answer(log: RawLog, run: RunId, status: StatusCode, part: Option<(u64, u64)>) -> Response {
    let size = log.size();
    let (from, to) = part.unwrap_or((0, size));
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_LENGTH, (to - from).to_string()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("inline; filename=\"run-{run}.log\""),
        ),
    ];
    let range = part.map(|_| [(CONTENT_RANGE, format!("bytes {from}-{}/{size}", to - 1))]);
    (
        status,
        headers,
        range.map_or_else(HeaderMap::new, header_map),
        Body::from_stream(log.read(from..to)),
    )
        .into_response()
}

fn header_map(pairs: [(http::HeaderName, String); 1]) -> HeaderMap {
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.parse().ok()?)));
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_read() {
        for (header, size, expected) in [
            ("bytes=0-", 10, Range::Part(0, 10)),
            ("bytes=2-4", 10, Range::Part(2, 5)),
            ("bytes=2-99", 10, Range::Part(2, 10)),
            ("bytes=-3", 10, Range::Part(7, 10)),
            ("bytes=-99", 10, Range::Part(0, 10)),
            ("bytes=10-", 10, Range::Beyond),
            ("bytes=10-12", 10, Range::Beyond),
            ("bytes=0-", 0, Range::Beyond),
            ("bytes=-0", 10, Range::Beyond),
            ("bytes=4-2", 10, Range::Whole),
            ("bytes=0-1,3-4", 10, Range::Whole),
            ("lines=0-1", 10, Range::Whole),
            ("bytes=x-", 10, Range::Whole),
        ] {
            assert_eq!(range(Some(header), size), expected, "{header} of {size}");
        }
        assert_eq!(range(None, 10), Range::Whole);
    }
}
