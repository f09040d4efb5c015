//! Runs and their steps.

use app::Error;
use model::{
    FinishRun, Heartbeat, Name, NewRun, NewStep, Outcome, Page, RunFilter, RunId, RunPatch,
    RunState, Scope, SessionReport, SessionState, StepPatch, StepState, StepType, TaskState, Text,
};

use crate::support::*;

fn step(name: &str) -> NewStep {
    NewStep {
        id: None,
        parent_step_id: None,
        step_type: StepType::Tool,
        name: Name::lossy(name),
        title: None,
        external_id: Some(Name::lossy(name)),
        attempt: None,
        child_run_id: None,
        first_line: None,
        started_at: None,
    }
}

#[tokio::test]
async fn an_id_starts_one_run_and_only_the_first_caller_gets_the_token() {
    let world = world().await;
    let new = || NewRun {
        id: Some(RunId::new()),
        command: vec![Text::lossy("ls")],
        ..NewRun::default()
    };
    let wanted = new();
    let first = world.app.start_run(&admin(), wanted.clone()).await.unwrap();
    let again = world.app.start_run(&admin(), wanted).await.unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!(first.value.run, again.value.run);
    assert!(first.value.run_token.is_some() && again.value.run_token.is_none());
    assert_eq!(first.value.run.title.as_str(), "ls");
}

#[tokio::test]
async fn a_claim_has_a_lease_and_numbers_the_attempts() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let first = world.claim(&task).await.unwrap().run;
    assert_eq!((first.number, first.lease_epoch), (1, 1));
    assert_eq!(
        first.lease_expires_at,
        Some(first.created_at.plus_seconds(90))
    );
    assert_eq!(refused(world.claim(&task).await), "move_not_allowed");
    world.finish(&first, Outcome::Cancelled).await;
    let second = world.claim(&task).await.unwrap().run;
    assert_eq!((second.number, second.lease_epoch), (2, 2));
    assert_eq!(world.task_now(&task).await.current_run_id, Some(second.id));
}

#[tokio::test]
async fn the_same_end_again_changes_nothing_and_another_is_refused() {
    let world = world().await;
    let run = world.run().await;
    let ended = world.finish(&run, Outcome::Completed).await;
    let before = world.words().await.len();
    assert_eq!(world.finish(&run, Outcome::Completed).await, ended);
    assert_eq!(world.words().await.len(), before);
    let other = world
        .app
        .finish_run(&admin(), run.id, end(Outcome::Failed))
        .await;
    assert_eq!(refused(other), "move_not_allowed");
}

#[tokio::test]
async fn the_end_of_a_run_closes_its_open_steps() {
    let world = world().await;
    let run = world.run().await;
    world
        .app
        .begin_step(&admin(), run.id, step("open"))
        .await
        .unwrap();
    let done = world
        .app
        .begin_step(&admin(), run.id, step("done"))
        .await
        .unwrap()
        .value;
    let ends = StepPatch {
        state: Some(StepState::Succeeded),
        ..StepPatch::default()
    };
    world
        .app
        .update_step(&admin(), run.id, done.id, ends.clone())
        .await
        .unwrap();
    world.clock.advance_seconds(2);
    world.finish(&run, Outcome::Interrupted).await;
    let page = world.app.get_run(&admin(), run.id).await.unwrap();
    let states: Vec<_> = page
        .steps
        .iter()
        .map(|step| (step.state, step.duration_ms))
        .collect();
    assert_eq!(
        states,
        [
            (StepState::Cancelled, Some(2000)),
            (StepState::Succeeded, Some(0))
        ]
    );
    let late = world
        .app
        .update_step(&admin(), run.id, page.steps[0].id, ends)
        .await;
    assert_eq!(refused(late), "move_not_allowed");
    let late = world.app.begin_step(&admin(), run.id, step("late")).await;
    assert_eq!(refused(late), "move_not_allowed");
}

#[tokio::test]
async fn a_step_begins_once_by_its_agents_name_for_it() {
    let world = world().await;
    let run = world.run().await;
    let first = world
        .app
        .begin_step(&admin(), run.id, step("t1"))
        .await
        .unwrap();
    let again = world
        .app
        .begin_step(&admin(), run.id, step("t1"))
        .await
        .unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!(first.value, again.value);
    let below = NewStep {
        parent_step_id: Some(first.value.id),
        ..step("t2")
    };
    let below = world
        .app
        .begin_step(&admin(), run.id, below)
        .await
        .unwrap()
        .value;
    assert_eq!(
        (below.sequence, below.parent_step_id),
        (2, Some(first.value.id))
    );
    let elsewhere = world.run().await;
    let stray = NewStep {
        parent_step_id: Some(below.id),
        ..step("t3")
    };
    assert_eq!(
        refused(world.app.begin_step(&admin(), elsewhere.id, stray).await),
        "invalid"
    );
}

