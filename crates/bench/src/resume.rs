//! Coming back after ten thousand missed events, against reading and serialising the same rows.

use std::time::Instant;

use crate::figure::{Figure, Goal, Settings};
use crate::load::send_all;
use crate::process::Process;
use crate::rows::Rows;
use crate::sample;
use crate::viewer::Viewer;

const MISSED: usize = 10_000;
const BATCH: usize = 1_000;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Process::dashboardd(&settings.server).await?;
    // What happened since the server's start stands before these; the viewer asks for the last ones.
    let batches = vec![sample::post_events(&server, BATCH); MISSED / BATCH];
    send_all(&server, batches, 1).await?;
    let head = server
        .client()?
        .list_events(&client::EventQuery {
            limit: Some(1),
            ..Default::default()
        })
        .await?;
    let since = head[0].seq - MISSED as i64;
    let mut rows = Rows::open()?;
    rows.insert_events(&sample::fact(), MISSED)?;
    let name = format!("resume of {MISSED} missed events");
    let held = compare(settings, name.clone(), &server, since, &mut rows).await?;
    // Nothing is held in memory then, and the log goes on where it was.
    let server = server.restart(&settings.server).await?;
    let name = format!("{name}, right after a start");
    let read = compare(settings, name, &server, since, &mut rows).await?;
    Ok(vec![held, read])
}

async fn compare(
    settings: &Settings,
    name: String,
    server: &Process,
    since: i64,
    rows: &mut Rows,
) -> anyhow::Result<Figure> {
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds * 5 {
        let began = Instant::now();
        assert!(rows.read_events(MISSED)? > 0, "the limit reads rows");
        limit.push(began.elapsed().as_secs_f64() * 1_000.0);
        ours.push(resume_ms(server, since).await?);
    }
    Ok(Figure::beside(name, "ms", &ours, &limit, Goal::AtMost(3.0)))
}

async fn resume_ms(server: &Process, since: i64) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut viewer = Viewer::open(server, Some(since)).await?;
    for _ in 0..MISSED {
        viewer.event().await?;
    }
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}
