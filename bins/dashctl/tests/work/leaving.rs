//! How a worker goes: it finishes what it has, or is told to stop that too.

use model::{Outcome, TaskState, WorkerFilter};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;

use crate::server::Server;
use crate::worker::{Worker, task};

/// A worker that has begun the first of two tasks and waits for a word at the gate.
async fn at_the_gate(server: &Server) -> (Worker, [model::TaskId; 2], std::path::PathBuf) {
    let first = server.create(task("first")).await;
    let gate = server.home().join("gate");
    nix::unistd::mkfifo(&gate, Mode::S_IRWXU).unwrap();
    let script = "echo begun; read line < $0; echo $line";
    let worker = server.worker_with(&[], &["sh", "-c", script, gate.to_str().unwrap()]);
    server.only_run(first, |run| run.log_lines > 0).await;
    let second = server.create(task("second")).await;
    (worker, [first, second], gate)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_finishes_what_it_has_and_takes_nothing_more() {
    let server = Server::start().await;
    let (worker, [first, second], gate) = at_the_gate(&server).await;
    worker.signal(Signal::SIGTERM);
    server
        .look(async || {
            let workers = server.workers(WorkerFilter::default()).await;
            workers.into_iter().find(|card| card.worker.draining)
        })
        .await;
    tokio::fs::write(&gate, "done\n").await.unwrap();
    let said = worker.gone().await;
    assert!(
        said.contains("taking nothing more, 1 tasks to finish"),
        "{said}"
    );
    server.task_when(first, TaskState::Done).await;
    let second = server.client().get_task(second).await.unwrap();
    assert_eq!(
        (second.task.status, second.runs.len()),
        (TaskState::Ready, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_the_server_sends_away_goes_when_it_is_done() {
    let server = Server::start().await;
    let (worker, [first, second], gate) = at_the_gate(&server).await;
    let id = server.workers(WorkerFilter::default()).await[0].worker.id;
    server.client().drain_worker(id).await.unwrap();
    tokio::fs::write(&gate, "done\n").await.unwrap();
    let said = worker.gone().await;
    assert!(said.contains("the server sends it away"), "{said}");
    server.task_when(first, TaskState::Done).await;
    let second = server.client().get_task(second).await.unwrap();
    assert_eq!(second.runs.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_twice_stops_what_it_has_and_gives_it_back() {
    let server = Server::start().await;
    let (worker, [first, _], _gate) = at_the_gate(&server).await;
    worker.signal(Signal::SIGINT);
    worker.signal(Signal::SIGTERM);
    worker.gone().await;
    let run = server.only_run(first, |run| run.state.has_ended()).await;
    assert_eq!(run.outcome, Some(Outcome::Interrupted));
    server.task_when(first, TaskState::Ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_twice_while_the_server_is_away_does_not_wait_for_it() {
    let mut server = Server::start().await;
    let (worker, [first, _], _gate) = at_the_gate(&server).await;
    server.go_away();
    worker.signal(Signal::SIGINT);
    worker.signal(Signal::SIGTERM);
    let said = worker.gone().await;
    assert!(said.contains("here delivers it"), "{said}");
    server.come_back();
    let next = server.worker(&["--name", "next"], "true");
    let given_back = async || {
        let runs = server.client().get_task(first).await.unwrap().runs;
        let first = runs.into_iter().find(|run| run.number == 1)?;
        (first.outcome == Some(Outcome::Interrupted)).then_some(())
    };
    server.look(given_back).await;
    server.task_when(first, TaskState::Done).await;
    next.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_the_right_to_take_tasks_says_so() {
    let server = Server::start().await;
    let exec = ["work", "--agent", "claude", "--exec", "true"];
    let mut refused = server.dashctl(&exec);
    let refused = refused
        .env("DASHBOARD_TOKEN", "dsh_nobody")
        .env("HOME", server.home());
    let refused = refused.output().await.unwrap();
    assert_eq!(refused.status.code(), Some(4));
}
