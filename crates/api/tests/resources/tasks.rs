//! Tasks: made, edited, linked, claimed by a run, and moved on by how it ends.

use model::{Page, ProblemKind, RunStarted, Scope, TaskFilter, TaskId, TaskPatch, TaskState};
use serde_json::json;

use crate::world::{World, from, kind, make, pointers};

async fn claim(world: &World, task: TaskId) -> Result<RunStarted, client::Error> {
    world
        .admin
        .create_run(&from(json!({"task_id": task, "title": "Try"})))
        .await
}

async fn finish(world: &World, started: &RunStarted, outcome: &str) {
    let end = json!({"outcome": outcome, "lease_epoch": started.run.lease_epoch});
    world
        .admin
        .finish_run(started.run.id, &from(end))
        .await
        .unwrap();
}

async fn state(world: &World, task: TaskId) -> TaskState {
    world.admin.get_task(task).await.unwrap().task.status
}

#[tokio::test]
async fn a_new_task_starts_where_its_words_say() {
    let world = World::new().await;
    let first = make(&world, json!({})).await;
    assert_eq!((first.status, first.sequence), (TaskState::Ready, 1));
    let waiting = make(&world, json!({"parents": [first.id]})).await;
    assert_eq!((waiting.status, waiting.sequence), (TaskState::Todo, 2));
    assert_eq!(
        make(&world, json!({"triage": true})).await.status,
        TaskState::Triage
    );
    let later = json!({"not_before": "2999-01-01T00:00:00Z"});
    assert_eq!(make(&world, later).await.status, TaskState::Scheduled);
}

#[tokio::test]
async fn the_callers_own_key_makes_one_task() {
    let world = World::new().await;
    let first = make(&world, json!({"idempotency_key": "k"})).await;
    let second = make(&world, json!({"idempotency_key": "k", "title": "Other"})).await;
    assert_eq!(first.id, second.id);
}

