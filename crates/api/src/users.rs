//! Users: people who log in with a password.

use app::App;
use axum::extract::State;
use axum::response::Response;
use model::{NewUser, User, UserId, UserPatch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created, Entity, Nothing};
use crate::extract::{At, Body, By, IfMatch, List, NoFilter, PageQuery};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(update_user, delete_user))
}

/// Users, by name.
#[utoipa::path(get, path = "/api/users", tag = "users", params(PageQuery),
    responses((status = 200, description = "A piece of the list", body = [User])))]
async fn list_users(
    By(caller): By,
    State(app): State<App>,
    list: List<NoFilter>,
) -> Answer<Response> {
    list.cut(app.list_users(&caller).await?, |user| user.id.0)
}

/// Makes a user.
#[utoipa::path(post, path = "/api/users", tag = "users", request_body = NewUser,
    responses((status = 201, description = "The user", body = User)))]
async fn create_user(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewUser>,
) -> Answer<Created<User>> {
    Ok(Created(app.create_user(&caller, new).await?))
}

/// Edits a user. A new password ends the person's logins.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "users", request_body = UserPatch,
    params(("id" = UserId, Path, description = "The user's id")),
    responses((status = 200, description = "The user as it is now", body = User)))]
async fn update_user(
    By(caller): By,
    State(app): State<App>,
    At(id): At<UserId>,
    seen: IfMatch,
    Body(mut patch): Body<UserPatch>,
) -> Answer<Entity<User>> {
    seen.put_into(&mut patch.version)?;
    Ok(Entity(app.update_user(&caller, id, patch).await?))
}

/// Deletes a user and ends the person's logins.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "users",
    params(("id" = UserId, Path, description = "The user's id")),
    responses((status = 204, description = "Deleted")))]
async fn delete_user(
    By(caller): By,
    State(app): State<App>,
    At(id): At<UserId>,
) -> Answer<Nothing> {
    app.delete_user(&caller, id).await?;
    Ok(Nothing)
}
