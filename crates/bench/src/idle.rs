//! What the server costs while nothing happens: alone, and with a thousand viewers.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::figure::{Figure, Goal, Settings};
use crate::process::Process;
use crate::viewer::Viewer;

const VIEWERS: usize = 1_000;
/// Longer than two heartbeats of every stream.
const WATCHED: Duration = Duration::from_secs(32);

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Process::dashboardd(&settings.server).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let alone = server.memory_mb()?;
    let mut viewers = tokio::task::JoinSet::new();
    for mut viewer in Viewer::open_many(&server, VIEWERS).await? {
        viewers.spawn(async move { viewer.event().await });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (began, before) = (Instant::now(), server.cpu_seconds()?);
    tokio::time::sleep(WATCHED).await;
    let used = (server.cpu_seconds()? - before) / began.elapsed().as_secs_f64();
    let watched = server.memory_mb()?;
    if let Some(ended) = viewers.try_join_next() {
        ended?.context("a viewer that is to be idle has ended")?;
    }
    let plain = |name: &str, unit, ours, most| Figure {
        name: name.to_owned(),
        unit,
        ours,
        limit: None,
        goal: Goal::AtMost(most),
    };
    Ok(vec![
        plain("memory, idle", "MB", alone, 40.0),
        plain("memory, 1,000 idle viewers", "MB", watched, 100.0),
        plain(
            "processor, 1,000 idle viewers",
            "% of a core",
            used * 100.0,
            2.0,
        ),
    ])
}
