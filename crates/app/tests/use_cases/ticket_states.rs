//! Tickets that follow their tasks, also out of a state in which they had come to rest.

use app::Error;
use model::{
    Hindrance, NewTask, Outcome, Task, TaskOrder, TaskState, Terms, Ticket, TicketPatch,
    TicketStatus,
};
use testkit::every_engine;

use crate::support::*;

impl World {
    async fn of_ticket(&self, ticket: &Ticket, parents: &[&Task]) -> Task {
        let new = NewTask {
            ticket_id: Some(ticket.id),
            max_retries: Some(0),
            parents: parents.iter().map(|task| task.id).collect(),
            ..new_task("x")
        };
        self.task(new).await
    }

    async fn give(&self, task: &Task, order: TaskOrder) -> Result<Task, Error> {
        self.app
            .move_task(&admin(), task.id, order, Terms::default())
            .await
    }

    async fn work(&self, task: &Task, outcome: Outcome) {
        let run = self.claim(task).await.unwrap().run;
        self.finish(&run, outcome).await;
    }

    async fn stands(&self, ticket: &Ticket, expected: TicketStatus) {
        let now = self.ticket_now(ticket).await;
        assert_eq!(now.status, expected);
        assert_eq!(now.finished_at.is_some(), expected.has_ended());
    }
}

every_engine! {
    async fn a_ticket_that_was_done_follows_a_task_that_is_opened_again(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let tasks = [world.of_ticket(&ticket, &[]).await, world.of_ticket(&ticket, &[]).await];
        for task in &tasks {
            world.work(task, Outcome::Completed).await;
        }
        world.stands(&ticket, TicketStatus::Done).await;
        // Tidying up opens nothing.
        world.give(&tasks[0], TaskOrder::Archive).await.unwrap();
        world.stands(&ticket, TicketStatus::Done).await;
        world.give(&tasks[0], TaskOrder::Restore).await.unwrap();
        world.stands(&ticket, TicketStatus::Queued).await;
        world.work(&tasks[0], Outcome::Completed).await;
        world.give(&tasks[1], TaskOrder::Reopen).await.unwrap();
        world.stands(&ticket, TicketStatus::Queued).await;
        let run = world.claim(&tasks[1]).await.unwrap().run;
        world.stands(&ticket, TicketStatus::Implementing).await;
        world.finish(&run, Outcome::GaveUp).await;
        world.stands(&ticket, TicketStatus::Partial).await;
    }

    async fn a_ticket_that_was_done_follows_a_task_that_was_added(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        world.work(&world.of_ticket(&ticket, &[]).await, Outcome::Completed).await;
        world.clock.advance_seconds(1);
        let added = world.of_ticket(&ticket, &[]).await;
        let run = world.claim(&added).await.unwrap().run;
        world.stands(&ticket, TicketStatus::Implementing).await;
        world.finish(&run, Outcome::Completed).await;
        world.stands(&ticket, TicketStatus::Done).await;
    }

    async fn what_is_done_gets_its_pull_request_and_nothing_else(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        world.work(&world.of_ticket(&ticket, &[]).await, Outcome::Completed).await;
        world.stands(&ticket, TicketStatus::Done).await;
        let report = async |status| {
            let patch = TicketPatch { status: Some(status), ..TicketPatch::default() };
            world.app.update_ticket(&admin(), ticket.id, patch).await
        };
        let refusal = report(TicketStatus::Implementing).await;
        assert_eq!(refused(refusal), "move_not_allowed");
        for status in [TicketStatus::PrCreated, TicketStatus::AwaitingMerge, TicketStatus::Merged] {
            assert_eq!(report(status).await.unwrap().status, status);
        }
        let refusal = report(TicketStatus::PrCreated).await;
        assert_eq!(refused(refusal), "move_not_allowed");
    }

    async fn what_somebody_called_done_stays_so(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let (open, failed) = (world.of_ticket(&ticket, &[]).await, world.of_ticket(&ticket, &[]).await);
        world.work(&failed, Outcome::GaveUp).await;
        let patch = TicketPatch { status: Some(TicketStatus::Done), ..TicketPatch::default() };
        world.app.update_ticket(&admin(), ticket.id, patch).await.unwrap();
        let run = world.claim(&open).await.unwrap().run;
        world.stands(&ticket, TicketStatus::Done).await;
        world.finish(&run, Outcome::Blocked).await;
        world.give(&failed, TaskOrder::Retry).await.unwrap();
        world.stands(&ticket, TicketStatus::Done).await;
    }

    async fn a_ticket_that_went_wrong_is_queued_when_its_task_may_go_on(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let task = world.of_ticket(&ticket, &[]).await;
        let block = || TaskOrder::Block(Hindrance::default());
        world.work(&task, Outcome::GaveUp).await;
        world.stands(&ticket, TicketStatus::Failed).await;
        world.give(&task, TaskOrder::Retry).await.unwrap();
        world.stands(&ticket, TicketStatus::Queued).await;
        for way in [TaskOrder::Unblock, TaskOrder::Schedule { not_before: None }] {
            world.give(&task, block()).await.unwrap();
            world.stands(&ticket, TicketStatus::Blocked).await;
            let moved = world.give(&task, way).await.unwrap();
            world.stands(&ticket, TicketStatus::Queued).await;
            if moved.status == TaskState::Scheduled {
                world.give(&task, TaskOrder::Unblock).await.unwrap();
            }
        }
        world.give(&task, block()).await.unwrap();
        world.app.delete_task(&admin(), task.id).await.unwrap();
        world.stands(&ticket, TicketStatus::Queued).await;
    }

    async fn a_ticket_whose_last_task_waits_for_a_failed_one_is_blocked(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let parent = world.of_ticket(&ticket, &[]).await;
        let child = world.of_ticket(&ticket, &[&parent]).await;
        world.work(&parent, Outcome::GaveUp).await;
        world.stands(&ticket, TicketStatus::Blocked).await;
        world.give(&parent, TaskOrder::Retry).await.unwrap();
        world.stands(&ticket, TicketStatus::Queued).await;
        world.work(&parent, Outcome::GaveUp).await;
        world.give(&parent, TaskOrder::Archive).await.unwrap();
        assert_eq!(world.task_now(&child).await.status, TaskState::Ready);
        world.stands(&ticket, TicketStatus::Queued).await;
        world.work(&child, Outcome::Completed).await;
        world.stands(&ticket, TicketStatus::Done).await;
    }

    async fn a_ticket_whose_task_waits_for_one_that_failed_elsewhere_is_blocked(place) {
        let world = over(place.open().await).await;
        let (elsewhere, ticket) = (world.ticket("x").await, world.ticket("y").await);
        let parent = world.of_ticket(&elsewhere, &[]).await;
        let child = world.of_ticket(&ticket, &[&parent]).await;
        world.work(&parent, Outcome::GaveUp).await;
        world.stands(&elsewhere, TicketStatus::Failed).await;
        world.stands(&ticket, TicketStatus::Blocked).await;
        world.give(&parent, TaskOrder::Retry).await.unwrap();
        world.stands(&ticket, TicketStatus::Queued).await;
        world.work(&parent, Outcome::GaveUp).await;
        world.give(&parent, TaskOrder::Archive).await.unwrap();
        world.stands(&ticket, TicketStatus::Queued).await;
        world.work(&child, Outcome::Completed).await;
        world.stands(&ticket, TicketStatus::Done).await;
    }
}
