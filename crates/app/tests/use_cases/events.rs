//! Events that agents report.

use model::{EventFilter, Name, NewEvent, NewEvents, NewTask, Scope, Severity, Text, TicketPatch};

use crate::support::*;

fn event(word: &str) -> NewEvent {
    NewEvent {
        event_type: Name::lossy(word),
        severity: None,
        source: None,
        message: Text::lossy("hello"),
        details: None,
        project: None,
        ticket_id: None,
        task_id: None,
        run_id: None,
    }
}

async fn post(world: &World, new: NewEvent) -> model::Event {
    let one = NewEvents::One(Box::new(new));
    let kept = world.app.post_events(&admin(), one).await.unwrap();
    let event = world.events().await.pop().unwrap();
    assert_eq!((kept.ids, kept.last_seq), (vec![event.id], event.seq));
    event
}

#[tokio::test]
async fn an_event_of_a_run_says_where_the_run_belongs() {
    let world = world().await;
    let ticket = world.ticket("Add login").await;
    let task = world
        .task(NewTask {
            ticket_id: Some(ticket.id),
            ..new_task("x")
        })
        .await;
    let run = world.claim(&task).await.unwrap().run;
    let kept = post(
        &world,
        NewEvent {
            run_id: Some(run.id),
            ..event("test_run_fail")
        },
    )
    .await;
    assert_eq!(kept.project_id, Some(run.project_id));
    assert_eq!(
        (kept.ticket_id, kept.task_id),
        (Some(ticket.id), Some(task.id))
    );
    assert_eq!(kept.ticket_title.unwrap().as_str(), "Add login");
    assert_eq!(kept.severity, Severity::Warning);
    assert_eq!(kept.source.as_str(), "ada");
}

#[tokio::test]
async fn a_title_that_changed_is_the_new_one_in_the_next_event() {
    let world = world().await;
    let ticket = world.ticket("old").await;
    let about = || NewEvent {
        ticket_id: Some(ticket.id),
        ..event("compiled")
    };
    assert_eq!(
        post(&world, about()).await.ticket_title.unwrap().as_str(),
        "old"
    );
    let patch = TicketPatch {
        title: Some(title("new")),
        ..TicketPatch::default()
    };
    world
        .app
        .update_ticket(&admin(), ticket.id, patch)
        .await
        .unwrap();
    let kept = post(&world, about()).await;
    assert_eq!(kept.ticket_title.unwrap().as_str(), "new");
    assert_eq!(kept.event_type, "agent.compiled");
}

#[tokio::test]
async fn what_the_server_says_nobody_else_says() {
    let world = world().await;
    for word in ["run_finished", "ticket_deleted", "token_created"] {
        let one = NewEvents::One(Box::new(event(word)));
        assert_eq!(
            refused(world.app.post_events(&admin(), one).await),
            "invalid",
            "{word}"
        );
    }
}

#[tokio::test]
async fn a_batch_is_kept_whole_or_not_at_all() {
    let world = world().await;
    let many = NewEvents::Many(vec![event("a"), event("run_finished")]);
    match world.app.post_events(&admin(), many).await {
        Err(app::Error::Invalid(errors)) => assert_eq!(errors[0].pointer, "/1/event_type"),
        other => panic!("{other:?}"),
    }
    assert!(world.words().await.is_empty());
    let many = NewEvents::Many(vec![event("a"); 1000]);
    let kept = world.app.post_events(&admin(), many).await.unwrap();
    assert_eq!(
        (kept.first_seq, kept.last_seq, kept.ids.len()),
        (1, 1000, 1000)
    );
    let too_many = NewEvents::Many(vec![event("a"); 1001]);
    assert_eq!(
        refused(world.app.post_events(&admin(), too_many).await),
        "invalid"
    );
}

#[tokio::test]
async fn a_stranger_reports_only_about_his_project() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let red = world.project("red").await;
    let stranger = within(red.id, &[Scope::Report]);
    let elsewhere = NewEvent {
        ticket_id: Some(ticket.id),
        ..event("a")
    };
    let posted = world
        .app
        .post_events(&stranger, NewEvents::One(Box::new(elsewhere)))
        .await;
    assert_eq!(refused(posted), "not_found");
    let mine = NewEvents::One(Box::new(event("a")));
    world.app.post_events(&stranger, mine).await.unwrap();
    assert_eq!(world.events().await.pop().unwrap().project_id, Some(red.id));
    let page = app::EventPage {
        limit: 100,
        ..Default::default()
    };
    let seen = world
        .app
        .list_events(&stranger, EventFilter::default(), page)
        .await
        .unwrap();
    assert!(seen.iter().all(|event| event.project_id == Some(red.id)));
}

#[tokio::test]
async fn a_run_token_reports_about_its_run_without_naming_it() {
    let world = world().await;
    let started = world
        .app
        .start_run(&admin(), model::NewRun::default())
        .await
        .unwrap()
        .value;
    let token = started.run_token.unwrap();
    let worker = world
        .app
        .authenticate(app::Credential::Bearer(&token))
        .await
        .unwrap();
    let one = NewEvents::One(Box::new(event("a")));
    world.app.post_events(&worker, one).await.unwrap();
    assert_eq!(
        world.events().await.pop().unwrap().run_id,
        Some(started.run.id)
    );
    let other = world.run().await;
    let stray = NewEvents::One(Box::new(NewEvent {
        run_id: Some(other.id),
        ..event("a")
    }));
    assert_eq!(
        refused(world.app.post_events(&worker, stray).await),
        "forbidden"
    );
}