#[tokio::test]
async fn of_a_steps_output_the_end_is_kept() {
    let world = world().await;
    let run = world.run().await;
    let began = world
        .app
        .begin_step(&admin(), run.id, step("t1"))
        .await
        .unwrap()
        .value;
    let output = Text::lossy(&format!("{}end", "é".repeat(5000)));
    let patch = StepPatch {
        output: Some(Some(output)),
        ..StepPatch::default()
    };
    let kept = world
        .app
        .update_step(&admin(), run.id, began.id, patch)
        .await
        .unwrap();
    let kept = kept.output.unwrap().into_string();
    assert_eq!(kept.chars().count(), 4000);
    assert!(kept.ends_with("éend"));
}

#[tokio::test]
async fn a_cancel_is_heard_with_the_next_heartbeat() {
    let world = world().await;
    let run = world.run().await;
    let ada = admin();
    let beat = |run: RunId| world.app.heartbeat_run(&ada, run, Heartbeat::default());
    assert!(!beat(run.id).await.unwrap().cancel);
    world.app.cancel_run(&admin(), run.id).await.unwrap();
    let answer = beat(run.id).await.unwrap();
    assert!(answer.cancel && answer.state == RunState::Running);
    world.app.cancel_run(&admin(), run.id).await.unwrap();
    let words = world.words().await;
    assert_eq!(
        words
            .iter()
            .filter(|word| *word == "run_cancel_requested")
            .count(),
        1
    );
    world.finish(&run, Outcome::Cancelled).await;
    assert_eq!(beat(run.id).await.unwrap().state, RunState::Cancelled);
}

#[tokio::test]
async fn a_heartbeat_that_waits_hears_of_a_cancel_at_once() {
    let world = world().await;
    let run = world.run().await;
    let waiting = Heartbeat {
        wait_seconds: Some(10),
        ..Heartbeat::default()
    };
    let ada = admin();
    let begun = std::time::Instant::now();
    let (answer, cancelled) = tokio::join!(
        world.app.heartbeat_run(&ada, run.id, waiting.clone()),
        world.app.cancel_run(&ada, run.id),
    );
    assert!(cancelled.is_ok() && answer.unwrap().cancel);
    let again = world.app.heartbeat_run(&ada, run.id, waiting).await;
    assert!(again.unwrap().cancel, "what is known is not waited for");
    assert!(begun.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn a_cancel_reaches_the_children() {
    let world = world().await;
    let run = world.run().await;
    let child = NewRun {
        parent_run_id: Some(run.id),
        ..NewRun::default()
    };
    let child = world
        .app
        .start_run(&admin(), child)
        .await
        .unwrap()
        .value
        .run;
    world.app.cancel_run(&admin(), run.id).await.unwrap();
    let child = world.app.get_run(&admin(), child.id).await.unwrap().run;
    assert!(child.cancel_requested_at.is_some());
}

#[tokio::test]
async fn a_silent_ad_hoc_run_is_marked_and_may_come_back() {
    let world = world().await;
    let run = world.run().await;
    let now = || async { world.app.get_run(&admin(), run.id).await.unwrap().run };
    world.clock.advance_seconds(46);
    world.app.keep_house().await.unwrap();
    assert!(now().await.lost_contact);
    world.app.keep_house().await.unwrap();
    let words = world.words().await;
    assert_eq!(
        words
            .iter()
            .filter(|word| *word == "run_heartbeat_lost")
            .count(),
        1
    );
    world
        .app
        .heartbeat_run(&admin(), run.id, Heartbeat::default())
        .await
        .unwrap();
    assert!(!now().await.lost_contact);
    assert_eq!(world.words().await.last().unwrap(), "run_contact_restored");
    world.clock.advance_seconds(100_000);
    world.app.keep_house().await.unwrap();
    assert_eq!(now().await.state, RunState::Running);
}

#[tokio::test]
async fn a_lost_run_that_is_cancelled_ends_at_once() {
    let world = world().await;
    let run = world.run().await;
    world.clock.advance_seconds(46);
    world.app.keep_house().await.unwrap();
    let ended = world.app.cancel_run(&admin(), run.id).await.unwrap();
    assert_eq!(ended.state, RunState::Cancelled);
}

#[tokio::test]
async fn a_lease_that_runs_out_gives_the_task_back_and_fences_the_old_worker_off() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let old = world.claim(&task).await.unwrap().run;
    world.clock.advance_seconds(60);
    let beat = Heartbeat {
        lease_epoch: Some(old.lease_epoch),
        ..Heartbeat::default()
    };
    world
        .app
        .heartbeat_run(&admin(), old.id, beat.clone())
        .await
        .unwrap();
    world.clock.advance_seconds(60);
    world.app.keep_house().await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Running);
    world.clock.advance_seconds(60);
    world.app.keep_house().await.unwrap();
    assert_eq!(world.task_now(&task).await.status, TaskState::Ready);
    let new = world.claim(&task).await.unwrap().run;
    let app = &world.app;
    assert_eq!(
        refused(app.heartbeat_run(&admin(), old.id, beat).await),
        "lease_lost"
    );
    let late = app
        .finish_run(&admin(), old.id, end(Outcome::Completed))
        .await;
    assert_eq!(refused(late), "lease_lost");
    assert_eq!(
        refused(app.begin_step(&admin(), old.id, step("late")).await),
        "lease_lost"
    );
    let stale = FinishRun {
        lease_epoch: Some(1),
        ..end(Outcome::Completed)
    };
    assert_eq!(
        refused(app.finish_run(&admin(), new.id, stale).await),
        "lease_lost"
    );
    assert_eq!(world.task_now(&task).await.current_run_id, Some(new.id));
}

