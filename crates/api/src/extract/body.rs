//! Bodies: JSON, read once, with the place of what is wrong.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use model::{FieldError, ProblemKind};
use serde::de::DeserializeOwned;

use super::strict::Strict;
use crate::failure::Failure;
use crate::state::Api;

/// A body of at most so many levels. What is kept is sent again inside lists and frames, and common
/// readers of JSON stop at 128.
const DEPTH: usize = 64;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON body that may be left out.
pub(crate) struct MaybeBody<T>(pub(crate) T);

/// A JSON body that holds one thing or an array of many.
pub(crate) enum OneOrMany<T> {
    One(Box<T>),
    Many(Vec<T>),
}

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        require_json(request.headers())?;
        let bytes = read(request, api.settings.limits.body_bytes).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for MaybeBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let json = require_json(request.headers());
        let bytes = read(request, api.settings.limits.body_bytes).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        json?;
        let given: Option<T> = parse(&bytes)?;
        Ok(Self(given.unwrap_or_default()))
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for OneOrMany<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        require_json(request.headers())?;
        let bytes = read(request, api.settings.limits.batch_bytes).await?;
        // Told apart by the first character: serde's untagged enums would lose the place of what is wrong.
        if bytes.trim_ascii_start().starts_with(b"[") {
            parse(&bytes).map(Self::Many)
        } else {
            parse(&bytes).map(|one| Self::One(Box::new(one)))
        }
    }
}

/// Reads the whole body, if it is not too large.
pub(crate) async fn read(request: Request, most: usize) -> Result<Bytes, Failure> {
    let too_large = || {
        let detail = format!("the body is larger than {most} bytes");
        Failure::new(ProblemKind::TooLarge, detail)
    };
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > most) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), most)
        .await
        .map_err(|error| {
            use std::error::Error as _;
            let limit = error
                .source()
                .is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
            if limit {
                too_large()
            } else {
                Failure::new(ProblemKind::Malformed, "the body broke off")
            }
        })
}

pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes) {
        Some(b"application/json") => Ok(()),
        Some(other) if is_json(other) => Ok(()),
        _ => {
            let detail = "send the body as `content-type: application/json`";
            Err(Failure::new(ProblemKind::UnsupportedMediaType, detail))
        }
    }
}

fn is_json(content_type: &[u8]) -> bool {
    let essence = content_type
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    let essence = essence.trim_ascii().to_ascii_lowercase();
    essence == b"application/json"
        || (essence.starts_with(b"application/") && essence.ends_with(b"+json"))
}

/// Reads JSON. The place of an error is searched for only once there is one.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    check_depth(bytes)?;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = T::deserialize(Strict(&mut reader)).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| explain::<T>(bytes, error))
}

fn explain<T: DeserializeOwned>(bytes: &[u8], error: serde_json::Error) -> Failure {
    // Not by the error: a field that nobody knows may come before the place where the syntax breaks off, and where a word is
    // wanted, serde calls good JSON of another type a mistake in the syntax.
    if let Err(error) = serde_json::from_slice::<serde_json::Value>(bytes) {
        return Failure::new(ProblemKind::Malformed, format!("not JSON: {error}"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let (place, cause) = match serde_path_to_error::deserialize::<_, T>(Strict(&mut reader)) {
        Err(error) => {
            let missing = missing_field(error.inner());
            (pointer(error.path()) + &missing, error.into_inner())
        }
        Ok(_) => (String::new(), error),
    };
    Failure::fields(
        ProblemKind::Invalid,
        vec![FieldError::new(place, without_place(&cause))],
    )
}

/// The pointer from an object to a field that it lacks: serde's place is that of the object.
fn missing_field(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let field = text.strip_prefix("missing field `");
    let field = field.and_then(|rest| rest.split('`').next());
    field.map(|field| format!("/{field}")).unwrap_or_default()
}

/// A JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

/// The pointer says where; lines and columns would only repeat it.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn check_depth(bytes: &[u8]) -> Result<(), Failure> {
    let opening = bytes
        .iter()
        .filter(|byte| matches!(byte, b'{' | b'['))
        .count();
    if opening <= DEPTH || depth(bytes) <= DEPTH {
        return Ok(());
    }
    let detail = format!("the body is nested deeper than {DEPTH} levels");
    Err(Failure::new(ProblemKind::Malformed, detail))
}

fn depth(bytes: &[u8]) -> usize {
    let (mut open, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_texts() {
        assert_eq!(depth(br#"{"a": [1, {"b": "[[[\"[["}]}"#), 3);
        assert!(check_depth("[".repeat(DEPTH).as_bytes()).is_ok());
        assert!(check_depth("[".repeat(DEPTH + 1).as_bytes()).is_err());
        assert!(check_depth("[],".repeat(1000).as_bytes()).is_ok());
    }

    #[test]
    fn json_is_known_by_its_type() {
        for (given, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/json", false),
            ("text/plain", false),
            ("", false),
        ] {
            assert_eq!(is_json(given.as_bytes()), expected, "{given}");
        }
    }
}
