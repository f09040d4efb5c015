//! Rules: which occasions of a project are told to which channels.

use app::App;
use axum::Json;
use axum::extract::State;
use model::{ChannelId, NotificationRule, ProjectRef, PutNotificationRule};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Nothing};
use crate::extract::{At, Body, By, ProjectAt};
use crate::failure::Failure;
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_notification_rules))
        .routes(routes!(put_notification_rule, delete_notification_rule))
}

/// The rules of a project. There are at most as many as channels.
#[utoipa::path(get, path = "/api/projects/{project}/notifications", tag = "notifications",
    params(("project" = ProjectRef, Path, description = "The project's slug or id")),
    responses((status = 200, description = "The rules", body = [NotificationRule])))]
async fn list_notification_rules(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
) -> Answer<Json<Vec<NotificationRule>>> {
    Ok(Json(app.list_notification_rules(&caller, &project).await?))
}

/// Says which occasions of a project are told to a channel, in place of what was said before.
#[utoipa::path(put, path = "/api/projects/{project}/notifications/{channel}", tag = "notifications",
    request_body = PutNotificationRule,
    params(("project" = ProjectRef, Path, description = "The project's slug or id"),
        ("channel" = ChannelId, Path, description = "The channel's id")),
    responses((status = 200, description = "The rule", body = NotificationRule)))]
async fn put_notification_rule(
    By(caller): By,
    State(app): State<App>,
    At((project, channel)): At<(String, ChannelId)>,
    Body(rule): Body<PutNotificationRule>,
) -> Answer<Json<NotificationRule>> {
    let project = named(&project)?;
    let put = app.put_notification_rule(&caller, &project, channel, rule);
    Ok(Json(put.await?))
}

/// Tells a channel nothing more of a project.
#[utoipa::path(delete, path = "/api/projects/{project}/notifications/{channel}", tag = "notifications",
    params(("project" = ProjectRef, Path, description = "The project's slug or id"),
        ("channel" = ChannelId, Path, description = "The channel's id")),
    responses((status = 204, description = "Deleted")))]
async fn delete_notification_rule(
    By(caller): By,
    State(app): State<App>,
    At((project, channel)): At<(String, ChannelId)>,
) -> Answer<Nothing> {
    let project = named(&project)?;
    app.delete_notification_rule(&caller, &project, channel)
        .await?;
    Ok(Nothing)
}

fn named(project: &str) -> Result<ProjectRef, Failure> {
    project
        .parse()
        .map_err(|_| Failure::not_found("there is no such project"))
}
