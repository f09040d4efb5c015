//! The fence around an attempt at a task: who may say what becomes of it.

use app::Error;
use auth::Caller;
use model::{
    ClaimTask, Claimed, Handoff, Heartbeat, Hindrance, NewComment, NewQuestion, NewRun, NewStep,
    Outcome, ReclaimTask, Run, RunPatch, Scope, StepType, Task, TaskOrder, TaskPatch, TaskState,
    Terms, Text,
};

use crate::support::*;

/// Who took a task, and somebody of the same kind who did not.
async fn attempt(world: &World) -> (Task, Claimed, Caller) {
    let task = world.task(new_task("x")).await;
    let worker = machine("worker", &[Scope::Read, Scope::Report]);
    let claimed = taken(world, &worker, &task).await;
    (
        task,
        claimed,
        machine("other", &[Scope::Read, Scope::Report]),
    )
}

async fn taken(world: &World, worker: &Caller, task: &Task) -> Claimed {
    let claim = ClaimTask {
        agent: Some(model::Name::lossy("claude")),
        ..ClaimTask::default()
    };
    let claimed = world.app.claim_task(worker, task.id, claim).await;
    claimed.unwrap().value
}

fn under(lease_epoch: i64, caller: &Caller) -> Caller {
    Caller {
        lease_epoch: Some(lease_epoch),
        ..caller.clone()
    }
}

fn step() -> NewStep {
    NewStep {
        id: None,
        parent_step_id: None,
        step_type: StepType::Agent,
        name: model::Name::lossy("build"),
        title: None,
        external_id: None,
        attempt: None,
        child_run_id: None,
        first_line: None,
        started_at: None,
    }
}

fn comment() -> NewComment {
    let body = Text::lossy("mine");
    NewComment { body }
}

/// What a caller says of a run, and is answered: `ok`, or the kind of the refusal.
async fn says(world: &World, caller: &Caller, run: &Run) -> Vec<&'static str> {
    let app = &world.app;
    let patch = RunPatch {
        title: Some(title("other")),
        ..RunPatch::default()
    };
    let child = NewRun {
        parent_run_id: Some(run.id),
        ..NewRun::default()
    };
    let beat = app.heartbeat_run(caller, run.id, Heartbeat::default());
    let beat = word(beat.await);
    let patched = word(app.update_run(caller, run.id, patch).await);
    let stepped = word(app.begin_step(caller, run.id, step()).await);
    let below = word(app.start_run(caller, child).await);
    let said = match run.task_id {
        Some(task) => word(app.create_task_comment(caller, task, comment()).await),
        None => "ok",
    };
    let ended = word(
        app.finish_run(caller, run.id, end(Outcome::Completed))
            .await,
    );
    vec![beat, patched, stepped, below, said, ended]
}

fn word<T>(answer: Result<T, Error>) -> &'static str {
    answer.map_or_else(|error| error.kind().as_str(), |_| "ok")
}

#[tokio::test]
async fn who_names_no_lease_says_nothing_of_somebodys_attempt() {
    let world = world().await;
    let (task, claimed, other) = attempt(&world).await;
    let before = world.words().await.len();
    assert_eq!(says(&world, &other, &claimed.run).await, ["forbidden"; 6]);
    // Nor does the one who took it: a lease that is not named is not a right one.
    let worker = machine("worker", &[Scope::Read, Scope::Report]);
    assert_eq!(says(&world, &worker, &claimed.run).await, ["forbidden"; 6]);
    let stale = under(claimed.lease_epoch + 1, &worker);
    assert_eq!(says(&world, &stale, &claimed.run).await, ["lease_lost"; 6]);
    assert_eq!(world.words().await.len(), before);
    assert_eq!(world.task_now(&task).await.status, TaskState::Running);
}

#[tokio::test]
async fn the_lease_the_runs_token_and_who_operates_are_let_in() {
    let world = world().await;
    let operator = machine("operator", &[Scope::Operate, Scope::Report, Scope::Read]);
    for who in ["lease", "token", "operator"] {
        let (_, claimed, other) = attempt(&world).await;
        let caller = match who {
            "lease" => under(claimed.lease_epoch, &other),
            "token" => holder(&world, &claimed.run_token.unwrap()).await,
            _ => operator.clone(),
        };
        assert_eq!(
            says(&world, &caller, &claimed.run).await,
            ["ok"; 6],
            "{who}"
        );
    }
}

#[tokio::test]
async fn what_nobody_leased_takes_the_word_of_all_who_report() {
    let world = world().await;
    let run = world.run().await;
    let other = machine("other", &[Scope::Read, Scope::Report]);
    assert_eq!(says(&world, &other, &run).await, ["ok"; 6]);
    let task = world.task(new_task("x")).await;
    let said = world.app.create_task_comment(&other, task.id, comment());
    assert_eq!(word(said.await), "ok");
}

