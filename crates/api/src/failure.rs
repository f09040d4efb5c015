//! Refusals: every one becomes a problem (RFC 9457) here. This is the only file with the status codes of refusals.

use std::error::Error as _;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use model::{FieldError, Problem, ProblemKind};

/// Why a request was refused, on its way to becoming a problem.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ProblemKind,
    detail: String,
    errors: Vec<FieldError>,
    current: Option<serde_json::Value>,
    retry_after: Option<u64>,
}

impl Failure {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            kind,
            detail,
            errors: Vec::new(),
            current: None,
            retry_after: None,
        }
    }

    /// One field or parameter that is not right.
    pub(crate) fn field(
        kind: ProblemKind,
        pointer: impl Into<String>,
        detail: impl std::fmt::Display,
    ) -> Self {
        Self::fields(kind, vec![FieldError::new(pointer, detail)])
    }

    pub(crate) fn fields(kind: ProblemKind, errors: Vec<FieldError>) -> Self {
        // What is about the whole has no pointer.
        let named = errors.iter().map(|field| match field.pointer.as_str() {
            "" => field.detail.clone(),
            pointer => format!("{pointer}: {}", field.detail),
        });
        let detail = named.collect::<Vec<_>>().join("; ");
        Self {
            errors,
            ..Self::new(kind, detail)
        }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    pub(crate) fn rate_limited(detail: impl Into<String>, retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(ProblemKind::RateLimited, detail)
        }
    }

    /// It took longer than a request may take. It may have been done all the same.
    pub(crate) fn timed_out(seconds: u64) -> Self {
        let detail = format!("the request was not answered within {seconds} seconds");
        Self {
            retry_after: Some(1),
            ..Self::new(ProblemKind::TimedOut, detail)
        }
    }

    /// The server stops while somebody waits for something.
    pub(crate) fn stopping() -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(ProblemKind::Unavailable, "the server stops; ask again")
        }
    }

    /// A panic, which was logged where it was caught.
    pub(crate) fn panicked() -> Self {
        Self::new(ProblemKind::Internal, "something went wrong in the server")
    }

    /// The same failure inside a list of bodies.
    pub(crate) fn below(mut self, index: usize) -> Self {
        if self.errors.is_empty() {
            self.errors.push(FieldError::new("", &self.detail));
        }
        for error in &mut self.errors {
            error.pointer = format!("/{index}{}", error.pointer);
        }
        Self {
            current: self.current,
            ..Self::fields(self.kind, self.errors)
        }
    }

    fn problem(self) -> Problem {
        let title = title(self.kind).to_owned();
        Problem {
            r#type: format!("/problems/{}", self.kind),
            error: title.clone(),
            title,
            status: status(self.kind).as_u16(),
            detail: self.detail,
            instance: None,
            errors: self.errors,
            current: self.current,
        }
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        let mut failure = Self::new(error.kind(), error.to_string());
        match error {
            app::Error::Invalid(errors) => return Self::fields(ProblemKind::Invalid, errors),
            app::Error::Malformed(errors) => return Self::fields(ProblemKind::Malformed, errors),
            app::Error::StaleVersion { current } => failure.current = Some(current),
            app::Error::RateLimited { retry_after } => failure.retry_after = Some(retry_after),
            app::Error::Unavailable(_) => {
                failure.retry_after = Some(1);
                tracing::warn!(error = %causes(&error), "the database cannot be reached");
            }
            app::Error::Internal(_) => {
                tracing::error!(error = %causes(&error), "a request failed");
            }
            _ => {}
        }
        failure
    }
}

fn causes(error: &app::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (kind, retry_after) = (self.kind, self.retry_after);
        let mut response = render(&self.problem());
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if kind == ProblemKind::Unauthenticated {
            let realm = HeaderValue::from_static("Bearer realm=\"dashboardd\"");
            headers.insert(WWW_AUTHENTICATE, realm);
        }
        response
    }
}

