//! Removals: what is deleted for good while somebody works on it.

use model::{NewTask, ProjectRef};
use testkit::every_engine;

use crate::support::*;

fn count(words: &[String], wanted: &str) -> usize {
    words.iter().filter(|word| *word == wanted).count()
}

every_engine! {
    async fn what_is_deleted_ends_its_runs_first(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let of_ticket = || NewTask { ticket_id: Some(ticket.id), ..new_task("x") };
        for task in [world.task(of_ticket()).await, world.task(new_task("y")).await] {
            world.claim(&task).await.unwrap();
        }
        let project = ProjectRef::Id(ticket.project_id);
        for ended in [1, 2] {
            match ended {
                1 => drop(world.app.delete_ticket(&admin(), ticket.id).await.unwrap()),
                _ => drop(world.app.delete_project(&admin(), &project).await.unwrap()),
            }
            let words = world.words().await;
            assert_eq!(count(&words, "run_started"), 2);
            assert_eq!(count(&words, "run_cancel_requested"), ended);
            assert_eq!(count(&words, "run_finished"), ended);
        }
        // Nothing of what was deleted is told with them.
        assert!(world.events().await.iter().all(|event| !event.message.as_str().contains('“')));
    }
}