#[tokio::test]
async fn what_cannot_be_is_pointed_at() {
    let world = World::new().await;
    let stranger = world.task.id;
    for (more, pointer) in [
        (json!({"max_retries": 101}), "/max_retries"),
        (json!({"max_retries": -1}), "/max_retries"),
        (json!({"max_runtime_seconds": 0}), "/max_runtime_seconds"),
        (json!({"parents": [stranger]}), "/parents/0"),
        (json!({"parents": [TaskId::new()]}), "/parents/0"),
        (json!({"skills": vec!["a"; 51]}), "/skills"),
        (json!({"ticket_id": model::TicketId::new()}), "/ticket_id"),
        // The ticket belongs to another project than the one that is named.
        (json!({"ticket_id": world.ticket.id}), "/project"),
    ] {
        let mut body = json!({"project": "elsewhere", "title": "a"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        let answer = world.admin.create_task(&from(body)).await;
        let found = pointers(answer);
        assert!(
            found.iter().any(|found| found.starts_with(pointer)),
            "{pointer}: {found:?}"
        );
    }
}

#[tokio::test]
async fn links_make_no_circles() {
    let world = World::new().await;
    let (one, two, three) = (
        make(&world, json!({})).await,
        make(&world, json!({})).await,
        make(&world, json!({})).await,
    );
    let link =
        |parent: TaskId, child: TaskId| from(json!({"parent_id": parent, "child_id": child}));
    assert!(
        world
            .admin
            .create_link(&link(one.id, two.id))
            .await
            .unwrap()
            .ok
    );
    assert!(
        world
            .admin
            .create_link(&link(two.id, three.id))
            .await
            .unwrap()
            .ok
    );
    assert!(
        world
            .admin
            .create_link(&link(three.id, one.id))
            .await
            .is_err()
    );
    assert!(
        world
            .admin
            .create_link(&link(one.id, one.id))
            .await
            .is_err()
    );
    assert!(
        world
            .admin
            .create_link(&link(one.id, world.task.id))
            .await
            .is_err()
    );
    assert_eq!(state(&world, two.id).await, TaskState::Todo);
    let links = world.admin.get_task_links(two.id).await.unwrap();
    assert_eq!(
        (links.parents, links.children),
        (vec![one.id], vec![three.id])
    );
    assert!(
        world
            .admin
            .delete_link(&link(one.id, two.id))
            .await
            .unwrap()
            .ok
    );
    assert!(
        !world
            .admin
            .delete_link(&link(one.id, two.id))
            .await
            .unwrap()
            .ok
    );
    assert_eq!(state(&world, two.id).await, TaskState::Ready);
}

#[tokio::test]
async fn of_two_claims_one_wins() {
    let world = World::new().await;
    let task = make(&world, json!({})).await;
    let (first, second) = tokio::join!(claim(&world, task.id), claim(&world, task.id));
    assert!(first.is_ok() != second.is_ok());
    let refused = first.err().or(second.err()).unwrap();
    assert_eq!(refused.kind(), Some(ProblemKind::MoveNotAllowed));
    assert_eq!(state(&world, task.id).await, TaskState::Running);
}

#[tokio::test]
async fn a_task_that_waits_cannot_be_claimed() {
    let world = World::new().await;
    assert_eq!(
        kind(claim(&world, world.later.id).await),
        ProblemKind::MoveNotAllowed
    );
}

#[tokio::test]
async fn a_task_that_is_done_frees_those_that_waited() {
    let world = World::new().await;
    let started = claim(&world, world.task.id).await.unwrap();
    finish(&world, &started, "completed").await;
    assert_eq!(state(&world, world.task.id).await, TaskState::Done);
    assert_eq!(state(&world, world.later.id).await, TaskState::Ready);
}

#[tokio::test]
async fn a_failure_is_tried_again_until_it_was_tried_often_enough() {
    let world = World::new().await;
    let task = make(&world, json!({"max_retries": 0})).await;
    let started = claim(&world, task.id).await.unwrap();
    finish(&world, &started, "failed").await;
    assert_eq!(state(&world, task.id).await, TaskState::Failed);
}

#[tokio::test]
async fn only_a_person_opens_a_gate() {
    let world = World::new().await;
    let task = make(&world, json!({"human_gate": true})).await;
    let started = claim(&world, task.id).await.unwrap();
    finish(&world, &started, "completed").await;
    assert_eq!(state(&world, task.id).await, TaskState::Review);
    assert_eq!(
        kind(claim(&world, task.id).await),
        ProblemKind::MoveNotAllowed
    );
    let machine = world.client(&[Scope::Operate], None).await;
    let opened: TaskPatch = from(json!({"human_gate": false}));
    let refused = machine.update_task(task.id, &opened).await;
    assert_eq!(kind(refused), ProblemKind::Forbidden);
}

#[tokio::test]
async fn an_edit_names_the_version_that_it_saw() {
    let world = World::new().await;
    let task = make(&world, json!({"assignee": "ada", "tenant": "t"})).await;
    let patch: TaskPatch = from(json!({"assignee": "", "tenant": null, "version": task.version}));
    let edited = world.admin.update_task(task.id, &patch).await.unwrap();
    assert_eq!((edited.assignee, edited.tenant), (None, None));
    assert_eq!(
        kind(world.admin.update_task(task.id, &patch).await),
        ProblemKind::StaleVersion
    );
}

#[tokio::test]
async fn a_tasks_page_has_everything() {
    let world = World::new().await;
    let started = claim(&world, world.task.id).await.unwrap();
    let detail = world.admin.get_task(world.task.id).await.unwrap();
    assert_eq!(detail.comments.len(), 1);
    assert_eq!(detail.links.children, [world.later.id]);
    assert_eq!(detail.runs[0].id, started.run.id);
    assert_eq!(detail.task.current_run_id, Some(started.run.id));
    assert!(
        detail
            .events
            .iter()
            .any(|event| event.event_type == "task_claimed")
    );
}

#[tokio::test]
async fn the_next_worker_is_told_what_was_before() {
    let world = World::new().await;
    let parent = make(&world, json!({"title": "First"})).await;
    let done = from(json!({"result": "It lies in src."}));
    world.admin.complete_task(parent.id, &done).await.unwrap();
    let body = "x".repeat(9000);
    let task = make(&world, json!({"parents": [parent.id], "body": body})).await;
    let started = claim(&world, task.id).await.unwrap();
    let metadata = json!({"files_touched": ["a", "b"], "files_selected": 14, "cache_hits": -1});
    let end = json!({"outcome": "failed", "error": "No compiler", "metadata": metadata});
    world
        .admin
        .finish_run(started.run.id, &from(end))
        .await
        .unwrap();
    let context = world.admin.get_task_context(task.id).await.unwrap();
    let told: Vec<_> = context
        .parts
        .iter()
        .map(|part| (part.kind.as_str(), part.truncated))
        .collect();
    assert_eq!(
        told,
        [("task", true), ("parent", false), ("attempt", false)]
    );
    assert_eq!(context.parts[1].text, "It lies in src.");
    assert_eq!(context.parts[2].text, "No compiler");
    let counted = (
        context.files_selected,
        context.files_touched,
        context.cache_hits,
    );
    assert_eq!(counted, (14, 2, 0));
    assert!(context.used > 2000 && context.used < context.budget);
    assert!((context.utilization_pct - 11.1).abs() < 0.2);
}

#[tokio::test]
async fn a_reviewers_words_come_first_and_parents_share_the_room() {
    let world = World::new().await;
    let mut parents = Vec::new();
    for _ in 0..6 {
        let parent = make(&world, json!({"title": "Before"})).await;
        let long = from(json!({"result": "y".repeat(7900)}));
        world.admin.complete_task(parent.id, &long).await.unwrap();
        parents.push(parent.id);
    }
    let task = make(&world, json!({"parents": parents})).await;
    let good = from(json!({"summary": "Done."}));
    world.admin.review_task(task.id, &good).await.unwrap();
    let judged = from(json!({"comment": "Test it, too."}));
    let judged = world.admin.request_task_changes(task.id, &judged).await;
    judged.unwrap();
    let said = from(json!({"body": "By the way."}));
    let said = world.admin.create_task_comment(task.id, &said).await;
    said.unwrap();
    let context = world.admin.get_task_context(task.id).await.unwrap();
    let kinds: Vec<_> = context
        .parts
        .iter()
        .map(|part| part.kind.as_str())
        .collect();
    assert_eq!(kinds[..3], ["task", "verdict", "parent"]);
    assert_eq!(context.parts[1].text, "Test it, too.");
    let of = |kind| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!((of("parent"), of("comment"), context.left_out), (6, 1, 0));
    assert!(context.parts[2].truncated && context.parts[2].text.len() == 6000);
}

#[tokio::test]
async fn a_context_keeps_to_its_budget() {
    let world = World::new().await;
    let task = make(&world, json!({})).await;
    let said = from(json!({"body": "y".repeat(8000)}));
    for _ in 0..12 {
        world
            .admin
            .create_task_comment(task.id, &said)
            .await
            .unwrap();
    }
    let context = world.admin.get_task_context(task.id).await.unwrap();
    assert!(context.used <= context.budget);
    assert_eq!((context.parts.len(), context.left_out), (9, 4));
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = World::new().await;
    make(
        &world,
        json!({"assignee": "ada", "tenant": "t", "title": "Über alles"}),
    )
    .await;
    make(&world, json!({"triage": true})).await;
    let elsewhere = TaskFilter {
        project: Some(world.elsewhere.id),
        ..TaskFilter::default()
    };
    let count = async |filter: TaskFilter| {
        world
            .admin
            .list_tasks(&filter, &Page::default())
            .await
            .unwrap()
            .items
            .len()
    };
    assert_eq!(count(elsewhere.clone()).await, 2);
    assert_eq!(
        count(TaskFilter {
            q: Some("ÜBER".into()),
            ..elsewhere.clone()
        })
        .await,
        1
    );
    assert_eq!(
        count(TaskFilter {
            status: vec![TaskState::Triage],
            ..elsewhere.clone()
        })
        .await,
        1
    );
    let ada = Some(model::Name::lossy("ada"));
    assert_eq!(
        count(TaskFilter {
            assignee: ada,
            ..elsewhere.clone()
        })
        .await,
        1
    );
    let tenant = Some(model::Name::lossy("t"));
    assert_eq!(
        count(TaskFilter {
            tenant,
            ..elsewhere
        })
        .await,
        1
    );
    assert_eq!(
        count(TaskFilter {
            ticket: Some(world.ticket.id),
            ..TaskFilter::default()
        })
        .await,
        2
    );
}

#[tokio::test]
async fn a_comment_is_said_by_its_caller() {
    let world = World::new().await;
    let reporter = world.client(&[Scope::Report], None).await;
    let said = reporter
        .create_task_comment(world.task.id, &from(json!({"body": "Hm."})))
        .await
        .unwrap();
    let author = said.author.to_string();
    assert!(author.starts_with("service:somebody "), "{author}");
    let all = world
        .admin
        .list_task_comments(world.task.id, &Page::default())
        .await
        .unwrap()
        .items;
    assert_eq!(all.last(), Some(&said));
}
