//! Workers that are gone: how long their tasks rest, and what becomes of those that somebody had stopped.

use model::{ClaimTask, Outcome, ReclaimTask, RunId, Scope, Task, TaskOrder, TaskState, Terms};
use testkit::every_engine;

use crate::support::*;

impl World {
    async fn taken(&self, task: &Task) -> RunId {
        let claim = ClaimTask::default();
        let claimed = self.app.claim_task(&admin(), task.id, claim).await;
        claimed.unwrap().value.run.id
    }

    async fn wait_in_silence(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
        self.app.keep_house().await.unwrap();
    }

    async fn rests(&self, task: &Task) -> Option<i64> {
        let due = self.task_now(task).await.not_before?;
        Some(due.millis_since(self.clock.now()) / 1000)
    }
}

every_engine! {
    async fn a_task_rests_longer_with_each_worker_that_is_lost_in_a_row(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        for _ in 0..5 {
            world.taken(&task).await;
            let back = ReclaimTask::default();
            world.app.reclaim_task(&admin(), task.id, back).await.unwrap();
        }
        for expected in [30, 60] {
            world.taken(&task).await;
            world.wait_in_silence(91).await;
            assert_eq!(world.rests(&task).await, Some(expected));
        }
        let run = world.taken(&task).await;
        let end = end(Outcome::Interrupted);
        world.app.finish_run(&admin(), run, end).await.unwrap();
        world.taken(&task).await;
        world.wait_in_silence(91).await;
        assert_eq!(world.rests(&task).await, Some(30));
    }

    async fn what_a_person_stopped_stays_so_without_its_worker(place) {
        let world = over(place.open().await).await;
        let bot = machine("bot", &[Scope::Operate]);
        for (who, seconds) in [(admin(), 46), (admin(), 91), (bot.clone(), 46)] {
            let task = world.task(new_task("x")).await;
            let run = world.taken(&task).await;
            world.app.cancel_run(&who, run).await.unwrap();
            world.wait_in_silence(seconds).await;
            let run = world.app.get_run(&admin(), run).await.unwrap().run;
            assert_eq!(run.outcome, Some(Outcome::Cancelled));
            let now = world.task_now(&task).await;
            assert_eq!((now.status, now.blocked_by), (TaskState::Blocked, Some(who.principal.clone())));
            let release = |caller| {
                let app = world.app.clone();
                async move { app.move_task(&caller, task.id, TaskOrder::Unblock, Terms::default()).await }
            };
            match who == bot {
                true => drop(release(bot.clone()).await.unwrap()),
                false => assert_eq!(refused(release(bot.clone()).await), "forbidden"),
            }
        }
    }
}
