//! What an operation does not take: parameters and bodies that it never declared are refused here, for all operations, so
//! that nobody's `dry_run` is swallowed. The parameters of those that take any are read, and refused, by their extractors.

use std::collections::HashMap;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest as _, FromRequestParts as _, MatchedPath, Request};
use http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{HttpMethod, OpenApi, RefOr};

use crate::document;
use crate::extract::{By, MaybeBody, NoFilter, Query};
use crate::failure::Failure;
use crate::state::Api;

/// What the operations of a path do not take.
#[derive(Default)]
pub(crate) struct Undeclared {
    paths: HashMap<String, Vec<(Method, Lacks)>>,
}

/// What one operation does not take.
#[derive(Clone, Copy)]
pub(super) struct Lacks {
    query: bool,
    body: bool,
    /// It needs no credential.
    is_open: bool,
}

impl Undeclared {
    /// Of all operations of a document that is served below a base path.
    pub(crate) fn of(mut document: OpenApi, base: &str) -> Self {
        let base = base.trim_end_matches('/');
        let mut undeclared = Self::default();
        for (path, item) in &mut document.paths.paths {
            let operations = document::operations(item).into_iter();
            let lacks = operations
                .map(|(method, operation)| (name(&method), Lacks::of(operation)))
                .filter(|(_, lacks)| lacks.query || lacks.body)
                .collect();
            undeclared.paths.insert(format!("{base}{path}"), lacks);
        }
        undeclared
    }

    /// What is lacked by the operation that a request has a query or a body for. Most have what was declared, or nothing.
    pub(super) fn in_request(&self, request: &Request) -> Option<Lacks> {
        let query = request.uri().query().is_some();
        // A body has no meaning where something is only read.
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let body = !reads && !request.body().is_end_stream();
        if !query && !body {
            return None;
        }
        let path = request.extensions().get::<MatchedPath>()?;
        let method = if reads {
            &Method::GET
        } else {
            request.method()
        };
        let operations = self.paths.get(path.as_str())?;
        let (_, lacks) = operations.iter().find(|(known, _)| known == method)?;
        Some(*lacks).filter(|lacks| (query && lacks.query) || (body && lacks.body))
    }
}

impl Lacks {
    fn of(operation: &Operation) -> Self {
        let mut parameters = operation.parameters.iter().flatten();
        let is_query = |it: &RefOr<Parameter>| match it {
            RefOr::T(it) => it.parameter_in == ParameterIn::Query,
            RefOr::Ref(_) => false,
        };
        Self {
            query: !parameters.any(is_query),
            body: operation.request_body.is_none(),
            is_open: operation.security.as_ref().is_some_and(Vec::is_empty),
        }
    }

    /// Refuses what the operation does not take, after asking who calls. An empty body, and one that says nothing, may be.
    pub(super) async fn refuse(self, api: &Api, request: Request) -> Result<Request, Failure> {
        let (mut parts, body) = request.into_parts();
        if !self.is_open {
            let By(caller) = By::from_request_parts(&mut parts, api).await?;
            parts.extensions.insert(caller);
        }
        if self.query {
            Query::<NoFilter>::from_request_parts(&mut parts, api).await?;
        }
        if !self.body {
            return Ok(Request::from_parts(parts, body));
        }
        let read = Request::from_parts(parts.clone(), body);
        MaybeBody::<NoFilter>::from_request(read, api).await?;
        Ok(Request::from_parts(parts, Body::empty()))
    }
}

fn name(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        _ => Method::POST,
    }
}
