//! What people and programs do on the board: every order, drags, many at once, links, limits, loops, and removal. What is refused
//! changes nothing.

use auth::Caller;
use model::{
    BlockKind, BulkTasks, Handoff, Hindrance, Limits, LoopChange, LoopState, NewLink, NewQuestion,
    PrincipalKind, ProjectPatch, ProjectRef, Scope, Task, TaskId, TaskOrder, TaskPatch, TaskState,
    Terms, Text,
};

use super::Simulation;
use super::claims::Way;
use crate::support::*;

/// Refusals that somebody may meet who moves tasks.
const REFUSALS: [&str; 4] = [
    "move_not_allowed",
    "stale_version",
    "forbidden",
    "malformed",
];

impl Simulation {
    /// Somebody gives a task an order, without looking where it stands.
    pub(super) async fn give_order(&mut self) {
        let Some(task) = self.any(|_| true).await else {
            return;
        };
        let (who, order) = (self.somebody(), self.some_order());
        let terms = Terms {
            reclaim_first: self.dice.below(2) == 0,
            version: self
                .dice
                .one_of(&[None, None, Some(task.version), Some(task.version - 1)]),
        };
        let before = self.everything().await;
        let said = self.app().move_task(&who, task.id, order.clone(), terms);
        let said = said.await;
        if let Ok(moved) = &said {
            assert!(terms.version.is_none_or(|seen| seen == task.version));
            let is_taken = task.current_run_id.is_some() && order != TaskOrder::Archive;
            assert!(!is_taken || terms.reclaim_first, "taken unasked: {task:?}");
            self.check_gate(&who, &task, moved);
            self.remember(&order, moved).await;
        }
        self.settle(before, said.map(drop)).await;
    }

    /// Somebody drags a card, wherever it stands, to wherever.
    pub(super) async fn drag(&mut self) {
        let Some(task) = self.any(|_| true).await else {
            return;
        };
        let (who, target) = (self.somebody(), self.dice.one_of(TaskState::ALL));
        let patch = TaskPatch {
            status: Some(target),
            reclaim_first: self.dice.below(2) == 0,
            ..TaskPatch::default()
        };
        let before = self.everything().await;
        let said = self.app().update_task(&who, task.id, patch).await;
        if let Ok(moved) = &said {
            // What is set free before its time still waits for it.
            let is_early = moved.is_early(self.clock.now()) && task.status != TaskState::Ready;
            let place = match target {
                TaskState::Ready if is_early => TaskState::Scheduled,
                _ => target,
            };
            assert_eq!(moved.status, place, "dragged elsewhere: {task:?}");
            self.check_gate(&who, &task, moved);
            self.remember(&TaskOrder::Hold, moved).await;
        }
        self.settle(before, said.map(drop)).await;
    }

    /// Somebody moves several at once, one of which may not be there.
    pub(super) async fn drag_many(&mut self) {
        let known = self.tasks().await;
        if known.is_empty() {
            return;
        }
        let mut ids = vec![TaskId::new()];
        for _ in 0..3 {
            ids.push(known[self.dice.below(known.len())].id);
        }
        let target = self.dice.one_of(&[
            TaskState::Triage,
            TaskState::Todo,
            TaskState::Ready,
            TaskState::Blocked,
            TaskState::Done,
            TaskState::Archived,
        ]);
        let bulk = serde_json::json!({ "ids": ids, "status": target, "reclaim_first": true });
        let bulk: BulkTasks = serde_json::from_value(bulk).unwrap();
        let said = self.app().update_tasks(&admin(), bulk).await.unwrap();
        let named: Vec<TaskId> = said.results.iter().map(|result| result.id).collect();
        assert_eq!(named, ids);
        assert!(!said.results[0].ok, "moved what is not there");
        self.figures.orders += 1;
        let now = self.tasks().await;
        for result in &said.results[1..] {
            let task = now.iter().find(|task| task.id == result.id).unwrap();
            if result.ok {
                self.remember(&TaskOrder::Hold, task).await;
            }
        }
    }

