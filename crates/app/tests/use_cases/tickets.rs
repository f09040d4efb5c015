//! Tickets.

use model::{
    Name, NewComment, NewTask, NewTicket, Outcome, Page, Scope, Text, TicketFilter, TicketPatch,
    TicketSort, TicketStatus,
};

use crate::support::*;

fn to(status: TicketStatus) -> TicketPatch {
    TicketPatch {
        status: Some(status),
        ..TicketPatch::default()
    }
}

#[tokio::test]
async fn a_ticket_says_who_asked_for_it() {
    let world = world().await;
    let ticket = world.ticket("Add login").await;
    assert_eq!(ticket.submitter.unwrap().as_str(), "ada");
    let event = world.events().await.pop().unwrap();
    assert_eq!(event.event_type, "ticket_created");
    assert_eq!(event.ticket_title.unwrap().as_str(), "Add login");
    assert_eq!(event.submitter.unwrap().as_str(), "ada");
}

#[tokio::test]
async fn an_external_id_is_there_once_in_a_project() {
    let world = world().await;
    world.project("blue").await;
    let new = |project: &str| NewTicket {
        external_id: Some(Name::lossy("PROJ-1")),
        project: Some(project.to_owned()),
        ..new_ticket("x")
    };
    world
        .app
        .create_ticket(&admin(), new("blue"))
        .await
        .unwrap();
    assert_eq!(
        refused(world.app.create_ticket(&admin(), new("blue")).await),
        "already_exists"
    );
    world.project("red").await;
    world.app.create_ticket(&admin(), new("red")).await.unwrap();
}

#[tokio::test]
async fn a_reporter_says_how_the_work_goes_and_nothing_else() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let reporter = machine("foreman", &[Scope::Report]);
    let moved = world
        .app
        .update_ticket(&reporter, ticket.id, to(TicketStatus::Planning))
        .await
        .unwrap();
    assert_eq!(moved.status, TicketStatus::Planning);
    assert_eq!(moved.started_at, Some(moved.updated_at));
    let wish = TicketPatch {
        title: Some(title("y")),
        ..TicketPatch::default()
    };
    assert_eq!(
        refused(world.app.update_ticket(&reporter, ticket.id, wish).await),
        "forbidden"
    );
}

#[tokio::test]
async fn what_is_done_is_only_queued_again() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let done = world
        .app
        .update_ticket(&admin(), ticket.id, to(TicketStatus::Done))
        .await
        .unwrap();
    assert!(done.finished_at.is_some());
    let late = world
        .app
        .update_ticket(&admin(), ticket.id, to(TicketStatus::Reviewing))
        .await;
    assert_eq!(refused(late), "move_not_allowed");
    let again = world
        .app
        .update_ticket(&admin(), ticket.id, to(TicketStatus::Queued))
        .await
        .unwrap();
    assert_eq!(again.finished_at, None);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_says_nothing() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let before = world.words().await;
    let same = TicketPatch {
        title: Some(title("x")),
        ..TicketPatch::default()
    };
    let after = world
        .app
        .update_ticket(&admin(), ticket.id, same)
        .await
        .unwrap();
    assert_eq!(after, ticket);
    assert_eq!(world.words().await, before);
}

#[tokio::test]
async fn a_ticket_follows_its_tasks() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let mut tasks = Vec::new();
    for text in ["one", "two"] {
        let new = NewTask {
            ticket_id: Some(ticket.id),
            max_retries: Some(0),
            ..new_task(text)
        };
        tasks.push(world.task(new).await);
    }
    let first = world.claim(&tasks[0]).await.unwrap().run;
    assert_eq!(
        world.ticket_now(&ticket).await.status,
        TicketStatus::Implementing
    );
    world.finish(&first, Outcome::Completed).await;
    let now = world.ticket_now(&ticket).await;
    assert_eq!(
        (now.tasks_done, now.tasks_total, now.last_completed_task_seq),
        (1, 2, 1)
    );
    let second = world.claim(&tasks[1]).await.unwrap().run;
    world.finish(&second, Outcome::Failed).await;
    let now = world.ticket_now(&ticket).await;
    assert_eq!((now.status, now.is_partial), (TicketStatus::Partial, true));
    world.app.retry_ticket(&admin(), ticket.id).await.unwrap();
    assert_eq!(
        world.task_now(&tasks[1]).await.status,
        model::TaskState::Ready
    );
    assert_eq!(
        world.task_now(&tasks[0]).await.status,
        model::TaskState::Done
    );
    let third = world.claim(&tasks[1]).await.unwrap().run;
    world.finish(&third, Outcome::Completed).await;
    assert_eq!(world.ticket_now(&ticket).await.status, TicketStatus::Done);
}

