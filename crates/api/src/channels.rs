//! Channels: where notifications go.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{Channel, ChannelId, ChannelPatch, ChannelTested, NewChannel};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created, Entity, Nothing};
use crate::extract::{At, Body, By, IfMatch, List, NoFilter, PageQuery};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_channels, create_channel))
        .routes(routes!(get_channel, update_channel, delete_channel))
        .routes(routes!(test_channel))
}

/// Channels, without what opens them, the oldest first.
#[utoipa::path(get, path = "/api/channels", tag = "notifications", params(PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Channel])))]
async fn list_channels(
    By(caller): By,
    State(app): State<App>,
    list: List<NoFilter>,
) -> Answer<Response> {
    list.cut(app.list_channels(&caller).await?, |channel| channel.id.0)
}

/// Makes a channel. Nothing is sent yet. Addresses of private networks are refused unless the server's settings allow them.
#[utoipa::path(post, path = "/api/channels", tag = "notifications", request_body = NewChannel,
    responses((status = 201, description = "The channel", body = Channel)))]
async fn create_channel(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewChannel>,
) -> Answer<Created<Channel>> {
    Ok(Created(app.create_channel(&caller, new).await?))
}

/// One channel, without what opens it.
#[utoipa::path(get, path = "/api/channels/{id}", tag = "notifications",
    params(("id" = ChannelId, Path, description = "The channel's id")),
    responses((status = 200, description = "The channel", body = Channel)))]
async fn get_channel(
    By(caller): By,
    State(app): State<App>,
    At(id): At<ChannelId>,
) -> Answer<Entity<Channel>> {
    Ok(Entity(app.get_channel(&caller, id).await?))
}

/// Edits a channel. Of its target only what is given changes, so that a secret need not be given again.
#[utoipa::path(patch, path = "/api/channels/{id}", tag = "notifications", request_body = ChannelPatch,
    params(("id" = ChannelId, Path, description = "The channel's id")),
    responses((status = 200, description = "The channel as it is now", body = Channel)))]
async fn update_channel(
    By(caller): By,
    State(app): State<App>,
    At(id): At<ChannelId>,
    seen: IfMatch,
    Body(mut patch): Body<ChannelPatch>,
) -> Answer<Entity<Channel>> {
    seen.put_into(&mut patch.version)?;
    Ok(Entity(app.update_channel(&caller, id, patch).await?))
}

/// Deletes a channel with its rules, its subscriptions and its deliveries.
#[utoipa::path(delete, path = "/api/channels/{id}", tag = "notifications",
    params(("id" = ChannelId, Path, description = "The channel's id")),
    responses((status = 204, description = "Deleted")))]
async fn delete_channel(
    By(caller): By,
    State(app): State<App>,
    At(id): At<ChannelId>,
) -> Answer<Nothing> {
    app.delete_channel(&caller, id).await?;
    Ok(Nothing)
}

/// Sends a trial to a channel at once, and answers what the other side says. It is not tried again.
#[utoipa::path(post, path = "/api/channels/{id}/test", tag = "notifications",
    params(("id" = ChannelId, Path, description = "The channel's id")),
    responses((status = 200, description = "How it went", body = ChannelTested)))]
async fn test_channel(
    By(caller): By,
    State(app): State<App>,
    At(id): At<ChannelId>,
) -> Answer<Json<ChannelTested>> {
    Ok(Json(app.test_channel(&caller, id).await?))
}
