//! What workers may be given: looked at before they ask, and held against what they got.

use std::collections::HashMap;

use model::{
    Claimed, DaemonState, Limits, LoopState, Name, Project, ProjectRef, Run, Task, TaskId,
    TaskState, Timestamp,
};

use super::Simulation;
use crate::support::*;

/// How somebody comes to a task.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By asking for any.
    Queue,
    /// By asking for any while a person offers them.
    Offer,
    /// By naming it.
    Name,
}

/// How everything stood before somebody asked.
pub(super) struct Scene {
    tasks: HashMap<TaskId, Task>,
    runs: Vec<Run>,
    project: Project,
    limits: Limits,
    daemon: DaemonState,
    at: Timestamp,
}

impl Simulation {
    pub(super) async fn scene(&self) -> Scene {
        let (ada, project) = (admin(), ProjectRef::Id(self.project.id));
        let (tasks, runs) = self.everything().await;
        let card = self.app().get_project(&ada, &project).await.unwrap();
        let status = self.app().get_status(&ada).await.unwrap();
        Scene {
            tasks: tasks.into_iter().map(|task| (task.id, task)).collect(),
            runs,
            project: card.project,
            limits: self.app().get_limits(&ada).await.unwrap(),
            daemon: status.daemon_state,
            at: self.clock.now(),
        }
    }

    /// What was handed out was free, to be handed out, and not more than may be.
    pub(super) async fn check_claims(&self, scene: &Scene, claims: &[Claimed], way: Way) {
        if claims.is_empty() {
            return;
        }
        scene.check_open(way);
        scene.check_limits(claims);
        for claim in claims {
            let before = &scene.tasks[&claim.task.id];
            assert_eq!(
                before.status,
                TaskState::Ready,
                "taken too early: {before:?}"
            );
            assert!(
                way == Way::Name || scene.is_due(before),
                "back-off: {before:?}"
            );
            assert_eq!(claim.task.current_run_id, Some(claim.run.id));
            let parents = self.parents(before.id).await;
            let is_over = |id: &TaskId| scene.tasks[id].status.lets_children_go();
            assert!(
                before.ignores_parents || parents.iter().all(is_over),
                "taken before what it waits for: {before:?}"
            );
        }
    }
}

/// Where work is in progress.
const IN_WORK: [TaskState; 3] = [TaskState::Running, TaskState::Waiting, TaskState::Review];

impl Scene {
    /// Everything that was there.
    pub(super) fn all(&self) -> (Vec<Task>, Vec<Run>) {
        (self.tasks.values().cloned().collect(), self.runs.clone())
    }

    fn is_due(&self, task: &Task) -> bool {
        task.not_before.is_none_or(|due| due <= self.at)
    }

    fn check_open(&self, way: Way) {
        assert_eq!(
            self.daemon,
            DaemonState::Running,
            "handed out by a server that is paused"
        );
        assert!(
            self.project.archived_at.is_none(),
            "handed out of an archived project"
        );
        let is_running = self.project.loop_state == LoopState::Running;
        assert!(
            is_running || way == Way::Offer,
            "handed out of a loop that is paused"
        );
    }

    fn check_limits(&self, claims: &[Claimed]) {
        let with_these = |counts: fn(&Task) -> bool| {
            let before = self.tasks.values().filter(|task| counts(task)).count();
            i64::try_from(before + claims.len()).unwrap()
        };
        // A task that waits for an answer keeps its worker's place only as long as there is a worker.
        let running = with_these(|task| match task.status {
            TaskState::Waiting => task.current_run_id.is_some(),
            status => status == TaskState::Running,
        });
        let in_work = with_these(|task| IN_WORK.contains(&task.status));
        let (project, limits) = (&self.project, &self.limits);
        assert!(project.max_running.is_none_or(|most| running <= most));
        assert!(limits.max_running.is_none_or(|most| running <= most));
        assert!(project.max_wip.is_none_or(|most| in_work <= most));
        for agent in claims.iter().filter_map(|claim| claim.run.agent.as_ref()) {
            let count = self.of_agent(agent, claims);
            assert!(
                project
                    .max_running_per_agent
                    .is_none_or(|most| count <= most)
            );
            assert!(
                limits
                    .max_running_per_agent
                    .is_none_or(|most| count <= most)
            );
        }
    }

    fn of_agent(&self, agent: &Name, claims: &[Claimed]) -> i64 {
        let is_its = |run: &&Run| run.agent.as_ref() == Some(agent) && !run.state.has_ended();
        let before = self.runs.iter().filter(is_its).count();
        let now = claims.iter().map(|claim| &claim.run).filter(is_its).count();
        i64::try_from(before + now).unwrap()
    }
}
