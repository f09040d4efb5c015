//! A page of 100 tickets costs the same however many there are: out of 100,000 against out of 1,000, the first page, one
//! in the middle, and a filtered and sorted one.

use std::time::Instant;

use bytes::Bytes;

use crate::figure::{Figure, Goal, Settings};
use crate::http::{Connection, get, request};
use crate::load::send_all;
use crate::process::Process;

const FEW: usize = 1_000;
const MANY: usize = 100_000;
const CALLERS: usize = 32;
const REQUESTS: usize = 200;

pub(crate) async fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let few = with_tickets(settings, FEW).await?;
    let many = with_tickets(settings, MANY).await?;
    let mut figures = vec![
        compare(
            settings,
            "first",
            &few,
            "/api/tickets?limit=100",
            &many,
            "/api/tickets?limit=100",
        )
        .await?,
    ];
    let filtered = "/api/tickets?limit=100&status=blocked&sort=-priority";
    figures.push(
        compare(
            settings,
            "filtered and sorted",
            &few,
            filtered,
            &many,
            filtered,
        )
        .await?,
    );
    let (deep_few, deep_many) = (page_after(&few, 5).await?, page_after(&many, 500).await?);
    figures.push(
        compare(
            settings,
            "in the middle",
            &few,
            &deep_few,
            &many,
            &deep_many,
        )
        .await?,
    );
    Ok(figures)
}

async fn compare(
    settings: &Settings,
    which: &str,
    few: &Process,
    few_path: &str,
    many: &Process,
    many_path: &str,
) -> anyhow::Result<Figure> {
    let (few_request, many_request) = (get(few, few_path), get(many, many_path));
    let (mut at_few, mut at_many) = (Connection::open(few).await?, Connection::open(many).await?);
    for (connection, request) in [(&mut at_few, &few_request), (&mut at_many, &many_request)] {
        let page: Vec<serde_json::Value> =
            serde_json::from_slice(&connection.send(request).await?.body)?;
        anyhow::ensure!(
            page.len() == 100,
            "{which}: a page of {} tickets",
            page.len()
        );
    }
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS * settings.rounds {
        limit.push(answer_ms(&mut at_few, &few_request).await?);
        ours.push(answer_ms(&mut at_many, &many_request).await?);
    }
    Ok(Figure::beside(
        format!("page of 100 tickets out of {MANY}, {which}; limit: out of {FEW}"),
        "ms",
        &ours,
        &limit,
        Goal::AtMost(1.3),
    ))
}

async fn answer_ms(connection: &mut Connection, request: &Bytes) -> anyhow::Result<f64> {
    let began = Instant::now();
    connection.send(request).await?;
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

/// The address of the page after so many pages.
async fn page_after(server: &Process, pages: usize) -> anyhow::Result<String> {
    let mut connection = Connection::open(server).await?;
    let mut path = "/api/tickets?limit=100".to_owned();
    for _ in 0..pages {
        let answer = connection.send(&get(server, &path)).await?;
        let Some(next) = answer.next_page() else {
            anyhow::bail!("{path} has no next page")
        };
        path = next;
    }
    Ok(path)
}

async fn with_tickets(settings: &Settings, count: usize) -> anyhow::Result<Process> {
    let server = Process::dashboardd(&settings.server).await?;
    let statuses = ["queued", "planning", "implementing", "reviewing", "blocked"];
    let new = |index: usize| {
        let ticket = serde_json::json!({
            "title": format!("Ticket {index} of the benchmark"),
            "description": "What is wanted, in a sentence or two, as people write them into a tracker.",
            "status": statuses[index % statuses.len()],
            "priority": index % 7,
            "labels": ["benchmark"],
        });
        request(
            &server,
            "POST",
            "/api/tickets",
            "application/json",
            ticket.to_string().as_bytes(),
        )
    };
    // The first makes the project that the others land in.
    send_all(&server, vec![new(0)], 1).await?;
    let requests: Vec<Bytes> = (1..count).map(new).collect();
    send_all(&server, requests, CALLERS).await?;
    Ok(server)
}
