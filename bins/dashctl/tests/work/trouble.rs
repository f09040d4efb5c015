//! A worker that cannot begin what it takes harms neither the tasks nor the other workers.

use model::{NewTask, Outcome, TaskId, TaskState, Text, WorkerFilter, WorkspaceKind};

use crate::server::Server;
use crate::worker::task;

async fn outcomes(server: &Server, id: TaskId) -> Vec<Outcome> {
    let runs = server.client().get_task(id).await.unwrap().runs;
    runs.iter().filter_map(|run| run.outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_program_is_not_there_takes_nothing() {
    let server = Server::start().await;
    let id = server.create(task("wait")).await;
    for program in ["/nowhere/agent", "no-such-agent"] {
        let said = server.worker_with(&[], &[program]).failed().await;
        assert!(said.contains("there is no program"), "{said}");
    }
    assert!(outcomes(&server, id).await.is_empty());
    let all = WorkerFilter { include_left: true };
    assert!(server.workers(all).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_command_cannot_be_started_goes_and_leaves_the_tasks_to_others() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for number in 0..6 {
        let mut new = task(&format!("task {number}"));
        new.max_retries = Some(0);
        ids.push(server.create(new).await);
    }
    let said = server.worker_with(&[], &["./agent"]).failed().await;
    assert!(
        said.contains("its command could not be started 3 times in a row"),
        "{said}"
    );
    assert!(!said.contains("kept"), "{said}");
    let mut failed = 0;
    for id in &ids {
        let task = server.client().get_task(*id).await.unwrap().task;
        assert_eq!((task.status, task.failure_count), (TaskState::Ready, 0));
        failed += outcomes(&server, *id).await.len();
    }
    assert_eq!(failed, 3);
    let other = server.worker(&["--name", "other"], "true");
    for id in ids {
        server.task_when(id, TaskState::Done).await;
    }
    other.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_one_command_cannot_take_is_left_to_another() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    // More than the failures in a row that send a worker away whose command is not there.
    for number in 0..4 {
        let mut new = task(&format!("long {number}"));
        new.body = Text::lossy(&"x".repeat(150_000));
        ids.push(server.create(new).await);
    }
    let small = server.worker_with(&["--name", "small"], &["echo", "{prompt}"]);
    for id in &ids {
        let tried = async || {
            (outcomes(&server, *id).await.pop() == Some(Outcome::SpawnFailed)).then_some(())
        };
        server.look(tried).await;
        let task = server.client().get_task(*id).await.unwrap().task;
        assert_eq!((task.status, task.failure_count), (TaskState::Ready, 0));
    }
    small.sent_away().await;
    let other = server.worker_with(&["--name", "other"], &["wc", "-c"]);
    for id in ids {
        server.task_when(id, TaskState::Done).await;
    }
    other.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_deleted_stops_its_command_and_frees_its_worker() {
    let server = Server::start().await;
    let gone = server.create(task("gone")).await;
    let ran = server.home().join("ran");
    let script = "test -e $0 && exit; touch $0; echo begun; exec sleep 1000";
    let worker = server.worker_with(&[], &["sh", "-c", script, ran.to_str().unwrap()]);
    server.only_run(gone, |run| run.log_lines > 0).await;
    server.client().delete_task(gone).await.unwrap();
    let next = server.create(task("next")).await;
    server.task_when(next, TaskState::Done).await;
    worker.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_an_answer_is_cancelled_at_once() {
    let server = Server::start().await;
    let id = server.create(task("ask")).await;
    let script = "echo $DASHBOARD_TASK_ID; exec sleep 1000";
    let worker = server.worker(&[], script);
    let run = server.only_run(id, |run| run.log_lines > 0).await;
    let new = model::NewQuestion {
        text: Text::lossy("Red?"),
        options: Vec::new(),
    };
    server.client().create_question(id, &new).await.unwrap();
    server.task_when(id, TaskState::Waiting).await;
    let began = std::time::Instant::now();
    server.client().cancel_run(run.id).await.unwrap();
    let ended = server.only_run(id, |run| run.state.has_ended()).await;
    assert_eq!(ended.outcome, Some(Outcome::Cancelled));
    // The heartbeat of a worker is every 15 s.
    assert!(began.elapsed().as_secs() < 8, "{:?}", began.elapsed());
    worker.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_machine_is_left_to_the_worker_there() {
    let server = Server::start().await;
    let (here, there) = (server.home().join("here"), server.home().join("there"));
    for path in [&here, &there] {
        std::fs::create_dir(path).unwrap();
    }
    let placed = NewTask {
        workspace_kind: Some(WorkspaceKind::Dir),
        workspace_path: Some(Text::lossy(there.to_str().unwrap())),
        max_retries: Some(0),
        ..task("there")
    };
    let id = server.create(placed).await;
    let first = ["--name", "a", "--root", here.to_str().unwrap()];
    let first = server.worker(&first, "true");
    server.only_run(id, |run| run.state.has_ended()).await;
    // What it can do it still does.
    let plain = server.create(task("anywhere")).await;
    server.task_when(plain, TaskState::Done).await;
    assert_eq!(outcomes(&server, id).await, [Outcome::SpawnFailed]);
    let second = ["--name", "b", "--root", there.to_str().unwrap()];
    let second = server.worker(&second, "true");
    let done = server.task_when(id, TaskState::Done).await;
    assert_eq!(done.failure_count, 0);
    assert_eq!(
        outcomes(&server, id).await,
        [Outcome::Completed, Outcome::SpawnFailed]
    );
    first.sent_away().await;
    second.sent_away().await;
}