#[tokio::test]
async fn what_runs_below_an_attempt_is_fenced_with_it() {
    let world = world().await;
    let (task, claimed, other) = attempt(&world).await;
    let own = holder(&world, &claimed.run_token.unwrap()).await;
    let child = NewRun {
        parent_run_id: Some(claimed.run.id),
        ..NewRun::default()
    };
    let child = world.app.start_run(&own, child).await.unwrap().value;
    assert_eq!(child.run.lease_epoch, claimed.lease_epoch);
    assert_eq!(says(&world, &other, &child.run).await, ["forbidden"; 6]);
    let below = holder(&world, &child.run_token.unwrap()).await;
    let said = world.app.create_task_comment(&below, task.id, comment());
    assert_eq!(word(said.await), "ok");
    let back = ReclaimTask::default();
    let app = &world.app;
    app.reclaim_task(&admin(), task.id, back).await.unwrap();
    taken(&world, &other, &task).await;
    for old in [own, below] {
        let said = app.create_task_comment(&old, task.id, comment()).await;
        assert_eq!(word(said), "lease_lost");
    }
}

#[tokio::test]
async fn last_words_are_welcome_until_the_next_attempt() {
    let world = world().await;
    let (task, claimed, other) = attempt(&world).await;
    let own = holder(&world, &claimed.run_token.unwrap()).await;
    let app = &world.app;
    let end = end(Outcome::Interrupted);
    app.finish_run(&own, claimed.run.id, end).await.unwrap();
    let said = app.create_task_comment(&own, task.id, comment()).await;
    assert_eq!(word(said), "ok");
    taken(&world, &other, &task).await;
    let said = app.create_task_comment(&own, task.id, comment()).await;
    assert_eq!(word(said), "lease_lost");
}

/// What a caller says of a task by every word that changes it.
async fn says_of(world: &World, caller: &Caller, task: &Task) -> Vec<&'static str> {
    let (app, id) = (&world.app, task.id);
    let orders = [
        TaskOrder::Complete(Handoff::default()),
        TaskOrder::Review(Handoff::default()),
        TaskOrder::Block(Hindrance::default()),
        TaskOrder::Schedule { not_before: None },
        TaskOrder::Archive,
    ];
    let mut said = Vec::new();
    for order in orders {
        let moved = app.move_task(caller, id, order, Terms::default()).await;
        said.push(word(moved));
    }
    let question = NewQuestion {
        text: Text::lossy("Which one?"),
        options: Vec::new(),
    };
    said.push(word(app.create_question(caller, id, question).await));
    let back = ReclaimTask::default();
    said.push(word(app.reclaim_task(caller, id, back).await));
    said
}

/// The same by those that are not for workers.
async fn edits(world: &World, caller: &Caller, task: &Task) -> Vec<&'static str> {
    let (app, id) = (&world.app, task.id);
    let patch = TaskPatch {
        title: Some(title("other")),
        ..TaskPatch::default()
    };
    let edited = app.update_task(caller, id, patch).await;
    vec![word(edited), word(app.delete_task(caller, id).await)]
}

#[tokio::test]
async fn a_stale_lease_changes_nothing_whoever_names_it() {
    let world = world().await;
    let (task, first, other) = attempt(&world).await;
    let back = ReclaimTask::default();
    let app = &world.app;
    app.reclaim_task(&admin(), task.id, back).await.unwrap();
    let before = world.words().await.len();
    let stale = under(first.lease_epoch, &admin());
    // Also while nobody works on it: that lease was taken back.
    assert_eq!(says_of(&world, &stale, &task).await, ["lease_lost"; 7]);
    assert_eq!(world.words().await.len(), before);
    let second = taken(&world, &other, &task).await;
    let before = world.words().await.len();
    assert_eq!(says_of(&world, &stale, &task).await, ["lease_lost"; 7]);
    assert_eq!(edits(&world, &stale, &task).await, ["lease_lost"; 2]);
    let own = holder(&world, &second.run_token.unwrap()).await;
    let confused = under(77, &own);
    assert_eq!(says_of(&world, &confused, &task).await[0], "lease_lost");
    assert_eq!(
        says_of(&world, &confused, &task).await[5..],
        ["lease_lost"; 2]
    );
    assert_eq!(world.words().await.len(), before);
    let right = under(second.lease_epoch, &admin());
    assert_eq!(edits(&world, &right, &task).await, ["ok"; 2]);
}
