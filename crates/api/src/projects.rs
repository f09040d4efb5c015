//! Projects. A project is named by its slug or its id.

use app::{App, ProjectFilter};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{NewProject, Project, ProjectCard, ProjectPatch, ProjectRef, ProjectRemoved};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Entity, Made};
use crate::extract::{Body, By, IfMatch, List, PageQuery, ProjectAt, Query};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_projects, create_project))
        .routes(routes!(get_project, update_project, delete_project))
}

/// Which projects to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ProjectQuery {
    /// Archived ones too.
    include_archived: bool,
}

/// How to remove a project.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct RemovalQuery {
    /// Deletes it with its content for good, instead of archiving it.
    delete: bool,
}

/// Projects, by name, as cards.
#[utoipa::path(get, path = "/api/projects", tag = "projects", params(ProjectQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [ProjectCard])))]
async fn list_projects(
    By(caller): By,
    State(app): State<App>,
    list: List<ProjectQuery>,
) -> Answer<Response> {
    let filter = ProjectFilter {
        include_archived: list.query.include_archived,
    };
    list.cut(app.list_projects(&caller, filter).await?, |card| {
        card.project.id.0
    })
}

/// Makes a project. One with the same slug is answered as it is.
#[utoipa::path(post, path = "/api/projects", tag = "projects", request_body = NewProject,
    responses((status = 201, description = "The new project", body = ProjectCard),
        (status = 200, description = "It was there already", body = ProjectCard)))]
async fn create_project(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewProject>,
) -> Answer<Made<ProjectCard>> {
    let app::Made { value, is_new } = app.create_project(&caller, new).await?;
    let value = app.get_project(&caller, &ProjectRef::Id(value.id)).await?;
    Ok(Made(app::Made { value, is_new }))
}

/// One project, as its card.
#[utoipa::path(get, path = "/api/projects/{project}", tag = "projects",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The project", body = ProjectCard)))]
async fn get_project(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
) -> Answer<Entity<ProjectCard>> {
    Ok(Entity(app.get_project(&caller, &project).await?))
}

/// Edits a project; `archived` puts it away or brings it back.
#[utoipa::path(patch, path = "/api/projects/{project}", tag = "projects", request_body = ProjectPatch,
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The project as it is now", body = Project)))]
async fn update_project(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
    seen: IfMatch,
    Body(mut patch): Body<ProjectPatch>,
) -> Answer<Entity<Project>> {
    seen.put_into(&mut patch.version)?;
    Ok(Entity(app.update_project(&caller, &project, patch).await?))
}

/// Archives a project, or deletes it with its content for good.
#[utoipa::path(delete, path = "/api/projects/{project}", tag = "projects",
    params(("project" = String, Path, description = "Slug or id"), RemovalQuery),
    responses((status = 200, description = "What became of it", body = ProjectRemoved)))]
async fn delete_project(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
    Query(how): Query<RemovalQuery>,
) -> Answer<Json<ProjectRemoved>> {
    Ok(Json(match how.delete {
        true => app.delete_project(&caller, &project).await?,
        false => app.archive_project(&caller, &project).await?,
    }))
}
