//! Limits: what holds work back, a pause, a loop that is stopped, a number that is reached, and how it says so.

use model::{
    ClaimTask, ClaimWork, DaemonState, HoldReason, Limits, LoopChange, LoopState, Name, NewTask,
    Outcome, Page, ProjectRef, Scope, TaskFilter, Text,
};

use crate::support::*;

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
