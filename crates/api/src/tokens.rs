//! Tokens: what machines call with.

use app::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::{NewToken, Token, TokenCreated, TokenId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created, Nothing, Secret};
use crate::extract::{At, Body, By, List, NoFilter, PageQuery};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tokens, create_token))
        .routes(routes!(delete_token))
}

/// Tokens, newest first, without their secrets.
#[utoipa::path(get, path = "/api/tokens", tag = "tokens", params(PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Token])))]
async fn list_tokens(
    By(caller): By,
    State(app): State<App>,
    list: List<NoFilter>,
) -> Answer<Response> {
    list.cut(app.list_tokens(&caller).await?, |token| token.id.0)
}

/// Makes a token. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/tokens", tag = "tokens", request_body = NewToken,
    responses((status = 201, description = "The token with its secret", body = TokenCreated)))]
async fn create_token(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewToken>,
) -> Answer<impl IntoResponse> {
    Ok(Secret(Created(app.create_token(&caller, new).await?)))
}

/// Revokes a token. Its streams are closed within a second.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "tokens",
    params(("id" = TokenId, Path, description = "The token's id")),
    responses((status = 204, description = "Revoked")))]
async fn delete_token(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TokenId>,
) -> Answer<Nothing> {
    app.revoke_token(&caller, id).await?;
    Ok(Nothing)
}
