//! Moves of tasks: what follows for others, and what only a person may do.

use app::Error;
use auth::Caller;
use model::{
    BlockKind, Handoff, Hindrance, NewLink, NewTask, Outcome, Scope, Task, TaskOrder, TaskState,
    Terms, Text,
};
use testkit::makers::noon;

use crate::support::*;

async fn order(world: &World, who: &Caller, task: &Task, order: TaskOrder) -> Result<Task, Error> {
    world
        .app
        .move_task(who, task.id, order, Terms::default())
        .await
}

async fn child(world: &World, parent: &Task) -> Task {
    world
        .task(NewTask {
            parents: vec![parent.id],
            ..new_task("child")
        })
        .await
}

async fn done(world: &World, text: &str) -> Task {
    let task = world.task(new_task(text)).await;
    let handoff = TaskOrder::Complete(Handoff::default());
    order(world, &admin(), &task, handoff).await.unwrap()
}

fn block(kind: BlockKind) -> TaskOrder {
    TaskOrder::Block(Hindrance {
        kind: Some(kind),
        reason: Some(Text::lossy("why")),
    })
}

#[tokio::test]
async fn a_parent_that_is_put_away_counts_as_one_that_is_done() {
    let world = world().await;
    let parent = world.task(new_task("parent")).await;
    let waits = child(&world, &parent).await;
    order(&world, &admin(), &parent, TaskOrder::Archive)
        .await
        .unwrap();
    assert_eq!(world.task_now(&waits).await.status, TaskState::Ready);
    // Everywhere the same: for a new child, a new link, and one that is unblocked.
    assert_eq!(child(&world, &parent).await.status, TaskState::Ready);
    let other = world.task(new_task("other")).await;
    let link = NewLink {
        parent_id: parent.id,
        child_id: other.id,
    };
    world.app.create_link(&admin(), link).await.unwrap();
    assert_eq!(world.task_now(&other).await.status, TaskState::Ready);
    let blocked = block(BlockKind::Transient);
    order(&world, &admin(), &other, blocked).await.unwrap();
    let freed = order(&world, &admin(), &other, TaskOrder::Unblock).await;
    assert_eq!(freed.unwrap().status, TaskState::Ready);
    // Brought back, it holds back what has not begun.
    order(&world, &admin(), &parent, TaskOrder::Restore)
        .await
        .unwrap();
    for held in [&waits, &other] {
        assert_eq!(world.task_now(held).await.status, TaskState::Todo);
    }
}

#[tokio::test]
async fn a_reopened_task_holds_its_children_back_and_marks_those_at_work() {
    let world = world().await;
    let parent = done(&world, "parent").await;
    let (waits, works) = (child(&world, &parent).await, child(&world, &parent).await);
    let run = world.claim(&works).await.unwrap().run;
    let open = order(&world, &admin(), &parent, TaskOrder::Reopen).await;
    let open = open.unwrap();
    assert_eq!((open.status, open.finished_at), (TaskState::Ready, None));
    assert_eq!(world.task_now(&waits).await.status, TaskState::Todo);
    let now = world.task_now(&works).await;
    assert_eq!((now.status, now.stale), (TaskState::Running, true));
    assert!(world.words().await.contains(&"task_stale".to_owned()));
    // What failed meanwhile waits for the parent, too.
    world.finish(&run, Outcome::Failed).await;
    let now = world.task_now(&works).await;
    assert_eq!((now.status, now.stale), (TaskState::Todo, false));
}

#[tokio::test]
async fn what_a_person_blocked_only_a_person_releases() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    order(&world, &admin(), &task, block(BlockKind::NeedsInput))
        .await
        .unwrap();
    let machine = machine("bot", &[Scope::Operate]);
    let handoff = || TaskOrder::Complete(Handoff::default());
    for released in [
        TaskOrder::Unblock,
        TaskOrder::Retry,
        TaskOrder::Archive,
        TaskOrder::Schedule { not_before: None },
        handoff(),
    ] {
        let refusal = order(&world, &machine, &task, released).await;
        assert_eq!(refused(refusal), "forbidden");
    }
    let freed = order(&world, &admin(), &task, TaskOrder::Unblock).await;
    assert_eq!(freed.unwrap().blocked_by, None);
}

