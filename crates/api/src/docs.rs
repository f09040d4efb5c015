//! The document itself, and Swagger UI to read it with: from the binary, offline, below any base path.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::Config;

use crate::failure::Failure;
use crate::state::Api;

/// Swagger UI writes styles into its elements; scripts come from files only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_openapi))
}

/// The OpenAPI document of this API.
#[utoipa::path(get, path = "/api/openapi.json", tag = "health",
    responses((status = 200, description = "The document", body = serde_json::Value)))]
async fn get_openapi(State(api): State<Api>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], api.document.clone())
}

/// The pages under `/docs`. The address of the document is relative to them, so that a base path does not matter.
pub(crate) fn pages() -> Router<Api> {
    let config = Arc::new(Config::from("../api/openapi.json").try_it_out_enabled(true));
    let pages = Router::new()
        .route(
            "/docs/",
            get(|state| page(state, Path("index.html".to_owned()))),
        )
        .route("/docs/{*file}", get(page))
        .with_state(config);
    pages.route("/docs", get(async || Redirect::permanent("docs/")))
}

async fn page(State(config): State<Arc<Config<'static>>>, Path(file): Path<String>) -> Response {
    let Ok(Some(page)) = utoipa_swagger_ui::serve(&file, config) else {
        return Failure::not_found("there is no such page of the documentation").into_response();
    };
    let headers = [
        (CONTENT_TYPE, page.content_type),
        (CACHE_CONTROL, "no-cache".to_owned()),
    ];
    let mut response = (headers, page.bytes.into_owned()).into_response();
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, POLICY);
    if page.gzpipped {
        response
            .headers_mut()
            .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
