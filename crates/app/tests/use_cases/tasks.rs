//! Tasks.

use model::{
    Name, NewTask, Outcome, Page, TaskFilter, TaskOrder, TaskPatch, TaskState, Terms, Text,
};
use testkit::makers::noon;

use crate::support::*;

#[tokio::test]
async fn the_first_state_depends_on_what_was_asked() {
    let world = world().await;
    let parent = world.task(new_task("parent")).await;
    let ahead = Some(noon().plus_seconds(60));
    let table = [
        (new_task("free"), TaskState::Ready),
        (
            NewTask {
                triage: true,
                ..new_task("odd")
            },
            TaskState::Triage,
        ),
        (
            NewTask {
                parents: vec![parent.id],
                ..new_task("child")
            },
            TaskState::Todo,
        ),
        (
            NewTask {
                not_before: ahead,
                ..new_task("later")
            },
            TaskState::Scheduled,
        ),
    ];
    for (new, expected) in table {
        let text = new.title.clone();
        assert_eq!(world.task(new).await.status, expected, "{text}");
    }
}

#[tokio::test]
async fn the_same_key_makes_one_task() {
    let world = world().await;
    let new = || NewTask {
        idempotency_key: Some(Name::lossy("k")),
        ..new_task("x")
    };
    let first = world.app.create_task(&admin(), new()).await.unwrap();
    let again = world.app.create_task(&admin(), new()).await.unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!(first.value.task.id, again.value.task.id);
    let id = first.value.task.id;
    let (ada, away) = (admin(), TaskOrder::Archive);
    let away = world.app.move_task(&ada, id, away, Terms::default());
    away.await.unwrap();
    let anew = world.app.create_task(&admin(), new()).await.unwrap();
    assert!(anew.is_new, "what was put away answers no more");
}

#[tokio::test]
async fn tasks_of_a_ticket_are_numbered_within_it() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    for expected in 1..=3 {
        let new = NewTask {
            ticket_id: Some(ticket.id),
            ..new_task("t")
        };
        assert_eq!(world.task(new).await.sequence, expected);
    }
    let list = world
        .app
        .list_ticket_tasks(&admin(), ticket.id, Page::default())
        .await
        .unwrap();
    let sequences: Vec<_> = list.items.iter().map(|task| task.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
}

#[tokio::test]
async fn a_scheduled_task_is_released_at_its_time() {
    let world = world().await;
    let new = NewTask {
        not_before: Some(noon().plus_seconds(60)),
        ..new_task("later")
    };
    let task = world.task(new).await;
    world.clock.advance_seconds(59);
    world.app.keep_house().await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Scheduled);
    world.clock.advance_seconds(1);
    world.app.keep_house().await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Ready);
}

#[tokio::test]
async fn an_edit_tells_of_each_kind_of_change() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let patch = TaskPatch {
        title: Some(title("y")),
        assignee: Some(Text::lossy("claude")),
        priority: Some(7),
        ..TaskPatch::default()
    };
    let edited = world
        .app
        .update_task(&admin(), task.id, patch)
        .await
        .unwrap();
    assert_eq!(edited.assignee.unwrap().as_str(), "claude");
    let words = world.words().await;
    assert_eq!(
        words[words.len() - 3..],
        ["task_edited", "task_assigned", "task_reprioritized"]
    );
    let nobody = TaskPatch {
        assignee: Some(Text::default()),
        ..TaskPatch::default()
    };
    assert_eq!(
        world
            .app
            .update_task(&admin(), task.id, nobody)
            .await
            .unwrap()
            .assignee,
        None
    );
}

#[tokio::test]
async fn a_running_task_is_not_reassigned() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    world.claim(&task).await.unwrap();
    let patch = TaskPatch {
        assignee: Some(Text::lossy("codex")),
        ..TaskPatch::default()
    };
    let refusal = world.app.update_task(&admin(), task.id, patch).await;
    assert_eq!(refused(refusal), "move_not_allowed");
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_task_as_it_is() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let patch = |text: &str| TaskPatch {
        title: Some(title(text)),
        version: Some(1),
        ..TaskPatch::default()
    };
    world
        .app
        .update_task(&admin(), task.id, patch("y"))
        .await
        .unwrap();
    match world.app.update_task(&admin(), task.id, patch("z")).await {
        Err(app::Error::StaleVersion { current }) => assert_eq!(current["title"], "y"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_attempt_moves_its_task() {
    let table = [
        (Outcome::Completed, TaskState::Done, "task_completed"),
        (Outcome::Failed, TaskState::Ready, "task_failed"),
        (Outcome::TimedOut, TaskState::Ready, "task_failed"),
        (Outcome::GaveUp, TaskState::Failed, "task_gave_up"),
        (Outcome::Blocked, TaskState::Blocked, "task_blocked"),
        (Outcome::RateLimited, TaskState::Ready, "rate_limited"),
        (Outcome::Cancelled, TaskState::Ready, "task_status_changed"),
        (
            Outcome::Interrupted,
            TaskState::Ready,
            "task_status_changed",
        ),
    ];
    for (outcome, expected, word) in table {
        let world = world().await;
        let task = world.task(new_task("x")).await;
        let run = world.claim(&task).await.unwrap().run;
        world.finish(&run, outcome).await;
        let now = world.task_now(&task).await;
        assert_eq!(
            (now.status, now.current_run_id),
            (expected, None),
            "{outcome}"
        );
        assert_eq!(world.words().await.last().unwrap(), word, "{outcome}");
    }
}

#[tokio::test]
async fn a_task_is_given_up_after_its_retries() {
    let world = world().await;
    let task = world
        .task(NewTask {
            max_retries: Some(1),
            ..new_task("x")
        })
        .await;
    let first = world.claim(&task).await.unwrap().run;
    world.finish(&first, Outcome::Failed).await;
    let now = world.task_now(&task).await;
    assert_eq!((now.status, now.failure_count), (TaskState::Ready, 1));
    assert_eq!(now.not_before, Some(noon().plus_seconds(30)));
    let second = world.claim(&task).await.unwrap().run;
    world.finish(&second, Outcome::Crashed).await;
    assert_eq!(world.task_now(&task).await.status, TaskState::Failed);
    assert_eq!(refused(world.claim(&task).await), "move_not_allowed");
}

#[tokio::test]
async fn behind_a_gate_the_result_waits_for_a_person() {
    let world = world().await;
    let task = world
        .task(NewTask {
            human_gate: true,
            ..new_task("x")
        })
        .await;
    let run = world.claim(&task).await.unwrap().run;
    world.finish(&run, Outcome::Completed).await;
    assert_eq!(world.task_now(&task).await.status, TaskState::Review);
    assert_eq!(refused(world.claim(&task).await), "move_not_allowed");
}

#[tokio::test]
async fn a_tasks_page_shows_everything_around_it() {
    let world = world().await;
    let parent = world.task(new_task("parent")).await;
    let task = world
        .task(NewTask {
            parents: vec![parent.id],
            ..new_task("child")
        })
        .await;
    let run = world.claim(&parent).await.unwrap().run;
    world.finish(&run, Outcome::Completed).await;
    world.claim(&task).await.unwrap();
    let page = world.app.get_task(&admin(), task.id).await.unwrap();
    assert_eq!(page.links.parents, [parent.id]);
    assert_eq!(page.runs.len(), 1);
    assert_eq!(page.events[0].event_type, "task_claimed");
    let ready = TaskFilter {
        status: vec![TaskState::Ready],
        ..TaskFilter::default()
    };
    assert!(
        world
            .app
            .list_tasks(&admin(), ready, Page::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
}
