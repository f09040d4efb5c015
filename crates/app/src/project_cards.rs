//! Projects as their cards show them: with counts, health, and how the last runs went.

use auth::Caller;
use model::{Health, Project, ProjectCard, ProjectId, ProjectRef, RunState, Scope};
use store::{Read, projects as kept};

use crate::{App, Error, projects};

/// How many finished runs a card judges by.
const JUDGED_RUNS: i64 = 10;

/// What to look for among projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectFilter {
    /// Archived ones too.
    pub include_archived: bool,
}

impl App {
    /// The projects that the caller may see, as cards.
    pub async fn list_projects(
        &self,
        caller: &Caller,
        filter: ProjectFilter,
    ) -> Result<Vec<ProjectCard>, Error> {
        caller.may(Scope::Read)?;
        let mut read = self.read().await?;
        let mut cards = Vec::new();
        let current = kept::current(&mut read, &caller.principal).await?;
        for project in kept::list(&mut read, filter.include_archived).await? {
            if caller.may_see(project.id).is_ok() {
                cards.push(card(&mut read, project, current).await?);
            }
        }
        Ok(cards)
    }

    /// One project, as its card.
    pub async fn get_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<ProjectCard, Error> {
        let mut read = self.read().await?;
        let project = projects::named(&mut read, caller, project).await?;
        let current = kept::current(&mut read, &caller.principal).await?;
        card(&mut read, project, current).await
    }
}

async fn card(
    read: &mut Read,
    project: Project,
    current: Option<ProjectId>,
) -> Result<ProjectCard, Error> {
    let counts = kept::task_counts(read, project.id).await?;
    let last_outcomes = kept::last_outcomes(read, project.id, JUDGED_RUNS).await?;
    let passed = last_outcomes
        .iter()
        .filter(|state| **state == RunState::Succeeded)
        .count();
    let failed = last_outcomes
        .iter()
        .filter(|state| **state == RunState::Failed)
        .count();
    Ok(ProjectCard {
        total: counts.values().sum(),
        counts,
        is_current: current == Some(project.id),
        active_runs: kept::active_runs(read, project.id).await?,
        health: Health::of(passed, failed),
        last_outcomes,
        passed: i64::try_from(passed).unwrap_or(i64::MAX),
        project,
    })
}
