//! Leases: how attempts end, what becomes of their tasks, and how a person stops, limits and explains it all.

use app::{App, Options};
use bus::Bus;
use model::{
    ClaimTask, ClaimWork, DaemonState, Heartbeat, HoldReason, Limits, LoopChange, LoopState, Name,
    NewRun, NewTask, Outcome, Page, ProjectRef, ReclaimTask, RunState, Scope, Task, TaskFilter,
    TaskState, Text,
};
use store::{Database, Store};

use crate::support::*;

async fn claimed(world: &World, task: &Task) -> model::Claimed {
    let claim = ClaimTask::default();
    let claimed = world.app.claim_task(&admin(), task.id, claim).await;
    claimed.unwrap().value
}

async fn reasons(world: &World, task: &Task) -> Vec<HoldReason> {
    let why = world.app.get_task_why(&admin(), task.id).await.unwrap();
    why.reasons.into_iter().map(|hold| hold.reason).collect()
}

async fn skipped(world: &World) -> Vec<HoldReason> {
    let answer = world.app.dispatch_tasks(&admin(), true, None).await;
    let skipped = answer.unwrap().skipped.into_iter();
    skipped.map(|one| one.reason).collect()
}

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
async fn why_always_has_a_reason() {
    let world = world().await;
    let parent = world.task(new_task("parent")).await;
    let child = NewTask {
        parents: vec![parent.id],
        ..new_task("child")
    };
    let child = world.task(child).await;
    assert_eq!(reasons(&world, &parent).await, [HoldReason::NoWorker]);
    let why = world.app.get_task_why(&admin(), child.id).await.unwrap();
    assert_eq!(why.reasons[0].tasks, [parent.id]);
    assert_eq!(
        skipped(&world).await,
        [HoldReason::NoWorker, HoldReason::ParentOpen]
    );
    let other = NewTask {
        skills: vec![Name::lossy("cobol")],
        ..new_task("other")
    };
    let other = world.task(other).await;
    world.ask(new_claim("w")).await;
    assert_eq!(reasons(&world, &parent).await, [HoldReason::Running]);
    assert_eq!(reasons(&world, &other).await, [HoldReason::NoWorker]);
    let third = world.task(new_task("third")).await;
    assert_eq!(reasons(&world, &third).await, [HoldReason::Busy]);
    world.ask(new_claim("idle")).await;
    let fourth = world.task(new_task("fourth")).await;
    assert_eq!(reasons(&world, &fourth).await, [HoldReason::Busy]);
    let run = world.task_now(&parent).await.current_run_id.unwrap();
    let done = end(Outcome::Completed);
    world.app.finish_run(&admin(), run, done).await.unwrap();
    assert_eq!(reasons(&world, &parent).await, [HoldReason::Ended]);
    assert_eq!(reasons(&world, &fourth).await, [HoldReason::Queued]);
}

#[tokio::test]
async fn a_new_task_that_nobody_can_do_comes_with_a_warning() {
    let world = world().await;
    let warning = async || {
        let made = world.app.create_task(&admin(), new_task("x")).await;
        made.unwrap().value.warning
    };
    assert_eq!(warning().await.as_deref(), Some("no worker is connected"));
    world.ask(new_claim("w")).await;
    assert_eq!(warning().await, None);
    world.app.pause_daemon(&admin()).await.unwrap();
    assert!(warning().await.unwrap().contains("paused"));
}

#[tokio::test]
async fn a_pause_holds_and_outlives_a_restart() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    world.app.pause_daemon(&admin()).await.unwrap();
    world.app.pause_daemon(&admin()).await.unwrap();
    assert!(world.ask(new_claim("w")).await.is_empty());
    let status = world.app.get_status(&admin()).await.unwrap();
    assert_eq!(status.daemon_state, DaemonState::Paused);
    assert!(
        reasons(&world, &task)
            .await
            .contains(&HoldReason::DaemonPaused)
    );
    let by_hand = world
        .app
        .claim_task(&admin(), task.id, ClaimTask::default())
        .await;
    assert_eq!(refused(by_hand), "move_not_allowed");
    let stranger = within(task.project_id, &[Scope::Operate]);
    assert_eq!(
        refused(world.app.resume_daemon(&stranger).await),
        "forbidden"
    );
    world.app.resume_daemon(&admin()).await.unwrap();
    assert_eq!(world.ask(new_claim("w")).await.len(), 1);
    let words = world.words().await;
    let paused = words.iter().filter(|word| *word == "daemon_paused");
    assert_eq!(paused.count(), 1);
}