fn render(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
    // The edge, which knows the request's id, writes it in.
    response.extensions_mut().insert(Arc::new(problem.clone()));
    response
}

/// The same problem with the id of its request; the response's other headers stay.
pub(crate) fn name_instance(response: Response, request_id: &str) -> Response {
    let Some(problem) = response.extensions().get::<Arc<Problem>>() else {
        return response;
    };
    let mut named = Problem::clone(problem);
    named.instance = Some(request_id.to_owned());
    let (parts, _) = response.into_parts();
    let mut response = render(&named);
    let length = response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().extend(without_body(parts.headers));
    response
        .headers_mut()
        .extend(length.map(|length| (CONTENT_LENGTH, length)));
    response
}

/// Without what describes the body that was there before: this one has another length and is not compressed.
fn without_body(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_ENCODING);
    headers
}

/// What axum refuses by itself: a wrong method has no body yet, and `OPTIONS` is answered with what is allowed.
pub(crate) fn complete(response: Response, asks_for_options: bool) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || is_problem(&response) {
        return response;
    }
    let allow = response.headers().get(ALLOW).cloned();
    let mut answer = if asks_for_options {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let detail = "this address does not know the method; `Allow` says which it knows";
        Failure::new(ProblemKind::MethodNotAllowed, detail).into_response()
    };
    answer
        .headers_mut()
        .extend(allow.map(|allow| (ALLOW, allow)));
    answer
}

fn is_problem(response: &Response) -> bool {
    response.extensions().get::<Arc<Problem>>().is_some()
}

/// A part of something was asked for that lies beyond its end.
pub(crate) fn beyond_the_end(size: u64) -> Response {
    let mut problem = Failure::new(
        ProblemKind::Malformed,
        format!("there are only {size} bytes"),
    )
    .problem();
    problem.status = StatusCode::RANGE_NOT_SATISFIABLE.as_u16();
    let mut response = render(&problem);
    let range = HeaderValue::from_str(&format!("bytes */{size}"));
    response
        .headers_mut()
        .extend(range.ok().map(|range| (CONTENT_RANGE, range)));
    response
}

/// The status that goes with a kind of problem.
pub(crate) const fn status(kind: ProblemKind) -> StatusCode {
    match kind {
        ProblemKind::Malformed => StatusCode::BAD_REQUEST,
        ProblemKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ProblemKind::Forbidden => StatusCode::FORBIDDEN,
        ProblemKind::NotFound => StatusCode::NOT_FOUND,
        ProblemKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ProblemKind::StaleVersion
        | ProblemKind::MoveNotAllowed
        | ProblemKind::AlreadyExists
        | ProblemKind::LeaseLost => StatusCode::CONFLICT,
        ProblemKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ProblemKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        // Not 408: browsers send such a request again by themselves.
        ProblemKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        ProblemKind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ProblemKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
        ProblemKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

const fn title(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Malformed => "The request cannot be read",
        ProblemKind::Unauthenticated => "Not authenticated",
        ProblemKind::Forbidden => "Not allowed",
        ProblemKind::NotFound => "Not found",
        ProblemKind::MethodNotAllowed => "Not with this method",
        ProblemKind::StaleVersion => "Changed in between",
        ProblemKind::MoveNotAllowed => "The state does not allow it",
        ProblemKind::AlreadyExists => "Already there",
        ProblemKind::LeaseLost => "The lease is lost",
        ProblemKind::TooLarge => "Too large",
        ProblemKind::UnsupportedMediaType => "Wrong type of content",
        ProblemKind::Invalid => "The request is not right",
        ProblemKind::RateLimited => "Too many requests",
        ProblemKind::TimedOut => "It took too long",
        ProblemKind::StorageFull => "The server's disk is full",
        ProblemKind::Unavailable => "Not available for now",
        ProblemKind::Unsupported => "This server cannot do it",
        ProblemKind::Internal => "Something went wrong in the server",
    }
}
