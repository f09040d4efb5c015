//! Host and Origin: refused before anything else, so that a page of another site reaches nothing.

use auth::Hosts;
use axum::extract::Request;
use http::header::{HOST, ORIGIN};
use model::ProblemKind;

use crate::extract::header_text;
use crate::failure::Failure;

pub(super) fn check(request: &Request, hosts: &Hosts) -> Result<(), Failure> {
    let headers = request.headers();
    // HTTP/2 names the host in the address. A call within the process names none.
    let host = match headers.get(HOST) {
        Some(host) => Some(host.to_str().unwrap_or_default()),
        None => request.uri().authority().map(http::uri::Authority::as_str),
    };
    if host.is_some_and(|host| !hosts.allow_host(host)) {
        let detail = "the server does not answer under this name; `--allowed-host` adds one";
        return Err(Failure::new(ProblemKind::Forbidden, detail));
    }
    if !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let origin = header_text(headers, &ORIGIN).unwrap_or_default();
    if hosts.allow_origin(origin, host.unwrap_or_default()) {
        return Ok(());
    }
    let detail = "the request comes from a page of another site";
    Err(Failure::new(ProblemKind::Forbidden, detail))
}