#[tokio::test]
async fn a_stopped_loop_hands_out_only_when_it_is_triggered() {
    let world = world().await;
    let project = world.project("a").await;
    let named = ProjectRef::Id(project.id);
    let paused = LoopChange {
        state: LoopState::Paused,
        reason: Some(Text::lossy("holiday")),
    };
    let shown = world
        .app
        .update_loop(&admin(), &named, paused)
        .await
        .unwrap();
    assert_eq!((shown.state, shown.last_tick_at), (LoopState::Paused, None));
    let new = || NewTask {
        project: Some("a".into()),
        ..new_task("x")
    };
    let (first, second) = (world.task(new()).await, world.task(new()).await);
    assert!(world.ask(new_claim("w")).await.is_empty());
    let waits = {
        let app = world.app.clone();
        let claim = ClaimWork {
            wait_seconds: Some(60),
            ..new_claim("w")
        };
        tokio::spawn(async move { app.claim_work(&admin(), claim).await.unwrap().claims })
    };
    while world.app.waiting_claims() == 0 {
        tokio::task::yield_now().await;
    }
    let foreseen = world.app.dispatch_tasks(&admin(), true, None).await;
    assert_eq!(foreseen.unwrap().dispatched, [first.id]);
    let (app, ada) = (&world.app, admin());
    let trigger = async |dry_run| {
        let came = app.trigger_project(&ada, &named, dry_run, None).await;
        came.unwrap()
    };
    assert_eq!(trigger(true).await.dispatched, [first.id]);
    let answer = trigger(false).await;
    assert_eq!(answer.dispatched, [first.id]);
    assert_eq!(waits.await.unwrap()[0].task.id, first.id);
    assert_eq!(answer.skipped[0].task, second.id);
    assert_eq!(answer.skipped[0].reason, HoldReason::Busy);
    let shown = world.app.get_loop(&admin(), &named).await.unwrap();
    assert_eq!(
        (shown.state, shown.ready, shown.running),
        (LoopState::Paused, 1, 1)
    );
    assert!(shown.last_tick_at.is_some());
    let halted = LoopChange {
        state: LoopState::Halted,
        reason: None,
    };
    let halted = world.app.update_loop(&admin(), &named, halted).await;
    assert_eq!(refused(halted), "invalid");
}

#[tokio::test]
async fn a_limit_by_agent_holds_everywhere_and_says_so() {
    let world = world().await;
    let limits = Limits {
        max_running_per_agent: Some(1),
        ..Limits::default()
    };
    world.app.update_limits(&admin(), limits).await.unwrap();
    for slug in ["a", "b"] {
        world.project(slug).await;
        let new = NewTask {
            project: Some(slug.into()),
            assignee: Some(Name::lossy("claude")),
            ..new_task(slug)
        };
        world.task(new).await;
    }
    let claim = ClaimWork {
        count: Some(5),
        capacity: Some(5),
        ..new_claim("w")
    };
    let taken = world.ask(claim).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(skipped(&world).await, [HoldReason::Limit]);
    let (ada, page) = (admin(), Page::first(9));
    let tasks = world
        .app
        .list_tasks(&ada, TaskFilter::default(), page)
        .await;
    let mut tasks = tasks.unwrap().items;
    tasks.retain(|task| task.id != taken[0].id);
    assert_eq!(refused(world.claim(&tasks[0]).await), "move_not_allowed");
    world
        .app
        .update_limits(&admin(), Limits::default())
        .await
        .unwrap();
    assert_eq!(world.ask(new_claim("other")).await.len(), 1);
    let absurd = Limits {
        max_running: Some(-1),
        ..Limits::default()
    };
    assert_eq!(
        refused(world.app.update_limits(&admin(), absurd).await),
        "invalid"
    );
}

#[tokio::test]
async fn a_claim_that_is_refused_is_told_of_with_the_reason() {
    let world = world().await;
    let (parent, free) = (world.task(new_task("parent")).await, new_task("child"));
    let child = NewTask {
        parents: vec![parent.id],
        ..free
    };
    let child = world.task(child).await;
    let claim = || ClaimTask {
        worker: Some(Name::lossy("w")),
        ..ClaimTask::default()
    };
    let refusal = world.app.claim_task(&admin(), child.id, claim()).await;
    assert_eq!(refused(refusal), "move_not_allowed");
    claimed(&world, &parent).await;
    assert_eq!(refused(world.claim(&parent).await), "move_not_allowed");
    let ada = admin();
    let missing = world.app.claim_task(&ada, model::TaskId::new(), claim());
    assert_eq!(refused(missing.await), "not_found");
    let told: Vec<_> = (world.events().await.into_iter())
        .filter(|event| event.event_type == "task_claim_rejected")
        .map(|event| (event.task_id.unwrap(), event.details.unwrap()))
        .collect();
    let expected = [
        (
            child.id,
            serde_json::json!({ "reason": "parent_open", "worker": "w" }),
        ),
        (
            parent.id,
            serde_json::json!({ "reason": "running", "worker": null }),
        ),
    ];
    assert_eq!(told, expected);
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
