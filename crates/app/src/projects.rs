//! Projects: made once per slug, put away; each person looks at one of them.

use auth::Caller;
use model::{
    CurrentProject, EventType, Limits, LoopState, Name, NewProject, NotAllowed, Project, ProjectId,
    ProjectPatch, ProjectRef, ProjectRemoved, Scope, Slug, Text, Totals, patch,
};
use serde_json::json;
use store::{Read, Tx, projects};

use crate::deed::{Deed, Rights};
use crate::facts::About;
use crate::{App, Error, Made, claims};

/// The project of everything that names none.
const DEFAULT: &str = "default";

impl App {
    /// Makes a project; one with the same slug is answered as it is.
    pub async fn create_project(
        &self,
        caller: &Caller,
        new: NewProject,
    ) -> Result<Made<Project>, Error> {
        caller.may_everywhere(Scope::Operate)?;
        self.write(caller, |tx, deed| {
            Box::pin(async move { create(tx, &deed, new).await })
        })
        .await
    }

    /// Which project a slug or id means, if the caller may see it.
    pub async fn find_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<ProjectId, Error> {
        let id = self
            .id_of_project(project)
            .await?
            .ok_or(Error::NotFound("project"))?;
        caller.see("project", id)?;
        Ok(id)
    }

    /// Edits a project.
    pub async fn update_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
        patch: ProjectPatch,
    ) -> Result<Project, Error> {
        let project = project.clone();
        self.write(caller, |tx, deed| {
            Box::pin(async move {
                let project = to_change(tx, &deed, &project).await?;
                update(tx, &deed, project, patch).await
            })
        })
        .await
    }

    /// Puts a project away: it is hidden and takes no new work.
    pub async fn archive_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<ProjectRemoved, Error> {
        let project = project.clone();
        self.write(caller, |tx, deed| {
            Box::pin(async move {
                let project = to_change(tx, &deed, &project).await?;
                let away = ProjectPatch {
                    archived: Some(true),
                    ..ProjectPatch::default()
                };
                let project = update(tx, &deed, project, away).await?;
                removed(tx, &deed, project.id, "archived").await
            })
        })
        .await
    }

    /// Chooses the project that the caller looks at.
    pub async fn choose_project(
        &self,
        caller: &Caller,
        choice: CurrentProject,
    ) -> Result<CurrentProject, Error> {
        caller.may(Scope::Read)?;
        self.write(caller, |tx, deed| {
            Box::pin(async move {
                let chosen = match &choice.project {
                    Some(slug) => {
                        let wanted = ProjectRef::Slug(slug.clone());
                        let project = named(tx, &deed.caller, &wanted).await?;
                        refuse_archived(&project, "choose")?;
                        Some(project.id)
                    }
                    None => None,
                };
                projects::set_current(tx, &deed.caller.principal, chosen).await?;
                Ok(choice)
            })
        })
        .await
    }
}

/// The project that a slug or id means, if the caller may see it.
pub(crate) async fn named(
    read: &mut Read,
    caller: &Caller,
    project: &ProjectRef,
) -> Result<Project, Error> {
    let project = by_ref(read, project)
        .await?
        .ok_or(Error::NotFound("project"))?;
    caller.see("project", project.id)?;
    Ok(project)
}

/// The slug of the caller's current project.
pub(crate) async fn current_slug(read: &mut Read, caller: &Caller) -> Result<Option<Slug>, Error> {
    let Some(id) = projects::current(read, &caller.principal).await? else {
        return Ok(None);
    };
    let project = projects::get(read, id).await?;
    Ok(project
        .filter(|project| caller.may_see(project.id).is_ok())
        .map(|project| project.slug))
}

/// The project for something new: the one that is named, else the only one that the caller may see, else the
/// caller's current one, else `default`, which is made when it is not there.
pub(crate) async fn for_new(
    tx: &mut Tx,
    deed: &Deed,
    name: Option<&str>,
) -> Result<Project, Error> {
    let project = match name {
        Some(name) => named_in_body(tx, deed, name).await?,
        None => chosen(tx, deed).await?,
    };
    refuse_archived(&project, "add to")?;
    Ok(project)
}

fn refuse_archived(project: &Project, verb: &'static str) -> Result<(), Error> {
    if project.archived_at.is_none() {
        return Ok(());
    }
    let refused = NotAllowed::new(verb, "project", "archived");
    Err(refused.with_hint("restore it first").into())
}

/// The project that a body names by slug or id.
pub(crate) async fn named_in_body(tx: &mut Tx, deed: &Deed, name: &str) -> Result<Project, Error> {
    let project = name
        .parse()
        .map_err(|error| Error::invalid("/project", error))?;
    by_ref(tx, &project)
        .await?
        .filter(|project| deed.caller.may_see(project.id).is_ok())
        .ok_or_else(|| Error::invalid("/project", format!("there is no project `{name}`")))
}

async fn chosen(tx: &mut Tx, deed: &Deed) -> Result<Project, Error> {
    if let Some(only) = deed.caller.project {
        let project = projects::get(tx, only).await?;
        return project.ok_or(Error::NotFound("project"));
    }
    let slug = Slug::parse(DEFAULT).expect("the default slug is a slug");
    if let Some(project) = projects::current_or(tx, &deed.caller.principal, &slug).await? {
        return Ok(project);
    }
    let project = blank(deed, slug, Name::lossy("Default"));
    add(tx, deed, &project).await?;
    Ok(project)
}

async fn by_ref(read: &mut Read, project: &ProjectRef) -> Result<Option<Project>, Error> {
    Ok(match project {
        ProjectRef::Id(id) => projects::get(read, *id).await?,
        ProjectRef::Slug(slug) => projects::by_slug(read, slug).await?,
    })
}

