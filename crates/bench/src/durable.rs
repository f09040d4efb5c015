//! Durable single writes: 64 callers, each waiting for its event to be on the disk before it sends the next.

use std::time::Duration;

use crate::figure::{Figure, Goal, Settings};
use crate::load::{WARM_UP, answers_per_second};
use crate::process::Process;
use crate::sample;

const CALLERS: usize = 64;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Process::dashboardd(&settings.server).await?;
    let limit = Process::limit().await?;
    let lasting = Duration::from_secs(settings.seconds);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    // Warm before it counts: caches, connections, the first pages of the file.
    answers_per_second(&server, sample::post_one(&server), CALLERS, WARM_UP).await?;
    for _ in 0..settings.rounds {
        bare.push(answers_per_second(&limit, sample::post_one(&limit), CALLERS, lasting).await?);
        ours.push(answers_per_second(&server, sample::post_one(&server), CALLERS, lasting).await?);
    }
    Ok(vec![Figure::beside(
        format!("durable single writes, {CALLERS} connections"),
        "writes/s",
        &ours,
        &bare,
        Goal::AtLeast(0.25),
    )])
}
