//! Questions: asked by workers and programs, answered by people alone, and heard of by whoever waits.

use client::Client;
use model::{
    Heartbeat, NewTask, Page, ProblemKind, QuestionFilter, QuestionState, RunStarted, RunState,
    Scope, Task, TaskState, TicketStatus,
};
use serde_json::json;

use crate::world::{World, from, kind, pointers};

/// The world's task with a worker on it.
async fn worker(world: &World) -> (RunStarted, Client) {
    let run = from(json!({"task_id": world.task.id}));
    let started = world.admin.create_run(&run).await.unwrap();
    let worker = world.client_of(started.run_token.as_ref().unwrap());
    (started, worker)
}

async fn task_now(world: &World) -> Task {
    world.admin.get_task(world.task.id).await.unwrap().task
}

async fn ticket_now(world: &World) -> TicketStatus {
    let ticket = world.admin.get_ticket(world.ticket.id).await.unwrap();
    ticket.status
}

#[tokio::test]
async fn a_worker_waits_for_the_answer_and_goes_on_with_it() {
    let world = World::new().await;
    let (started, worker) = worker(&world).await;
    let asked = from(json!({"text": "Which way?", "options": ["left", "right"]}));
    let asked = worker.create_question(world.task.id, &asked).await.unwrap();
    assert_eq!(asked.run_id, Some(started.run.id));
    assert_eq!(task_now(&world).await.status, TaskState::Waiting);
    assert_eq!(ticket_now(&world).await, TicketStatus::ClarificationNeeded);
    let beat = Heartbeat::default();
    let told = worker.heartbeat_run(started.run.id, &beat).await.unwrap();
    assert_eq!((told.state, told.answers.len()), (RunState::Waiting, 0));
    let up = from(json!({"answer": "up"}));
    let person = world.person().await;
    let refused = person.answer_question(asked.id, &up).await;
    assert_eq!(pointers(refused), ["/answer"]);
    let left = from(json!({"answer": "left"}));
    person.answer_question(asked.id, &left).await.unwrap();
    let told = worker.heartbeat_run(started.run.id, &beat).await.unwrap();
    assert_eq!(told.state, RunState::Running);
    assert_eq!(told.answers[0].answer.as_ref().unwrap().as_str(), "left");
    assert_eq!(task_now(&world).await.status, TaskState::Running);
    assert_eq!(ticket_now(&world).await, TicketStatus::Implementing);
    let again = person.answer_question(asked.id, &left).await;
    assert_eq!(kind(again), ProblemKind::MoveNotAllowed);
}

#[tokio::test]
async fn no_option_is_offered_twice() {
    let world = World::new().await;
    let asked = from(json!({"text": "Which?", "options": ["a", "b", "a"]}));
    let refused = world.admin.create_question(world.task.id, &asked).await;
    assert_eq!(pointers(refused), ["/options/2"]);
}

#[tokio::test]
async fn only_a_person_answers() {
    let world = World::new().await;
    let (_, worker) = worker(&world).await;
    let asked = from(json!({"text": "Which way?"}));
    let asked = worker.create_question(world.task.id, &asked).await.unwrap();
    let machine = world.client(&[Scope::Operate], None).await;
    let answer = from(json!({"answer": "left"}));
    for refused in [
        machine.answer_question(asked.id, &answer).await,
        worker.answer_question(asked.id, &answer).await,
    ] {
        assert_eq!(kind(refused), ProblemKind::Forbidden);
    }
    let stranger = world
        .client(&[Scope::Operate], Some(&world.elsewhere))
        .await;
    let unseen = stranger.answer_question(asked.id, &answer).await;
    assert_eq!(kind(unseen), ProblemKind::NotFound);
    let nowhere = model::QuestionId::new();
    let person = world.person().await;
    let nothing = person.answer_question(nowhere, &answer).await;
    assert_eq!(kind(nothing), ProblemKind::NotFound);
    let empty = from(json!({"answer": " "}));
    let refused = person.answer_question(asked.id, &empty).await;
    assert_eq!(pointers(refused), ["/answer"]);
}

