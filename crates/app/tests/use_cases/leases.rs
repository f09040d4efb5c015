//! Leases: how attempts end, what becomes of their tasks, and what a clock that jumps does to them.

use app::{App, Options};
use bus::Bus;
use model::{
    Heartbeat, HoldReason, NewTask, Outcome, Page, ReclaimTask, RunState, Task, TaskState, Text,
};
use store::{Database, Store};

use crate::support::*;

/// How long a task is held back, in seconds.
async fn wait(world: &World, task: &Task) -> Option<i64> {
    let now = world.clock.now();
    let due = world.task_now(task).await.not_before?;
    Some(due.millis_since(now) / 1000)
}

#[tokio::test]
async fn failures_wait_longer_each_time_until_it_gives_up() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    for (outcome, expected) in [
        (Outcome::Crashed, Some(30)),
        (Outcome::Failed, Some(60)),
        (Outcome::TimedOut, None),
    ] {
        let run = claimed(&world, &task).await.run;
        world.finish(&run, outcome).await;
        assert_eq!(wait(&world, &task).await, expected, "{outcome}");
    }
    let task = world.task_now(&task).await;
    assert_eq!((task.status, task.failure_count), (TaskState::Failed, 3));
    assert_eq!(world.words().await.last().unwrap(), "task_gave_up");
}

#[tokio::test]
async fn a_task_that_waits_for_its_next_try_is_handed_out_when_the_wait_is_over() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let run = claimed(&world, &task).await.run;
    world.finish(&run, Outcome::Failed).await;
    assert!(world.ask(new_claim("w")).await.is_empty());
    assert_eq!(reasons(&world, &task).await, [HoldReason::Backoff]);
    assert_eq!(skipped(&world).await, [HoldReason::Backoff]);
    world.clock.advance_seconds(30);
    assert_eq!(world.ask(new_claim("w")).await.len(), 1);
}

/// The only task that a worker is given, with its run.
async fn given(world: &World, worker: &str) -> model::Claimed {
    let ada = admin();
    let answer = world.app.claim_work(&ada, new_claim(worker)).await;
    answer.unwrap().claims.pop().unwrap()
}

async fn send_home(world: &World, name: &str) {
    let (ada, all) = (admin(), Page::first(9));
    let workers = world.app.list_workers(&ada, Default::default(), all).await;
    for card in workers.unwrap().items {
        if card.worker.name.as_str() == name {
            world.app.leave_worker(&ada, card.worker.id).await.unwrap();
        }
    }
}

#[tokio::test]
async fn who_cannot_begin_a_task_leaves_it_to_others_and_gets_it_later() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    for wait in [30, 60] {
        let run = given(&world, "a").await.run;
        for _again in 0..2 {
            world.finish(&run, Outcome::SpawnFailed).await;
        }
        let now = world.task_now(&task).await;
        assert_eq!((now.status, now.failure_count), (TaskState::Ready, 0));
        assert!(world.ask(new_claim("a")).await.is_empty());
        let why = world.app.get_task_why(&admin(), task.id).await.unwrap();
        let why = &why.reasons[0];
        assert_eq!(why.reason, HoldReason::NoWorker);
        assert_eq!(why.detail, "worker a could not begin it");
        assert_eq!(why.until, Some(world.clock.now().plus_seconds(wait)));

        assert_eq!(given(&world, "b").await.task.id, task.id);
        let (ada, back) = (admin(), ReclaimTask::default());
        world.app.reclaim_task(&ada, task.id, back).await.unwrap();
        send_home(&world, "b").await;
        world.clock.advance_seconds(wait);
    }
}

#[tokio::test]
async fn who_cannot_begin_a_task_is_given_the_next_and_as_a_new_process_the_same() {
    let world = world().await;
    let first = world.task(new_task("x")).await;
    world.clock.advance_seconds(1);
    let second = world.task(new_task("y")).await;
    let claimed = given(&world, "a").await;
    assert_eq!(claimed.task.id, first.id);
    world.finish(&claimed.run, Outcome::SpawnFailed).await;
    let next = given(&world, "a").await;
    assert_eq!(next.task.id, second.id);
    world.finish(&next.run, Outcome::Completed).await;
    send_home(&world, "a").await;
    world.clock.advance_seconds(1);
    assert_eq!(given(&world, "a").await.task.id, first.id);
}

#[tokio::test]
async fn a_refusal_of_the_provider_is_no_failure() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let run = claimed(&world, &task).await.run;
    world.finish(&run, Outcome::RateLimited).await;
    assert_eq!(wait(&world, &task).await, Some(300));
    assert_eq!(world.task_now(&task).await.failure_count, 0);
}

