//! What a worker has in hand: no more than it can do, and nothing that it never heard of.

use auth::Caller;
use model::{
    ClaimWork, Claimed, Heartbeat, HoldReason, Name, Outcome, RunId, RunState, Scope, Task,
    TaskState,
};
use testkit::every_engine;

use crate::support::*;

fn worker(name: &str) -> Caller {
    machine(name, &[Scope::Read, Scope::Report])
}

/// What somebody is given who asks for everything.
async fn given(world: &World, who: &Caller, claim: ClaimWork) -> Vec<Claimed> {
    let claim = ClaimWork {
        count: Some(10),
        ..claim
    };
    world.app.claim_work(who, claim).await.unwrap().claims
}

fn able(name: &str, capacity: i64) -> ClaimWork {
    ClaimWork {
        capacity: Some(capacity),
        ..new_claim(name)
    }
}

fn holding(claim: ClaimWork, runs: &[RunId]) -> ClaimWork {
    let holding = Some(runs.to_vec());
    ClaimWork { holding, ..claim }
}

async fn why(world: &World, task: &Task) -> HoldReason {
    let why = world.app.get_task_why(&admin(), task.id).await.unwrap();
    why.reasons[0].reason
}

async fn state(world: &World, claimed: &Claimed) -> RunState {
    let run = world.app.get_run(&admin(), claimed.run.id).await;
    run.unwrap().run.state
}

every_engine! {
    async fn a_worker_gets_no_more_than_it_can_do_however_often_it_asks(place) {
        let world = over(place.open().await).await;
        let mut tasks = Vec::new();
        for _ in 0..4 {
            tasks.push(world.task(new_task("x")).await);
        }
        let bot = worker("bot");
        let first = given(&world, &bot, able("w", 2)).await;
        assert_eq!(first.len(), 2);
        assert_eq!(given(&world, &bot, able("w", 2)).await.len(), 0);
        assert_eq!(why(&world, &tasks[2]).await, HoldReason::Busy);
        // Whoever else calls itself so has hands of its own.
        assert_eq!(given(&world, &worker("other"), able("w", 1)).await.len(), 1);
        world.finish(&first[0].run, Outcome::Completed).await;
        assert_eq!(why(&world, &tasks[3]).await, HoldReason::Queued);
        assert_eq!(given(&world, &bot, able("w", 2)).await.len(), 1);
    }

    async fn one_with_many_hands_is_counted_as_well(place) {
        let world = over(place.open().await).await;
        for _ in 0..206 {
            world.task(new_task("x")).await;
        }
        let bot = worker("bot");
        let mut had = 0;
        for _ in 0..22 {
            had += given(&world, &bot, able("w", 205)).await.len();
        }
        assert_eq!(had, 205);
    }

    async fn what_a_worker_never_heard_of_is_free_again_at_once(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let bot = worker("bot");
        let lost = given(&world, &bot, able("w", 1)).await.pop().unwrap();
        // The answer is lost here. Who does not say what it has is asked nothing back.
        assert!(given(&world, &bot, able("w", 1)).await.is_empty());
        let again = given(&world, &bot, holding(able("w", 1), &[])).await;
        let again = again.into_iter().next().unwrap();
        assert_eq!((again.task.id, again.lease_epoch), (task.id, 2));
        assert_eq!(again.task.failure_count, 0);
        assert_eq!(state(&world, &lost).await, RunState::Interrupted);
        let named = holding(able("w", 1), &[again.run.id]);
        assert!(given(&world, &bot, named).await.is_empty());
        assert_eq!(state(&world, &again).await, RunState::Running);
    }

    async fn what_was_heard_of_or_is_anothers_stays_where_it_is(place) {
        let world = over(place.open().await).await;
        for _ in 0..3 {
            world.task(new_task("x")).await;
        }
        let (bot, other) = (worker("bot"), worker("other"));
        let elsewhere = || ClaimWork {
            host: Some(Name::lossy("elsewhere")),
            ..able("w", 1)
        };
        let own = given(&world, &bot, able("w", 1)).await.pop().unwrap();
        let far = given(&world, &bot, elsewhere()).await.pop().unwrap();
        let theirs = given(&world, &other, able("w", 1)).await.pop().unwrap();
        let own_token = holder(&world, own.run_token.as_ref().unwrap()).await;
        world.clock.advance_seconds(1);
        let beat = world.app.heartbeat_run(&own_token, own.run.id, Heartbeat::default());
        beat.await.unwrap();
        assert!(given(&world, &bot, holding(able("w", 1), &[])).await.is_empty());
        for claimed in [own, far, theirs] {
            assert_eq!(state(&world, &claimed).await, RunState::Running);
            assert_eq!(world.task_now(&claimed.task).await.status, TaskState::Running);
        }
    }
}
