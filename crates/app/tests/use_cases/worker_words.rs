//! What a worker says of where the work on its task lies.

use auth::Caller;
use model::{
    Handoff, Name, NewTask, Outcome, ReclaimTask, Scope, Task, TaskOrder, TaskPatch, TaskState,
    Terms, Text, WorkspaceKind,
};

use crate::support::*;

fn in_worktree() -> NewTask {
    NewTask {
        workspace_kind: Some(WorkspaceKind::Worktree),
        workspace_path: Some(Text::lossy("/src")),
        ..new_task("x")
    }
}

fn branch(name: &str) -> TaskPatch {
    TaskPatch {
        branch_name: Some(Some(Name::lossy(name))),
        ..TaskPatch::default()
    }
}

fn commit(sha: &str) -> TaskPatch {
    TaskPatch {
        commit_sha: Some(Some(Name::lossy(sha))),
        ..TaskPatch::default()
    }
}

/// A task that somebody works on, with who comes by its run's token.
async fn worked_on(world: &World, new: NewTask) -> (Task, Caller) {
    let task = world.task(new).await;
    let worker = machine("worker", &[Scope::Read, Scope::Report]);
    let claimed = world
        .app
        .claim_task(&worker, task.id, model::ClaimTask::default());
    let token = claimed.await.unwrap().value.run_token.unwrap();
    (task, holder(world, &token).await)
}

#[tokio::test]
async fn a_worker_says_its_branch_and_commit_while_it_works_and_after() {
    let world = world().await;
    let (task, own) = worked_on(&world, in_worktree()).await;
    let said = world.app.update_task(&own, task.id, branch("dash/1")).await;
    let said = said.unwrap();
    assert_eq!(said.branch_name, Some(Name::lossy("dash/1")));
    assert_eq!(said.status, TaskState::Running);
    let again = world.app.update_task(&own, task.id, branch("dash/1")).await;
    assert_eq!(again.unwrap().version, said.version);
    let done = TaskOrder::Complete(Handoff::default());
    let done = world.app.move_task(&own, task.id, done, Terms::default());
    done.await.unwrap();
    let said = world.app.update_task(&own, task.id, commit("abc")).await;
    assert_eq!(said.unwrap().commit_sha, Some(Name::lossy("abc")));
    assert_eq!(world.words().await.last().unwrap(), "task_edited");
}

#[tokio::test]
async fn a_worker_says_nothing_else_and_no_other_branch_than_the_one_named() {
    let world = world().await;
    let named = NewTask {
        branch_name: Some(Name::lossy("oven")),
        ..in_worktree()
    };
    let (task, own) = worked_on(&world, named).await;
    let app = &world.app;
    let others = [
        branch("other"),
        TaskPatch {
            branch_name: Some(None),
            ..TaskPatch::default()
        },
        TaskPatch {
            priority: Some(9),
            ..commit("abc")
        },
    ];
    for patch in others {
        assert_eq!(
            refused(app.update_task(&own, task.id, patch).await),
            "forbidden"
        );
    }
    let (other, _) = worked_on(&world, in_worktree()).await;
    let not_its_own = app.update_task(&own, other.id, branch("dash/1")).await;
    assert_eq!(refused(not_its_own), "forbidden");
    let (scratch, own) = worked_on(&world, new_task("y")).await;
    let no_worktree = app.update_task(&own, scratch.id, branch("dash/1")).await;
    assert_eq!(refused(no_worktree), "invalid");
}

#[tokio::test]
async fn a_worker_changes_nothing_that_is_judged_or_is_no_more_its_own() {
    let world = world().await;
    let gated = NewTask {
        human_gate: true,
        ..in_worktree()
    };
    let (task, own) = worked_on(&world, gated).await;
    let run = world.task_now(&task).await.current_run_id.unwrap();
    let ended = world.app.finish_run(&own, run, end(Outcome::Completed));
    ended.await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Review);
    let late = world.app.update_task(&own, task.id, commit("abc")).await;
    assert_eq!(refused(late), "forbidden");
    let (task, own) = worked_on(&world, in_worktree()).await;
    let (ada, back) = (admin(), ReclaimTask::default());
    world.app.reclaim_task(&ada, task.id, back).await.unwrap();
    let late = world.app.update_task(&own, task.id, commit("abc")).await;
    assert_eq!(refused(late), "lease_lost");
}
