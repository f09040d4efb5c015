//! Subscriptions: tasks whose occasions are all told to a channel, often the home of a platform.

use app::App;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{
    ChannelId, HomeChannels, HomeSubscribed, NewSubscription, Platform, Subscription,
    SubscriptionFilter, TaskId,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Made, Nothing};
use crate::extract::{At, Body, By, List, PageQuery, Query, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_home_channels))
        .routes(routes!(subscribe_home, unsubscribe_home))
        .routes(routes!(
            list_subscriptions,
            create_subscription,
            delete_subscription
        ))
}

/// About which task.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HomeQuery {
    /// Says of each home whether this task is subscribed to it.
    task_id: Option<TaskId>,
}

/// Which subscriptions to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct SubscriptionQuery {
    /// Only those of this project's tasks, by slug or id.
    project: Option<String>,
    /// Only those of this task.
    task: Option<TaskId>,
    /// Only those to this channel.
    channel: Option<ChannelId>,
}

/// Which subscription to end.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PairQuery {
    /// The task.
    task_id: TaskId,
    /// The channel.
    channel_id: ChannelId,
}

/// The home of each platform that has one, with whether a task is subscribed to it.
#[utoipa::path(get, path = "/api/home-channels", tag = "notifications", params(HomeQuery),
    responses((status = 200, description = "The homes", body = HomeChannels)))]
async fn list_home_channels(
    By(caller): By,
    State(app): State<App>,
    Query(query): Query<HomeQuery>,
) -> Answer<Json<HomeChannels>> {
    Ok(Json(app.list_home_channels(&caller, query.task_id).await?))
}

/// Subscribes a task to the home of a platform. A second time changes nothing.
#[utoipa::path(post, path = "/api/tasks/{id}/home-subscribe/{platform}", tag = "notifications",
    params(("id" = TaskId, Path, description = "The task's id"),
        ("platform" = Platform, Path, description = "The platform")),
    responses((status = 200, description = "The home", body = HomeSubscribed)))]
async fn subscribe_home(
    By(caller): By,
    State(app): State<App>,
    At((id, platform)): At<(TaskId, Platform)>,
) -> Answer<Json<HomeSubscribed>> {
    Ok(Json(app.subscribe_home(&caller, id, platform).await?))
}

/// Subscribes a task to the home of a platform no longer. A second time changes nothing.
#[utoipa::path(delete, path = "/api/tasks/{id}/home-subscribe/{platform}", tag = "notifications",
    params(("id" = TaskId, Path, description = "The task's id"),
        ("platform" = Platform, Path, description = "The platform")),
    responses((status = 200, description = "The home", body = HomeSubscribed)))]
async fn unsubscribe_home(
    By(caller): By,
    State(app): State<App>,
    At((id, platform)): At<(TaskId, Platform)>,
) -> Answer<Json<HomeSubscribed>> {
    Ok(Json(app.unsubscribe_home(&caller, id, platform).await?))
}

/// Subscriptions, newest first.
#[utoipa::path(get, path = "/api/subscriptions", tag = "notifications", params(SubscriptionQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Subscription])))]
async fn list_subscriptions(
    By(caller): By,
    State(app): State<App>,
    list: List<SubscriptionQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let filter = SubscriptionFilter {
        project: project_id(&app, &caller, query.project).await?,
        task: query.task,
        channel: query.channel,
    };
    Ok(address.answer(app.list_subscriptions(&caller, filter, page).await?))
}

/// Subscribes a task to a channel.
#[utoipa::path(post, path = "/api/subscriptions", tag = "notifications", request_body = NewSubscription,
    responses((status = 201, description = "The subscription", body = Subscription),
        (status = 200, description = "It was there already", body = Subscription)))]
async fn create_subscription(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewSubscription>,
) -> Answer<Made<Subscription>> {
    Ok(Made(app.create_subscription(&caller, new).await?))
}

/// Subscribes a task to a channel no longer. A second time changes nothing.
#[utoipa::path(delete, path = "/api/subscriptions", tag = "notifications", params(PairQuery),
    responses((status = 204, description = "There is none now")))]
async fn delete_subscription(
    By(caller): By,
    State(app): State<App>,
    Query(PairQuery {
        task_id,
        channel_id,
    }): Query<PairQuery>,
) -> Answer<Nothing> {
    let old = NewSubscription {
        task_id,
        channel_id,
    };
    app.delete_subscription(&caller, old).await?;
    Ok(Nothing)
}
