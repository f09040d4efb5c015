//! Questions: what an open one holds, who passes it over, and the ticket that waits with its task.

use app::{Credential, Error};
use auth::Caller;
use model::{
    AnswerQuestion, BulkTasks, ClaimTask, Claimed, DiagnosticKind, Handoff, Hindrance, HoldReason,
    Limits, NewQuestion, NewTask, Outcome, Question, Scope, Task, TaskOrder, TaskPatch, TaskState,
    Terms, Text, Ticket, TicketStatus,
};
use testkit::every_engine;

use crate::support::*;

fn question() -> NewQuestion {
    NewQuestion {
        text: Text::lossy("Which way?"),
        options: Vec::new(),
    }
}

fn bot() -> Caller {
    machine("bot", &[Scope::Read, Scope::Report, Scope::Operate])
}

fn to(status: TaskState) -> TaskPatch {
    TaskPatch {
        status: Some(status),
        reclaim_first: true,
        ..TaskPatch::default()
    }
}

fn done() -> TaskOrder {
    TaskOrder::Complete(Handoff::default())
}

impl World {
    async fn task_of(&self, ticket: &Ticket) -> Task {
        let new = NewTask {
            ticket_id: Some(ticket.id),
            ..new_task("x")
        };
        self.task(new).await
    }

    async fn ask_about(&self, who: &Caller, task: &Task) -> Question {
        let asked = self.app.create_question(who, task.id, question()).await;
        asked.unwrap()
    }

    /// A task whose worker asks, and that worker.
    async fn asking(&self, ticket: &Ticket) -> (Task, Claimed, Caller) {
        let task = self.task_of(ticket).await;
        let (claimed, worker) = self.claim_and_ask(&task).await;
        (task, claimed, worker)
    }

    async fn claim_and_ask(&self, task: &Task) -> (Claimed, Caller) {
        let claim = ClaimTask::default();
        let claimed = self.app.claim_task(&admin(), task.id, claim).await;
        let claimed = claimed.unwrap().value;
        let token = claimed.run_token.clone().unwrap();
        let worker = self.app.authenticate(Credential::Bearer(&token)).await;
        let worker = worker.unwrap();
        self.ask_about(&worker, task).await;
        (claimed, worker)
    }

    /// Answers what is asked about a task.
    async fn answer(&self, task: &Task) {
        let open = self
            .app
            .get_task(&admin(), task.id)
            .await
            .unwrap()
            .questions;
        let answer = AnswerQuestion {
            answer: Text::lossy("left"),
        };
        let answered = self.app.answer_question(&admin(), open[0].id, answer).await;
        answered.unwrap();
    }

    async fn order(&self, who: &Caller, task: &Task, order: TaskOrder) -> Result<Task, Error> {
        let terms = Terms {
            reclaim_first: true,
            ..Terms::default()
        };
        self.app.move_task(who, task.id, order, terms).await
    }

    async fn open_questions(&self, task: &Task) -> usize {
        let page = self.app.get_task(&admin(), task.id).await;
        page.unwrap().questions.len()
    }
}

