//! Diagnostics and the inbox: what is wrong is told everywhere, at its true time, and what needs a person most comes first.

use model::{
    BoardFilter, Card, ClaimTask, Diagnostic, DiagnosticKind, DiagnosticSeverity, Handoff,
    Hindrance, InboxFilter, InboxItem, InboxKind, LoopState, NewComment, NewTask, Outcome, Page,
    ProjectRef, Remedy, Scope, Task, TaskOrder, TaskPatch, TaskState, Text,
};
use testkit::every_engine;

use crate::support::*;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

fn default_project() -> ProjectRef {
    "default".parse().unwrap()
}

async fn diagnostics(world: &World, task: &Task) -> Vec<Diagnostic> {
    world
        .app
        .get_task(&admin(), task.id)
        .await
        .unwrap()
        .diagnostics
}

async fn kinds(world: &World, task: &Task) -> Vec<DiagnosticKind> {
    let found = diagnostics(world, task).await.into_iter();
    found.map(|one| one.kind).collect()
}

async fn card(world: &World, task: &Task) -> Card {
    let (ada, project) = (admin(), default_project());
    let board = world
        .app
        .get_board(&ada, &project, BoardFilter::default(), 50);
    let columns = board.await.unwrap().columns.into_iter();
    let mut cards = columns.flat_map(|column| column.tasks);
    cards.find(|card| card.id == task.id).unwrap()
}

async fn inbox(world: &World) -> Vec<InboxItem> {
    inbox_from(world, DiagnosticSeverity::Warning).await
}

async fn inbox_from(world: &World, severity: DiagnosticSeverity) -> Vec<InboxItem> {
    let ada = admin();
    let filter = InboxFilter {
        severity: Some(severity),
        ..InboxFilter::default()
    };
    let items = world.app.list_inbox(&ada, filter, Page::default());
    items.await.unwrap().items
}

async fn claim(world: &World, task: &Task) -> model::Run {
    let ada = admin();
    let claimed = world.app.claim_task(&ada, task.id, ClaimTask::default());
    claimed.await.unwrap().value.run
}

async fn fail(world: &World, task: &Task, outcome: Outcome) {
    let run = claim(world, task).await;
    let said = model::FinishRun {
        error: Some(Text::lossy("no")),
        ..end(outcome)
    };
    world.app.finish_run(&admin(), run.id, said).await.unwrap();
}

/// A worker takes a task and is never heard of again.
async fn desert(world: &World, task: &Task) {
    claim(world, task).await;
    world.clock.advance_seconds(91);
    world.app.keep_house().await.unwrap();
}

async fn touch(world: &World, task: &Task) {
    let patch = TaskPatch {
        priority: Some(5),
        ..TaskPatch::default()
    };
    world
        .app
        .update_task(&admin(), task.id, patch)
        .await
        .unwrap();
}

async fn order(world: &World, caller: &auth::Caller, task: &Task, order: TaskOrder) {
    let moved = world
        .app
        .move_task(caller, task.id, order, Default::default());
    moved.await.unwrap();
}

async fn block(world: &World, caller: &auth::Caller, task: &Task) {
    let hindrance = Hindrance {
        kind: None,
        reason: Some(Text::lossy("No key")),
    };
    order(world, caller, task, TaskOrder::Block(hindrance)).await;
}

async fn comment(world: &World, task: &Task, body: &str) {
    let body = Text::lossy(body);
    let new = NewComment { body };
    world
        .app
        .create_task_comment(&admin(), task.id, new)
        .await
        .unwrap();
}

