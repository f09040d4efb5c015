//! Cancelled: what somebody stopped comes back by a person's word alone, and takes what it started with it.

use model::{Heartbeat, HoldReason, NewRun, Outcome, ReclaimTask, RunState, Scope, TaskState};

use crate::support::*;

#[tokio::test]
async fn what_somebody_cancelled_is_not_handed_out_again_by_itself() {
    let world = world().await;
    let words = [
        Outcome::Cancelled,
        Outcome::Failed,
        Outcome::Crashed,
        Outcome::Interrupted,
        Outcome::RateLimited,
        Outcome::SpawnFailed,
        Outcome::Blocked,
    ];
    for word in words {
        let task = world.task(new_task("x")).await;
        let run = claimed(&world, &task).await.run;
        world.app.cancel_run(&admin(), run.id).await.unwrap();
        world.finish(&run, word).await;
        let task = world.task_now(&task).await;
        assert_eq!(
            (task.status, task.failure_count),
            (TaskState::Blocked, 0),
            "{word:?}"
        );
        assert_eq!(task.blocked_by, Some(admin().principal), "{word:?}");
        assert!(world.ask(new_claim("w")).await.is_empty());
        assert_eq!(reasons(&world, &task).await, [HoldReason::Blocked]);
    }
}

#[tokio::test]
async fn what_somebody_cancelled_is_given_back_by_a_person_alone() {
    let world = world().await;
    for (who, state) in [
        (machine("bot", &[Scope::Operate]), TaskState::Blocked),
        (admin(), TaskState::Ready),
    ] {
        let task = world.task(new_task("x")).await;
        let run = claimed(&world, &task).await.run;
        world.app.cancel_run(&admin(), run.id).await.unwrap();
        let given = world
            .app
            .reclaim_task(&who, task.id, ReclaimTask::default())
            .await;
        assert_eq!(given.unwrap().status, state);
    }
}

#[tokio::test]
async fn what_somebody_cancelled_stays_so_where_its_worker_is_dead() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let run = claimed(&world, &task).await.run;
    world.app.cancel_run(&admin(), run.id).await.unwrap();
    for _ in 0..5 {
        world.clock.advance_seconds(30);
        world.app.keep_house().await.unwrap();
    }
    let run = world.app.get_run(&admin(), run.id).await.unwrap().run;
    assert_eq!(run.outcome, Some(Outcome::Cancelled));
    assert_eq!(world.task_now(&task).await.status, TaskState::Blocked);
}

#[tokio::test]
async fn what_an_attempt_has_started_ends_with_it() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let attempt = claimed(&world, &task).await.run;
    let below = NewRun {
        parent_run_id: Some(attempt.id),
        ..NewRun::default()
    };
    let below = world
        .app
        .start_run(&admin(), below)
        .await
        .unwrap()
        .value
        .run;
    world.finish(&attempt, Outcome::Completed).await;
    let answer = world
        .app
        .heartbeat_run(&admin(), below.id, Heartbeat::default())
        .await;
    assert!(answer.unwrap().cancel);
    world.clock.advance_seconds(60);
    world.app.keep_house().await.unwrap();
    let below = world.app.get_run(&admin(), below.id).await.unwrap().run;
    assert_eq!(below.state, RunState::Cancelled);
    assert!(!below.lost_contact);
}
