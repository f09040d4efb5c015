//! Times that lie ahead: what waits for them, what releases it, and the reasons that are told meanwhile.

use app::Error;
use model::{
    ClaimTask, Hindrance, Hold, HoldReason, NewTask, Outcome, Task, TaskOrder, TaskPatch,
    TaskState, Terms, Timestamp,
};
use testkit::every_engine;
use testkit::makers::noon;

use crate::support::*;

fn hour() -> Timestamp {
    noon().plus_seconds(3600)
}

fn at(time: Option<Timestamp>) -> TaskPatch {
    TaskPatch {
        not_before: Some(time),
        ..TaskPatch::default()
    }
}

impl World {
    async fn change_time(&self, task: &Task, time: Option<Timestamp>) -> Task {
        let changed = self.app.update_task(&admin(), task.id, at(time)).await;
        changed.unwrap()
    }

    async fn say(&self, task: &Task, order: TaskOrder) -> Result<Task, Error> {
        let terms = Terms::default();
        self.app.move_task(&admin(), task.id, order, terms).await
    }

    async fn reasons_of(&self, task: &Task) -> Vec<Hold> {
        let why = self.app.get_task_why(&admin(), task.id).await;
        why.unwrap().reasons
    }

    async fn pass(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
        self.app.keep_house().await.unwrap();
    }
}

fn words(holds: &[Hold]) -> Vec<HoldReason> {
    holds.iter().map(|hold| hold.reason).collect()
}