#[tokio::test]
async fn a_run_token_writes_only_to_its_run_and_task() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let started = world.claim(&task).await.unwrap();
    let other = world.run().await;
    let worker = holder(&world, &started.run_token.unwrap()).await;
    let app = &world.app;
    app.heartbeat_run(&worker, started.run.id, Heartbeat::default())
        .await
        .unwrap();
    let comment = || model::NewComment {
        body: Text::lossy("on it"),
    };
    app.create_task_comment(&worker, task.id, comment())
        .await
        .unwrap();
    app.get_run(&worker, started.run.id).await.unwrap();
    let stray = app
        .heartbeat_run(&worker, other.id, Heartbeat::default())
        .await;
    assert_eq!(refused(stray), "forbidden");
    assert_eq!(
        refused(app.cancel_run(&worker, other.id).await),
        "forbidden"
    );
    assert_eq!(
        refused(app.start_run(&worker, NewRun::default()).await),
        "forbidden"
    );
    assert_eq!(
        refused(app.create_ticket(&worker, new_ticket("y")).await),
        "forbidden"
    );
    let child = NewRun {
        parent_run_id: Some(started.run.id),
        ..NewRun::default()
    };
    let child = app.start_run(&worker, child).await.unwrap().value.run;
    assert_eq!(
        (child.task_id, child.lease_expires_at),
        (Some(task.id), None)
    );
}

#[tokio::test]
async fn a_conversation_is_known_by_its_agents_name_for_it() {
    let world = world().await;
    let run = world.run().await;
    let report = |state, messages| RunPatch {
        session: Some(SessionReport {
            agent: Name::lossy("claude"),
            provider_session_id: Name::lossy("s-1"),
            cwd: None,
            model: None,
            state,
            messages,
        }),
        ..RunPatch::default()
    };
    let first = world
        .app
        .update_run(&admin(), run.id, report(None, 1))
        .await
        .unwrap();
    world.finish(&run, Outcome::Completed).await;
    let session = world
        .app
        .get_session(&admin(), first.session_id.unwrap())
        .await
        .unwrap();
    assert_eq!(session.state, SessionState::Idle);
    let late = report(Some(SessionState::Ended), 2);
    world.app.update_run(&admin(), run.id, late).await.unwrap();
    let list = world
        .app
        .list_sessions(&admin(), None, Page::default())
        .await
        .unwrap()
        .items;
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].state, list[0].messages), (SessionState::Ended, 3));
    let late = RunPatch {
        title: Some(title("late")),
        ..RunPatch::default()
    };
    assert_eq!(
        refused(world.app.update_run(&admin(), run.id, late).await),
        "move_not_allowed"
    );
}

#[tokio::test]
async fn a_stranger_finds_no_run_of_another_project() {
    let world = world().await;
    let run = world.run().await;
    let red = world.project("red").await;
    let stranger = within(red.id, &[Scope::Operate]);
    let app = &world.app;
    assert_eq!(refused(app.get_run(&stranger, run.id).await), "not_found");
    assert_eq!(
        refused(app.cancel_run(&stranger, run.id).await),
        "not_found"
    );
    let finished = app
        .finish_run(&stranger, run.id, end(Outcome::Failed))
        .await;
    assert_eq!(refused(finished), "not_found");
    let taken = NewRun {
        id: Some(run.id),
        ..NewRun::default()
    };
    assert_eq!(
        refused(app.start_run(&stranger, taken).await),
        "already_exists"
    );
    let list = app
        .list_runs(&stranger, RunFilter::default(), Page::default())
        .await;
    assert!(list.unwrap().items.is_empty());
    let reader = machine("reader", &[Scope::Read]);
    match app.start_run(&reader, NewRun::default()).await {
        Err(Error::Forbidden(detail)) => assert_eq!(detail, "this needs the scope `report`"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_cancelled_did_not_end_before_that() {
    let world = world().await;
    let run = world.run().await;
    world.clock.advance_seconds(10);
    let asked = world.clock.now();
    world.app.cancel_run(&admin(), run.id).await.unwrap();
    world.clock.advance_seconds(5);
    let said = FinishRun {
        ended_at: Some(testkit::makers::noon()),
        ..end(Outcome::Cancelled)
    };
    let ended = world.app.finish_run(&admin(), run.id, said).await.unwrap();
    assert_eq!(ended.ended_at, Some(asked));
}
