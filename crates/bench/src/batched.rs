//! Batched writes: events and log lines by the thousand, against one thread that only inserts them.

use std::time::{Duration, Instant};

use model::RunId;

use crate::figure::{Figure, Goal, Settings};
use crate::load::{WARM_UP, answers_per_second};
use crate::process::Process;
use crate::rows::Rows;
use crate::{http, sample};

const BATCH: usize = 1_000;
/// Enough that one batch is read while another is written.
const CALLERS: usize = 4;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    Ok(vec![events(settings).await?, lines(settings).await?])
}

async fn events(settings: &Settings) -> anyhow::Result<Figure> {
    let server = Process::dashboardd(&settings.server).await?;
    let request = sample::post_events(&server, BATCH);
    let fact = sample::fact();
    let mut rows = Rows::open()?;
    answers_per_second(&server, request.clone(), CALLERS, WARM_UP).await?;
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        limit.push(insert_for(settings, || rows.insert_events(&fact, BATCH))?);
        ours.push(post_for(settings, &server, request.clone()).await?);
    }
    Ok(figure("events", ours, limit))
}

async fn lines(settings: &Settings) -> anyhow::Result<Figure> {
    let server = Process::dashboardd(&settings.server).await?;
    let run = start_run(&server).await?;
    let path = format!("/api/runs/{run}/logs");
    let request = http::request(
        &server,
        "POST",
        &path,
        "application/x-ndjson",
        &sample::lines(BATCH),
    );
    let mut rows = Rows::open()?;
    answers_per_second(&server, request.clone(), CALLERS, WARM_UP).await?;
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        limit.push(insert_for(settings, || {
            rows.insert_lines(run, sample::LINE, BATCH)
        })?);
        ours.push(post_for(settings, &server, request.clone()).await?);
    }
    Ok(figure("log lines", ours, limit))
}

/// A run whose log is written.
async fn start_run(server: &Process) -> anyhow::Result<RunId> {
    let new = serde_json::from_value(serde_json::json!({"title": "benchmark"}))?;
    Ok(server.client()?.create_run(&new).await?.run.id)
}

async fn post_for(
    settings: &Settings,
    server: &Process,
    request: bytes::Bytes,
) -> anyhow::Result<f64> {
    let lasting = Duration::from_secs(settings.seconds);
    Ok(answers_per_second(server, request, CALLERS, lasting).await? * BATCH as f64)
}

fn insert_for(
    settings: &Settings,
    mut insert: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut batches = 0;
    while began.elapsed() < Duration::from_secs(settings.seconds) {
        insert()?;
        batches += 1;
    }
    Ok((batches * BATCH) as f64 / began.elapsed().as_secs_f64())
}

fn figure(what: &str, ours: Vec<f64>, limit: Vec<f64>) -> Figure {
    Figure::beside(
        format!("batched writes, {BATCH} {what} a request"),
        "rows/s",
        &ours,
        &limit,
        Goal::AtLeast(0.4),
    )
}
