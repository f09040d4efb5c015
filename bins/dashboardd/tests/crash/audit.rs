//! What is there afterwards, against what was acknowledged and what the viewers saw.

use std::collections::BTreeMap;

use client::{Client, EventQuery, LogQuery};
use model::{Event, LlmCall, LlmCallFilter, Page, RunId};

use crate::server::Server;
use crate::viewers::Viewers;
use crate::writers::{Diaries, Diary};

/// Looks at everything, and fails with what is missing or double.
pub(crate) async fn audit(server: &Server, diaries: &Diaries, viewers: Viewers) {
    let client = server.client();
    let events = all_events(&client).await;
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event.seq, place as i64 + 1, "the numbers are dense");
    }
    let ids: Vec<String> = events.iter().map(|event| event.id.to_string()).collect();
    for (name, mut seen) in viewers.until(ids.len() as i64).await {
        // More may have happened since the events were read.
        seen.truncate(ids.len());
        assert!(
            seen == ids,
            "{name} saw other events than those that are kept"
        );
    }
    posted_events(&events, diaries);
    for diary in &diaries.0 {
        match diary {
            // Together, above.
            Diary::Events(_) => {}
            Diary::Lines(run, written) => lines(&client, *run, written).await,
            Diary::Calls(run, written) => calls(&client, *run, written).await,
            Diary::Ticket(id, written) => {
                let ticket = client.get_ticket(*id).await.expect("read the ticket");
                assert_eq!(
                    Some(&(ticket.title.to_string(), ticket.version)),
                    written.last()
                );
                let of_ticket = |event: &&Event| event.ticket_id == Some(*id);
                edits(events.iter().filter(of_ticket), "ticket_updated", written);
            }
            Diary::Task(id, written) => {
                let task = client.get_task(*id).await.expect("read the task").task;
                assert_eq!(
                    Some(&(task.title.to_string(), task.version)),
                    written.last()
                );
                let of_task = |event: &&Event| event.task_id == Some(*id);
                edits(events.iter().filter(of_task), "task_edited", written);
            }
        }
    }
}

async fn all_events(client: &Client) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.seq);
        let query = EventQuery {
            after: Some(after),
            limit: Some(1_000),
            ..EventQuery::default()
        };
        let page = client.list_events(&query).await.expect("read the events");
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

/// Every event that was posted is there once, at the number that was acknowledged, and no other is.
fn posted_events(events: &[Event], diaries: &Diaries) {
    let acknowledged: BTreeMap<&str, i64> = diaries
        .0
        .iter()
        .flat_map(|diary| {
            if let Diary::Events(written) = diary {
                written.as_slice()
            } else {
                &[]
            }
        })
        .map(|(message, seq)| (message.as_str(), *seq))
        .collect();
    let mut kept = BTreeMap::new();
    for event in events
        .iter()
        .filter(|event| event.event_type == "agent.crash_test")
    {
        let before = kept.insert(event.message.as_str(), event.seq);
        assert!(
            before.is_none(),
            "{} is there twice: {before:?} and {}",
            event.message,
            event.seq
        );
    }
    assert!(
        kept == acknowledged,
        "the events that are kept are those that were acknowledged"
    );
}

async fn lines(client: &Client, run: RunId, written: &[String]) {
    let mut kept: Vec<String> = Vec::new();
    loop {
        let query = LogQuery {
            after: Some(kept.len() as i64),
            limit: 1_000,
            ..LogQuery::default()
        };
        let page = client.list_logs(run, &query).await.expect("read the log");
        if page.is_empty() {
            break;
        }
        for line in page {
            assert_eq!(line.line, kept.len() as i64 + 1, "the lines are dense");
            kept.push(line.text.clone());
        }
    }
    assert!(
        kept == written,
        "the lines that are kept are those that were acknowledged, in their order"
    );
    let run = client.get_run(run).await.expect("read the run").run;
    assert_eq!(
        run.log_lines,
        written.len() as i64,
        "the run knows how many lines it has"
    );
}

async fn calls(client: &Client, run: RunId, written: &[(String, model::LlmCallId)]) {
    let filter = LlmCallFilter {
        run: Some(run),
        ..LlmCallFilter::default()
    };
    let mut page = Page::first(1_000);
    let mut kept: Vec<LlmCall> = Vec::new();
    loop {
        let piece = client
            .list_llm_calls(&filter, &page)
            .await
            .expect("read the calls");
        kept.extend(piece.items);
        match piece.next {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    let mut kept: Vec<_> = kept
        .into_iter()
        .map(|call| {
            (
                call.stage
                    .expect("every call of this test has a stage")
                    .to_string(),
                call.id,
            )
        })
        .collect();
    let mut written = written.to_vec();
    kept.sort();
    written.sort();
    assert!(
        kept == written,
        "the calls that are kept are those that were acknowledged"
    );
    let totals = client.get_run(run).await.expect("read the run").run.totals;
    let count = written.len() as i64;
    let sums = (
        totals.total_llm_calls,
        totals.tokens_input,
        totals.tokens_output,
    );
    assert_eq!(
        sums,
        (count, 3 * count, 2 * count),
        "the sums are those of the calls"
    );
}

/// An edit and its event are one: there are as many of the one as of the other.
fn edits<'event>(
    events: impl Iterator<Item = &'event Event>,
    event_type: &str,
    written: &[(String, i64)],
) {
    let told = events
        .filter(|event| event.event_type == event_type)
        .count();
    assert_eq!(told, written.len(), "as many {event_type} as edits");
}
