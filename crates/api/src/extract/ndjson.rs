//! Batches of rows: a JSON array, or one JSON object per line (NDJSON).

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use model::ProblemKind;
use serde::de::DeserializeOwned;

use super::body::{parse, read, require_json};
use crate::failure::Failure;
use crate::state::Api;

/// Many rows.
pub(crate) struct Lines<T>(pub(crate) Vec<T>);

impl<T: DeserializeOwned> FromRequest<Api> for Lines<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        require_lines(request.headers())?;
        let is_ndjson = is_ndjson(request.headers());
        let bytes = read(request, api.settings.limits.batch_bytes).await?;
        if !is_ndjson {
            return parse(&bytes).map(Self);
        }
        parse_lines(&bytes).map(Self)
    }
}

/// Refuses what is not said to be JSON, of one line or of many.
pub(crate) fn require_lines(headers: &HeaderMap) -> Result<(), Failure> {
    if is_ndjson(headers) {
        return Ok(());
    }
    require_json(headers)
}

fn is_ndjson(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    matches!(
        essence.trim(),
        "application/x-ndjson" | "application/jsonl" | "application/ndjson"
    )
}

/// All or nothing: one bad line refuses the batch and names its number, so that it can be mended and sent again.
fn parse_lines<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, Failure> {
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .enumerate();
    let mut rows = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let row = parse(line).map_err(|failure: Failure| failure.below(index))?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Failure::field(
            ProblemKind::Invalid,
            "",
            "there is no line in the body",
        ));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_are_skipped_and_bad_ones_named() {
        assert_eq!(parse_lines::<i64>(b"1\n\r\n2\n").unwrap(), [1, 2]);
        let refused = parse_lines::<i64>(b"1\n\n\"x\"\n").unwrap_err();
        assert!(
            format!("{refused:?}").contains("pointer: \"/2\""),
            "{refused:?}"
        );
        assert!(parse_lines::<i64>(b" \n").is_err());
    }
}