#[tokio::test]
async fn only_what_went_wrong_is_retried() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let retried = world.app.retry_ticket(&admin(), ticket.id).await;
    assert_eq!(refused(retried), "move_not_allowed");
}

#[tokio::test]
async fn a_deleted_ticket_takes_its_words_with_it() {
    let world = world().await;
    let ticket = world.ticket("secret plans").await;
    let words = NewComment {
        body: Text::lossy("secret words"),
    };
    world
        .app
        .create_ticket_comment(&admin(), ticket.id, words)
        .await
        .unwrap();
    let deleted = world.app.delete_ticket(&admin(), ticket.id).await.unwrap();
    assert_eq!(
        (deleted.status.as_str(), deleted.ticket_id),
        ("deleted", ticket.id)
    );
    let all = serde_json::to_string(&world.events().await).unwrap();
    assert!(!all.contains("secret"), "{all}");
    assert!(all.contains(&ticket.id.to_string()));
}

#[tokio::test]
async fn an_empty_comment_is_refused() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let empty = NewComment {
        body: Text::lossy("  \n"),
    };
    let said = world
        .app
        .create_ticket_comment(&admin(), ticket.id, empty)
        .await;
    assert_eq!(refused(said), "invalid");
}

#[tokio::test]
async fn summaries_name_the_project() {
    let world = world().await;
    world.ticket("x").await;
    let (filter, sort) = (TicketFilter::default(), TicketSort::Newest);
    let list = world
        .app
        .list_ticket_summaries(&admin(), filter, sort, Page::default())
        .await;
    assert_eq!(list.unwrap().items[0].project.as_str(), "default");
}

#[tokio::test]
async fn a_stranger_finds_no_ticket_of_another_project() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let red = world.project("red").await;
    let stranger = within(red.id, &[Scope::Operate]);
    let app = &world.app;
    assert_eq!(
        refused(app.get_ticket(&stranger, ticket.id).await),
        "not_found"
    );
    let moved = app
        .update_ticket(&stranger, ticket.id, to(TicketStatus::Done))
        .await;
    assert_eq!(refused(moved), "not_found");
    assert_eq!(
        refused(app.delete_ticket(&stranger, ticket.id).await),
        "not_found"
    );
    assert_eq!(
        refused(
            app.list_ticket_comments(&stranger, ticket.id, Page::first(10))
                .await
        ),
        "not_found"
    );
    let filter = TicketFilter::default();
    let list = app
        .list_tickets(&stranger, filter, TicketSort::Newest, Page::default())
        .await;
    assert!(list.unwrap().items.is_empty());
    let mine = app
        .create_ticket(&stranger, new_ticket("mine"))
        .await
        .unwrap();
    assert_eq!(mine.project_id, red.id);
}

#[tokio::test]
async fn what_a_person_blocked_a_machines_retry_leaves_alone() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let new = || NewTask {
        ticket_id: Some(ticket.id),
        ..new_task("t")
    };
    let task = world.task(new()).await;
    let run = world.claim(&task).await.unwrap().run;
    world.finish(&run, Outcome::Blocked).await;
    assert_eq!(
        world.ticket_now(&ticket).await.status,
        TicketStatus::Blocked
    );
    let bot = machine("bot", &[Scope::Operate]);
    let refusal = world.app.retry_ticket(&bot, ticket.id).await;
    assert_eq!(refused(refusal), "forbidden");
    assert_eq!(
        world.ticket_now(&ticket).await.status,
        TicketStatus::Blocked,
        "nothing is under way"
    );
    let other = world
        .task(NewTask {
            max_retries: Some(0),
            ..new()
        })
        .await;
    let run = world.claim(&other).await.unwrap().run;
    world.finish(&run, Outcome::Failed).await;
    world.app.retry_ticket(&bot, ticket.id).await.unwrap();
    let (blocked, retried) = (world.task_now(&task).await, world.task_now(&other).await);
    assert_eq!(blocked.status, model::TaskState::Blocked);
    assert_eq!(retried.status, model::TaskState::Ready);
    world
        .app
        .update_ticket(&admin(), ticket.id, to(TicketStatus::Failed))
        .await
        .unwrap();
    world.app.retry_ticket(&admin(), ticket.id).await.unwrap();
    assert_eq!(world.task_now(&task).await.status, model::TaskState::Ready);
}
