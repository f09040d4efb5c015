//! Workspaces of tasks, and the tickets that they are parts of: what may be asked for, and what may be changed.

use app::Error;
use auth::Caller;
use model::{
    Name, NewQuestion, NewTask, Outcome, ProjectPatch, ProjectRef, Scope, Task, TaskPatch,
    TaskState, Text, Ticket, TicketStatus, WorkspaceKind,
};
use testkit::every_engine;

use crate::support::*;

fn in_worktree() -> NewTask {
    NewTask {
        workspace_kind: Some(WorkspaceKind::Worktree),
        workspace_path: Some(Text::lossy("/src")),
        branch_name: Some(Name::lossy("oven")),
        ..new_task("x")
    }
}

fn agent() -> Caller {
    machine("bob", &[Scope::Read, Scope::Report, Scope::Operate])
}

fn into(ticket: Option<&Ticket>) -> TaskPatch {
    TaskPatch {
        ticket_id: Some(ticket.map(|ticket| ticket.id)),
        ..TaskPatch::default()
    }
}

fn pointer<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result.unwrap_err() {
        Error::Invalid(errors) => errors[0].pointer.clone(),
        other => panic!("{other}"),
    }
}

impl World {
    async fn edit(&self, task: &Task, patch: TaskPatch) -> Result<Task, Error> {
        self.app.update_task(&admin(), task.id, patch).await
    }

    async fn part_of(&self, ticket: &Ticket) -> Task {
        let ticket_id = Some(ticket.id);
        self.task(NewTask {
            ticket_id,
            ..new_task("x")
        })
        .await
    }

    async fn stood(&self, ticket: &Ticket) -> (TicketStatus, i64, i64) {
        let now = self.ticket_now(ticket).await;
        (now.status, now.tasks_total, now.tasks_done)
    }
}

#[tokio::test]
async fn an_impossible_workspace_is_refused_when_it_is_asked_for_and_when_it_is_edited() {
    let world = world().await;
    let path = |path: &str| Some(Text::lossy(path));
    let kind = WorkspaceKind::Dir;
    for (workspace_path, expected) in [
        (None, "/workspace_path"),
        (path("rel"), "/workspace_path"),
        (path("/a/../b"), "/workspace_path"),
    ] {
        let new = NewTask {
            workspace_kind: Some(kind),
            workspace_path: workspace_path.clone(),
            ..new_task("x")
        };
        assert_eq!(
            pointer(world.app.create_task(&admin(), new).await),
            expected
        );
        let task = world.task(new_task("x")).await;
        let patch = TaskPatch {
            workspace_kind: Some(kind),
            workspace_path: Some(workspace_path),
            ..TaskPatch::default()
        };
        assert_eq!(pointer(world.edit(&task, patch).await), expected);
    }
    let branch_name = Some(Name::lossy("-x --y"));
    let new = NewTask {
        branch_name: branch_name.clone(),
        ..in_worktree()
    };
    assert_eq!(
        pointer(world.app.create_task(&admin(), new).await),
        "/branch_name"
    );
    let task = world.task(in_worktree()).await;
    let patch = TaskPatch {
        branch_name: Some(branch_name),
        ..TaskPatch::default()
    };
    assert_eq!(pointer(world.edit(&task, patch).await), "/branch_name");
}

#[tokio::test]
async fn the_directory_of_the_project_stands_in_for_a_path() {
    let world = world().await;
    let project = world.project("shop").await;
    let new = || NewTask {
        project: Some("shop".to_owned()),
        workspace_kind: Some(WorkspaceKind::Dir),
        ..new_task("x")
    };
    assert_eq!(
        pointer(world.app.create_task(&admin(), new()).await),
        "/workspace_path"
    );
    let patch = ProjectPatch {
        repo_path: Some(Some(Text::lossy("/src"))),
        ..ProjectPatch::default()
    };
    let project = ProjectRef::Id(project.id);
    world
        .app
        .update_project(&admin(), &project, patch)
        .await
        .unwrap();
    assert_eq!(world.task(new()).await.workspace_path, None);
}

#[tokio::test]
async fn what_has_no_place_in_another_workspace_goes_with_the_old_one() {
    let world = world().await;
    let task = world.task(in_worktree()).await;
    let to = |kind| TaskPatch {
        workspace_kind: Some(kind),
        ..TaskPatch::default()
    };
    let dir = world.edit(&task, to(WorkspaceKind::Dir)).await.unwrap();
    assert_eq!(
        (dir.workspace_path, dir.branch_name),
        (Some(Text::lossy("/src")), None)
    );
    let scratch = world.edit(&task, to(WorkspaceKind::Scratch)).await.unwrap();
    assert_eq!(scratch.workspace_path, None);
    let named = TaskPatch {
        workspace_path: Some(Some(Text::lossy("/src"))),
        ..to(WorkspaceKind::Scratch)
    };
    assert_eq!(pointer(world.edit(&task, named).await), "/workspace_path");
    let told = world.events().await.pop().unwrap().details.unwrap();
    assert_eq!(
        told["fields"],
        serde_json::json!(["workspace_kind", "workspace_path"])
    );
}

