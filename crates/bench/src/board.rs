//! A board costs the same however many tasks it shows: the first page of every column, out of 10,000 tasks, and out of 50,000
//! against out of 1,000.

use std::time::Instant;

use anyhow::ensure;
use model::{BulkTasks, Page, TaskFilter, TaskState};
use serde_json::json;

use crate::figure::{Figure, Goal, Settings};
use crate::http::{Connection, get, request};
use crate::load::send_all;
use crate::process::Process;
use crate::stats::median;

const FEW: usize = 1_000;
const SOME: usize = 10_000;
const MANY: usize = 50_000;
const CALLERS: usize = 32;
const REQUESTS: usize = 200;
/// Where the tasks stand; a board of one column would be too easy.
const STATES: [TaskState; 5] = [
    TaskState::Ready,
    TaskState::Triage,
    TaskState::Blocked,
    TaskState::Done,
    TaskState::Ready,
];
const AGENTS: [&str; 3] = ["claude", "codex", "gemini"];
const BOARD: &str = "/api/projects/bench/board";

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let few = with_tasks(settings, FEW).await?;
    let some = with_tasks(settings, SOME).await?;
    let many = with_tasks(settings, MANY).await?;
    let (mut at_few, mut at_some, mut at_many) = (
        Connection::open(&few).await?,
        Connection::open(&some).await?,
        Connection::open(&many).await?,
    );
    let (mut few_ms, mut some_ms, mut many_ms) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REQUESTS * settings.rounds {
        few_ms.push(board_ms(&mut at_few, &few).await?);
        some_ms.push(board_ms(&mut at_some, &some).await?);
        many_ms.push(board_ms(&mut at_many, &many).await?);
    }
    Ok(vec![
        Figure {
            name: format!("board of {SOME} tasks, first page of every column, p50"),
            unit: "ms",
            ours: median(some_ms),
            limit: None,
            goal: Goal::AtMost(15.0),
        },
        Figure::beside(
            format!("board of {MANY} tasks; limit: of {FEW}"),
            "ms",
            &many_ms,
            &few_ms,
            Goal::AtMost(1.5),
        ),
    ])
}

async fn board_ms(connection: &mut Connection, server: &Process) -> anyhow::Result<f64> {
    let began = Instant::now();
    connection.send(&get(server, BOARD)).await?;
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

async fn with_tasks(settings: &Settings, count: usize) -> anyhow::Result<Process> {
    let server = Process::dashboardd(&settings.server).await?;
    let project = json!({ "slug": "bench" }).to_string();
    let project = request(
        &server,
        "POST",
        "/api/projects",
        "application/json",
        project.as_bytes(),
    );
    send_all(&server, vec![project], 1).await?;
    let tasks = (0..count).map(|index| {
        let task = json!({
            "project": "bench",
            "title": format!("Task {index} of the benchmark"),
            "body": "What is to be done, in a sentence or two, as people write them on a card.",
            "priority": index % 7,
            "assignee": AGENTS[index % AGENTS.len()],
            "triage": STATES[index % STATES.len()] == TaskState::Triage,
        });
        request(
            &server,
            "POST",
            "/api/tasks",
            "application/json",
            task.to_string().as_bytes(),
        )
    });
    send_all(&server, tasks.collect(), CALLERS).await?;
    spread(&server).await?;
    check(&server, count).await?;
    Ok(server)
}

/// Moves tasks to where they are to stand.
async fn spread(server: &Process) -> anyhow::Result<()> {
    let client = server.client()?;
    let mut page = Page::first(1_000);
    loop {
        let found = client.list_tasks(&TaskFilter::default(), &page).await?;
        for status in [TaskState::Blocked, TaskState::Done] {
            let stands = |sequence: i64| STATES[sequence as usize % STATES.len()];
            let tasks = found.items.iter();
            let of_it = tasks.filter(|task| stands(task.sequence) == status);
            let bulk: BulkTasks = serde_json::from_value(json!({
                "ids": of_it.filter(|task| task.status == TaskState::Ready).map(|task| task.id).collect::<Vec<_>>(),
                "status": status,
            }))?;
            client.update_tasks(&bulk).await?;
        }
        match found.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

async fn check(server: &Process, count: usize) -> anyhow::Result<()> {
    let mut connection = Connection::open(server).await?;
    let board: model::Board =
        serde_json::from_slice(&connection.send(&get(server, BOARD)).await?.body)?;
    let total: i64 = board.columns.iter().filter_map(|column| column.count).sum();
    ensure!(total == i64::try_from(count)?, "a board of {total} tasks");
    let full = board
        .columns
        .iter()
        .filter(|column| column.tasks.len() == 50);
    ensure!(
        full.count() == 4,
        "a first page in every column that was filled"
    );
    Ok(())
}
