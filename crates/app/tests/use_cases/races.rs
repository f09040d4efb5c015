//! Races: what holds when many ask at once, on every engine.

use std::collections::BTreeSet;

use app::App;
use futures_util::future::join_all;
use model::{
    Name, NewLink, NewRun, NewTask, Outcome, Page, TaskFilter, TaskState, TicketId, TicketPatch,
};
use store::{Database, Store};
use testkit::every_engine;
use tokio::sync::oneshot;

use crate::support::*;

every_engine! {
    async fn of_fifty_who_claim_a_task_one_wins(place) {
        let world = over(place.open().await).await;
        let other = second(&place, &world).await;
        let task = world.task(new_task("x")).await;
        let mut claims = Vec::new();
        for index in 0..50 {
            let app = if index % 2 == 0 { world.app.clone() } else { other.clone() };
            let new = NewRun { task_id: Some(task.id), ..NewRun::default() };
            claims.push(tokio::spawn(async move { app.start_run(&admin(), new).await }));
        }
        let mut winners = Vec::new();
        for claim in claims {
            match claim.await.unwrap() {
                Ok(started) => winners.push(started.value.run.id),
                Err(error) => assert_eq!(error.kind().as_str(), "move_not_allowed"),
            }
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(world.task_now(&task).await.current_run_id, Some(winners[0]));
    }

    async fn of_two_edits_of_one_version_one_wins(place) {
        let world = over(place.open().await).await;
        let other = second(&place, &world).await;
        let ticket = world.ticket("x").await;
        let edit = |app: App, text: &str| {
            let patch = TicketPatch {
                title: Some(title(text)),
                version: Some(1),
                ..TicketPatch::default()
            };
            tokio::spawn(async move { app.update_ticket(&admin(), ticket.id, patch).await })
        };
        let (one, two) = (edit(world.app.clone(), "one"), edit(other, "two"));
        let results = [one.await.unwrap(), two.await.unwrap()];
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    }

    async fn links_made_at_once_close_no_circle(place) {
        let world = over(place.open().await).await;
        let other = second(&place, &world).await;
        let (a, b) = (world.task(new_task("a")).await, world.task(new_task("b")).await);
        let link = |app: App, parent: &model::Task, child: &model::Task| {
            let new = NewLink { parent_id: parent.id, child_id: child.id };
            tokio::spawn(async move { app.create_link(&admin(), new).await })
        };
        let (one, two) = (link(world.app.clone(), &a, &b), link(other, &b, &a));
        let results = [one.await.unwrap(), two.await.unwrap()];
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    }

    async fn runs_that_began_are_in_flight_or_have_ended(place) {
        let world = over(place.open().await).await;
        let mut tasks = Vec::new();
        for index in 0..12 {
            let (app, outcome) = (world.app.clone(), Outcome::ALL[index % Outcome::ALL.len()]);
            tasks.push(tokio::spawn(async move {
                let run = app.start_run(&admin(), NewRun::default()).await.unwrap().value.run;
                if index % 3 != 0 {
                    app.finish_run(&admin(), run.id, end(outcome)).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let status = world.app.get_status(&admin()).await.unwrap();
        assert_eq!(status.runs.values().sum::<i64>(), 12);
        assert_eq!((status.active_runs, status.runs["running"]), (4, 4));
    }

    async fn a_token_that_another_process_revokes_is_refused_soon(place) {
        let world = over(place.open().await).await;
        let other = second(&place, &world).await;
        let new = model::NewToken {
            name: Name::lossy("bot"),
            kind: None,
            scopes: vec![model::Scope::Read],
            project: None,
            expires_at: None,
        };
        let made = world.app.create_token(&admin(), new).await.unwrap();
        let recognised = || world.app.authenticate(app::Credential::Bearer(&made.secret));
        recognised().await.unwrap();
        other.revoke_token(&admin(), made.token.id).await.unwrap();
        let began = std::time::Instant::now();
        while recognised().await.is_ok() {
            assert!(began.elapsed().as_secs() < 10, "the revocation was never heard of");
            tokio::task::yield_now().await;
        }
    }

    async fn a_task_is_promoted_when_its_parents_end_at_once(place) {
        let world = over(place.open().await).await;
        let other = second(&place, &world).await;
        let mut parents = Vec::new();
        for text in ["a", "b", "c", "d"] {
            parents.push(world.task(new_task(text)).await);
        }
        let ids = parents.iter().map(|task| task.id).collect();
        let child = world.task(NewTask { parents: ids, ..new_task("child") }).await;
        let mut ends = Vec::new();
        for (index, parent) in parents.iter().enumerate() {
            let run = world.claim(parent).await.unwrap().run;
            let app = if index % 2 == 0 { world.app.clone() } else { other.clone() };
            ends.push(tokio::spawn(async move {
                app.finish_run(&admin(), run.id, end(Outcome::Completed)).await.unwrap()
            }));
        }
        for end in ends {
            end.await.unwrap();
        }
        assert_eq!(world.task_now(&child).await.status, TaskState::Ready);
    }

    async fn of_many_new_tasks_at_once_each_has_its_own_answer(place) {
        let world = over(place.open().await).await;
        let other = second(&place, &world).await;
        let nobodys = TicketId::new();
        let asked = (0..60).map(|index: i64| {
            let app = if index % 2 == 0 { &world.app } else { &other };
            let new = NewTask {
                ticket_id: (index == 7).then_some(nobodys),
                idempotency_key: (index % 20 == 3).then(|| Name::lossy("the same")),
                ..new_task(&index.to_string())
            };
            async move { app.create_task(&admin(), new).await }
        });
        let mut answers = join_all(asked).await;
        assert_eq!(answers.remove(7).unwrap_err().kind().as_str(), "invalid");
        let made: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        let places: BTreeSet<i64> = made.iter().map(|it| it.value.task.sequence).collect();
        assert_eq!(places, (1..=57).collect(), "59 asked, three of them for the same task");
        assert_eq!(made.iter().filter(|it| it.is_new).count(), 57);
        let counts = world.app.list_tasks(&admin(), TaskFilter::default(), Page::first(100)).await.unwrap();
        assert_eq!(counts.items.len(), 57);
    }
}

#[tokio::test]
async fn more_new_tasks_than_are_made_at_once_are_all_made() {
    let store = Store::open(&Database::Memory).await.unwrap();
    let world = over(store.clone()).await;
    let held = hold(&store).await;
    let ask = |index: i32| {
        let app = world.app.clone();
        tokio::spawn(async move {
            app.create_task(&admin(), new_task(&index.to_string()))
                .await
        })
    };
    let gone = ask(-1);
    tokio::task::yield_now().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let asked: Vec<_> = (0..300).map(ask).collect();
    tokio::task::yield_now().await;
    held.send(()).unwrap();
    let mut places = BTreeSet::new();
    for (answer, index) in join_all(asked).await.into_iter().zip(0..) {
        let task = answer.unwrap().unwrap().value.task;
        assert_eq!(task.title.as_str(), index.to_string());
        places.insert(task.sequence);
    }
    assert_eq!(
        places,
        (1..=300).collect(),
        "who went away before was not heard"
    );
}

#[tokio::test]
async fn who_asks_for_a_task_when_all_is_closed_is_told_so() {
    let store = Store::open(&Database::Memory).await.unwrap();
    let world = over(store.clone()).await;
    store.close().await;
    for _ in 0..2 {
        let refusal = world.app.create_task(&admin(), new_task("x")).await;
        assert_eq!(refused(refusal), "unavailable");
    }
}

/// Holds the writer until it is told to go on, or the other end is dropped.
async fn hold(store: &Store) -> oneshot::Sender<()> {
    let (go, going) = oneshot::channel::<()>();
    let (began, begun) = oneshot::channel();
    let held = store.clone();
    tokio::spawn(async move {
        let unit = held.write(move |_| {
            Box::pin(async move {
                let _ = began.send(());
                let _ = going.await;
                Ok::<_, store::Error>(())
            })
        });
        unit.await
    });
    begun.await.unwrap();
    go
}

#[tokio::test]
async fn a_new_task_that_cannot_be_kept_does_not_keep_others_from_being_made() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dashboard.db");
    let world = over(Store::open(&Database::File(file.clone())).await.unwrap()).await;
    let spoiled = "CREATE TRIGGER spoiled BEFORE INSERT ON tasks WHEN new.title = '5'
         BEGIN SELECT raise(ABORT, 'spoiled'); END";
    let spoiler = rusqlite::Connection::open(&file).unwrap();
    spoiler.execute_batch(spoiled).unwrap();
    let ada = admin();
    let asked = (0..10).map(|index: i64| world.app.create_task(&ada, new_task(&index.to_string())));
    let answers = join_all(asked).await;
    let failed: Vec<_> = answers.iter().map(Result::is_err).collect();
    assert_eq!(failed.iter().position(|it| *it), Some(5));
    assert_eq!(failed.iter().filter(|it| **it).count(), 1);
}
