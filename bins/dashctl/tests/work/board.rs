//! A board is worked off once, in order, whatever happens to workers and server.

use std::collections::BTreeSet;

use model::{RunState, TaskId, TaskState, WorkerFilter};
use nix::sys::signal::Signal;

use crate::server::Server;
use crate::worker::task;

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_do_every_task_of_a_board_once_and_in_order() {
    let server = Server::start().await;
    let mut layers: Vec<Vec<TaskId>> = Vec::new();
    for layer in 0..3 {
        let mut ids = Vec::new();
        for number in 0..4 {
            let mut new = task(&format!("task {layer}.{number}"));
            new.parents = layers.last().cloned().unwrap_or_default();
            ids.push(server.create(new).await);
        }
        layers.push(ids);
    }
    let order = server.home().join("order");
    let script = "echo $DASHBOARD_TASK_ID >> $0; grep -o 'came of task [0-9.]*' | sort -u | tr '\\n' ' '; \
        grep -o '\"title\": \"[^\"]*' $DASHBOARD_TASK_FILE | sed 's/.*\"/came of /'";
    let exec = ["sh", "-c", script, order.to_str().unwrap()];
    let workers = [1, 2].map(|_| server.worker_with(&["--jobs", "2"], &exec));
    for id in layers.concat() {
        server.task_when(id, TaskState::Done).await;
    }
    let text = std::fs::read_to_string(&order).unwrap();
    let done: Vec<TaskId> = text.lines().map(|id| id.parse().unwrap()).collect();
    for (at, ids) in layers.iter().enumerate() {
        let done: BTreeSet<_> = done[at * 4..][..4].iter().collect();
        assert_eq!(done, ids.iter().collect(), "layer {at}");
    }
    assert_eq!(server.runs().await.len(), 12);
    let last = server.task_when(layers[2][3], TaskState::Done).await;
    let result = last.result.unwrap();
    // What came of its parents was in its prompt.
    for parent in ["1.0", "1.1", "1.2", "1.3"] {
        assert!(
            result.as_str().contains(&format!("came of task {parent}")),
            "{result}"
        );
    }
    for worker in workers {
        worker.sent_away().await;
    }
    let all = WorkerFilter { include_left: true };
    let known = server.workers(all).await;
    assert_eq!(known.len(), 2);
    assert!(known.iter().all(|card| card.worker.left_at.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_and_comes_back_gets_all_and_gives_more() {
    let mut server = Server::start().await;
    let first = server.create(task("first")).await;
    let gate = server.home().join("gate");
    nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = "echo begun; read line < $0; echo $line";
    let worker = server.worker_with(&[], &["sh", "-c", script, gate.to_str().unwrap()]);
    server.only_run(first, |run| run.log_lines > 0).await;
    server.go_away();
    tokio::fs::write(&gate, "while you were out\n")
        .await
        .unwrap();
    let second = server.create(task("second")).await;
    server.come_back();
    let done = server.task_when(first, TaskState::Done).await;
    assert_eq!(done.result.unwrap().as_str(), "while you were out");
    server.only_run(second, |run| run.log_lines > 0).await;
    tokio::fs::write(&gate, "and again\n").await.unwrap();
    server.task_when(second, TaskState::Done).await;
    worker.sent_away().await;
    assert_eq!(server.runs().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_began_goes_on_and_is_done() {
    let server = Server::start().await;
    let id = server.create(task("outlive")).await;
    let gate = server.home().join("gate");
    nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = "echo begun; read line < $0; echo $line";
    let worker = server.worker_with(&[], &["sh", "-c", script, gate.to_str().unwrap()]);
    server.only_run(id, |run| run.log_lines > 0).await;
    worker.signal(Signal::SIGKILL);
    tokio::fs::write(&gate, "alone\n").await.unwrap();
    let run = server.only_run(id, |run| run.state.has_ended()).await;
    assert_eq!(run.state, RunState::Succeeded);
    assert_eq!(run.summary.unwrap().as_str(), "alone");
    server.task_when(id, TaskState::Done).await;
}
