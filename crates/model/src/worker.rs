//! Workers: processes that take tasks and run them.

use serde::{Deserialize, Serialize};

use crate::{Name, Principal, ProjectId, Run, RunId, Task, TaskId, Timestamp, Title, WorkerId};

/// A process that takes tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Worker {
    /// Its id.
    pub id: WorkerId,
    /// What it calls itself.
    pub name: Name,
    /// On which machine it runs.
    pub host: Option<Name>,
    /// In whose name it takes tasks. The same name in another's is another worker.
    pub principal: Principal,
    /// The version of its program.
    pub version: Option<Name>,
    /// The agent profiles that it can run.
    pub agents: Vec<Name>,
    /// What it is able to do.
    pub skills: Vec<Name>,
    /// The projects that it works for; all that its caller may see when empty.
    pub projects: Vec<ProjectId>,
    /// So many tasks at once.
    pub capacity: i64,
    /// Whether it is to finish what it has and take nothing more.
    pub draining: bool,
    /// When it came.
    pub joined_at: Timestamp,
    /// When it was last heard of.
    pub last_seen_at: Timestamp,
    /// When it went away, or was not heard of for too long.
    pub left_at: Option<Timestamp>,
}

impl Worker {
    /// Whether it could do a task: it works for the project, can run the agent, and has every skill.
    #[must_use]
    pub fn suits(&self, project: ProjectId, assignee: Option<&Name>, skills: &[Name]) -> bool {
        (self.projects.is_empty() || self.projects.contains(&project))
            && assignee.is_none_or(|agent| self.agents.contains(agent))
            && skills.iter().all(|skill| self.skills.contains(skill))
    }

    /// The agent that it runs for a task.
    #[must_use]
    pub fn agent_for(&self, assignee: Option<&Name>) -> Option<Name> {
        assignee.or(self.agents.first()).cloned()
    }
}

/// A run of a worker, as the list of workers shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WorkerRun {
    /// The run.
    pub run_id: RunId,
    /// The task that it works on.
    pub task_id: Option<TaskId>,
    /// What it does.
    pub title: Title,
    /// When it began.
    pub started_at: Option<Timestamp>,
}

/// A worker with what it does now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WorkerCard {
    /// The worker itself.
    #[serde(flatten)]
    pub worker: Worker,
    /// Its runs that have not ended, as far as the caller may see them.
    pub current_runs: Vec<WorkerRun>,
}

/// What to look for among workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkerFilter {
    /// Those that went away, too.
    pub include_left: bool,
}

/// A worker asks for tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimWork {
    /// What the worker calls itself.
    pub worker: Name,
    /// On which machine it runs.
    pub host: Option<Name>,
    /// The version of its program.
    pub version: Option<Name>,
    /// The agent profiles that it can run, 1 to 50. Tasks for nobody in particular get the first.
    #[schema(min_items = 1, max_items = 50)]
    pub agents: Vec<Name>,
    /// What it is able to do, at most 50.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub skills: Vec<Name>,
    /// The projects that it works for, by slug or id, at most 50; all that the caller may see when empty.
    #[serde(default)]
    #[schema(value_type = Vec<crate::Slug>, max_items = 50)]
    pub projects: Vec<String>,
    /// So many tasks at once in all; 1 when absent.
    #[schema(minimum = 1, maximum = 1000)]
    pub capacity: Option<i64>,
    /// So many tasks are wanted now; 1 when absent.
    #[schema(minimum = 1, maximum = 100)]
    pub count: Option<i64>,
    /// Waits so long for a task; answers at once when absent.
    #[schema(minimum = 0, maximum = 60)]
    pub wait_seconds: Option<i64>,
    /// The runs that the worker knows it has, at most 1,000. Others that were given to it, and of which nothing was heard
    /// since, are taken for answers that never reached it: their tasks are free again at once. To be sent only by a worker
    /// of whom no other question is on its way. Nothing is taken back when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub holding: Option<Vec<RunId>>,
}

impl ClaimWork {
    /// No more agents, skills or projects than that.
    pub const MOST_WORDS: usize = 50;
    /// No more tasks at once than that.
    pub const MOST_CAPACITY: i64 = 1000;
    /// No more tasks in one answer than that.
    pub const MOST_AT_ONCE: i64 = 100;
    /// No longer wait than that, in seconds.
    pub const LONGEST_WAIT: i64 = 60;
}

/// The answer to a worker that asked for tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WorkClaimed {
    /// The worker as the server knows it. One that is draining takes nothing more and ends once its runs have.
    pub worker: Worker,
    /// The tasks that are its own now; none when nothing came in time.
    pub claims: Vec<Claimed>,
}

/// Takes one task by its id.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimTask {
    /// An id of the caller's making for the run, so that a repeated claim claims once.
    pub run_id: Option<RunId>,
    /// Which agent works; the task's assignee when absent.
    pub agent: Option<Name>,
    /// Which model it uses.
    pub model: Option<Name>,
    /// Which worker runs it.
    pub worker: Option<Name>,
    /// On which machine.
    pub host: Option<Name>,
    /// The worker's process.
    pub worker_pid: Option<i64>,
}

/// A task that was taken, with the lease under which it is worked on.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Claimed {
    /// The task as it is now.
    pub task: Task,
    /// The attempt at it.
    pub run: Run,
    /// May write to this run and its task, and nothing else. Shown only to the first caller.
    pub run_token: Option<String>,
    /// Counts the leases on the task; a report under an older one is refused.
    pub lease_epoch: i64,
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: i64,
}

impl std::fmt::Debug for Claimed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Claimed")
            .field("task", &self.task)
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(agents: &[&str], skills: &[&str], projects: &[ProjectId]) -> Worker {
        let names = |words: &[&str]| words.iter().map(|word| Name::lossy(word)).collect();
        Worker {
            id: WorkerId::new(),
            name: Name::lossy("build-1"),
            host: None,
            principal: Principal::server(),
            version: None,
            agents: names(agents),
            skills: names(skills),
            projects: projects.to_vec(),
            capacity: 1,
            draining: false,
            joined_at: Timestamp::from_micros(0),
            last_seen_at: Timestamp::from_micros(0),
            left_at: None,
        }
    }

    #[test]
    fn a_worker_takes_what_it_can_do() {
        let (ours, theirs) = (ProjectId::new(), ProjectId::new());
        let name = Name::lossy;
        let one = worker(&["claude", "codex"], &["rust", "sql"], &[ours]);
        assert!(one.suits(ours, None, &[]));
        assert!(one.suits(ours, Some(&name("codex")), &[name("sql")]));
        assert!(!one.suits(theirs, None, &[]));
        assert!(!one.suits(ours, Some(&name("gemini")), &[]));
        assert!(!one.suits(ours, None, &[name("rust"), name("css")]));
        assert!(worker(&["claude"], &[], &[]).suits(theirs, None, &[]));
    }

    #[test]
    fn a_task_for_nobody_gets_the_first_agent() {
        let one = worker(&["claude", "codex"], &[], &[]);
        assert_eq!(one.agent_for(None), Some(Name::lossy("claude")));
        let codex = Name::lossy("codex");
        assert_eq!(one.agent_for(Some(&codex)), Some(codex));
    }
}