every_engine! {
    async fn a_ready_task_whose_time_is_put_ahead_waits_for_it(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let later = world.change_time(&task, Some(hour())).await;
        assert_eq!((later.status, later.not_before), (TaskState::Scheduled, Some(hour())));
        let claim = ClaimTask::default();
        let refusal = world.app.claim_task(&admin(), task.id, claim).await;
        assert_eq!(refused(refusal), "move_not_allowed");
        let why = world.reasons_of(&task).await;
        assert_eq!((words(&why), why[0].until), (vec![HoldReason::Scheduled], Some(hour())));
        world.pass(3599).await;
        assert_eq!(world.task_now(&task).await.status, TaskState::Scheduled);
        world.pass(1).await;
        let now = world.task_now(&task).await;
        assert_eq!((now.status, now.not_before), (TaskState::Ready, None));
    }

    async fn without_its_time_a_task_is_released(place) {
        let world = over(place.open().await).await;
        for time in [None, Some(noon())] {
            let task = world.task(NewTask { not_before: Some(hour()), ..new_task("x") }).await;
            let later = hour().plus_seconds(60);
            let patch = TaskPatch { status: Some(TaskState::Scheduled), ..at(Some(later)) };
            let put_off = world.app.update_task(&admin(), task.id, patch).await.unwrap();
            assert_eq!((put_off.status, put_off.not_before), (TaskState::Scheduled, Some(later)));
            let now = world.change_time(&task, time).await;
            assert_eq!((now.status, now.not_before), (TaskState::Ready, None));
        }
        // Its next try need not wait either.
        let task = world.task(new_task("x")).await;
        let run = world.claim(&task).await.unwrap().run;
        world.finish(&run, Outcome::Failed).await;
        assert_eq!(words(&world.reasons_of(&task).await), [HoldReason::Backoff]);
        let refusal = world.say(&task, TaskOrder::Retry).await.unwrap_err();
        assert!(refusal.to_string().contains("`not_before`"), "{refusal}");
        let now = world.change_time(&task, None).await;
        assert_eq!((now.status, now.not_before), (TaskState::Ready, None));
        assert_eq!(words(&world.reasons_of(&task).await), [HoldReason::NoWorker]);
    }

    async fn what_may_go_on_before_its_time_waits_for_it(place) {
        let world = over(place.open().await).await;
        let new = NewTask { triage: true, not_before: Some(hour()), ..new_task("x") };
        let doubtful = world.task(new).await;
        assert_eq!(doubtful.status, TaskState::Triage);
        let blocked = world.task(new_task("x")).await;
        world.say(&blocked, TaskOrder::Block(Hindrance::default())).await.unwrap();
        let blocked = world.change_time(&blocked, Some(hour())).await;
        assert_eq!(blocked.status, TaskState::Blocked);
        for (task, order, own) in [
            (&doubtful, TaskOrder::Accept, HoldReason::Triage),
            (&blocked, TaskOrder::Unblock, HoldReason::Blocked),
        ] {
            let why = words(&world.reasons_of(task).await);
            assert_eq!(why, [own, HoldReason::Scheduled]);
            let freed = world.say(task, order).await.unwrap();
            assert_eq!(freed.status, TaskState::Scheduled);
        }
        world.pass(3600).await;
        for task in [&doubtful, &blocked] {
            assert_eq!(world.task_now(task).await.status, TaskState::Ready);
        }
    }

    async fn dragged_back_a_task_waits_for_its_time_no_longer(place) {
        let world = over(place.open().await).await;
        for (target, place, time) in [
            (TaskState::Ready, TaskState::Scheduled, Some(hour())),
            (TaskState::Todo, TaskState::Todo, None),
        ] {
            let new = NewTask { triage: true, not_before: Some(hour()), ..new_task("x") };
            let doubtful = world.task(new).await;
            let patch = TaskPatch { status: Some(target), ..TaskPatch::default() };
            let now = world.app.update_task(&admin(), doubtful.id, patch).await.unwrap();
            assert_eq!((now.status, now.not_before), (place, time), "to {target}");
        }
    }

    async fn a_time_given_to_a_task_that_runs_is_waited_for_when_it_comes_back(place) {
        let world = over(place.open().await).await;
        for outcome in [
            Outcome::Interrupted,
            Outcome::SpawnFailed,
            Outcome::Reclaimed,
            Outcome::Failed,
            Outcome::RateLimited,
        ] {
            let task = world.task(new_task("x")).await;
            let run = world.claim(&task).await.unwrap().run;
            world.change_time(&task, Some(hour())).await;
            match outcome {
                Outcome::Reclaimed => {
                    let back = model::ReclaimTask::default();
                    world.app.reclaim_task(&admin(), task.id, back).await.map(drop).unwrap();
                }
                outcome => drop(world.finish(&run, outcome).await),
            }
            let now = world.task_now(&task).await;
            assert_eq!((now.status, now.not_before), (TaskState::Scheduled, Some(hour())), "{outcome}");
            assert_eq!(words(&world.reasons_of(&task).await), [HoldReason::Scheduled], "{outcome}");
        }
        // It rests before its next try, too.
        let task = world.task(new_task("x")).await;
        let run = world.claim(&task).await.unwrap().run;
        world.change_time(&task, Some(noon().plus_seconds(1))).await;
        world.finish(&run, Outcome::Failed).await;
        let now = world.task_now(&task).await;
        assert_eq!((now.status, now.not_before), (TaskState::Scheduled, Some(noon().plus_seconds(30))));
        // A time that has passed meanwhile is waited for no longer.
        let task = world.task(new_task("x")).await;
        let run = world.claim(&task).await.unwrap().run;
        world.change_time(&task, Some(noon().plus_seconds(1))).await;
        world.clock.advance_seconds(1);
        world.finish(&run, Outcome::Interrupted).await;
        let now = world.task_now(&task).await;
        assert_eq!((now.status, now.not_before), (TaskState::Ready, None));
    }

    async fn a_block_ends_the_wait_for_the_next_try(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let run = world.claim(&task).await.unwrap().run;
        world.finish(&run, Outcome::Failed).await;
        world.say(&task, TaskOrder::Block(Hindrance::default())).await.unwrap();
        let freed = world.say(&task, TaskOrder::Unblock).await.unwrap();
        assert_eq!((freed.status, freed.not_before), (TaskState::Ready, None));
    }

    async fn a_parent_that_is_open_again_ends_the_wait_for_the_next_try(place) {
        let world = over(place.open().await).await;
        let parent = world.task(new_task("p")).await;
        let child = world.task(NewTask { parents: vec![parent.id], ..new_task("c") }).await;
        world.say(&parent, TaskOrder::Complete(model::Handoff::default())).await.unwrap();
        let run = world.claim(&child).await.unwrap().run;
        world.say(&parent, TaskOrder::Reopen).await.unwrap();
        world.finish(&run, Outcome::Failed).await;
        assert_eq!(words(&world.reasons_of(&child).await), [HoldReason::ParentOpen]);
        world.say(&parent, TaskOrder::Complete(model::Handoff::default())).await.unwrap();
        let now = world.task_now(&child).await;
        assert_eq!((now.status, now.not_before), (TaskState::Ready, None));
    }

    async fn why_names_everything_that_a_task_waits_for(place) {
        let world = over(place.open().await).await;
        let parent = world.task(new_task("parent")).await;
        let child = || NewTask { parents: vec![parent.id], ..new_task("child") };
        let scheduled = world.task(NewTask { not_before: Some(hour()), ..child() }).await;
        let doubtful = world.task(NewTask { triage: true, ..child() }).await;
        let blocked = world.task(child()).await;
        world.say(&blocked, TaskOrder::Block(Hindrance::default())).await.unwrap();
        for (task, own) in [
            (&scheduled, HoldReason::Scheduled),
            (&doubtful, HoldReason::Triage),
            (&blocked, HoldReason::Blocked),
        ] {
            let why = world.reasons_of(task).await;
            assert_eq!(words(&why), [own, HoldReason::ParentOpen]);
            assert_eq!(why[1].tasks, [parent.id]);
        }
        let by_hand = world.task(new_task("x")).await;
        let put_off = TaskOrder::Schedule { not_before: None };
        world.say(&by_hand, put_off).await.unwrap();
        let why = world.reasons_of(&by_hand).await;
        assert!(why[0].detail.contains("without a time"), "{why:?}");
        let put_off = TaskOrder::Schedule { not_before: Some(hour()) };
        let now = world.say(&by_hand, put_off).await.unwrap();
        assert_eq!((now.status, now.not_before), (TaskState::Scheduled, Some(hour())));
    }
}
