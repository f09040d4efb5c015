//! Durable single writes: 64 callers, each waiting for its event to be on the disk before it sends the next.

use std::time::Duration;

use crate::figure::{Figure, Goal, Settings};
use crate::load::answers_per_second;
use crate::process::Process;
use crate::sample;
use crate::stats::median;

const CALLERS: usize = 64;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Process::dashboardd(&settings.server).await?;
    let limit = Process::limit().await?;
    let lasting = Duration::from_secs(settings.seconds);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        bare.push(answers_per_second(&limit, sample::post_one(&limit), CALLERS, lasting).await?);
        ours.push(answers_per_second(&server, sample::post_one(&server), CALLERS, lasting).await?);
    }
    Ok(vec![Figure {
        name: format!("durable single writes, {CALLERS} connections"),
        unit: "writes/s",
        ours: median(ours),
        limit: Some(median(bare)),
        goal: Goal::AtLeast(0.25),
    }])
}
