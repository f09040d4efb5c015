//! Creating tasks: 64 callers, each waiting for its task, its event and its counters to be on the disk.

use std::time::Duration;

use bytes::Bytes;

use crate::figure::{Figure, Goal, Settings};
use crate::http::request;
use crate::load::{WARM_UP, answers_per_second};
use crate::process::Process;

const CALLERS: usize = 64;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Process::dashboardd(&settings.server).await?;
    let limit = Process::limit().await?;
    let lasting = Duration::from_secs(settings.seconds);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    answers_per_second(&server, new_task(&server), CALLERS, WARM_UP).await?;
    for _ in 0..settings.rounds {
        server.rest().await?;
        bare.push(answers_per_second(&limit, new_task(&limit), CALLERS, lasting).await?);
        ours.push(answers_per_second(&server, new_task(&server), CALLERS, lasting).await?);
    }
    Ok(vec![Figure::beside(
        format!("create task, {CALLERS} connections, durable"),
        "tasks/s",
        &ours,
        &bare,
        Goal::AtLeast(0.15),
    )])
}

fn new_task(server: &Process) -> Bytes {
    let task = serde_json::json!({
        "title": "Parse an empty list in the new form",
        "body": "What is to be done, in a sentence or two, as people write them on a card.",
        "assignee": "claude",
        "priority": 3,
    });
    let body = task.to_string();
    request(
        server,
        "POST",
        "/api/tasks",
        "application/json",
        body.as_bytes(),
    )
}
