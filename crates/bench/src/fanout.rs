//! Deliveries per second: a burst of events to a thousand viewers, until the last viewer has the last of them.

use std::time::Instant;

use tokio::task::JoinSet;

use crate::figure::{Figure, Goal, Settings};
use crate::http::{Connection, request};
use crate::process::Process;
use crate::sample;
use crate::viewer::Viewer;

const VIEWERS: usize = 1_000;
const EVENTS: usize = 1_000;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Process::dashboardd(&settings.server).await?;
    let limit = Process::limit().await?;
    let frames = [sample::frame(&"x".repeat(120)), vec![b'\n']]
        .concat()
        .repeat(EVENTS);
    let bare_burst = request(&limit, "POST", "/publish", "text/plain", &frames);
    let our_burst = sample::post_events(&server, EVENTS);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    deliveries(&limit, &bare_burst).await?;
    deliveries(&server, &our_burst).await?;
    for _ in 0..settings.rounds * 3 {
        bare.push(deliveries(&limit, &bare_burst).await?);
        ours.push(deliveries(&server, &our_burst).await?);
    }
    Ok(vec![Figure::beside(
        format!("deliveries to {VIEWERS} viewers"),
        "deliveries/s",
        &ours,
        &bare,
        Goal::AtLeast(0.8),
    )])
}

async fn deliveries(server: &Process, burst: &[u8]) -> anyhow::Result<f64> {
    let mut tasks = JoinSet::new();
    for mut viewer in Viewer::open_many(server, VIEWERS).await? {
        tasks.spawn(async move {
            for _ in 0..EVENTS {
                viewer.event().await?;
            }
            anyhow::Ok(())
        });
    }
    let mut connection = Connection::open(server).await?;
    let began = Instant::now();
    connection.send(burst).await?;
    while let Some(watched) = tasks.join_next().await {
        watched??;
    }
    Ok((VIEWERS * EVENTS) as f64 / began.elapsed().as_secs_f64())
}