#[tokio::test]
async fn a_lease_that_ran_out_is_no_failure_but_waits() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    claimed(&world, &task).await;
    world.clock.advance_seconds(91);
    world.app.keep_house().await.unwrap();
    assert_eq!(wait(&world, &task).await, Some(30));
    assert_eq!(world.task_now(&task).await.failure_count, 0);
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_stopped_and_has_failed() {
    let world = world().await;
    let limited = || NewTask {
        max_runtime_seconds: Some(40),
        ..new_task("x")
    };
    let (heeds, hangs) = (world.task(limited()).await, world.task(limited()).await);
    let (heeding, hanging) = (
        claimed(&world, &heeds).await.run,
        claimed(&world, &hangs).await.run,
    );
    let ada = admin();
    let beat = |run: model::RunId| world.app.heartbeat_run(&ada, run, Heartbeat::default());
    for seconds in [39, 1] {
        world.clock.advance_seconds(seconds);
        world.app.keep_house().await.unwrap();
        let cancel = beat(heeding.id).await.unwrap().cancel;
        assert_eq!(cancel, seconds == 1);
        beat(hanging.id).await.unwrap();
    }
    let ended = world.finish(&heeding, Outcome::Cancelled).await;
    assert_eq!(ended.outcome, Some(Outcome::TimedOut));
    assert_eq!(world.finish(&heeding, Outcome::Cancelled).await, ended);
    world.clock.advance_seconds(30);
    world.app.keep_house().await.unwrap();
    assert_eq!(beat(hanging.id).await.unwrap().state, RunState::Failed);
    for task in [&heeds, &hangs] {
        let task = world.task_now(task).await;
        assert_eq!((task.status, task.failure_count), (TaskState::Ready, 1));
    }
}

#[tokio::test]
async fn a_task_that_is_taken_back_goes_to_another_and_the_old_worker_is_fenced_off() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let old = claimed(&world, &task).await;
    let why = ReclaimTask {
        reason: Some(Text::lossy("too slow")),
    };
    let back = world
        .app
        .reclaim_task(&admin(), task.id, why)
        .await
        .unwrap();
    assert_eq!((back.status, back.not_before), (TaskState::Ready, None));
    let beat = world
        .app
        .heartbeat_run(&admin(), old.run.id, Heartbeat::default())
        .await;
    assert_eq!(refused(beat), "lease_lost");
    let late = end(Outcome::Completed);
    let late = world.app.finish_run(&admin(), old.run.id, late).await;
    assert_eq!(refused(late), "lease_lost");
    assert_eq!(world.ask(new_claim("w")).await[0].id, task.id);
    let again = ReclaimTask::default();
    world
        .app
        .reclaim_task(&admin(), task.id, again.clone())
        .await
        .unwrap();
    let twice = world.app.reclaim_task(&admin(), task.id, again).await;
    assert_eq!(refused(twice), "move_not_allowed");
}

#[tokio::test]
async fn a_worker_gives_back_its_own_task_and_no_other() {
    let world = world().await;
    let (own, other) = (
        world.task(new_task("own")).await,
        world.task(new_task("other")).await,
    );
    let token = claimed(&world, &own).await.run_token.unwrap();
    claimed(&world, &other).await;
    let worker = world
        .app
        .authenticate(app::Credential::Bearer(&token))
        .await
        .unwrap();
    let back = ReclaimTask::default();
    let refusal = world
        .app
        .reclaim_task(&worker, other.id, back.clone())
        .await;
    assert_eq!(refused(refusal), "forbidden");
    let given = world.app.reclaim_task(&worker, own.id, back).await.unwrap();
    assert_eq!(given.status, TaskState::Ready);
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_no_task_longer_than_a_lease() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    claimed(&world, &task).await;
    world.clock.advance_seconds(-3600);
    world.app.keep_house().await.unwrap();
    world.clock.advance_seconds(89);
    world.app.keep_house().await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Running);
    world.clock.advance_seconds(2);
    world.app.keep_house().await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Ready);
}

#[tokio::test]
async fn a_lease_that_a_restart_renewed_is_cut_when_the_clock_is_set_back() {
    let store = Store::open(&Database::Memory).await.unwrap();
    let world = over(store.clone()).await;
    let task = world.task(new_task("x")).await;
    claimed(&world, &task).await;
    world.clock.advance_seconds(80);
    let options = Options {
        clock: world.clock.clone(),
        ..Options::new(store.clone(), Bus::start(store))
    };
    let restarted = App::open(options).await.unwrap();
    world.clock.advance_seconds(-80);
    restarted.keep_house().await.unwrap();
    world.clock.advance_seconds(91);
    restarted.keep_house().await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Ready);
}

#[tokio::test]
async fn a_server_that_was_asleep_gives_every_lease_its_full_length_again() {
    let store = Store::open(&Database::Memory).await.unwrap();
    let clock = model::Clock::manual(testkit::makers::noon());
    let options = Options {
        clock: clock.clone(),
        pace: app::Pace {
            round: std::time::Duration::from_millis(2),
            ..app::Pace::default()
        },
        ..Options::new(store.clone(), Bus::start(store))
    };
    let app = App::open(options).await.unwrap();
    let world = World { app, clock };
    let task = world.task(new_task("x")).await;
    let run = claimed(&world, &task).await.run;
    world.clock.advance_seconds(3600);
    let full = Some(world.clock.now().plus_seconds(90));
    let began = std::time::Instant::now();
    loop {
        let now = world.app.get_run(&admin(), run.id).await.unwrap().run;
        assert_eq!(now.state, RunState::Running);
        if now.lease_expires_at == full {
            break;
        }
        assert!(began.elapsed().as_secs() < 20, "no lease was renewed");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}
