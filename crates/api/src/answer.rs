//! Answers that are more than JSON with 200.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::failure::Failure;

/// What a handler gives back.
pub(crate) type Answer<T> = Result<T, Failure>;

/// Most single things fit into so many bytes of JSON. A buffer that grows is copied each time.
const USUAL_BYTES: usize = 2048;

/// One thing as JSON.
fn json<T: Serialize>(status: StatusCode, thing: &T) -> Response {
    let mut body = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut body, thing) {
        Ok(()) => (status, [(CONTENT_TYPE, JSON)], body).into_response(),
        Err(error) => Failure::from(app::Error::Internal(error.into())).into_response(),
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Something that this request made.
pub(crate) struct Created<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        json(StatusCode::CREATED, &self.0)
    }
}

/// Something that was asked for once or again: 201 when this request made it, 200 when it was there.
pub(crate) struct Made<T>(pub(crate) app::Made<T>);

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let status = if self.0.is_new {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        json(status, &self.0.value)
    }
}

/// Says that an answer holds a secret, so that it is not kept for a repeated request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HoldsSecret;

/// An answer with a secret in it.
pub(crate) struct Secret<T>(pub(crate) T);

impl<T: IntoResponse> IntoResponse for Secret<T> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(HoldsSecret);
        response
    }
}

/// Done, and there is nothing to say.
pub(crate) struct Nothing;

impl IntoResponse for Nothing {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// The version of the thing that the answer shows; it becomes a part of its ETag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version(pub(crate) i64);

/// One thing that can be edited.
pub(crate) struct Entity<T>(pub(crate) T);

/// What can be edited counts its edits.
pub(crate) trait Versioned {
    fn version(&self) -> i64;
}

macro_rules! versioned {
    ($($type:ty: $($field:ident).+;)*) => {$(
        impl Versioned for $type {
            fn version(&self) -> i64 {
                self.$($field).+
            }
        }
    )*};
}

versioned! {
    model::Project: version;
    model::ProjectCard: project.version;
    model::Ticket: version;
    model::Task: version;
    model::TaskDetail: task.version;
    model::Run: version;
    model::RunDetail: run.version;
    model::User: version;
    model::Channel: version;
}

impl<T: Serialize + Versioned> IntoResponse for Entity<T> {
    fn into_response(self) -> Response {
        let version = Version(self.0.version());
        let mut response = json(StatusCode::OK, &self.0);
        response.extensions_mut().insert(version);
        response
    }
}
