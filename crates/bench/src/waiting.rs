//! A thousand workers wait for a task: how long one takes from its creation to the hands of its worker. The time of the
//! commit that creates it is included.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use model::WorkClaimed;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::figure::{Figure, Goal, Settings};
use crate::http::{Connection, get, request};
use crate::process::Process;
use crate::stats::percentile;

const WORKERS: usize = 1_000;
const A_SECOND: u64 = 100;
/// So long the last tasks may take to reach somebody.
const PATIENCE: Duration = Duration::from_secs(30);

/// When each task was sent off, by the number in its title.
type Sent = Arc<Mutex<Vec<Instant>>>;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Arc::new(Process::dashboardd(&settings.server).await?);
    let sent = Sent::default();
    let (claimed, mut claims) = unbounded_channel();
    let mut workers = JoinSet::new();
    for number in 0..WORKERS {
        let worker = work(
            Arc::clone(&server),
            number,
            Arc::clone(&sent),
            claimed.clone(),
        );
        workers.spawn(worker);
    }
    until_all_wait(&server).await?;
    let count = usize::try_from(A_SECOND * settings.seconds)? * settings.rounds;
    let creating = tokio::spawn(create(Arc::clone(&server), count, Arc::clone(&sent)));
    let mut times = tokio::select! {
        times = receive(&mut claims, count) => times?,
        Some(ended) = workers.join_next() => bail!("a worker ended: {ended:?}"),
    };
    creating.await??;
    let figure = |share: f64, times: &mut Vec<f64>, goal| Figure {
        name: format!(
            "created to claimed, {WORKERS} waiting workers, p{:.0}",
            share * 100.0
        ),
        unit: "ms",
        ours: percentile(times, share),
        limit: None,
        goal,
    };
    Ok(vec![
        figure(0.5, &mut times, Goal::Shown),
        figure(0.99, &mut times, Goal::AtMost(50.0)),
    ])
}

/// Takes a task, finishes it, and asks again.
async fn work(
    server: Arc<Process>,
    number: usize,
    sent: Sent,
    claimed: UnboundedSender<(usize, f64)>,
) -> anyhow::Result<()> {
    let body = json!({ "worker": format!("w{number}"), "agents": ["claude"], "wait_seconds": 60 });
    let body = body.to_string();
    let ask = request(
        &server,
        "POST",
        "/api/workers/claim",
        "application/json",
        body.as_bytes(),
    );
    let mut connection = Connection::open(&server).await?;
    loop {
        let answer = connection.send(&ask).await?;
        let heard = Instant::now();
        let answer: WorkClaimed = serde_json::from_slice(&answer.body)?;
        for claim in answer.claims {
            let task: usize = claim.task.title.as_str().parse()?;
            let began = sent.lock().unwrap_or_else(PoisonError::into_inner)[task];
            claimed.send((task, (heard - began).as_secs_f64() * 1_000.0))?;
            let path = format!("/api/runs/{}/finish", claim.run.id);
            let done = request(
                &server,
                "POST",
                &path,
                "application/json",
                br#"{"outcome":"completed"}"#,
            );
            connection.send(&done).await?;
        }
    }
}

async fn until_all_wait(server: &Process) -> anyhow::Result<()> {
    let mut connection = Connection::open(server).await?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let metrics = connection.send(&get(server, "/api/metrics")).await?;
        let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
        let waiting = metrics
            .lines()
            .find_map(|line| line.strip_prefix("dashboard_waiting_claims "));
        if waiting.is_some_and(|count| count.parse() == Ok(WORKERS as f64)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("not all workers wait")
}

/// Creates tasks at an even pace, each with its number as its title.
async fn create(server: Arc<Process>, count: usize, sent: Sent) -> anyhow::Result<()> {
    let mut connection = Connection::open(&server).await?;
    let mut pace = tokio::time::interval(Duration::from_millis(1_000 / A_SECOND));
    for number in 0..count {
        pace.tick().await;
        let task = json!({ "title": number.to_string() }).to_string();
        let create = request(
            &server,
            "POST",
            "/api/tasks",
            "application/json",
            task.as_bytes(),
        );
        sent.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Instant::now());
        connection.send(&create).await?;
    }
    Ok(())
}

/// How long each task took. A task that comes twice is the end of the benchmark.
async fn receive(
    claims: &mut UnboundedReceiver<(usize, f64)>,
    count: usize,
) -> anyhow::Result<Vec<f64>> {
    let mut seen = HashSet::new();
    let mut times = Vec::with_capacity(count);
    while times.len() < count {
        let claim = tokio::time::timeout(PATIENCE, claims.recv()).await;
        let (task, ms) = claim.context("a task reaches nobody")?.context("workers")?;
        ensure!(seen.insert(task), "task {task} was claimed twice");
        times.push(ms);
    }
    Ok(times)
}