pub(crate) async fn to_change(
    tx: &mut Tx,
    deed: &Deed,
    project: &ProjectRef,
) -> Result<Project, Error> {
    let project = by_ref(tx, project)
        .await?
        .ok_or(Error::NotFound("project"))?;
    deed.caller.act("project", Scope::Operate, project.id)?;
    Ok(project)
}

async fn create(tx: &mut Tx, deed: &Deed, new: NewProject) -> Result<Made<Project>, Error> {
    let made = match projects::by_slug(tx, &new.slug).await? {
        Some(project) => Made::found(project),
        None => {
            let project = from_new(deed, &new);
            add(tx, deed, &project).await?;
            Made::new(project)
        }
    };
    if new.switch {
        projects::set_current(tx, &deed.caller.principal, Some(made.value.id)).await?;
    }
    Ok(made)
}

async fn add(tx: &mut Tx, deed: &Deed, project: &Project) -> Result<(), Error> {
    projects::insert(tx, project).await?;
    let message = format!("project {} was made", project.slug);
    tx.append(
        deed.fact(EventType::ProjectCreated, message)
            .in_project(project.id),
    );
    Ok(())
}

fn from_new(deed: &Deed, new: &NewProject) -> Project {
    let name = new
        .name
        .clone()
        .unwrap_or_else(|| Name::lossy(new.slug.as_str()));
    Project {
        description: new.description.clone(),
        icon: new.icon.clone(),
        color: new.color.clone(),
        repo_path: new.repo_path.clone(),
        clone_url: new.clone_url.clone(),
        ..blank(deed, new.slug.clone(), name)
    }
}

fn blank(deed: &Deed, slug: Slug, name: Name) -> Project {
    Project {
        id: ProjectId::new(),
        slug,
        name,
        description: Text::default(),
        icon: None,
        color: None,
        repo_path: None,
        clone_url: None,
        loop_state: LoopState::Running,
        loop_reason: None,
        max_running: None,
        max_running_per_agent: None,
        max_wip: None,
        last_dispatch_at: None,
        totals: Totals::default(),
        archived_at: None,
        created_at: deed.at,
        updated_at: deed.at,
        version: 1,
    }
}

async fn update(
    tx: &mut Tx,
    deed: &Deed,
    mut project: Project,
    patch: ProjectPatch,
) -> Result<Project, Error> {
    if patch
        .version
        .is_some_and(|version| version != project.version)
    {
        return Err(Error::stale(&project));
    }
    check_limits(
        "",
        patch.max_running.flatten(),
        patch.max_running_per_agent.flatten(),
        patch.max_wip.flatten(),
    )?;
    let archived = move_away(&mut project, patch.archived, deed);
    let fields = edit(&mut project, patch);
    if archived.is_none() && fields.is_empty() {
        return Ok(project);
    }
    project.updated_at = deed.at;
    projects::update(tx, &mut project).await?;
    if !fields.is_empty() {
        let message = format!("project {} was edited", project.slug);
        let fact = deed
            .fact(EventType::ProjectUpdated, message)
            .with(json!({ "fields": fields }));
        tx.append(fact.in_project(project.id));
    }
    if let Some(event) = archived {
        let message = format!("project {}", project.slug);
        tx.append(deed.fact(event, message).in_project(project.id));
    }
    Ok(project)
}

fn move_away(project: &mut Project, archived: Option<bool>, deed: &Deed) -> Option<EventType> {
    match (archived, project.archived_at) {
        (Some(true), None) => {
            project.archived_at = Some(deed.at);
            Some(EventType::ProjectArchived)
        }
        (Some(false), Some(_)) => {
            project.archived_at = None;
            Some(EventType::ProjectRestored)
        }
        _ => None,
    }
}

/// Checks the limits of a project that somebody wrote, of which a pointer tells where.
pub(crate) fn check_limits(
    below: &str,
    max_running: Option<i64>,
    max_running_per_agent: Option<i64>,
    max_wip: Option<i64>,
) -> Result<(), Error> {
    for (name, limit) in [
        ("max_running", max_running),
        ("max_running_per_agent", max_running_per_agent),
        ("max_wip", max_wip),
    ] {
        claims::check_number(&format!("{below}/{name}"), limit, 0, Limits::MOST)?;
    }
    Ok(())
}

fn edit(project: &mut Project, patch: ProjectPatch) -> Vec<&'static str> {
    let changes = [
        ("name", patch::set(&mut project.name, patch.name)),
        (
            "description",
            patch::set(&mut project.description, patch.description),
        ),
        ("icon", patch::set(&mut project.icon, patch.icon)),
        ("color", patch::set(&mut project.color, patch.color)),
        (
            "repo_path",
            patch::set(&mut project.repo_path, patch.repo_path),
        ),
        (
            "clone_url",
            patch::set(&mut project.clone_url, patch.clone_url),
        ),
        (
            "max_running",
            patch::set(&mut project.max_running, patch.max_running),
        ),
        (
            "max_running_per_agent",
            patch::set(
                &mut project.max_running_per_agent,
                patch.max_running_per_agent,
            ),
        ),
        ("max_wip", patch::set(&mut project.max_wip, patch.max_wip)),
    ];
    changes
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect()
}

/// How a project is answered that is not there any more.
pub(crate) async fn removed(
    tx: &mut Tx,
    deed: &Deed,
    id: ProjectId,
    status: &str,
) -> Result<ProjectRemoved, Error> {
    let current = current_slug(tx, &deed.caller).await?;
    Ok(ProjectRemoved {
        status: status.to_owned(),
        project_id: id,
        current,
    })
}
