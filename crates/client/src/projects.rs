//! Projects: list, create, read, edit, archive, delete. A project is named by slug or id.

use model::{NewProject, Page, Paged, Project, ProjectCard, ProjectPatch, ProjectRemoved};

use crate::{Client, Error};

impl Client {
    /// Projects, by name.
    pub async fn list_projects(
        &self,
        include_archived: bool,
        page: &Page,
    ) -> Result<Paged<ProjectCard>, Error> {
        let archived = include_archived.then_some(true);
        self.get("api/projects")
            .query("include_archived", archived)
            .page(page)
            .await
    }

    /// Makes a project; one with the same slug is returned as it is.
    pub async fn create_project(&self, new: &NewProject) -> Result<ProjectCard, Error> {
        self.post("api/projects").json(new).answer().await
    }

    /// One project.
    pub async fn get_project(&self, project: &str) -> Result<ProjectCard, Error> {
        self.get(format!("api/projects/{project}")).answer().await
    }

    /// Edits a project.
    pub async fn update_project(
        &self,
        project: &str,
        patch: &ProjectPatch,
    ) -> Result<Project, Error> {
        self.patch(format!("api/projects/{project}"))
            .json(patch)
            .answer()
            .await
    }

    /// Archives a project, or deletes it with its content for good.
    pub async fn delete_project(
        &self,
        project: &str,
        for_good: bool,
    ) -> Result<ProjectRemoved, Error> {
        let delete = for_good.then_some(true);
        self.delete(format!("api/projects/{project}"))
            .query("delete", delete)
            .answer()
            .await
    }
}