    /// One task waits for another from now on, or no longer.
    pub(super) async fn link_or_unlink(&mut self) {
        let (Some(parent), Some(child)) = (self.any(|_| true).await, self.any(|_| true).await)
        else {
            return;
        };
        let before = self.everything().await;
        let link = NewLink {
            parent_id: parent.id,
            child_id: child.id,
        };
        if self.dice.below(3) > 0 {
            let is_circle = self.leads_to(child.id, parent.id).await;
            let said = self.app().create_link(&admin(), link).await;
            assert_eq!(said.is_err(), is_circle, "a circle, or none");
            return self.settle(before, said.map(drop)).await;
        }
        let parents = self.parents(child.id).await;
        let parent_id = parents.first().copied().unwrap_or(parent.id);
        let link = NewLink { parent_id, ..link };
        let said = self.app().delete_link(&admin(), link).await;
        assert_eq!(said.as_ref().unwrap().ok, !parents.is_empty());
        self.settle(before, said.map(drop)).await;
    }

    async fn leads_to(&self, from: TaskId, to: TaskId) -> bool {
        let mut below = vec![from];
        let mut next = 0;
        while next < below.len() {
            let links = self.app().list_task_links(&admin(), below[next]).await;
            let children = links.unwrap().children;
            let new: Vec<_> = children
                .into_iter()
                .filter(|id| !below.contains(id))
                .collect();
            below.extend(new);
            next += 1;
        }
        below.contains(&to)
    }

    /// A task goes for good, with its runs.
    pub(super) async fn delete(&mut self) {
        let Some(task) = self.any(|_| true).await else {
            return;
        };
        let runs = self.runs().await;
        let its = runs
            .iter()
            .filter(|run| run.task_id == Some(task.id))
            .count();
        self.app().delete_task(&admin(), task.id).await.unwrap();
        self.made.remove(&task.id);
        self.given.retain(|_, of| *of != task.id);
        self.leases.remove(&task.id);
        self.figures.deleted += its as u64;
        self.figures.orders += 1;
    }

    pub(super) async fn set_limits(&mut self) {
        let mut limit = || self.dice.one_of(&[None, None, Some(0), Some(1), Some(2)]);
        let patch = ProjectPatch {
            max_running: Some(limit()),
            max_running_per_agent: Some(limit()),
            max_wip: Some(limit()),
            ..ProjectPatch::default()
        };
        let everywhere = Limits {
            max_running: limit(),
            max_running_per_agent: limit(),
        };
        self.limit(patch, everywhere).await;
    }

    pub(super) async fn limit(&self, patch: ProjectPatch, everywhere: Limits) {
        let project = ProjectRef::Id(self.project.id);
        let here = self.app().update_project(&admin(), &project, patch).await;
        here.unwrap();
        let there = self.app().update_limits(&admin(), everywhere).await;
        there.unwrap();
    }

    /// The loop pauses or goes on, or the project is put away or brought back.
    pub(super) async fn close_or_open(&mut self) {
        let project = ProjectRef::Id(self.project.id);
        let patch = ProjectPatch {
            archived: Some(self.dice.below(4) == 0),
            ..ProjectPatch::default()
        };
        let said = self.app().update_project(&admin(), &project, patch).await;
        said.unwrap();
        let state = self
            .dice
            .one_of(&[LoopState::Running, LoopState::Running, LoopState::Paused]);
        self.set_loop(state).await;
    }

    pub(super) async fn set_loop(&self, state: LoopState) {
        let change = LoopChange {
            state,
            reason: None,
        };
        let project = ProjectRef::Id(self.project.id);
        let said = self.app().update_loop(&admin(), &project, change).await;
        said.unwrap();
    }

    /// Somebody asks what would be handed out now: only what is ready, and nothing changes.
    pub(super) async fn foresee(&mut self) {
        let before = self.everything().await;
        let said = self.app().dispatch_tasks(&admin(), true, None).await;
        let said = said.unwrap();
        self.assert_untouched(&before, "a dry run").await;
        for task in before
            .0
            .iter()
            .filter(|task| said.dispatched.contains(&task.id))
        {
            assert_eq!(task.status, TaskState::Ready, "{task:?}");
        }
    }

