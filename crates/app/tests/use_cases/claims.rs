//! Claims: who gets which task, in which order, and what becomes of those that nobody receives.

use std::time::Duration;

use app::App;
use auth::Caller;
use model::{
    ClaimWork, Name, NewTask, Outcome, Page, ProjectPatch, ProjectRef, Scope, Title, WorkerFilter,
};
use store::runs;
use testkit::{every_engine, makers};
use tokio::task::JoinHandle;

use crate::support::*;

fn of(project: &str, text: &str, priority: i64) -> NewTask {
    NewTask {
        project: Some(project.to_owned()),
        priority,
        ..new_task(text)
    }
}

fn many(count: i64) -> ClaimWork {
    ClaimWork {
        count: Some(count),
        capacity: Some(9),
        ..new_claim("w")
    }
}

fn titles(tasks: Vec<model::Task>) -> Vec<String> {
    tasks
        .into_iter()
        .map(|task| Title::into_string(task.title))
        .collect()
}

/// A worker that waits for a task, once it sits or has one.
async fn waiting(app: &App, caller: Caller, claim: ClaimWork) -> JoinHandle<Vec<model::Task>> {
    let before = app.waiting_claims();
    let wait = ClaimWork {
        wait_seconds: Some(60),
        ..claim
    };
    let asking = app.clone();
    let waits = tokio::spawn(async move {
        let answer = asking.claim_work(&caller, wait).await.unwrap();
        answer.claims.into_iter().map(|claim| claim.task).collect()
    });
    // Where a task is there already, it may have one before anybody saw it sit.
    while app.waiting_claims() == before && !waits.is_finished() {
        tokio::task::yield_now().await;
    }
    waits
}

#[tokio::test]
async fn tasks_come_by_priority_then_age() {
    let world = world().await;
    world.project("a").await;
    for (text, priority) in [("old", 0), ("new", 0), ("urgent", 7), ("idle", -1)] {
        world.clock.advance_seconds(1);
        world.task(of("a", text, priority)).await;
    }
    let order = titles(world.ask(many(3)).await);
    assert_eq!(order, ["urgent", "old", "new"]);
    assert_eq!(titles(world.ask(many(3)).await), ["idle"]);
}

#[tokio::test]
async fn projects_take_turns() {
    let world = world().await;
    for slug in ["big", "small"] {
        world.project(slug).await;
    }
    for index in 0..4 {
        world.task(of("big", &format!("big {index}"), 0)).await;
    }
    world.clock.advance_seconds(60);
    world.task(of("small", "small", 0)).await;
    let order = titles(world.ask(many(3)).await);
    assert_eq!(order, ["big 0", "small", "big 1"]);
}

#[tokio::test]
async fn a_worker_gets_what_it_can_do() {
    let world = world().await;
    let names = |words: &[&str]| {
        words
            .iter()
            .map(|word| Name::lossy(word))
            .collect::<Vec<_>>()
    };
    for (text, assignee, skills) in [
        ("codex", Some("codex"), vec![]),
        ("sql", None, names(&["sql"])),
        ("both", Some("claude"), names(&["rust", "sql"])),
        ("rust", Some("claude"), names(&["rust"])),
        ("any", None, vec![]),
    ] {
        let new = NewTask {
            assignee: assignee.map(Name::lossy),
            skills,
            ..new_task(text)
        };
        world.clock.advance_seconds(1);
        world.task(new).await;
    }
    let claude = ClaimWork {
        skills: names(&["rust"]),
        ..many(10)
    };
    assert_eq!(titles(world.ask(claude).await), ["rust", "any"]);
    let codex = ClaimWork {
        agents: names(&["codex", "claude"]),
        skills: names(&["sql", "rust"]),
        ..many(10)
    };
    assert_eq!(titles(world.ask(codex).await), ["codex", "sql", "both"]);
}

#[tokio::test]
async fn a_worker_takes_only_from_its_projects_and_those_that_it_may_see() {
    let world = world().await;
    let (ours, theirs) = (world.project("ours").await, world.project("theirs").await);
    world.task(of("theirs", "theirs", 0)).await;
    let only = ClaimWork {
        projects: vec!["ours".to_owned()],
        ..new_claim("w")
    };
    assert!(world.ask(only).await.is_empty());
    let stranger = within(ours.id, &[Scope::Report]);
    let answer = world.app.claim_work(&stranger, new_claim("s")).await;
    assert_eq!(answer.unwrap().claims, []);
    let friend = within(theirs.id, &[Scope::Report]);
    let answer = world.app.claim_work(&friend, new_claim("s")).await;
    assert_eq!(answer.unwrap().claims.len(), 1);
}

