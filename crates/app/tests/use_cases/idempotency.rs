//! Idempotency keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use app::{Answer, App};
use model::NewTicket;

use crate::support::*;

const HASH: [u8; 32] = [1; 32];

async fn create(app: App, new: NewTicket) -> Answer {
    let ticket = app.create_ticket(&admin(), new).await.unwrap();
    let body = serde_json::to_vec(&ticket).unwrap().into();
    Answer {
        status: 201,
        body,
        secret: false,
    }
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer() {
    let world = world().await;
    let app = &world.app;
    let work = || create(app.clone(), new_ticket("x"));
    let first = app.idempotent(&admin(), "k", HASH, work()).await.unwrap();
    let again = app.idempotent(&admin(), "k", HASH, work()).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(
        world
            .words()
            .await
            .iter()
            .filter(|word| *word == "ticket_created")
            .count(),
        1
    );
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let world = world().await;
    let app = &world.app;
    let work = || create(app.clone(), new_ticket("x"));
    app.idempotent(&admin(), "k", HASH, work()).await.unwrap();
    assert_eq!(
        refused(app.idempotent(&admin(), "k", [2; 32], work()).await),
        "invalid"
    );
    let bob = machine("bob", &[model::Scope::Admin]);
    app.idempotent(&bob, "k", [2; 32], work()).await.unwrap();
}

#[tokio::test]
async fn of_many_at_once_one_is_carried_out() {
    let world = world().await;
    let carried_out = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let (app, carried_out) = (world.app.clone(), Arc::clone(&carried_out));
        tasks.push(tokio::spawn(async move {
            let work = async {
                carried_out.fetch_add(1, Ordering::SeqCst);
                create(app.clone(), new_ticket("x")).await
            };
            app.idempotent(&admin(), "k", HASH, work).await.unwrap()
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert_eq!(carried_out.load(Ordering::SeqCst), 1);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn the_key_is_kept_with_the_change_itself() {
    let world = world().await;
    let app = &world.app;
    // The caller goes away after the change and before the answer, as in a crash.
    let cut_off = async {
        app.create_ticket(&admin(), new_ticket("x")).await.unwrap();
        std::future::pending().await
    };
    let ada = admin();
    let cut_off = app.idempotent(&ada, "k", HASH, cut_off);
    tokio::select! {
        _ = cut_off => unreachable!("it waits for ever"),
        () = until_created(&world) => {}
    }
    let work = create(app.clone(), new_ticket("x"));
    let again = app.idempotent(&admin(), "k", HASH, work).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&again.body).unwrap();
    assert_eq!(body["title"], "x");
    assert_eq!(
        world
            .words()
            .await
            .iter()
            .filter(|word| *word == "ticket_created")
            .count(),
        1
    );
}

async fn until_created(world: &World) {
    while !world.words().await.contains(&"ticket_created".to_owned()) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_failure_may_be_tried_again_and_a_secret_is_not_given_twice() {
    let world = world().await;
    let app = &world.app;
    let answer = |status, secret| async move {
        Answer {
            status,
            body: "body".into(),
            secret,
        }
    };
    let failed = app
        .idempotent(&admin(), "k", HASH, answer(422, false))
        .await
        .unwrap();
    assert_eq!(failed.status, 422);
    let done = app
        .idempotent(&admin(), "k", HASH, answer(201, true))
        .await
        .unwrap();
    assert_eq!(done.status, 201);
    let again = app.idempotent(&admin(), "k", HASH, answer(201, true)).await;
    assert_eq!(refused(again), "already_exists");
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let world = world().await;
    let app = &world.app;
    let work = || create(app.clone(), new_ticket("x"));
    app.idempotent(&admin(), "k", HASH, work()).await.unwrap();
    world.clock.advance_seconds(24 * 3600 + 1);
    app.sweep().await.unwrap();
    app.idempotent(&admin(), "k", HASH, work()).await.unwrap();
    assert_eq!(
        world
            .words()
            .await
            .iter()
            .filter(|word| *word == "ticket_created")
            .count(),
        2
    );
}