    /// Somebody hands out now, even while the loop is paused, and hears which tasks were taken by it.
    pub(super) async fn trigger(&mut self) {
        let scene = self.scene().await;
        let (app, project) = (self.app().clone(), ProjectRef::Id(self.project.id));
        let offer =
            tokio::spawn(async move { app.trigger_project(&admin(), &project, false, None).await });
        let mut given = Vec::new();
        for hand in 0..super::HANDS {
            if self.hands[hand].leases.is_empty() && !self.hands[hand].sleeps {
                let said = self.app().claim_work(&admin(), self.claim(hand)).await;
                for claim in said.unwrap().claims {
                    self.note(&claim).await;
                    self.hands[hand].leases.push(claim.clone());
                    given.push(claim);
                }
            }
        }
        let said = offer.await.unwrap().unwrap();
        let is_given = |id: &TaskId| given.iter().any(|claim| claim.task.id == *id);
        assert!(
            said.dispatched.iter().all(is_given),
            "said to be taken, and was not"
        );
        assert!(
            said.skipped
                .iter()
                .all(|skipped| !said.dispatched.contains(&skipped.task))
        );
        self.check_claims(&scene, &given, Way::Offer).await;
    }

    /// A person asks about a task that nobody may be working on.
    pub(super) async fn ask_about(&mut self) {
        let Some(task) = self.any(|_| true).await else {
            return;
        };
        let question = NewQuestion {
            text: Text::lossy("why?"),
            options: Vec::new(),
        };
        let before = self.everything().await;
        let (ada, app) = (admin(), self.app());
        let said = app.create_question(&ada, task.id, question).await;
        self.settle(before, said.map(drop)).await;
    }

    /// A person, or now and then a program that operates.
    fn somebody(&mut self) -> Caller {
        match self.dice.below(3) {
            0 => machine("bot", &[Scope::Read, Scope::Report, Scope::Operate]),
            _ => admin(),
        }
    }

    fn some_order(&mut self) -> TaskOrder {
        let handoff = Handoff {
            summary: self.dice.one_of(&[None, Some("by hand")]).map(Text::lossy),
            ..Handoff::default()
        };
        let kind = self.dice.one_of(BlockKind::ALL);
        let due = self.dice.one_of(&[None, Some(-10), Some(200), Some(4000)]);
        match self.dice.below(16) {
            0 => TaskOrder::Complete(handoff),
            1 => TaskOrder::Block(Hindrance {
                kind: Some(kind),
                reason: None,
            }),
            2 | 3 => TaskOrder::Unblock,
            4 => TaskOrder::Promote { force: false },
            5 => TaskOrder::Promote { force: true },
            6 => TaskOrder::Hold,
            7 => TaskOrder::Archive,
            8 => TaskOrder::Restore,
            9 => TaskOrder::Review(handoff),
            10 => TaskOrder::Approve { comment: None },
            11 => TaskOrder::RequestChanges { comment: None },
            12 => TaskOrder::Accept,
            13 => TaskOrder::Demote,
            14 => TaskOrder::Schedule {
                not_before: due.map(|seconds| self.clock.now().plus_seconds(seconds)),
            },
            _ => TaskOrder::Reopen,
        }
    }

    /// Only a person gets past a gate, or past what a person blocked.
    fn check_gate(&self, who: &Caller, before: &Task, after: &Task) {
        if who.principal.kind == PrincipalKind::Human {
            return;
        }
        let is_done = after.status == TaskState::Done && before.status != TaskState::Done;
        assert!(
            !(before.human_gate && is_done),
            "a program judged: {before:?}"
        );
        let by_a_person = before
            .blocked_by
            .as_ref()
            .is_some_and(|by| by.kind == PrincipalKind::Human);
        let is_free = before.status == TaskState::Blocked && before.status != after.status;
        assert!(!(by_a_person && is_free), "a program released: {before:?}");
    }

    /// Notes what a person may do against the usual rules.
    async fn remember(&mut self, order: &TaskOrder, moved: &Task) {
        if *order == (TaskOrder::Promote { force: true }) {
            self.forced.insert(moved.id);
        }
        if moved.status == TaskState::Todo && !self.waits(moved.id).await {
            self.held.insert(moved.id, moved.version);
        }
    }

    /// What is refused is refused for a reason, and changes nothing.
    pub(super) async fn settle(
        &mut self,
        before: (Vec<Task>, Vec<model::Run>),
        said: Result<(), app::Error>,
    ) {
        let Err(refusal) = said else {
            self.figures.orders += 1;
            return;
        };
        self.figures.declined += 1;
        let kind = refusal.kind().as_str();
        assert!(REFUSALS.contains(&kind), "{kind}: {refusal}");
        self.assert_untouched(&before, "a refused order").await;
    }
}
