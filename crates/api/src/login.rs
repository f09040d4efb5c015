//! Logging in and out, and who the caller is.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::HeaderMap;
use http::header::SET_COOKIE;
use model::{CurrentProject, LoginRequest, Me, StreamTicket, Timestamp};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created, Nothing, Secret};
use crate::extract::{Body, By, ClientAddress, login_of};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(delete_login))
        .routes(routes!(get_me))
        .routes(routes!(set_current_project))
        .routes(routes!(create_stream_ticket))
}

/// What is asked before there is a caller to keep an idempotency key for.
pub(crate) fn open_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_login))
}

/// Logs in: with name and password, with a token, or with the one-time code of a login link.
///
/// The answer sets the login cookie. Attempts are limited per address and per user.
#[utoipa::path(post, path = "/api/login", tag = "auth", request_body = LoginRequest,
    responses((status = 200, description = "Logged in; `csrf_token` goes with every change", body = Me)))]
async fn create_login(
    State(api): State<Api>,
    ClientAddress(from): ClientAddress,
    Body(request): Body<LoginRequest>,
) -> Answer<impl IntoResponse> {
    let login = api.app.login(request, from).await?;
    let seconds = login.expires_at.millis_since(Timestamp::now()) / 1000;
    let cookie = api.cookie.set(&login.secret, seconds);
    Ok(Secret(([(SET_COOKIE, cookie)], Json(login.me))))
}

/// Ends the login that the cookie stands for.
#[utoipa::path(post, path = "/api/logout", tag = "auth",
    responses((status = 204, description = "Logged out")))]
async fn delete_login(By(caller): By, State(api): State<Api>) -> Answer<impl IntoResponse> {
    api.app.logout(&caller).await?;
    Ok(([(SET_COOKIE, api.cookie.clear())], Nothing))
}

/// Who the caller is and what the caller may do.
#[utoipa::path(get, path = "/api/me", tag = "auth",
    responses((status = 200, description = "The caller", body = Me)))]
async fn get_me(
    By(caller): By,
    State(api): State<Api>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    let mut me = api.app.me(&caller).await?;
    // A page that was loaded anew has forgotten what the login answered; a token needs no such proof.
    if matches!(caller.credential, auth::Credential::Login(_)) {
        me.csrf_token = login_of(&headers, &api).map(auth::csrf_token);
    }
    Ok(Secret(Json(me)))
}

/// Chooses the caller's current project: the one that is meant where none is named.
#[utoipa::path(put, path = "/api/me/project", tag = "auth", request_body = CurrentProject,
    responses((status = 200, description = "The caller", body = Me)))]
async fn set_current_project(
    By(caller): By,
    State(app): State<App>,
    Body(project): Body<CurrentProject>,
) -> Answer<Json<Me>> {
    app.choose_project(&caller, project).await?;
    Ok(Json(app.me(&caller).await?))
}

/// Makes a ticket for one WebSocket, for clients that can send no header.
///
/// Put it into the stream's address as `?ticket=`. It works once, within 30 seconds.
#[utoipa::path(post, path = "/api/streams/ticket", tag = "auth",
    responses((status = 201, description = "The ticket", body = StreamTicket)))]
async fn create_stream_ticket(By(caller): By, State(app): State<App>) -> Answer<impl IntoResponse> {
    Ok(Secret(Created(app.create_stream_ticket(&caller)?)))
}
