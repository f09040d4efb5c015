//! Offers: what a person hands out by hand reaches everybody who waits, on whichever server, and no more of it than was said.

use app::App;
use model::{
    ClaimWork, Claimed, Dispatched, HoldReason, LoopChange, LoopState, NewTask, ProjectRef, Task,
};
use testkit::{Place, every_engine};
use tokio::task::JoinHandle;

use crate::support::*;

/// A project whose loop is stopped, with so many ready tasks, on two servers where the engine takes several.
struct Stopped {
    world: World,
    other: App,
    tasks: Vec<Task>,
}

async fn stopped(place: &Place, count: usize) -> Stopped {
    let world = over(place.open().await).await;
    let other = second(place, &world).await;
    let project = world.project("a").await;
    let paused = LoopChange {
        state: LoopState::Paused,
        reason: None,
    };
    let named = ProjectRef::Id(project.id);
    let paused = world.app.update_loop(&admin(), &named, paused).await;
    assert_eq!(paused.unwrap().state, LoopState::Paused);
    let mut tasks = Vec::new();
    for _ in 0..count {
        world.clock.advance_seconds(1);
        let new = NewTask {
            project: Some("a".into()),
            ..new_task("x")
        };
        tasks.push(world.task(new).await);
    }
    Stopped {
        world,
        other,
        tasks,
    }
}

async fn waiting(app: &App, worker: &str) -> JoinHandle<Vec<Claimed>> {
    let before = app.waiting_claims();
    let claim = ClaimWork {
        wait_seconds: Some(60),
        ..new_claim(worker)
    };
    let asking = app.clone();
    let waits = tokio::spawn(async move {
        let answer = asking.claim_work(&admin(), claim).await;
        answer.unwrap().claims
    });
    while app.waiting_claims() == before {
        tokio::task::yield_now().await;
    }
    waits
}

/// Hands out until so many were taken: an offer stands for a second, which may be short on a busy machine.
async fn hand_out(world: &World, count: usize) -> Dispatched {
    let mut sum = Dispatched::default();
    while sum.dispatched.len() < count {
        let left = i64::try_from(count - sum.dispatched.len()).unwrap();
        let answer = world.app.dispatch_tasks(&admin(), false, Some(left)).await;
        let answer = answer.unwrap();
        sum.dispatched.extend(answer.dispatched);
        sum.skipped = answer.skipped;
    }
    sum
}

every_engine! {
    async fn a_trigger_reaches_those_who_wait_at_another_server(place) {
        let Stopped { world, other, tasks } = stopped(&place, 3).await;
        let (here, there) = (waiting(&world.app, "here").await, waiting(&other, "there").await);
        let answer = hand_out(&world, 2).await;
        let mut taken = vec![
            here.await.unwrap()[0].task.id,
            there.await.unwrap()[0].task.id,
        ];
        taken.sort();
        let mut dispatched = answer.dispatched.clone();
        dispatched.sort();
        assert_eq!(dispatched, taken);
        assert_eq!(taken, [tasks[0].id, tasks[1].id]);
        let skipped = &answer.skipped[0];
        assert_eq!((skipped.task, skipped.reason), (tasks[2].id, HoldReason::Limit));
    }

    async fn no_more_is_handed_out_than_was_said_whoever_waits(place) {
        let Stopped { world, other, tasks } = stopped(&place, 4).await;
        let mut waits = Vec::new();
        for index in 0..4 {
            let app = if index % 2 == 0 { &world.app } else { &other };
            waits.push(waiting(app, &format!("w{index}")).await);
        }
        let answer = hand_out(&world, 3).await;
        assert_eq!(answer.dispatched.len(), 3);
        let last = &answer.skipped[0];
        assert_eq!((last.task, last.reason), (tasks[3].id, HoldReason::Limit));
        assert_eq!(world.app.waiting_claims().max(other.waiting_claims()), 1);
        assert_eq!(world.task_now(&tasks[3]).await.current_run_id, None);
        for task in &tasks[..3] {
            assert!(world.task_now(task).await.current_run_id.is_some());
        }
        waits.iter().for_each(JoinHandle::abort);
    }

    async fn a_dry_run_says_of_what_is_left_that_all_are_at_work(place) {
        let Stopped { world, tasks, .. } = stopped(&place, 3).await;
        let waits = waiting(&world.app, "here").await;
        let answer = world.app.dispatch_tasks(&admin(), true, None).await.unwrap();
        assert_eq!(answer.dispatched, [tasks[0].id]);
        for (skipped, task) in answer.skipped.iter().zip(&tasks[1..]) {
            assert_eq!((skipped.task, skipped.reason), (task.id, HoldReason::Busy));
            assert_eq!(skipped.detail, "the only worker that can do it is at work");
        }
        assert_eq!(answer.skipped.len(), 2);
        waits.abort();
    }

    async fn who_has_a_hand_free_and_does_not_ask_is_no_worker(place) {
        let Stopped { world, tasks, .. } = stopped(&place, 1).await;
        let asked_once = world.app.claim_work(&admin(), new_claim("a")).await.unwrap();
        assert!(asked_once.claims.is_empty());
        let answer = world.app.dispatch_tasks(&admin(), false, None).await.unwrap();
        assert!(answer.dispatched.is_empty());
        let skipped: Vec<_> = answer.skipped.iter().map(|one| (one.task, one.reason)).collect();
        assert_eq!(skipped, [(tasks[0].id, HoldReason::NoWorker)]);
    }

    async fn a_dry_run_counts_those_who_wait_at_another_server(place) {
        let Stopped { world, other, tasks } = stopped(&place, 1).await;
        let waits = waiting(&other, "there").await;
        let answer = world.app.dispatch_tasks(&admin(), true, None).await.unwrap();
        assert_eq!(answer.dispatched, [tasks[0].id]);
        assert_eq!(world.task_now(&tasks[0]).await.current_run_id, None);
        waits.abort();
    }
}