every_engine! {
    async fn a_worker_that_is_done_ends_its_task_and_its_question(place) {
        let world = over(place.open().await).await;
        for door in ["finish", "complete", "drag", "order", "bulk"] {
            let ticket = world.ticket("x").await;
            let (task, claimed, worker) = world.asking(&ticket).await;
            match door {
                "finish" => {
                    let end = end(Outcome::Completed);
                    let ended = world.app.finish_run(&worker, claimed.run.id, end).await;
                    ended.unwrap();
                }
                "complete" => drop(world.order(&worker, &task, done()).await.unwrap()),
                "order" => drop(world.order(&admin(), &task, done()).await.unwrap()),
                "drag" => {
                    let patch = to(TaskState::Done);
                    world.app.update_task(&admin(), task.id, patch).await.unwrap();
                }
                _ => {
                    let bulk = BulkTasks {
                        ids: vec![task.id],
                        status: Some(TaskState::Done),
                        reclaim_first: true,
                        ..BulkTasks::default()
                    };
                    let outcome = world.app.update_tasks(&admin(), bulk).await.unwrap();
                    assert!(outcome.results[0].ok, "{outcome:?}");
                }
            }
            assert_eq!(world.task_now(&task).await.status, TaskState::Done, "{door}");
            assert_eq!(world.open_questions(&task).await, 0, "{door}");
            let now = world.ticket_now(&ticket).await;
            assert_eq!((now.status, now.last_completed_task_seq), (TicketStatus::Done, 1), "{door}");
        }
    }

    async fn a_machine_moves_no_task_past_an_open_question(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let (waiting, ..) = world.asking(&ticket).await;
        let blocked = world.task_of(&ticket).await;
        world.ask_about(&bot(), &blocked).await;
        let reassigned = TaskPatch {
            assignee: Some(Text::lossy("codex")),
            reclaim_first: true,
            ..TaskPatch::default()
        };
        for task in [&waiting, &blocked] {
            let before = world.task_now(task).await;
            for order in [
                TaskOrder::Unblock,
                TaskOrder::Retry,
                TaskOrder::Archive,
                TaskOrder::Schedule { not_before: None },
                TaskOrder::Review(Handoff::default()),
                done(),
            ] {
                let refusal = world.order(&bot(), task, order).await;
                assert_eq!(refused(refusal), "forbidden");
            }
            for state in [TaskState::Ready, TaskState::Todo, TaskState::Archived, TaskState::Done] {
                let refusal = world.app.update_task(&bot(), task.id, to(state)).await;
                assert_eq!(refused(refusal), "forbidden", "{state}");
            }
            let refusal = world.app.delete_task(&bot(), task.id).await;
            assert_eq!(refused(refusal), "forbidden");
            assert_eq!(world.task_now(task).await, before);
            // Who is to go on with the answer is another matter.
            let patch = reassigned.clone();
            let now = world.app.update_task(&bot(), task.id, patch).await.unwrap();
            assert_eq!((now.status, now.current_run_id), (before.status, None));
            assert_eq!(world.open_questions(task).await, 1);
        }
        let refusal = world.app.delete_ticket(&bot(), ticket.id).await;
        assert_eq!(refused(refusal), "forbidden");
    }

    async fn why_names_the_question(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let (waiting, claimed, worker) = world.asking(&ticket).await;
        let blocked = world.task_of(&ticket).await;
        world.ask_about(&bot(), &blocked).await;
        let gone = end(Outcome::Interrupted);
        world.app.finish_run(&worker, claimed.run.id, gone).await.unwrap();
        for (task, expected) in [
            (&waiting, vec![HoldReason::Question]),
            (&blocked, vec![HoldReason::Blocked, HoldReason::Question]),
        ] {
            let why = world.app.get_task_why(&admin(), task.id).await.unwrap();
            let words: Vec<_> = why.reasons.iter().map(|hold| hold.reason).collect();
            assert_eq!(words, expected);
        }
    }

    async fn a_question_without_a_worker_takes_nobodys_place(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let (waiting, claimed, worker) = world.asking(&ticket).await;
        let next = world.task_of(&ticket).await;
        let limits = Limits { max_running: Some(1), ..Limits::default() };
        world.app.update_limits(&admin(), limits).await.unwrap();
        assert_eq!(refused(world.claim(&next).await), "move_not_allowed");
        let gone = end(Outcome::Interrupted);
        world.app.finish_run(&worker, claimed.run.id, gone).await.unwrap();
        assert_eq!(world.task_now(&waiting).await.status, TaskState::Waiting);
        world.claim(&next).await.unwrap();
    }

    async fn a_machines_retry_of_a_ticket_leaves_alone_what_is_asked_about(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let task = world.task_of(&ticket).await;
        world.ask_about(&bot(), &task).await;
        let failed = model::TicketPatch {
            status: Some(TicketStatus::Failed),
            ..model::TicketPatch::default()
        };
        world.app.update_ticket(&bot(), ticket.id, failed).await.unwrap();
        // There is nothing that it could set going.
        let refusal = world.app.retry_ticket(&bot(), ticket.id).await;
        assert_eq!(refused(refusal), "forbidden");
        assert_eq!(world.ticket_now(&ticket).await.status, TicketStatus::Failed);
        world.task_of(&ticket).await;
        world.app.retry_ticket(&bot(), ticket.id).await.unwrap();
        assert_eq!(world.task_now(&task).await.status, TaskState::Blocked);
        assert_eq!(world.open_questions(&task).await, 1);
    }

    async fn a_person_who_moves_a_task_away_withdraws_what_is_asked(place) {
        let world = over(place.open().await).await;
        for state in [
            TaskState::Ready,
            TaskState::Todo,
            TaskState::Triage,
            TaskState::Scheduled,
            TaskState::Blocked,
            TaskState::Review,
            TaskState::Archived,
        ] {
            let ticket = world.ticket("x").await;
            let (waiting, ..) = world.asking(&ticket).await;
            let moved = world.app.update_task(&admin(), waiting.id, to(state)).await;
            assert_eq!(moved.unwrap().status, state);
            assert_eq!(world.open_questions(&waiting).await, 0, "{state}");
            let now = world.ticket_now(&ticket).await.status;
            assert_ne!(now, TicketStatus::ClarificationNeeded, "{state}");
        }
        let ticket = world.ticket("x").await;
        let blocked = world.task_of(&ticket).await;
        let asked = world.ask_about(&bot(), &blocked).await;
        world.order(&admin(), &blocked, TaskOrder::Unblock).await.unwrap();
        assert_eq!(world.open_questions(&blocked).await, 0);
        assert_eq!(world.ticket_now(&ticket).await.status, TicketStatus::Queued);
        let late = AnswerQuestion { answer: Text::lossy("left") };
        let late = world.app.answer_question(&admin(), asked.id, late).await;
        assert_eq!(refused(late), "move_not_allowed");
    }

    async fn a_worker_that_asked_wants_a_verdict_instead(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let (task, _, worker) = world.asking(&ticket).await;
        let review = TaskOrder::Review(Handoff::default());
        world.order(&worker, &task, review).await.unwrap();
        assert_eq!(world.open_questions(&task).await, 0);
        assert_eq!(world.ticket_now(&ticket).await.status, TicketStatus::Implementing);
    }

    async fn a_worker_that_asked_and_is_blocked_goes_on_with_the_answer(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let (task, _, worker) = world.asking(&ticket).await;
        let block = TaskOrder::Block(Hindrance::default());
        let blocked = world.order(&worker, &task, block).await.unwrap();
        assert_eq!((blocked.status, world.open_questions(&task).await), (TaskState::Blocked, 1));
        assert_eq!(world.ticket_now(&ticket).await.status, TicketStatus::ClarificationNeeded);
        assert_eq!(refused(world.order(&bot(), &task, TaskOrder::Unblock).await), "forbidden");
        world.answer(&task).await;
        assert_eq!(world.task_now(&task).await.status, TaskState::Ready);
        assert_eq!(world.ticket_now(&ticket).await.status, TicketStatus::Implementing);
    }

    async fn an_attempt_that_fails_with_its_question_open_uses_up_a_try(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let task = world.task_of(&ticket).await;
        for (outcome, failures) in [(Outcome::Crashed, 1), (Outcome::Interrupted, 1), (Outcome::Failed, 2)] {
            let (claimed, _) = world.claim_and_ask(&task).await;
            world.finish(&claimed.run, outcome).await;
            let now = world.task_now(&task).await;
            assert_eq!((now.status, now.failure_count), (TaskState::Waiting, failures));
            assert_eq!(world.open_questions(&task).await, 1, "it is still asked");
            world.answer(&task).await;
            assert_eq!(world.task_now(&task).await.status, TaskState::Ready);
        }
        let told = world.app.get_task(&admin(), task.id).await.unwrap().diagnostics;
        assert_eq!(told[0].kind, DiagnosticKind::RepeatedFailures);
        let (claimed, _) = world.claim_and_ask(&task).await;
        world.finish(&claimed.run, Outcome::Crashed).await;
        let now = world.task_now(&task).await;
        assert_eq!((now.status, now.failure_count), (TaskState::Failed, 3));
        assert_eq!(world.open_questions(&task).await, 0, "nobody waits for the answer");
        assert_eq!(world.ticket_now(&ticket).await.status, TicketStatus::Failed);
        let words = world.words().await;
        let told = |word: &str| words.iter().filter(|it| *it == word).count();
        assert_eq!((told("task_failed"), told("task_gave_up")), (2, 1));
    }

    async fn no_ticket_waits_for_an_answer_about_a_task_that_is_gone(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let (task, ..) = world.asking(&ticket).await;
        let other = world.task_of(&ticket).await;
        world.ask_about(&bot(), &other).await;
        for (gone, expected) in [
            (&other, TicketStatus::ClarificationNeeded),
            (&task, TicketStatus::Implementing),
        ] {
            world.app.delete_task(&admin(), gone.id).await.unwrap();
            assert_eq!(world.ticket_now(&ticket).await.status, expected);
        }
    }
}
