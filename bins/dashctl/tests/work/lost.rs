//! Answers that are lost on their way to the worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{RunState, TaskState};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::server::Server;
use crate::worker::task;

/// A way to the server that passes everything on but for the first answer that holds a task: there it breaks.
async fn bad_way(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let has_broken = Arc::new(AtomicBool::new(false));
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(to).await.unwrap();
            tokio::spawn(pass_on(near, far, Arc::clone(&has_broken)));
        }
    });
    address
}

async fn pass_on(near: TcpStream, far: TcpStream, has_broken: Arc<AtomicBool>) {
    let (mut asked, mut answer) = near.into_split();
    let (mut answered, mut ask) = far.into_split();
    let asking = tokio::spawn(async move { copy(&mut asked, &mut ask).await });
    let mut part = vec![0; 1 << 16];
    while let Ok(length @ 1..) = answered.read(&mut part).await {
        let text = String::from_utf8_lossy(&part[..length]);
        let holds_a_task = text.contains("\"run_token\":\"dshr_");
        if holds_a_task && !has_broken.swap(true, Ordering::SeqCst) {
            break;
        }
        if answer.write_all(&part[..length]).await.is_err() {
            break;
        }
    }
    asking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_answer_was_lost_does_not_wait_for_its_lease() {
    let server = Server::start().await;
    let way = format!("http://{}", bad_way(server.address()).await);
    let _worker = server.worker(&["--server", &way], "true");
    let id = server.create(task("x")).await;
    let done = server.task_when(id, TaskState::Done).await;
    assert_eq!(done.failure_count, 0);
    let mut runs = server.client().get_task(id).await.unwrap().runs;
    runs.sort_by_key(|run| run.number);
    let states: Vec<_> = runs.iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Interrupted, RunState::Succeeded]);
}