every_engine! {
    async fn an_edit_moves_no_diagnostic_and_takes_none_away(place) {
        let world = over(place.open().await).await;
        let patient = NewTask { max_retries: Some(9), ..new_task("fails") };
        let failing = world.task(patient).await;
        let began = world.clock.now();
        for _ in 0..3 {
            world.clock.advance_seconds(10);
            fail(&world, &failing, Outcome::Failed).await;
        }
        let ended = world.clock.now();
        let blocked = world.task(new_task("blocked")).await;
        block(&world, &admin(), &blocked).await;
        world.clock.advance_seconds(25 * HOUR);
        for task in [&failing, &blocked] {
            touch(&world, task).await;
        }
        let found = diagnostics(&world, &failing).await;
        let failures = found.iter().find(|one| one.kind == DiagnosticKind::RepeatedFailures).unwrap();
        assert_eq!(failures.count, 3);
        assert_eq!((failures.first_seen, failures.last_seen), (began.plus_seconds(10), ended));
        assert!(found.iter().any(|one| one.kind == DiagnosticKind::StrandedInReady), "{found:?}");
        let [stuck] = diagnostics(&world, &blocked).await.try_into().unwrap();
        assert_eq!((stuck.kind, stuck.first_seen), (DiagnosticKind::StuckInBlocked, ended));
        let item = inbox(&world).await.into_iter().find(|item| item.task_id == Some(blocked.id)).unwrap();
        assert_eq!((item.since, item.age_seconds), (ended, 25 * HOUR));
        assert_eq!(item.reason.as_str(), "No key\n\nblocked for 25 hours");
    }

    async fn blocks_in_a_row_have_the_times_of_the_blocks(place) {
        let world = over(place.open().await).await;
        let agent = machine("claude", &[Scope::Read, Scope::Report, Scope::Operate]);
        let task = world.task(new_task("x")).await;
        let began = world.clock.now();
        for _ in 0..2 {
            world.clock.advance_seconds(10);
            block(&world, &agent, &task).await;
            order(&world, &admin(), &task, TaskOrder::Unblock).await;
        }
        world.clock.advance_seconds(MINUTE);
        let [cycling] = diagnostics(&world, &task).await.try_into().unwrap();
        assert_eq!((cycling.kind, cycling.count), (DiagnosticKind::BlockCycling, 2));
        let seen = (cycling.first_seen, cycling.last_seen);
        assert_eq!(seen, (began.plus_seconds(10), began.plus_seconds(20)));
    }

    async fn workers_that_vanish_again_and_again_are_told_everywhere(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        desert(&world, &task).await;
        let first = world.clock.now();
        world.clock.advance_seconds(MINUTE);
        desert(&world, &task).await;
        let [silent] = diagnostics(&world, &task).await.try_into().unwrap();
        assert_eq!((silent.kind, silent.count), (DiagnosticKind::SilentExit, 2));
        assert_eq!((silent.first_seen, silent.last_seen), (first, world.clock.now()));
        let shown = card(&world, &task).await.diagnostics.unwrap();
        assert_eq!((shown.severity, shown.count), (DiagnosticSeverity::Error, 1));
        let [item] = inbox(&world).await.try_into().unwrap();
        assert_eq!((item.kind, item.severity), (InboxKind::Stuck, DiagnosticSeverity::Error));
        assert_eq!(item.diagnostics, [DiagnosticKind::SilentExit]);
        assert_eq!(item.reason.as_str(), "2 workers in a row went without a word");
        let task = world.task_now(&task).await;
        assert_eq!((task.silent_runs, task.failure_count), (2, 0));

        fail(&world, &task, Outcome::Failed).await;
        assert_eq!(diagnostics(&world, &task).await, []);
        assert_eq!(inbox(&world).await, []);
    }

    async fn a_task_that_can_begin_nowhere_is_told_everywhere(place) {
        let world = over(place.open().await).await;
        for (outcome, kind, reason) in [
            (Outcome::SpawnFailed, DiagnosticKind::CannotBegin, "3 attempts in a row could not begin"),
            (
                Outcome::RateLimited,
                DiagnosticKind::ProviderRefuses,
                "its model's provider refused 3 attempts in a row",
            ),
        ] {
            let task = world.task(new_task("x")).await;
            let began = world.clock.now();
            for _ in 0..2 {
                fail(&world, &task, outcome).await;
                world.clock.advance_seconds(MINUTE);
            }
            assert_eq!(diagnostics(&world, &task).await, []);
            assert_eq!(inbox(&world).await, []);
            fail(&world, &task, outcome).await;
            let [told] = diagnostics(&world, &task).await.try_into().unwrap();
            assert_eq!((told.kind, told.count), (kind, 3));
            assert_eq!((told.first_seen, told.last_seen), (began, world.clock.now()));
            let shown = card(&world, &task).await.diagnostics.unwrap();
            assert_eq!((shown.severity, shown.count), (DiagnosticSeverity::Error, 1));
            let [item] = inbox(&world).await.try_into().unwrap();
            assert_eq!((item.kind, item.severity), (InboxKind::Stuck, DiagnosticSeverity::Error));
            assert_eq!((item.reason.as_str(), &item.diagnostics), (reason, &vec![kind]));
            assert_eq!(item.actions, told.actions);
            assert_eq!(world.task_now(&task).await.failure_count, 0, "{outcome} costs no try");

            fail(&world, &task, Outcome::Failed).await;
            assert_eq!(diagnostics(&world, &task).await, []);
            assert_eq!(inbox(&world).await, []);
        }
    }

    async fn another_workspace_is_another_beginning(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        for _ in 0..3 {
            fail(&world, &task, Outcome::SpawnFailed).await;
        }
        assert_eq!(kinds(&world, &task).await, [DiagnosticKind::CannotBegin]);
        let patch = TaskPatch {
            workspace_kind: Some(model::WorkspaceKind::Dir),
            workspace_path: Some(Some(Text::lossy("/srv/x"))),
            ..TaskPatch::default()
        };
        world.app.update_task(&admin(), task.id, patch).await.unwrap();
        assert_eq!(diagnostics(&world, &task).await, []);
    }

    async fn every_crash_is_counted_until_something_comes_of_it(place) {
        let world = over(place.open().await).await;
        let patient = NewTask { max_retries: Some(9), ..new_task("x") };
        let task = world.task(patient).await;
        for _ in 0..4 {
            fail(&world, &task, Outcome::Failed).await;
            fail(&world, &task, Outcome::Crashed).await;
        }
        let told = diagnostics(&world, &task).await;
        let counts: Vec<_> = told.iter().map(|one| (one.kind, one.count)).collect();
        let expected = [(DiagnosticKind::RepeatedFailures, 8), (DiagnosticKind::RepeatedCrashes, 4)];
        assert_eq!(counts, expected);
        assert_eq!(told[1].message, "crashed 4 times");
        let run = claim(&world, &task).await;
        world.finish(&run, Outcome::Completed).await;
        let now = world.task_now(&task).await;
        assert_eq!((now.failure_count, now.crash_count), (0, 0));
    }

    async fn the_worst_comes_first_and_then_what_waits_longest(place) {
        let world = over(place.open().await).await;
        let agent = machine("claude", &[Scope::Read, Scope::Report, Scope::Operate]);
        let blocked = world.task(new_task("blocked")).await;
        block(&world, &agent, &blocked).await;
        world.clock.advance_seconds(1);
        let judged = world.task(new_task("judged")).await;
        order(&world, &admin(), &judged, TaskOrder::Review(Handoff::default())).await;
        let silent = world.task(new_task("silent")).await;
        desert(&world, &silent).await;
        let failing = world.task(new_task("failing")).await;
        for _ in 0..2 {
            fail(&world, &failing, Outcome::Failed).await;
        }
        world.clock.advance_seconds(1);
        let hopeless = NewTask { max_retries: Some(0), ..new_task("hopeless") };
        let given_up = world.task(hopeless).await;
        fail(&world, &given_up, Outcome::Crashed).await;
        let expected = [&given_up, &failing, &blocked, &judged, &silent].map(|task| Some(task.id));
        let all: Vec<_> = inbox(&world).await.iter().map(|item| item.task_id).collect();
        assert_eq!(all, expected);
        let bad: Vec<_> = inbox_from(&world, DiagnosticSeverity::Error).await;
        let bad: Vec<_> = bad.iter().map(|item| item.task_id).collect();
        assert_eq!(bad, expected[..2]);

        let (mut page, mut pieces) = (Page::first(2), Vec::new());
        loop {
            let (ada, all) = (admin(), InboxFilter::default());
            let piece = world.app.list_inbox(&ada, all, page.clone()).await.unwrap();
            pieces.extend(piece.items.iter().map(|item| item.task_id));
            page.cursor = piece.next;
            if page.cursor.is_none() {
                break;
            }
        }
        assert_eq!(pieces, expected);
    }

    async fn of_what_nobody_takes_the_first_for_each_agent_is_in_the_inbox(place) {
        let world = over(place.open().await).await;
        let of = |title: &str, agent: Option<&str>, priority| NewTask {
            assignee: agent.map(model::Name::lossy),
            priority,
            ..new_task(title)
        };
        world.task(of("later", Some("claude"), 0)).await;
        let first = world.task(of("first", Some("claude"), 7)).await;
        let anybodys = world.task(of("for anybody", None, 0)).await;
        world.clock.advance_seconds(29 * MINUTE);
        assert_eq!(inbox(&world).await, []);
        world.clock.advance_seconds(151 * MINUTE);
        touch(&world, &anybodys).await;
        let fresh = world.task(of("fresh", Some("codex"), 0)).await;
        let found = inbox(&world).await;
        let mut shown: Vec<_> = found.iter().map(|item| item.task_id.unwrap()).collect();
        shown.sort();
        assert_eq!(shown, [first.id, anybodys.id]);
        assert!(found.iter().all(|item| item.severity == DiagnosticSeverity::Critical));
        let item = found.iter().find(|item| item.task_id == Some(first.id)).unwrap();
        let reason = "ready for 180 minutes, and nobody took it; 1 more is ready behind it";
        assert_eq!((item.reason.as_str(), item.age_seconds), (reason, 180 * MINUTE));
        assert_eq!(item.actions, [Remedy::StartWorker, Remedy::Reassign]);
        assert_eq!(card(&world, &fresh).await.diagnostics, None);
    }

    async fn nothing_is_stranded_while_a_person_holds_it_back(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        world.clock.advance_seconds(4 * HOUR);
        assert_eq!(kinds(&world, &task).await, [DiagnosticKind::StrandedInReady]);
        world.app.pause_daemon(&admin()).await.unwrap();
        assert_eq!(diagnostics(&world, &task).await, []);
        assert_eq!(card(&world, &task).await.diagnostics, None);
        assert_eq!(inbox(&world).await, []);
        world.app.resume_daemon(&admin()).await.unwrap();
        assert_eq!(inbox(&world).await.len(), 1);
        let paused = model::LoopChange { state: LoopState::Paused, reason: None };
        world.app.update_loop(&admin(), &default_project(), paused).await.unwrap();
        assert_eq!(diagnostics(&world, &task).await, []);
        assert_eq!(card(&world, &task).await.diagnostics, None);
        assert_eq!(inbox(&world).await, []);
    }

    async fn tasks_that_are_not_there_are_told_wherever_they_are_named(place) {
        let world = over(place.open().await).await;
        let other = world.task(new_task("other")).await;
        let missing = model::TaskId::new();
        let named = NewTask {
            body: Text::lossy(&format!("like task {missing}, after task {}", other.id)),
            ..new_task("x")
        };
        let task = world.task(named).await;
        comment(&world, &task, &format!("see task {missing} and tasks/{missing}")).await;
        let said = world.clock.now();
        let [told] = diagnostics(&world, &task).await.try_into().unwrap();
        assert_eq!((told.count, told.first_seen), (1, said));
        assert_eq!(told.message, format!("names a task that is not there: {missing}"));
        let shown = card(&world, &task).await.diagnostics.unwrap();
        assert_eq!((shown.severity, shown.count), (DiagnosticSeverity::Warning, 1));

        world.clock.advance_seconds(MINUTE);
        world.app.delete_task(&admin(), other.id).await.unwrap();
        let [told] = diagnostics(&world, &task).await.try_into().unwrap();
        assert_eq!(told.count, 2, "it is not there any more");
        let patch = TaskPatch { body: Some(Text::lossy("like nothing")), ..TaskPatch::default() };
        world.app.update_task(&admin(), task.id, patch).await.unwrap();
        let [told] = diagnostics(&world, &task).await.try_into().unwrap();
        assert_eq!(told.count, 1, "the comment still names one");
    }

    async fn what_a_worker_says_it_made_is_looked_for_once(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let run = claim(&world, &task).await;
        let missing = [model::TaskId::new(), model::TaskId::new()];
        let summary = format!("made task {} and task {}", missing[0], missing[1]);
        let said = model::FinishRun { summary: Some(Text::lossy(&summary)), ..end(Outcome::Completed) };
        world.app.finish_run(&admin(), run.id, said).await.unwrap();
        let [told] = diagnostics(&world, &task).await.try_into().unwrap();
        assert_eq!((told.kind, told.count), (DiagnosticKind::UnknownReferences, 2));
        let task = world.task_now(&task).await;
        assert_eq!((task.status, task.status_since), (TaskState::Done, world.clock.now()));
    }
}

#[tokio::test]
async fn a_boards_mark_changes_when_something_becomes_wrong_by_time() {
    let world = world().await;
    let task = world.task(new_task("x")).await;
    let mark = async || {
        let (ada, project) = (admin(), default_project());
        world.app.board_mark(&ada, &project).await.unwrap()
    };
    world.clock.advance_seconds(29 * MINUTE);
    let before = mark().await;
    assert_eq!(before, mark().await);
    world.clock.advance_seconds(MINUTE);
    assert!(card(&world, &task).await.diagnostics.is_some());
    assert_ne!(before, mark().await);
    order(&world, &admin(), &task, TaskOrder::Archive).await;
    let before = mark().await;
    world.clock.advance_seconds(HOUR);
    assert_eq!(before, mark().await, "nothing there changes by itself");
}