#[tokio::test]
async fn a_task_without_its_worker_waits_and_is_ready_with_the_answer() {
    let world = World::new().await;
    let (started, worker) = worker(&world).await;
    let asked = from(json!({"text": "Which way?"}));
    let asked = worker.create_question(world.task.id, &asked).await.unwrap();
    let gone = from(json!({"outcome": "interrupted"}));
    worker.finish_run(started.run.id, &gone).await.unwrap();
    assert_eq!(task_now(&world).await.status, TaskState::Waiting);
    let answer = from(json!({"answer": "left"}));
    let person = world.person().await;
    person.answer_question(asked.id, &answer).await.unwrap();
    assert_eq!(task_now(&world).await.status, TaskState::Ready);
}

#[tokio::test]
async fn everything_must_be_answered() {
    let world = World::new().await;
    let (_, worker) = worker(&world).await;
    let mut asked = Vec::new();
    for text in ["One?", "Two?"] {
        let new = from(json!({"text": text}));
        asked.push(worker.create_question(world.task.id, &new).await.unwrap());
    }
    let person = world.person().await;
    let answer = from(json!({"answer": "Yes"}));
    for (question, expected) in asked.iter().zip([TaskState::Waiting, TaskState::Running]) {
        person.answer_question(question.id, &answer).await.unwrap();
        assert_eq!(task_now(&world).await.status, expected);
    }
    let of_ticket = world
        .admin
        .list_ticket_questions(world.ticket.id, &Page::default())
        .await
        .unwrap();
    assert_eq!(of_ticket.items.len(), 2);
}

#[tokio::test]
async fn a_question_about_a_task_that_nobody_works_on_blocks_it() {
    let world = World::new().await;
    let machine = world.client(&[Scope::Operate], None).await;
    let new = from(json!({"text": "Shall we?"}));
    let asked = machine.create_question(world.task.id, &new).await.unwrap();
    let task = task_now(&world).await;
    assert_eq!(task.status, TaskState::Blocked);
    assert_eq!(task.block_reason.unwrap().as_str(), "Shall we?");
    let answer = from(json!({"answer": "Yes"}));
    let person = world.person().await;
    person.answer_question(asked.id, &answer).await.unwrap();
    assert_eq!(task_now(&world).await.status, TaskState::Ready);
}

#[tokio::test]
async fn what_is_asked_about_a_task_that_ends_is_withdrawn() {
    let world = World::new().await;
    let (_, worker) = worker(&world).await;
    let new = from(json!({"text": "Which way?"}));
    let asked = worker.create_question(world.task.id, &new).await.unwrap();
    let plain = model::MoveTask::default();
    world
        .admin
        .archive_task(world.task.id, &plain)
        .await
        .unwrap();
    for (state, expected) in [(QuestionState::Open, 0), (QuestionState::Withdrawn, 1)] {
        let filter = QuestionFilter {
            project: Some(world.project.id),
            state: Some(state),
            ..QuestionFilter::default()
        };
        let listed = world.admin.list_questions(&filter, &Page::default()).await;
        assert_eq!(listed.unwrap().items.len(), expected, "{state}");
    }
    let answer = from(json!({"answer": "left"}));
    let late = world
        .person()
        .await
        .answer_question(asked.id, &answer)
        .await;
    assert_eq!(kind(late), ProblemKind::MoveNotAllowed);
    assert_ne!(ticket_now(&world).await, TicketStatus::ClarificationNeeded);
}

#[tokio::test]
async fn a_question_says_something_and_offers_not_too_much() {
    let world = World::new().await;
    for (wrong, pointer) in [
        (json!({"text": " "}), "/text"),
        (json!({"text": "a", "options": vec!["b"; 21]}), "/options"),
    ] {
        let asked = from(wrong);
        let refused = world.admin.create_question(world.later.id, &asked).await;
        assert_eq!(pointers(refused), [pointer]);
    }
    let new: NewTask = from(json!({"project": "elsewhere", "title": "a", "triage": true}));
    let unsure = world.admin.create_task(&new).await.unwrap().task;
    let asked = from(json!({"text": "a"}));
    let refused = world.admin.create_question(unsure.id, &asked).await;
    assert_eq!(kind(refused), ProblemKind::MoveNotAllowed);
}
