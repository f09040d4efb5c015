//! The client in the same process: it is recognised by what no request from outside can carry.

use std::sync::Arc;

use auth::Caller;
use axum::Router;
use client::{Body, Client};
use http::request::Parts;
use http::{Request, Uri};
use tower::ServiceExt as _;

/// Marks a request that this process made. It travels beside the headers, so nobody else can send it.
#[derive(Debug, Clone)]
pub(crate) struct InProcess(Caller);

impl InProcess {
    /// A hook that recognises our own requests, and leaves the others to the hook that was there.
    pub(crate) fn recognise_before(other: Option<Hook>) -> Hook {
        Arc::new(
            move |parts: &Parts| match (parts.extensions.get::<Self>(), &other) {
                (Some(Self(caller)), _) => Box::pin(std::future::ready(Some(caller.clone()))),
                (None, Some(other)) => other(parts),
                (None, None) => Box::pin(std::future::ready(None)),
            },
        )
    }

    /// A client that calls the router directly.
    pub(crate) fn client(router: Router, base: &str, caller: Caller) -> Client {
        let base = base.trim_end_matches('/').to_owned();
        let marked = router.map_request(move |mut request: Request<Body>| {
            *request.uri_mut() = below(&base, request.uri());
            request.extensions_mut().insert(Self(caller.clone()));
            request
        });
        Client::in_process(marked, None)
    }
}

type Hook = Arc<
    dyn Fn(&Parts) -> std::pin::Pin<Box<dyn Future<Output = Option<Caller>> + Send>> + Send + Sync,
>;

/// The same address below the base path.
fn below(base: &str, uri: &Uri) -> Uri {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{base}{path}")
        .parse()
        .unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_moved_below_the_base_path() {
        let uri: Uri = "/api/runs?limit=1".parse().unwrap();
        assert_eq!(below("", &uri), uri);
        assert_eq!(below("/x", &uri), "/x/api/runs?limit=1");
    }
}