#[tokio::test]
async fn a_worker_loses_a_task_before_its_workspace_or_ticket_changes() {
    let world = world().await;
    let (task, ticket) = (world.task(in_worktree()).await, world.ticket("x").await);
    world.claim(&task).await.unwrap();
    let elsewhere = TaskPatch {
        branch_name: Some(Some(Name::lossy("other"))),
        ..TaskPatch::default()
    };
    assert_eq!(
        refused(world.edit(&task, elsewhere.clone()).await),
        "move_not_allowed"
    );
    assert_eq!(
        refused(world.edit(&task, into(Some(&ticket))).await),
        "move_not_allowed"
    );
    // What stays as it is takes nothing away.
    let same = TaskPatch {
        workspace_kind: Some(task.workspace_kind),
        ticket_id: Some(None),
        ..TaskPatch::default()
    };
    world.edit(&task, same).await.unwrap();
    let patch = TaskPatch {
        reclaim_first: true,
        ..elsewhere
    };
    let task = world.edit(&task, patch).await.unwrap();
    assert_eq!(
        (task.status, task.branch_name),
        (TaskState::Ready, Some(Name::lossy("other")))
    );
}

#[tokio::test]
async fn no_program_moves_what_a_person_judges() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let new = NewTask {
        human_gate: true,
        ticket_id: Some(ticket.id),
        ..in_worktree()
    };
    let task = world.task(new).await;
    let out = world.app.update_task(&agent(), task.id, into(None)).await;
    assert_eq!(refused(out), "forbidden");
    let review = model::TaskOrder::Review(Default::default());
    world
        .app
        .move_task(&admin(), task.id, review, Default::default())
        .await
        .unwrap();
    let patch = TaskPatch {
        branch_name: Some(Some(Name::lossy("other"))),
        ..TaskPatch::default()
    };
    let moved = world
        .app
        .update_task(&agent(), task.id, patch.clone())
        .await;
    assert_eq!(refused(moved), "forbidden");
    world.edit(&task, patch).await.unwrap();
}

every_engine! {
    async fn both_tickets_follow_a_task_that_goes_from_one_to_the_other(place) {
        let world = over(place.open().await).await;
        let (first, second) = (world.ticket("first").await, world.ticket("second").await);
        let (done, open) = (world.part_of(&first).await, world.part_of(&first).await);
        let other = world.part_of(&second).await;
        for task in [&done, &other] {
            let run = world.claim(task).await.unwrap().run;
            world.finish(&run, Outcome::Completed).await;
        }
        assert_eq!(world.stood(&second).await, (TicketStatus::Done, 1, 1));
        let moved = world.edit(&open, into(Some(&second))).await.unwrap();
        assert_eq!((moved.ticket_id, moved.sequence), (Some(second.id), 2));
        assert_eq!(moved.version, open.version + 1);
        assert_eq!(world.stood(&first).await, (TicketStatus::Done, 1, 1));
        assert_eq!(world.stood(&second).await, (TicketStatus::Queued, 2, 1));
        let run = world.claim(&open).await.unwrap().run;
        assert_eq!(run.ticket_id, Some(second.id));
        world.finish(&run, Outcome::Completed).await;
        assert_eq!(world.stood(&second).await, (TicketStatus::Done, 2, 2));
        world.edit(&open, into(None)).await.unwrap();
        assert_eq!(world.stood(&second).await, (TicketStatus::Done, 1, 1));
        let left = world.events().await;
        let left = left.iter().filter(|event| event.ticket_id == Some(second.id));
        assert!(left.max_by_key(|event| event.seq).unwrap().message.as_str().contains("left its ticket"));
    }

    async fn a_question_goes_with_its_task(place) {
        let world = over(place.open().await).await;
        let (first, second) = (world.ticket("first").await, world.ticket("second").await);
        let task = world.part_of(&first).await;
        let new = NewQuestion { text: Text::lossy("Which?"), options: Vec::new() };
        let asked = world.app.create_question(&agent(), task.id, new).await.unwrap();
        assert_eq!(world.stood(&first).await.0, TicketStatus::ClarificationNeeded);
        world.edit(&task, into(Some(&second))).await.unwrap();
        assert_eq!(world.stood(&first).await, (TicketStatus::Queued, 0, 0));
        assert_eq!(world.stood(&second).await, (TicketStatus::ClarificationNeeded, 1, 0));
        let answer = model::AnswerQuestion { answer: Text::lossy("this") };
        world.app.answer_question(&admin(), asked.id, answer).await.unwrap();
        assert_eq!(world.stood(&second).await.0, TicketStatus::Queued);
    }

    async fn a_task_stays_in_its_project(place) {
        let world = over(place.open().await).await;
        world.project("shop").await;
        let mut new = new_ticket("x");
        new.project = Some("shop".to_owned());
        let ticket = world.app.create_ticket(&admin(), new).await.unwrap();
        let task = world.task(new_task("x")).await;
        assert_eq!(pointer(world.edit(&task, into(Some(&ticket))).await), "/ticket_id");
    }
}
