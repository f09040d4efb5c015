//! Projects: a code base or an effort, with one board.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Color, Name, ProjectId, Slug, Text, Timestamp, Totals, patch};

words! {
    /// Whether the work of a project is handed out.
    LoopState ("loop state") {
        /// Work is handed out.
        Running = "running",
        /// A person stopped handing out.
        Paused = "paused",
        /// The server stopped handing out, and says why.
        Halted = "halted",
    }
}

words! {
    /// How the last finished runs of a project went.
    Health ("health") {
        /// None has finished yet.
        Grey = "grey",
        /// None failed.
        Green = "green",
        /// Some failed, some succeeded.
        Yellow = "yellow",
        /// None succeeded.
        Red = "red",
    }
}

impl Health {
    /// From the outcomes of the last finished top-level runs; cancelled ones do not count.
    #[must_use]
    pub fn of(succeeded: usize, failed: usize) -> Self {
        match (succeeded, failed) {
            (0, 0) => Self::Grey,
            (_, 0) => Self::Green,
            (0, _) => Self::Red,
            _ => Self::Yellow,
        }
    }
}

/// A code base or an effort, with one board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its short name in addresses; it never changes.
    pub slug: Slug,
    /// Its name for people.
    pub name: Name,
    /// What it is about, in Markdown.
    pub description: Text,
    /// An emoji or a short text shown before the name.
    pub icon: Option<Name>,
    /// The colour of its mark.
    pub color: Option<Color>,
    /// Where its repository lies on the machines that work on it.
    pub repo_path: Option<Text>,
    /// Where its repository is cloned from.
    pub clone_url: Option<Text>,
    /// Whether its work is handed out.
    pub loop_state: LoopState,
    /// Why it is halted.
    pub loop_reason: Option<Text>,
    /// No more of its tasks run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_running: Option<i64>,
    /// No more of its tasks run at once with the same agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_running_per_agent: Option<i64>,
    /// No more of its tasks are in work at once: running, waiting for an answer, or in review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wip: Option<i64>,
    /// When one of its tasks was last handed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_dispatch_at: Option<Timestamp>,
    /// What was spent on it.
    #[serde(flatten)]
    pub totals: Totals,
    /// When it was put away; archived projects are hidden and take no new work.
    pub archived_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the edits; an edit names the version that it saw.
    pub version: i64,
}

/// A project with what its card shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProjectCard {
    /// The project itself.
    #[serde(flatten)]
    pub project: Project,
    /// Tasks by state; states without a task are absent.
    pub counts: std::collections::BTreeMap<String, i64>,
    /// All tasks.
    pub total: i64,
    /// Whether it is the caller's current project.
    pub is_current: bool,
    /// Runs that have not ended.
    pub active_runs: i64,
    /// How the last finished runs went.
    pub health: Health,
    /// The states of the last ten finished top-level runs, newest first.
    pub last_outcomes: Vec<crate::RunState>,
    /// How many of those succeeded.
    pub passed: i64,
}

/// Asks for a new project. An existing one with the same slug is returned as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// Its short name in addresses; it never changes.
    pub slug: Slug,
    /// Its name for people; the slug when absent.
    pub name: Option<Name>,
    /// What it is about, in Markdown.
    #[serde(default)]
    pub description: Text,
    /// An emoji or a short text shown before the name.
    pub icon: Option<Name>,
    /// The colour of its mark.
    pub color: Option<Color>,
    /// Where its repository lies on the machines that work on it.
    pub repo_path: Option<Text>,
    /// Where its repository is cloned from.
    pub clone_url: Option<Text>,
    /// Makes it the caller's current project.
    #[serde(default)]
    pub switch: bool,
}

/// What of a project changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectPatch {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// What it is about, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// An emoji or a short text; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Name>)]
    pub icon: Option<Option<Name>>,
    /// The colour of its mark; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Color>)]
    pub color: Option<Option<Color>>,
    /// Where its repository lies; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Text>)]
    pub repo_path: Option<Option<Text>>,
    /// Where its repository is cloned from; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Text>)]
    pub clone_url: Option<Option<Text>>,
    /// No more of its tasks run at once; `null` lifts the limit.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    pub max_running: Option<Option<i64>>,
    /// No more of its tasks run at once with the same agent; `null` lifts the limit.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    pub max_running_per_agent: Option<Option<i64>>,
    /// No more of its tasks are in work at once; `null` lifts the limit.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    pub max_wip: Option<Option<i64>>,
    /// `false` brings an archived project back, `true` archives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Names a project, by id or by slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectRef {
    /// By its id.
    Id(ProjectId),
    /// By its slug.
    Slug(Slug),
}

impl utoipa::PartialSchema for ProjectRef {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        const SLUG_OR_UUID: &str =
            "^([a-z0-9][a-z0-9_-]{0,63}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A project, by its slug or its id."))
            .pattern(Some(SLUG_OR_UUID))
            .into()
    }
}

impl utoipa::ToSchema for ProjectRef {}

impl std::str::FromStr for ProjectRef {
    type Err = crate::BadText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => Slug::parse(text).map(Self::Slug),
        }
    }
}

/// What became of a project that was deleted or archived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProjectRemoved {
    /// `archived` or `deleted`.
    pub status: String,
    /// Which one.
    pub project_id: ProjectId,
    /// The slug of the caller's current project, where there is one.
    pub current: Option<Slug>,
}

/// Chooses the caller's current project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentProject {
    /// Its slug; `null` chooses none.
    pub project: Option<Slug>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_read_off_the_finished_runs() {
        assert_eq!(Health::of(0, 0), Health::Grey);
        assert_eq!(Health::of(3, 0), Health::Green);
        assert_eq!(Health::of(0, 1), Health::Red);
        assert_eq!(Health::of(2, 1), Health::Yellow);
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let patch: ProjectPatch = serde_json::from_str(r#"{"icon": null}"#).unwrap();
        assert_eq!(patch.icon, Some(None));
        assert_eq!(patch.color, None);
        assert!(serde_json::from_str::<ProjectPatch>(r#"{"slug": "x"}"#).is_err());
    }
}
