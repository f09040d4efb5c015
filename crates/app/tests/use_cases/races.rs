//! Races: what holds when many ask at once, on every engine.

use app::App;
use model::{NewLink, NewRun, Outcome, TaskState, TicketPatch};
use testkit::every_engine;

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
            name: model::Name::lossy("bot"),
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
        let child = world.task(model::NewTask { parents: ids, ..new_task("child") }).await;
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
}
