//! What people do: make tasks, take them back, cancel, pause, drain, answer, judge, and try again.

use model::{
    AnswerQuestion, Limits, LoopState, Name, NewTask, Page, ProjectPatch, Question, QuestionFilter,
    QuestionState, ReclaimTask, Task, TaskOrder, TaskState, Terms, Text, WorkerFilter,
};

use super::Simulation;
use super::workers::{ALL_AGENTS, SKILL};
use crate::support::*;

impl Simulation {
    pub(super) async fn make_task(&mut self) {
        let known = self.tasks().await;
        let mut parents = Vec::new();
        for _ in 0..self.dice.below(3).min(known.len()) {
            parents.push(known[self.dice.below(known.len())].id);
        }
        let agent = self
            .dice
            .one_of(&[None, None, Some(ALL_AGENTS[0]), Some(ALL_AGENTS[1])]);
        let skill = self.dice.one_of(&[None, None, None, Some(SKILL)]);
        let due = self
            .dice
            .one_of(&[None, None, None, None, Some(300), Some(-5)]);
        let ticket = self.dice.one_of(&[None, Some(0), Some(1)]);
        let new = NewTask {
            project: Some(self.project.id.to_string()),
            ticket_id: ticket.map(|which: usize| self.tickets[which]),
            parents,
            priority: i64::try_from(self.dice.below(3)).unwrap(),
            max_retries: Some(i64::try_from(self.dice.below(3)).unwrap()),
            max_runtime_seconds: self.dice.one_of(&[None, None, Some(100)]),
            human_gate: self.dice.below(4) == 0,
            triage: self.dice.below(10) == 0,
            assignee: agent.map(Name::lossy),
            skills: skill.map(Name::lossy).into_iter().collect(),
            not_before: due.map(|seconds| self.clock.now().plus_seconds(seconds)),
            ..new_task("x")
        };
        let before = self.everything().await;
        match self.app().create_task(&admin(), new).await {
            Ok(made) => drop(self.made.insert(made.value.task.id)),
            // Its project is put away.
            Err(refusal) => self.settle(before, Err(refusal)).await,
        }
    }

    pub(super) async fn reclaim_by_hand(&mut self) {
        let held = |task: &Task| task.current_run_id.is_some();
        if let Some(task) = self.any(held).await {
            let reclaim = ReclaimTask::default();
            let back = self.app().reclaim_task(&admin(), task.id, reclaim).await;
            back.unwrap();
            self.figures.reclaimed += 1;
        }
    }

    pub(super) async fn cancel(&mut self) {
        if let Some(task) = self.any(|task| task.current_run_id.is_some()).await {
            let run = task.current_run_id.unwrap();
            self.app().cancel_run(&admin(), run).await.unwrap();
        }
    }

    pub(super) async fn pause_or_resume(&mut self) {
        match self.dice.below(3) {
            0 => self.app().pause_daemon(&admin()).await.unwrap(),
            _ => self.app().resume_daemon(&admin()).await.unwrap(),
        };
    }

    pub(super) async fn drain_or_resume(&mut self) {
        let (ada, filter) = (admin(), WorkerFilter::default());
        let there = self
            .app()
            .list_workers(&ada, filter, Page::first(100))
            .await;
        for card in there.unwrap().items {
            let id = card.worker.id;
            match self.dice.below(4) {
                0 => self.app().drain_worker(&ada, id).await.unwrap(),
                _ => self.app().resume_worker(&ada, id).await.unwrap(),
            };
        }
    }

    /// Nothing keeps workers from work any more but the tasks themselves.
    pub(super) async fn resume_all(&self) {
        self.app().resume_daemon(&admin()).await.unwrap();
        self.set_loop(LoopState::Running).await;
        let open = ProjectPatch {
            archived: Some(false),
            max_running: Some(None),
            max_running_per_agent: Some(None),
            max_wip: Some(None),
            ..ProjectPatch::default()
        };
        self.limit(open, Limits::default()).await;
        let (ada, filter) = (admin(), WorkerFilter::default());
        let there = self
            .app()
            .list_workers(&ada, filter, Page::first(100))
            .await;
        for card in there.unwrap().items {
            self.app()
                .resume_worker(&ada, card.worker.id)
                .await
                .unwrap();
        }
    }

    pub(super) async fn retry(&mut self) {
        let ended = |task: &Task| matches!(task.status, TaskState::Failed | TaskState::Blocked);
        if let Some(task) = self.any(ended).await {
            self.order(&task, TaskOrder::Retry).await;
        }
    }

    /// Every open question of one task is answered.
    pub(super) async fn answer(&mut self) {
        let asked = |task: &Task| matches!(task.status, TaskState::Waiting | TaskState::Blocked);
        if let Some(task) = self.any(asked).await {
            self.answer_all(&task).await;
        }
    }

    pub(super) async fn answer_all(&self, task: &Task) {
        for question in self.open_questions(task).await {
            let answer = AnswerQuestion {
                answer: Text::lossy("this one"),
            };
            let (ada, app) = (admin(), self.app());
            app.answer_question(&ada, question.id, answer)
                .await
                .unwrap();
        }
    }

    pub(super) async fn open_questions(&self, task: &Task) -> Vec<Question> {
        let filter = QuestionFilter {
            task: Some(task.id),
            state: Some(QuestionState::Open),
            ..QuestionFilter::default()
        };
        let page = Page::first(100);
        let open = self.app().list_questions(&admin(), filter, page).await;
        open.unwrap().items
    }

    pub(super) async fn retry_ticket(&mut self) {
        let ticket = self.dice.one_of(&self.tickets);
        let before = self.everything().await;
        let said = self.app().retry_ticket(&admin(), ticket).await;
        self.settle(before, said.map(drop)).await;
    }

    pub(super) async fn judge(&mut self) {
        if let Some(task) = self.any(|task| task.status == TaskState::Review).await {
            let verdict = match self.dice.below(3) {
                0 => TaskOrder::RequestChanges { comment: None },
                _ => TaskOrder::Approve { comment: None },
            };
            self.order(&task, verdict).await;
        }
    }

    pub(super) async fn order(&self, task: &Task, order: TaskOrder) {
        let terms = Terms::default();
        let moved = self.app().move_task(&admin(), task.id, order, terms).await;
        moved.unwrap();
    }

    pub(super) async fn any(&mut self, wanted: impl Fn(&Task) -> bool) -> Option<Task> {
        let mut found = self.tasks().await;
        found.retain(wanted);
        match found.len() {
            0 => None,
            count => Some(found.swap_remove(self.dice.below(count))),
        }
    }
}
