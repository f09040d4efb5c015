//! Why a task is not worked on, in words for people: after what, by whom, and who alone lets it go on.

use model::{
    BlockKind, FinishRun, Hindrance, Hold, HoldReason, Outcome, RunPatch, RunState, Scope, Task,
    TaskOrder, Terms, Text,
};
use testkit::every_engine;

use crate::support::*;

async fn why(world: &World, task: &Task) -> Hold {
    let why = world.app.get_task_why(&admin(), task.id).await.unwrap();
    why.reasons.into_iter().next().unwrap()
}

async fn give(world: &World, who: &auth::Caller, task: &Task, order: TaskOrder) {
    let moved = world.app.move_task(who, task.id, order, Terms::default());
    moved.await.unwrap();
}

fn state(state: RunState) -> RunPatch {
    RunPatch {
        state: Some(state),
        ..RunPatch::default()
    }
}

every_engine! {
    async fn a_run_that_is_set_aside_is_said_to_be_paused_and_by_whom(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let run = world.claim(&task).await.unwrap().run.id;
        let patch = async |patch| world.app.update_run(&admin(), run, patch).await.unwrap();
        patch(state(RunState::Parked)).await;
        let title = RunPatch { title: Some(title("y")), ..RunPatch::default() };
        let bot = machine("bot", &[Scope::Report, Scope::Operate]);
        world.app.update_run(&bot, run, title).await.unwrap();
        let paused = why(&world, &task).await;
        assert_eq!(paused.reason, HoldReason::Running);
        let expected = "its run 1 is paused by human:ada: its worker keeps it and does nothing";
        assert_eq!(paused.detail, expected);
        patch(state(RunState::Running)).await;
        assert_eq!(why(&world, &task).await.detail, "it is being worked on");
        world.app.cancel_run(&bot, run).await.unwrap();
        let cancelled = why(&world, &task).await;
        assert_eq!(cancelled.reason, HoldReason::Running);
        let expected = "its run 1 is cancelled by agent:bot: its worker has not stopped yet";
        assert_eq!(cancelled.detail, expected);
    }

    async fn a_worker_that_does_not_ask_is_no_free_hand(place) {
        let world = over(place.open().await).await;
        world.ask(new_claim("w")).await;
        let task = world.task(new_task("x")).await;
        assert_eq!(why(&world, &task).await.reason, HoldReason::Queued);
        world.clock.advance_seconds(71);
        let held = why(&world, &task).await;
        assert_eq!(held.reason, HoldReason::NoWorker);
        assert_eq!(held.detail, "worker w could do it, and does not ask");
    }

    async fn a_block_is_told_with_its_kind_its_author_and_who_releases_it(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let block = |kind, reason: Option<&str>| TaskOrder::Block(Hindrance {
            kind: Some(kind),
            reason: reason.map(Text::lossy),
        });
        give(&world, &admin(), &task, block(BlockKind::Dependency, Some("No key\n"))).await;
        let by_a_person = "it is blocked (dependency) by human:ada; only a person releases it: No key";
        assert_eq!(why(&world, &task).await.detail, by_a_person);
        give(&world, &admin(), &task, TaskOrder::Unblock).await;
        let bot = machine("bot", &[Scope::Report, Scope::Operate]);
        give(&world, &bot, &task, block(BlockKind::Capability, None)).await;
        let by_an_agent = "it is blocked (capability) by agent:bot, without a reason given";
        assert_eq!(why(&world, &task).await.detail, by_an_agent);
    }

    async fn a_task_that_is_held_by_hand_says_so(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        give(&world, &admin(), &task, TaskOrder::Hold).await;
        let held = why(&world, &task).await;
        assert_eq!((held.reason, held.tasks), (HoldReason::Held, Vec::new()));
        assert!(held.detail.contains("until it is promoted"), "{}", held.detail);
    }

    async fn a_task_that_was_given_up_says_after_what(place) {
        let world = over(place.open().await).await;
        let task = world.task(model::NewTask { max_retries: Some(1), ..new_task("x") }).await;
        for _ in 0..2 {
            let run = world.claim(&task).await.unwrap().run;
            let end = FinishRun {
                exit_code: Some(139),
                error: Some(Text::lossy("out of memory\nat line 7")),
                ..end(Outcome::Crashed)
            };
            world.app.finish_run(&admin(), run.id, end).await.unwrap();
        }
        let ended = why(&world, &task).await;
        assert_eq!(ended.reason, HoldReason::Ended);
        assert_eq!(
            ended.detail,
            "it was given up after 2 failures; run 2 ended as crashed, exit code 139: out of memory"
        );
    }
    async fn a_task_that_waits_for_its_next_try_says_how_the_last_one_ended(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let run = world.claim(&task).await.unwrap().run;
        let error = Some(Text::lossy("anthropic: 429 Too Many Requests"));
        let end = FinishRun { error, ..end(Outcome::RateLimited) };
        world.app.finish_run(&admin(), run.id, end).await.unwrap();
        let waits = why(&world, &task).await;
        assert_eq!(waits.reason, HoldReason::Backoff);
        let said = "run 1 ended as rate_limited: anthropic: 429 Too Many Requests";
        assert!(waits.detail.ends_with(said), "{}", waits.detail);
    }
}