#[tokio::test]
async fn what_becomes_ready_goes_to_the_one_who_waits_longest() {
    let world = world().await;
    let first = waiting(&world.app, admin(), new_claim("first")).await;
    let second = waiting(&world.app, admin(), new_claim("second")).await;
    let parent = world.task(new_task("parent")).await;
    assert_eq!(titles(first.await.unwrap()), ["parent"]);
    let child = NewTask {
        parents: vec![parent.id],
        ..new_task("child")
    };
    world.task(child).await;
    let run = world.task_now(&parent).await.current_run_id.unwrap();
    let done = end(Outcome::Completed);
    world.app.finish_run(&admin(), run, done).await.unwrap();
    assert_eq!(titles(second.await.unwrap()), ["child"]);
}

#[tokio::test]
async fn a_task_whose_worker_is_gone_goes_to_the_next_at_once() {
    let world = world().await;
    for moment in 0..30 {
        let gone = waiting(&world.app, admin(), new_claim("gone")).await;
        let task = world.task(new_task("x")).await;
        // It goes at any moment: before the claim, while it commits, or after it heard of it.
        for _ in 0..moment {
            tokio::task::yield_now().await;
        }
        gone.abort();
        let Err(_) = gone.await else { continue };
        let next = new_claim(&format!("next {moment}"));
        let next = waiting(&world.app, admin(), next).await;
        let next = tokio::time::timeout(Duration::from_secs(30), next).await;
        assert_eq!(next.unwrap().unwrap()[0].id, task.id, "moment {moment}");
        assert_eq!(world.task_now(&task).await.failure_count, 0);
    }
}

#[tokio::test]
async fn a_silent_worker_has_left_and_a_busy_one_has_not() {
    let world = world().await;
    world.task(new_task("x")).await;
    let taken = world.ask(new_claim("busy")).await;
    world.ask(new_claim("idle")).await;
    world.clock.advance_seconds(80);
    let run = taken[0].current_run_id.unwrap();
    let beat = model::Heartbeat::default();
    world.app.heartbeat_run(&admin(), run, beat).await.unwrap();
    world.clock.advance_seconds(80);
    world.app.keep_house().await.unwrap();
    let (ada, filter) = (admin(), WorkerFilter::default());
    let page = world.app.list_workers(&ada, filter, Page::first(10)).await;
    let names = page.unwrap().items.into_iter();
    let there: Vec<_> = names.map(|card| card.worker.name.into_string()).collect();
    assert_eq!(there, ["busy"]);
    assert_eq!(world.words().await.last().unwrap(), "worker_left");
    world.ask(new_claim("idle")).await;
    assert_eq!(world.words().await.last().unwrap(), "worker_joined");
}

#[tokio::test]
async fn a_limit_is_kept_and_a_place_that_is_free_is_filled_at_once() {
    let world = world().await;
    let project = world.project("a").await;
    let limited = ProjectPatch {
        max_running: Some(Some(2)),
        ..ProjectPatch::default()
    };
    let named = ProjectRef::Id(project.id);
    world
        .app
        .update_project(&admin(), &named, limited)
        .await
        .unwrap();
    for text in ["one", "two", "three"] {
        world.clock.advance_seconds(1);
        world.task(of("a", text, 0)).await;
    }
    let taken = world.ask(many(5)).await;
    assert_eq!(taken.len(), 2);
    let waits = waiting(&world.app, admin(), new_claim("next")).await;
    let run = taken[0].current_run_id.unwrap();
    let done = end(Outcome::Completed);
    world.app.finish_run(&admin(), run, done).await.unwrap();
    assert_eq!(titles(waits.await.unwrap()), ["three"]);
}

every_engine! {
    async fn a_task_that_cannot_be_taken_keeps_no_other_back(place) {
        let store = place.open().await;
        let world = over(store.clone()).await;
        let project = world.project("a").await;
        let broken = world.task(of("a", "broken", 7)).await;
        for text in ["one", "two"] {
            world.clock.advance_seconds(1);
            world.task(of("a", text, 0)).await;
        }
        // Somebody works on it although it is ready.
        let run = makers::run(&project, Some(&broken));
        let damage = store.write(move |tx| Box::pin(async move { runs::insert(tx, &run).await }));
        damage.await.unwrap();
        assert_eq!(titles(world.ask(many(3)).await), ["one", "two"]);
    }

    async fn each_task_goes_to_one_of_those_who_wait_in_two_processes(place) {
        let world = over(place.open().await).await;
        let other = second(&place, &world).await;
        let mut waits = Vec::new();
        for index in 0..40 {
            let app = if index % 2 == 0 { &world.app } else { &other };
            waits.push(waiting(app, admin(), new_claim(&format!("w{index}"))).await);
        }
        for index in 0..40 {
            world.task(new_task(&format!("t{index:02}"))).await;
        }
        let mut got = Vec::new();
        for wait in waits {
            got.extend(titles(wait.await.unwrap()));
        }
        got.sort();
        let all: Vec<_> = (0..40).map(|index| format!("t{index:02}")).collect();
        assert_eq!(got, all);
    }
}
