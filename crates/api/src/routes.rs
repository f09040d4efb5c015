//! The router: all resources, the two paces, what surrounds them, and the base path.

use app::App;
use axum::Router;
use axum::handler::Handler as _;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::document::Head;
use crate::edge::{self, Pace};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::state::Api;
use crate::{
    attachments, backup, board, channels, deliveries, dispatch, docs, document, events, exports,
    health, inbox, links, llm_calls, login, logs, metrics, notification_rules, projects, questions,
    raw_logs, runs, search, sessions, steps, streams, subscriptions, task_moves, tasks,
    ticket_parts, tickets, tokens, users, workers,
};

/// Everything that is answered within a moment.
fn quick() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Head::openapi())
        .merge(health::routes())
        .merge(login::routes())
        .merge(tokens::routes())
        .merge(users::routes())
        .merge(projects::routes())
        .merge(tickets::routes())
        .merge(ticket_parts::routes())
        .merge(board::routes())
        .merge(tasks::routes())
        .merge(task_moves::routes())
        .merge(attachments::routes())
        .merge(questions::routes())
        .merge(inbox::routes())
        .merge(links::routes())
        .merge(workers::routes())
        .merge(dispatch::routes())
        .merge(runs::routes())
        .merge(steps::routes())
        .merge(logs::routes())
        .merge(events::routes())
        .merge(llm_calls::routes())
        .merge(sessions::routes())
        .merge(search::routes())
        .merge(channels::routes())
        .merge(subscriptions::routes())
        .merge(notification_rules::routes())
        .merge(deliveries::routes())
        .merge(metrics::routes())
        .merge(docs::routes())
}

/// What agents send all the time. Their answers are too small to compress.
fn reports() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(events::reports())
        .merge(logs::reports())
}

/// Streams and downloads: no time limit, no ETag, no compression.
fn slow() -> OpenApiRouter<Api> {
    streams::routes()
        .merge(raw_logs::routes())
        .merge(attachments::slow_routes())
        .merge(exports::slow_routes())
        .merge(backup::routes())
}

/// Changes that wait for something to happen: no time limit, and once per key like all others.
fn waiting() -> OpenApiRouter<Api> {
    workers::slow_routes()
}

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> OpenApi {
    let (_, mut document) = quick()
        .merge(reports())
        .merge(login::open_routes())
        .merge(slow())
        .merge(waiting())
        .split_for_parts();
    document::complete(&mut document);
    document
}

/// The whole API with the UI, below the base path of the settings.
///
/// Must be called within a Tokio runtime; what it starts there ends with `settings.shutdown`.
pub fn router(app: App, settings: Settings) -> Router {
    let base = settings.base();
    let api = Api::new(app, settings);
    let (quick, _) = quick().split_for_parts();
    let (reports, _) = reports().split_for_parts();
    let (open, _) = login::open_routes().split_for_parts();
    let (slow, _) = slow().split_for_parts();
    let (waiting, _) = waiting().split_for_parts();
    let surrounded = |pace| from_fn_with_state(pace, edge::surround);
    let quick = quick
        .merge(docs::pages())
        .fallback_service(ui(&base))
        .layer(surrounded(Pace::Quick(api.clone())))
        .layer(compression());
    let router = quick
        .merge(reports.layer(surrounded(Pace::Quick(api.clone()))))
        .merge(open.layer(surrounded(Pace::Open(api.clone()))))
        .merge(waiting.layer(surrounded(Pace::Waiting(api.clone()))))
        .merge(slow.layer(surrounded(Pace::Slow(api.clone()))))
        // Outside of the layers: what an address does not know is refused whatever its key was used for.
        .method_not_allowed_fallback(wrong_method.layer(surrounded(Pace::Open(api.clone()))))
        .with_state(api);
    match base.trim_end_matches('/') {
        "" => router,
        // As a service: it takes the path with its slash at the end, too.
        inner => Router::new().nest_service(inner, router),
    }
}

fn compression() -> CompressionLayer<impl Predicate> {
    let but_problems = NotForContentType::const_new("application/problem+json");
    CompressionLayer::new().compress_when(
        SizeAbove::new(1024)
            .and(NotForContentType::IMAGES)
            .and(but_problems),
    )
}

/// The UI answers every address that is not the API's; there an unknown address is a problem.
fn ui(base: &str) -> Router {
    let pages = pages_of_the_ui(base);
    let nowhere = axum::routing::any(nowhere);
    let of_the_api = [
        "/api",
        "/api/",
        "/api/{*rest}",
        "/ws",
        "/ws/",
        "/ws/{*rest}",
    ];
    let refused = of_the_api.into_iter().fold(Router::new(), |router, path| {
        router.route(path, nowhere.clone())
    });
    refused.fallback_service(pages)
}

#[cfg(feature = "ui")]
fn pages_of_the_ui(base: &str) -> Router {
    crate::ui::router(base)
}

#[cfg(not(feature = "ui"))]
fn pages_of_the_ui(_base: &str) -> Router {
    Router::new().fallback(nowhere)
}

/// The edge adds the body.
async fn wrong_method() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

async fn nowhere(address: Uri) -> Response {
    Failure::not_found(format!("there is nothing at {}", address.path())).into_response()
}
