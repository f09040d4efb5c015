//! From published to received, at a steady hundred events a second. The limit keeps nothing, so one durable commit,
//! measured in the same run, is added to it.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::figure::{Figure, Goal, Settings};
use crate::http::{Connection, find, request};
use crate::process::Process;
use crate::rows::Rows;
use crate::sample;
use crate::stats::percentile;
use crate::viewer::Viewer;

const EVENTS_A_SECOND: u64 = 100;
/// Stands before the moment of publishing in an event's message.
const MARK: &[u8] = b"sent-at=";

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let server = Process::dashboardd(&settings.server).await?;
    let limit = Process::limit().await?;
    let mut figures = Vec::new();
    for viewers in [1, 100, 1_000] {
        figures.extend(with_viewers(settings, &server, &limit, viewers).await?);
    }
    Ok(figures)
}

async fn with_viewers(
    settings: &Settings,
    server: &Process,
    limit: &Process,
    viewers: usize,
) -> anyhow::Result<Vec<Figure>> {
    let mut rounds = Vec::new();
    for _ in 0..settings.rounds {
        let bare = delays(settings, limit, viewers, |sent| {
            request(
                limit,
                "POST",
                "/publish",
                "text/plain",
                &sample::frame(&stamp(sent)),
            )
        });
        let bare = bare.await?;
        let commits = commits(settings)?;
        let ours = delays(settings, server, viewers, |sent| {
            sample::post_event(server, &stamp(sent))
        });
        rounds.push((ours.await?, bare, commits));
    }
    let mut figure = |share: f64, name: &str, goal: Goal| {
        let ours: Vec<f64> = rounds
            .iter_mut()
            .map(|(ours, _, _)| percentile(ours, share))
            .collect();
        let limit: Vec<f64> = rounds
            .iter_mut()
            .map(|(_, bare, commit)| percentile(bare, share) + percentile(commit, share))
            .collect();
        let name = format!("published to received, {viewers} viewers, {name}");
        Figure::beside(name, "ms", &ours, &limit, goal)
    };
    Ok(vec![
        figure(0.5, "p50", Goal::Shown),
        figure(0.99, "p99", Goal::AtMost(2.0)),
    ])
}

/// How long each event took to each viewer, in milliseconds.
async fn delays(
    settings: &Settings,
    server: &Process,
    viewers: usize,
    publish: impl Fn(Duration) -> bytes::Bytes,
) -> anyhow::Result<Vec<f64>> {
    let events = EVENTS_A_SECOND * settings.seconds;
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for viewer in Viewer::open_many(server, viewers).await? {
        tasks.spawn(watch(viewer, events, began));
    }
    let mut connection = Connection::open(server).await?;
    let mut ticks = interval(Duration::from_millis(1_000 / EVENTS_A_SECOND));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for _ in 0..events {
        ticks.tick().await;
        connection.send(&publish(began.elapsed())).await?;
    }
    let mut delays = Vec::new();
    while let Some(watched) = tasks.join_next().await {
        delays.extend(watched??);
    }
    Ok(delays)
}

async fn watch(mut viewer: Viewer, events: u64, began: Instant) -> anyhow::Result<Vec<f64>> {
    let mut delays = Vec::new();
    for _ in 0..events {
        let event = viewer.event().await?;
        let received = began.elapsed();
        delays.push((received - sent(&event)).as_secs_f64() * 1_000.0);
    }
    Ok(delays)
}

/// Commits of one event each at the same pace, in milliseconds.
fn commits(settings: &Settings) -> anyhow::Result<Vec<f64>> {
    let fact = sample::fact();
    let mut rows = Rows::open()?;
    let mut taken = Vec::new();
    for _ in 0..EVENTS_A_SECOND * settings.seconds {
        let took = rows.commit_ms(&fact)?;
        taken.push(took);
        std::thread::sleep(
            Duration::from_millis(1_000 / EVENTS_A_SECOND)
                .saturating_sub(Duration::from_secs_f64(took / 1_000.0)),
        );
    }
    Ok(taken)
}

fn stamp(sent: Duration) -> String {
    format!(
        "{}{:020} and some words as an agent would say them",
        String::from_utf8_lossy(MARK),
        sent.as_nanos()
    )
}

fn sent(event: &[u8]) -> Duration {
    let start = find(event, MARK).expect("every event of this measurement is stamped") + MARK.len();
    let digits = event[start..start + 20].iter();
    Duration::from_nanos(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_back() {
        let moment = Duration::from_nanos(1_234_567_890);
        assert_eq!(sent(&sample::frame(&stamp(moment))), moment);
    }
}
