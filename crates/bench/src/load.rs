//! Callers that send one request after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::process::Process;

/// So long a server is called before it counts.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// How many answers a second so many callers get, each on a connection of its own.
pub(crate) async fn answers_per_second(
    server: &Process,
    request: Bytes,
    callers: usize,
    lasting: Duration,
) -> anyhow::Result<f64> {
    let mut connections = Vec::new();
    for _ in 0..callers {
        connections.push(Connection::open(server).await?);
    }
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(call_until(connection, request.clone(), began + lasting));
    }
    let mut answers = 0;
    while let Some(counted) = tasks.join_next().await {
        answers += counted??;
    }
    Ok(answers as f64 / began.elapsed().as_secs_f64())
}

async fn call_until(
    mut connection: Connection,
    request: Bytes,
    end: Instant,
) -> anyhow::Result<u64> {
    let mut answers = 0;
    while Instant::now() < end {
        connection.send(&request).await?;
        answers += 1;
    }
    Ok(answers)
}

/// Sends all of these, shared among so many callers.
pub(crate) async fn send_all(
    server: &Process,
    requests: Vec<Bytes>,
    callers: usize,
) -> anyhow::Result<()> {
    let requests = Arc::new(requests);
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let mut connection = Connection::open(server).await?;
        let requests = Arc::clone(&requests);
        tasks.spawn(async move {
            for request in requests.iter().skip(caller).step_by(callers) {
                connection.send(request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    Ok(())
}
