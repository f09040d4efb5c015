//! Links.

use model::{NewLink, NewTask, Outcome, Task, TaskState};

use crate::support::*;

fn link(parent: &Task, child: &Task) -> NewLink {
    NewLink {
        parent_id: parent.id,
        child_id: child.id,
    }
}

#[tokio::test]
async fn a_child_waits_until_its_last_parent_is_done() {
    let world = world().await;
    let (one, two) = (
        world.task(new_task("one")).await,
        world.task(new_task("two")).await,
    );
    let child = world
        .task(NewTask {
            parents: vec![one.id, two.id],
            ..new_task("child")
        })
        .await;
    for (parent, expected) in [(one, TaskState::Todo), (two, TaskState::Ready)] {
        let run = world.claim(&parent).await.unwrap().run;
        world.finish(&run, Outcome::Completed).await;
        assert_eq!(world.task_now(&child).await.status, expected);
    }
    assert_eq!(world.words().await.last().unwrap(), "task_promoted");
}

#[tokio::test]
async fn a_new_link_holds_a_ready_child_back_and_its_end_lets_it_go() {
    let world = world().await;
    let (parent, child) = (
        world.task(new_task("p")).await,
        world.task(new_task("c")).await,
    );
    assert!(
        world
            .app
            .create_link(&admin(), link(&parent, &child))
            .await
            .unwrap()
            .ok
    );
    assert_eq!(world.task_now(&child).await.status, TaskState::Todo);
    assert_eq!(refused(world.claim(&child).await), "move_not_allowed");
    assert!(
        world
            .app
            .delete_link(&admin(), link(&parent, &child))
            .await
            .unwrap()
            .ok
    );
    assert_eq!(world.task_now(&child).await.status, TaskState::Ready);
    assert!(
        !world
            .app
            .delete_link(&admin(), link(&parent, &child))
            .await
            .unwrap()
            .ok
    );
}

#[tokio::test]
async fn a_link_is_made_once() {
    let world = world().await;
    let (parent, child) = (
        world.task(new_task("p")).await,
        world.task(new_task("c")).await,
    );
    for _ in 0..2 {
        assert!(
            world
                .app
                .create_link(&admin(), link(&parent, &child))
                .await
                .unwrap()
                .ok
        );
    }
    let words = world.words().await;
    assert_eq!(
        words.iter().filter(|word| *word == "task_linked").count(),
        1
    );
}

#[tokio::test]
async fn a_circle_is_refused_at_any_length() {
    let world = world().await;
    let mut chain = vec![world.task(new_task("0")).await];
    for name in ["1", "2", "3"] {
        let next = world.task(new_task(name)).await;
        world
            .app
            .create_link(&admin(), link(chain.last().unwrap(), &next))
            .await
            .unwrap();
        chain.push(next);
    }
    for ancestor in &chain {
        let closing = world
            .app
            .create_link(&admin(), link(&chain[3], ancestor))
            .await;
        assert_eq!(refused(closing), "move_not_allowed", "{}", ancestor.title);
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_true_of_which_task() {
    let world = world().await;
    let (first, last) = (
        world.task(new_task("first")).await,
        world.task(new_task("last")).await,
    );
    let unknown = Task {
        id: model::TaskId::new(),
        ..first.clone()
    };
    world
        .app
        .create_link(&admin(), link(&first, &last))
        .await
        .unwrap();
    let (a, b) = (first.id, last.id);
    for (parent, child, said) in [
        (&first, &first, format!("task {a} cannot wait for itself")),
        (
            &last,
            &first,
            format!("task {a} cannot wait for task {b}, which waits for it"),
        ),
        (&unknown, &first, format!("there is no task {}", unknown.id)),
        (&first, &unknown, format!("there is no task {}", unknown.id)),
    ] {
        let refused = world.app.create_link(&admin(), link(parent, child)).await;
        assert_eq!(refused.unwrap_err().to_string(), said);
    }
}

#[tokio::test]
async fn tasks_of_two_projects_are_not_linked() {
    let world = world().await;
    world.project("blue").await;
    let here = world.task(new_task("here")).await;
    let there = world
        .task(NewTask {
            project: Some("blue".into()),
            ..new_task("there")
        })
        .await;
    let linked = world.app.create_link(&admin(), link(&here, &there)).await;
    assert_eq!(refused(linked), "invalid");
    let new = NewTask {
        parents: vec![there.id],
        ..new_task("child")
    };
    assert_eq!(
        refused(world.app.create_task(&admin(), new).await),
        "invalid"
    );
}