#[tokio::test]
async fn the_same_block_again_and_again_goes_to_triage() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let machine = machine("bot", &[Scope::Operate]);
    let table = [
        (BlockKind::Capability, TaskState::Blocked),
        (BlockKind::Transient, TaskState::Blocked),
        (BlockKind::Transient, TaskState::Blocked),
        (BlockKind::Transient, TaskState::Triage),
    ];
    for (kind, expected) in table {
        let blocked = order(&world, &machine, &task, block(kind)).await.unwrap();
        assert_eq!(blocked.status, expected);
        if expected == TaskState::Blocked {
            order(&world, &machine, &task, TaskOrder::Unblock)
                .await
                .unwrap();
        }
    }
    assert_eq!(world.words().await.last().unwrap(), "task_block_loop");
    let accepted = order(&world, &admin(), &task, TaskOrder::Accept).await;
    let accepted = accepted.unwrap();
    assert_eq!((accepted.block_kind, accepted.block_recurrences), (None, 0));
}

#[tokio::test]
async fn a_runs_blocks_are_counted_as_well() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let worker = machine("bot", &[Scope::Operate]);
    for expected in [TaskState::Blocked, TaskState::Blocked, TaskState::Triage] {
        let run = world.claim(&task).await.unwrap().run;
        world
            .app
            .finish_run(&worker, run.id, end(Outcome::Blocked))
            .await
            .unwrap();
        assert_eq!(world.task_now(&task).await.status, expected);
        if expected == TaskState::Blocked {
            order(&world, &admin(), &task, TaskOrder::Unblock)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_scheduled_task_comes_at_its_time_or_by_hand() {
    let world = world().await;
    let ahead = Some(noon().plus_seconds(60));
    for not_before in [ahead, None] {
        let task = world.task(new_task("x")).await;
        let later = TaskOrder::Schedule { not_before };
        let later = order(&world, &admin(), &task, later).await.unwrap();
        assert_eq!(
            (later.status, later.not_before),
            (TaskState::Scheduled, not_before)
        );
        world.app.keep_house().await.unwrap();
        assert_eq!(world.task_now(&task).await.status, TaskState::Scheduled);
        let freed = order(&world, &admin(), &task, TaskOrder::Unblock).await;
        let freed = freed.unwrap();
        assert_eq!((freed.status, freed.not_before), (TaskState::Ready, None));
    }
}

#[tokio::test]
async fn a_move_that_the_table_does_not_know_is_refused() {
    let world = world().await;
    let task = done(&world, "x").await;
    let comment = || None;
    for impossible in [
        TaskOrder::Complete(Handoff::default()),
        TaskOrder::Unblock,
        TaskOrder::Accept,
        TaskOrder::Retry,
        TaskOrder::Restore,
        TaskOrder::Approve { comment: comment() },
        TaskOrder::Promote { force: true },
    ] {
        let refusal = order(&world, &admin(), &task, impossible).await;
        assert_eq!(refused(refusal), "move_not_allowed");
    }
}

#[tokio::test]
async fn a_stale_version_moves_nothing() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let terms = Terms {
        version: Some(7),
        ..Terms::default()
    };
    let refusal = world
        .app
        .move_task(&admin(), task.id, TaskOrder::Demote, terms)
        .await;
    assert_eq!(refused(refusal), "stale_version");
}

#[tokio::test]
async fn what_is_put_away_comes_back_once_its_key_is_free() {
    let world = world().await;
    let keyed = || NewTask {
        idempotency_key: Some(model::Name::lossy("k")),
        ..new_task("x")
    };
    let old = world.task(keyed()).await;
    order(&world, &admin(), &old, TaskOrder::Archive)
        .await
        .unwrap();
    let new = world.task(keyed()).await;
    let restore = order(&world, &admin(), &old, TaskOrder::Restore).await;
    let refusal = restore.unwrap_err();
    assert_eq!(refusal.kind().as_str(), "already_exists");
    assert!(refusal.to_string().contains(&new.id.to_string()));
    order(&world, &admin(), &new, TaskOrder::Archive)
        .await
        .unwrap();
    order(&world, &admin(), &old, TaskOrder::Restore)
        .await
        .unwrap();
}
