//! Claims: 50 workers empty a board of 10,000 ready tasks, beside the bare statement that takes the next task, in a loop, on the
//! same data of the same engine.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rusqlite::{Connection as Sqlite, params};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::figure::{Figure, Goal, Settings};
use crate::http::{Connection, find, request};
use crate::load::send_all;
use crate::postgres::Cluster;
use crate::process::Process;
use crate::rows::DURABLE;

const WORKERS: usize = 50;
const TASKS: usize = 10_000;
const CALLERS: usize = 32;
/// So long a worker waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes the next task, if nobody was quicker. `RETURNING` says which.
pub(crate) const CLAIM: &str = "UPDATE tasks SET status = 'running', started_at = $1, updated_at = $1, version = version + 1
     WHERE id = (SELECT id FROM tasks WHERE status = 'ready' AND project_id = (SELECT id FROM projects)
                 ORDER BY priority DESC, created_at, id LIMIT 1) AND status = 'ready' RETURNING *";

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    Ok(vec![sqlite(settings).await?, postgres(settings).await?])
}

async fn sqlite(settings: &Settings) -> anyhow::Result<Figure> {
    let server = Process::dashboardd(&settings.server).await?;
    make_tasks(&server).await?;
    let full = server.stop();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let (one, other) = (copy_of(full.path())?, copy_of(full.path())?);
        bare.push(bare_on_sqlite(settings, one.path())?);
        let server = Process::dashboardd_over(&settings.server, other, None).await?;
        ours.push(claims_per_second(server).await?);
    }
    Ok(figure("SQLite", &ours, &bare))
}

async fn postgres(settings: &Settings) -> anyhow::Result<Figure> {
    let mut cluster = Cluster::open().await?;
    let full = cluster.create().await?;
    let over =
        async |url| Process::dashboardd_over(&settings.server, TempDir::new()?, Some(url)).await;
    let server = over(full.clone()).await?;
    make_tasks(&server).await?;
    drop(server.stop());
    cluster.analyze(&full).await?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let (one, other) = (cluster.copy(&full).await?, cluster.copy(&full).await?);
        let lasting = Duration::from_secs(settings.seconds);
        bare.push(cluster.claims_per_second(&one, TASKS, lasting).await?);
        ours.push(claims_per_second(over(other).await?).await?);
    }
    cluster.remove_all().await?;
    Ok(figure("PostgreSQL", &ours, &bare))
}

fn figure(engine: &str, ours: &[f64], bare: &[f64]) -> Figure {
    Figure::beside(
        format!("claims, {WORKERS} workers over {TASKS} ready tasks, {engine}"),
        "claims/s",
        ours,
        bare,
        Goal::AtLeast(0.5),
    )
}

async fn make_tasks(server: &Process) -> anyhow::Result<()> {
    let new = |index: usize| {
        let task = json!({ "title": format!("Task {index}"), "priority": index % 7 }).to_string();
        request(
            server,
            "POST",
            "/api/tasks",
            "application/json",
            task.as_bytes(),
        )
    };
    // The first makes the project that the others land in.
    send_all(server, vec![new(0)], 1).await?;
    send_all(server, (1..TASKS).map(new).collect(), CALLERS).await
}

/// A copy of a database that nobody has open.
fn copy_of(data: &Path) -> anyhow::Result<TempDir> {
    let copy = TempDir::new()?;
    for entry in std::fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
        }
    }
    Ok(copy)
}

fn bare_on_sqlite(settings: &Settings, data: &Path) -> anyhow::Result<f64> {
    let connection = Sqlite::open(data.join("dashboard.db"))?;
    connection.execute_batch(DURABLE)?;
    let mut statement = connection.prepare(CLAIM)?;
    let began = Instant::now();
    let mut claimed = 0;
    while claimed < TASKS && began.elapsed() < Duration::from_secs(settings.seconds) {
        let at = model::Timestamp::now().micros();
        let mut rows = statement.query(params![at])?;
        ensure!(rows.next()?.is_some(), "there is a task to take");
        drop(rows);
        claimed += 1;
    }
    Ok(claimed as f64 / began.elapsed().as_secs_f64())
}

/// How many claims a second so many workers get until all is taken, each task once.
async fn claims_per_second(server: Process) -> anyhow::Result<f64> {
    let server = Arc::new(server);
    let (claimed, mut claims) = unbounded_channel();
    let mut workers = JoinSet::new();
    let began = Instant::now();
    for number in 0..WORKERS {
        workers.spawn(work(Arc::clone(&server), number, claimed.clone()));
    }
    let mut seen = HashSet::with_capacity(TASKS);
    while seen.len() < TASKS {
        let claim = tokio::time::timeout(PATIENCE, claims.recv()).await;
        let task = claim.context("a task reaches nobody")?.context("workers")?;
        ensure!(seen.insert(task), "a task was claimed twice");
    }
    Ok(TASKS as f64 / began.elapsed().as_secs_f64())
}

/// Takes one task after the other.
async fn work(
    server: Arc<Process>,
    number: usize,
    claimed: UnboundedSender<Vec<u8>>,
) -> anyhow::Result<()> {
    const TASK: &[u8] = br#""task":{"id":""#;
    let body = json!({ "worker": format!("w{number}"), "agents": ["claude"], "capacity": 1000, "wait_seconds": 30 });
    let ask = request(
        &server,
        "POST",
        "/api/workers/claim",
        "application/json",
        body.to_string().as_bytes(),
    );
    let mut connection = Connection::open(&server).await?;
    loop {
        let answer = connection.send(&ask).await?.body;
        if let Some(place) = find(&answer, TASK) {
            let id = &answer[place + TASK.len()..][..36];
            claimed.send(id.to_vec())?;
        }
    }
}
